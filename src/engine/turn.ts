/** The turns of all chat platforms: who comes in, in which order, and who ends them. Nothing here throws at an adapter. */
import { sleep } from '../async.ts';
import type { Binding } from '../conversation/bindings.ts';
import { isRefusal, refusal } from '../conversation/failure.ts';
import type { Finished, JournalEntry } from '../conversation/journal.ts';
import { accountKey, conversationKey, placeKey } from '../conversation/keys.ts';
import { createKeyedLock } from '../conversation/lock.ts';
import { MOST_WAITING, type Slot } from '../conversation/mailbox.ts';
import { errorCode, RealCozeError } from '../errors.ts';
import type { Incoming, Language, Person, Place } from '../message.ts';
import type { Pacer } from '../reply/pace/pace.ts';
import type { Surface } from '../surface.ts';
import { text } from '../texts.ts';
import { type Rooms, refuse } from './ask.ts';
import { CLOSING, type LiveTurn, type Running, report, Shows, SUPERSEDED } from './show.ts';
import { keyOf, unfinished, withoutKept } from './unfinished.ts';

/** Finds the messages of a reply again; `undefined` when the place is gone. */
export type FindSurface = (incoming: Incoming, replyIds: readonly string[]) => Promise<Surface | undefined>;

/** A platform that cannot be reached does not hold up the end: hosts give a program ten seconds. */
const CLOSE_MS = 8_000;
/** Discord shows the result of a command only when it begins within three seconds. */
const REMEMBER_MS = 2_000;

/** What a member's Stop ends an answer with. */
const STOPPED = new RealCozeError('aborted', 'Stopped.');

export interface Message {
  readonly incoming: Incoming;
  readonly surface: Surface;
  /** `undefined` when the journal knows the message already. */
  open(): Promise<JournalEntry | undefined>;
  onWritten?: OnWritten;
  /** Present for a message that was in before: it is not refused now. Messages that are asked together with it. */
  readonly parts?: readonly JournalEntry[];
  /** Where its answer is so far, which is remembered when it is not let in. */
  readonly finished?: Finished | undefined;
}

type OnWritten = (() => void) | undefined;

export interface Admitted {
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
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(rooms: Rooms, pacer: Pacer) {
    this.#rooms = rooms;
    this.#shows = new Shows(rooms, pacer);
  }

  /** A new message. `onWritten` is told once a crash can no longer lose it. */
  async reply(incoming: Incoming, surface: Surface, options: { retry?: true | undefined; onWritten?: OnWritten }) {
    const { retry, onWritten } = options;
    const open = () => this.#rooms.journal.open(incoming, retry);
    const admitted = await this.enter({ incoming, surface, onWritten, open });
    if (admitted) await this.run(admitted);
  }

