/** The turns of all chat platforms: who comes in, in which order, and who ends them. Nothing here throws at an adapter. */
import { refusal } from '../conversation/failure.ts';
import type { Exchange } from '../conversation/history.ts';
import type { JournalEntry } from '../conversation/journal.ts';
import { accountKey, conversationKey, placeKey } from '../conversation/keys.ts';
import { createKeyedLock } from '../conversation/lock.ts';
import { MOST_WAITING, type Slot } from '../conversation/mailbox.ts';
import { errorCode, RealCozeError } from '../errors.ts';
import type { Incoming, Person, Place, Turn } from '../message.ts';
import type { Pacer } from '../reply/pace.ts';
import type { Surface } from '../surface.ts';
import { text } from '../texts.ts';
import type { Rooms } from './ask.ts';
import { CLOSING, type LiveTurn, type Running, report, Shows, SUPERSEDED } from './show.ts';

/** Finds the messages of a reply again; `undefined` when the place is gone. */
type FindSurface = (incoming: Incoming, replyIds: readonly string[]) => Promise<Surface | undefined>;

/** What a member's Stop ends an answer with. */
const STOPPED = new RealCozeError('aborted', 'Stopped.');

interface Message {
  readonly incoming: Incoming;
  readonly surface: Surface;
  /** `undefined` when the journal knows the message already. */
  open(): Promise<JournalEntry | undefined>;
  onWritten?: OnWritten;
  /** Present for a message that was in before: it is not refused now. Messages that are asked together with it. */
  readonly parts?: readonly JournalEntry[];
}

type OnWritten = (() => void) | undefined;
type Known = Pick<JournalEntry, 'replies' | 'replace'>;

interface Admitted {
  readonly turn: LiveTurn;
  readonly slot: Slot;
}

/** All turns of one program. */
export class Turns {
  readonly #rooms: Rooms;
  readonly #shows: Shows;
  readonly #live = new Set<Running>();
  /** The turns of chat platforms by the name of their posts. */
  readonly #turns = new Map<string, LiveTurn>();
  readonly #admission = createKeyedLock();
  /** Accounts and places where what a crash left unfinished is being let in. */
  readonly #resuming = new Map<string, Promise<void>>();
  #closing = false;

  constructor(rooms: Rooms, pacer: Pacer) {
    this.#rooms = rooms;
    this.#shows = new Shows(rooms, pacer);
  }

  /** A new message. `onWritten` is told once a crash can no longer lose it. */
  async reply(incoming: Incoming, surface: Surface, options: { retry?: true | undefined; onWritten?: OnWritten }) {
    const { retry, onWritten } = options;
    const open = () => this.#rooms.journal.open(incoming, retry);
    await this.#take({ incoming, surface, onWritten, open });
  }

  /** Answers a changed message again in the messages of its first answer, if it is the last question. */
  async edited(incoming: Incoming, find: FindSurface): Promise<void> {
    try {
      const known = await this.#reopened(incoming);
      const surface = known && (await find(incoming, known.replies));
      if (!known || !surface) return;
      const { parts, ...rest } = known;
      await this.#take({ incoming, surface, parts, open: () => this.#rooms.journal.reopen(incoming, rest) });
    } catch (error) {
      report(this.#rooms, incoming, error);
    }
  }

  /** Stops and withdraws the answer of a deleted message, and forgets both. */
  async deleted(place: Place, messageId: string, find: FindSurface): Promise<void> {
    const incoming = nobody(place, messageId, this.#rooms.now());
    try {
      const replies = await this.#withdraw(incoming);
      const surface = replies.length > 0 ? await find(incoming, replies) : undefined;
      for (const id of replies) await surface?.remove?.(id);
    } catch (error) {
      report(this.#rooms, incoming, error);
    }
  }

  /** Finishes what earlier runs left open; places side by side, each in its order. @throws RealCozeError `store`. */
  async resume(platform: string, account: string, find: FindSurface): Promise<void> {
    const begun = this.#rooms.journal.unfinished(platform, account).then((entries) => {
      const places = Map.groupBy(entries, ({ incoming }) => placeKey(incoming.place));
      return [...places].map(([key, those]) => this.#hold(key, this.#readmit(those, find)));
    });
    this.#hold(accountKey({ platform, account }), begun);
    const admitted = await Promise.all(await begun);
    await Promise.all(admitted.flat().map((one) => this.#run(one)));
  }

  /** For answers that are not shown on a surface: they can be stopped like the others. Returns what ends it. */
  register(running: Running): () => void {
    this.#live.add(running);
    return () => this.#live.delete(running);
  }

  /** Stops one's own running answer, else (moderators) that of another, else one's own that waits; with `all`, every one. */
  stop(place: Place, by: Person, all: boolean): boolean {
    const key = placeKey(place);
    const here = [...this.#live].filter((one) => one.place === key && (by.moderator || isOf(one, by)));
    const own = here.filter((one) => isOf(one, by));
    const nearest = [own.filter((one) => one.running), here.filter((one) => one.running), own];
    const chosen = all ? here : (nearest.find((group) => group.length > 0) ?? []);
    for (const one of chosen) one.stop.abort(STOPPED);
    return chosen.length > 0;
  }

  /** Stops every answer of a conversation. */
  halt(key: string): void {
    for (const one of this.#live) if (one.key === key) one.stop.abort(STOPPED);
  }

  /** Ends what runs with a last edit; it stays in the journal for the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    const turns = [...this.#turns.values()];
    for (const one of this.#live) one.stop.abort(CLOSING);
    await Promise.all(turns.map((turn) => turn.over.promise));
  }

  async #take(message: Message): Promise<void> {
    const admitted = await this.#enter(message);
    if (admitted) await this.#run(admitted);
  }

  /** Writes a message down and lets it in, behind what a crash left unfinished in its place. */
  async #enter(message: Message): Promise<Admitted | undefined> {
    const { incoming, surface, parts } = message;
    let entry: JournalEntry | undefined;
    try {
      // One after the other in a place, so that messages keep their order.
      return await this.#admission.run(placeKey(incoming.place), async () => {
        entry = await message.open();
        message.onWritten?.();
        await this.#resuming.get(accountKey(incoming.place));
        await this.#resuming.get(placeKey(incoming.place));
        return entry && !this.#closing ? await this.#admit(entry, surface, parts) : undefined;
      });
    } catch (error) {
      await this.#shows.complain({ surface, entry: { incoming }, language: incoming.language ?? 'en' }, error);
      if (!entry) message.onWritten?.();
      else if (errorCode(error) !== 'store') await this.#rooms.journal.finish(entry, {}).catch(() => {});
      return undefined;
    }
  }

  /** From the journal's entry to a place in the queue. @throws RealCozeError `busy`, `config`, `store`. */
  async #admit(entry: JournalEntry, surface: Surface, parts?: readonly JournalEntry[]): Promise<Admitted> {
    const { catalog, bindings, mailbox } = this.#rooms;
    const { incoming } = entry;
    const binding = await bindings.resolve(incoming.place);
    const language = binding.settings.language ?? incoming.language ?? 'en';
    const bot = (entry.bot === undefined ? undefined : catalog.get(entry.bot)) ?? binding.bot;
    if (!bot) throw refusal('config', text('noBots', language));
    const turn: LiveTurn = {
      place: placeKey(incoming.place),
      author: incoming.author.id,
      key: conversationKey(incoming.place, binding.settings.scope, incoming.author.id, bot.name),
      stop: new AbortController(),
      running: false,
      mode: entry.retry ? 'wait' : binding.settings.mailbox,
      readmitted: parts !== undefined,
      entry,
      surface,
      binding,
      bot,
      language,
      joined: [],
      over: Promise.withResolvers<void>(),
      written: Promise.resolve(),
    };
    for (const part of parts ?? [])
      turn.joined.push({ ...turn, entry: part, author: part.incoming.author.id, joined: [] });
    const full = () => refusal('busy', text('mailboxFull', language, { most: MOST_WAITING }));
    const slot = mailbox.enter(turn.key, turn, full);
    this.#live.add(turn);
    this.#turns.set(entry.postKey, turn);
    return { turn, slot };
  }

  async #run({ turn, slot }: Admitted): Promise<void> {
    try {
      turn.running = await slot.granted;
      if (turn.running) await this.#shows.show(turn);
    } catch (error) {
      await this.#giveUp(turn, error).catch((cause: unknown) => report(this.#rooms, turn.entry.incoming, cause));
    } finally {
      slot.release();
      this.#live.delete(turn);
      if (this.#turns.get(turn.entry.postKey) === turn) this.#turns.delete(turn.entry.postKey);
      turn.over.resolve();
    }
  }

  /** The turn ended before an answer could be shown or remembered: stopped while it waited, or the store failed. */
  async #giveUp(turn: LiveTurn, error: unknown): Promise<void> {
    const { aborted, reason } = turn.stop.signal;
    if (reason === CLOSING || reason === SUPERSEDED) return;
    const late = turn.entry.answer && errorCode(error) === 'store';
    if (late) report(this.#rooms, turn.entry.incoming, error);
    const sentence = late ? 'failKeep' : aborted ? 'noteStopped' : undefined;
    await this.#shows.complain(turn, sentence ? refusal('aborted', text(sentence, turn.language)) : error);
    if (errorCode(error) !== 'store') await this.#shows.finish(turn, {});
  }

  /** Keeps new messages of a place or an account behind the work. A failure is the caller's to tell. */
  #hold<T>(key: string, work: Promise<T>): Promise<T> {
    const held = work.then(
      () => {},
      () => {},
    );
    this.#resuming.set(key, held);
    void held.then(() => this.#resuming.delete(key));
    return work;
  }

  /** Lets in again, in order, what was unfinished in one place. */
  async #readmit(entries: readonly JournalEntry[], find: FindSurface): Promise<Admitted[]> {
    const leaders = new Set(entries.map(({ postKey }) => postKey));
    const admitted: Admitted[] = [];
    for (const entry of entries) {
      if (this.#turns.has(entry.postKey) || (entry.partOf !== undefined && leaders.has(entry.partOf))) continue;
      try {
        // A part whose leader is not here was answered with it just before the crash.
        const surface = entry.partOf === undefined ? await find(entry.incoming, entry.replies) : undefined;
        const parts = entries.filter(({ partOf }) => partOf === entry.postKey);
        if (surface) admitted.push(await this.#admit(entry, surface, parts));
        else await this.#rooms.journal.finish(entry, {});
      } catch (error) {
        report(this.#rooms, entry.incoming, error);
      }
    }
    return admitted;
  }

  /** What is known of a message that was changed; `undefined` when its answer need not change. */
  async #reopened(incoming: Incoming): Promise<(Known & { parts: readonly JournalEntry[] }) | undefined> {
    const running = this.#turnOf(incoming);
    if (running?.entry.incoming.text === incoming.text) return undefined;
    if (running) {
      await supersede(running);
      const { replies, replace } = running.entry;
      return { replies, replace, parts: running.joined.map(({ entry }) => entry) };
    }
    const at = await this.#rooms.journal.finished(incoming.place, incoming.id);
    const last = at?.key === undefined ? undefined : await this.#rooms.history.last(at.key);
    const question = last && soleQuestion(last.exchange, incoming.id);
    if (!last || !question || last.index !== at?.index) return undefined;
    if (question.content.split('\n\n').includes(incoming.text)) return undefined;
    return { replies: last.exchange.replies ?? [], replace: last.index, parts: [] };
  }

  /** Stops the answer of a deleted message and forgets both; the messages to take away. */
  async #withdraw(incoming: Incoming): Promise<readonly string[]> {
    const { journal, history } = this.#rooms;
    const running = this.#turnOf(incoming);
    if (running) {
      await supersede(running);
      await journal.finish(running.entry, {});
      for (const part of running.joined) void this.#takeAlone(part);
      return running.entry.replies;
    }
    const at = await journal.finished(incoming.place, incoming.id);
    if (at?.key === undefined || at.index === undefined) return [];
    const exchange = await history.at(at.key, at.index);
    if (!exchange || !soleQuestion(exchange, incoming.id)) return [];
    await history.drop(at.key, at.index);
    return exchange.replies ?? [];
  }

  /** A message that was to be asked with one that is gone now is asked alone. */
  #takeAlone({ entry: { partOf: _, ...entry }, surface }: LiveTurn): Promise<void> {
    return this.#take({ incoming: entry.incoming, surface, parts: [], open: async () => entry });
  }

  #turnOf({ place, id }: Incoming): LiveTurn | undefined {
    const key = placeKey(place);
    return [...this.#turns.values()].find((turn) => turn.place === key && turn.entry.incoming.id === id);
  }
}

/** Whether the answer is to that person's question, or to theirs among others. */
function isOf({ author, joined = [] }: Running, { id }: Person): boolean {
  return author === id || joined.some((one) => one.author === id);
}

/** Ends the turn of a message that was changed or deleted; what was asked with it waits for whoever goes on. */
async function supersede(turn: LiveTurn): Promise<void> {
  turn.stop.abort(SUPERSEDED);
  await turn.over.promise;
  await turn.written;
}

/** The question of a message, unless it was asked together with others, whose answer it then stays. */
function soleQuestion({ turns }: Exchange, id: string): Turn | undefined {
  const questions = turns.filter((turn) => turn.role === 2);
  return questions.length === 1 && questions[0]?.id === id ? questions[0] : undefined;
}

/** Stands for the author of a message that is gone, of which only the id is known. */
function nobody(place: Place, id: string, at: number): Incoming {
  return { id, place, author: { id: '-', name: '', moderator: false }, text: '', attachments: [], at };
}