  /** Finishes what earlier runs left open in our places; these side by side, each in its order. Waits for a store that is away. */
  async resume(platform: string, account: string, find: FindSurface, owned = (_: Place) => true): Promise<void> {
    const whose = { platform, account, owned };
    const begun = unfinished(this.#rooms, whose, this.#closing.signal).then((entries) => {
      const places = Map.groupBy(entries, ({ incoming }) => placeKey(incoming.place));
      return [...places].map(([key, those]) => this.#hold(key, this.#readmit(those, find)));
    });
    this.#hold(accountKey({ platform, account }), begun);
    const admitted = await Promise.all(await begun);
    await Promise.all(admitted.flat().map((one) => this.run(one)));
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
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort(CLOSING);
    for (const one of this.#live) one.stop.abort(CLOSING);
    await atMost(CLOSE_MS, [...this.#turns.values()].map(over));
  }

  /**
   * Waits until the answers of a place that Coze has finished are remembered: members press buttons before the platform
   * has told us that the last edit is there.
   */
  async remembered(place: Place): Promise<void> {
    const key = placeKey(place);
    const ending = [...this.#turns.values()].filter((turn) => turn.place === key && turn.entry.answer);
    await atMost(REMEMBER_MS, ending.map(over));
  }

  /** Writes a message down and lets it in, behind what a crash left unfinished in its place. */
  async enter(message: Message): Promise<Admitted | undefined> {
    const { incoming, surface, parts } = message;
    let entry: JournalEntry | undefined;
    try {
      // One after the other in a place, so that messages keep their order.
      return await this.#admission.run(placeKey(incoming.place), async () => {
        entry = await message.open();
        message.onWritten?.();
        await this.#resumed(incoming.place);
        return entry && !this.#closed ? await this.#admit(entry, surface, parts) : undefined;
      });
    } catch (error) {
      if (!entry) message.onWritten?.();
      await this.#shows.complain({ surface, entry: { incoming }, language: incoming.language ?? 'en' }, error);
      if (entry && errorCode(error) !== 'store')
        await this.#rooms.journal.finish(entry, message.finished ?? {}).catch(() => {});
      return undefined;
    }
  }

  /** Waits until every message of a place that came so far is let in, refused or known: only then can its turn be found. */
  settled(place: Place): Promise<void> {
    return this.#admission.run(placeKey(place), () => this.#resumed(place));
  }

  async #resumed(place: Place): Promise<void> {
    await this.#resuming.get(accountKey(place));
    await this.#resuming.get(placeKey(place));
  }

  /** From the journal's entry to a place in the queue. @throws RealCozeError `busy`, `config`, `forbidden`, `quota`, `store`. */
  async #admit(entry: JournalEntry, surface: Surface, parts?: readonly JournalEntry[]): Promise<Admitted | undefined> {
    const { catalog, bindings, mailbox, journal } = this.#rooms;
    const { incoming } = entry;
    const binding = await bindings.resolve(incoming.place);
    const language = binding.settings.language ?? incoming.language ?? 'en';
    const bot = (entry.bot === undefined ? undefined : catalog.get(entry.bot)) ?? binding.bot;
    if (!bot) throw refusal('config', text('noBots', language));
    if (!parts && (await this.#isPassedOver(incoming, binding, language))) {
      await journal.finish(entry, {});
      return undefined;
    }
    const turn: LiveTurn = {
      place: placeKey(incoming.place),
      author: incoming.author.id,
      key: entry.key ?? conversationKey(incoming.place, binding.settings.scope, incoming.author.id, bot.name),
      stop: new AbortController(),
      running: false,
      // What is answered in messages that are there cannot be asked together with what wants new ones.
      mode: entry.retry || entry.replace !== undefined || entry.replies.length > 0 ? 'wait' : binding.settings.mailbox,
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

  /**
   * Refuses before the queue, so that nobody whom the member would be asked together with is refused for them.
   * True for a refusal that need not be said again. @throws RealCozeError `forbidden`, `quota`, `store`.
   */
  async #isPassedOver(incoming: Incoming, binding: Binding, language: Language): Promise<boolean> {
    try {
      await refuse(this.#rooms, { incoming: [incoming], binding, language });
      return false;
    } catch (error) {
      const denied = errorCode(error) === 'forbidden';
      if (!isRefusal(error) || this.#rooms.refusals.isDue(incoming, binding.settings, denied)) throw error;
      return true;
    }
  }

  /** From its place in the queue to its end. Never throws. */
  async run({ turn, slot }: Admitted): Promise<void> {
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
    if (errorCode(error) !== 'store') await this.#shows.leave(turn);
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
  async #readmit(found: readonly JournalEntry[], find: FindSurface): Promise<Admitted[]> {
    const entries = await withoutKept(this.#rooms, found);
    const leaders = new Set(entries.map(keyOf));
    const admitted: Admitted[] = [];
    for (const entry of entries) {
      if (this.#turns.has(entry.postKey) || (entry.partOf !== undefined && leaders.has(entry.partOf))) continue;
      try {
        const parts = entries.filter(({ partOf }) => partOf === keyOf(entry));
        // A part whose leader is not here was answered with it just before the crash.
        const surface = entry.partOf === undefined ? await find(entry.incoming, entry.replies) : undefined;
        const again = surface && (await this.#admit(entry, surface, parts));
        if (again) admitted.push(again);
        else await this.#rooms.journal.finish(entry, {});
      } catch (error) {
        report(this.#rooms, entry.incoming, error);
      }
    }
    return admitted;
  }

  /** The turns that ask the questions of an exchange once more, for a retry or with new words. */
  repeating(key: string, index: number): LiveTurn[] {
    return [...this.#turns.values()].filter((turn) => turn.key === key && turn.entry.replace === index);
  }

  /** The turn that asks this message, alone or together with others. */
  turnOf({ place, id }: Incoming): LiveTurn | undefined {
    const key = placeKey(place);
    const asks = ({ entry }: LiveTurn) => entry.incoming.id === id;
    return [...this.#turns.values()].find((turn) => turn.place === key && [turn, ...turn.joined].some(asks));
  }
}

function over(turn: LiveTurn): Promise<void> {
  return turn.over.promise;
}

/** Waits for all of it, but no longer. */
async function atMost(ms: number, work: readonly Promise<void>[]): Promise<void> {
  const ended = new AbortController();
  await Promise.race([Promise.all(work), sleep(ms, ended.signal).catch(() => {})]);
  ended.abort();
}

/** Whether the answer is to that person's question, or to theirs among others. */
function isOf({ author, joined = [] }: Running, { id }: Person): boolean {
  return author === id || joined.some((one) => one.author === id);
}
