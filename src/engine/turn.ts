/** The turns of all chat platforms: who comes in, in which order, and who ends them. Nothing here throws at an adapter. */
import { refusal } from '../conversation/failure.ts';
import type { JournalEntry } from '../conversation/journal.ts';
import { accountKey, conversationKey, placeKey } from '../conversation/keys.ts';
import { createKeyedLock } from '../conversation/lock.ts';
import { MOST_WAITING, type Slot } from '../conversation/mailbox.ts';
import { errorCode, RealCozeError } from '../errors.ts';
import type { Incoming, Language, Person, Place } from '../message.ts';
import type { Pacer } from '../reply/pace.ts';
import type { Surface } from '../surface.ts';
import { text } from '../texts.ts';
import type { Rooms } from './ask.ts';
import { CLOSING, createShows, type LiveTurn, type Running, report, SUPERSEDED } from './show.ts';

/** Finds the messages of a reply again; `undefined` when the place is gone. */
type FindSurface = (incoming: Incoming, replyIds: readonly string[]) => Promise<Surface | undefined>;

interface Message {
  readonly incoming: Incoming;
  readonly surface: Surface;
  /** `undefined` when the journal knows the message already. */
  open(): Promise<JournalEntry | undefined>;
  onWritten?: (() => void) | undefined;
  /** Present for a message that was in before: it is not refused now. Messages that are asked together with it. */
  readonly parts?: readonly JournalEntry[];
}

type Known = Pick<JournalEntry, 'replies' | 'replace'>;

interface Admitted {
  readonly turn: LiveTurn;
  readonly slot: Slot;
}

export interface Turns {
  /** A new message. `onWritten` is told once a crash can no longer lose it. */
  reply(
    incoming: Incoming,
    surface: Surface,
    options: { retry?: true | undefined; onWritten?: (() => void) | undefined },
  ): Promise<void>;
  edited(incoming: Incoming, find: FindSurface): Promise<void>;
  deleted(place: Place, messageId: string, find: FindSurface): Promise<void>;
  resume(platform: string, account: string, find: FindSurface): Promise<void>;
  /** Shows one sentence instead of an answer. */
  complain(surface: Surface, incoming: Incoming, language: Language, error: unknown): Promise<void>;
  /** For answers that are not shown on a surface: they can be stopped like the others. */
  register(running: Running): () => void;
  stop(place: Place, by: Person, all: boolean): boolean;
  halt(key: string): void;
  close(): Promise<void>;
}

export function createTurns(rooms: Rooms, pacer: Pacer): Turns {
  const live = new Set<Running>();
  const turns = new Map<string, LiveTurn>();
  const admission = createKeyedLock();
  /** Accounts and places where what a crash left unfinished is being let in. */
  const resuming = new Map<string, Promise<void>>();
  const { show, finish, complain } = createShows(rooms, pacer);
  let closing = false;

  /** From the journal's entry to a place in the queue. Messages of one place come through here one after the other, so they keep their order. */
  async function admit(entry: JournalEntry, surface: Surface, parts?: readonly JournalEntry[]): Promise<Admitted> {
    const { incoming } = entry;
    const binding = await rooms.bindings.resolve(incoming.place);
    const language = binding.settings.language ?? incoming.language ?? 'en';
    const bot = (entry.bot === undefined ? undefined : rooms.catalog.get(entry.bot)) ?? binding.bot;
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
    for (const part of parts ?? []) turn.joined.push({ ...turn, entry: part, joined: [] });
    const slot = rooms.mailbox.enter(turn.key, turn, () =>
      refusal('busy', text('mailboxFull', language, { most: MOST_WAITING })),
    );
    live.add(turn);
    turns.set(entry.postKey, turn);
    return { turn, slot };
  }

  /** Writes a message down and lets it in, behind what a crash left unfinished in its place. */
  async function enter(message: Message): Promise<Admitted | undefined> {
    const { incoming, surface } = message;
    let entry: JournalEntry | undefined;
    try {
      return await admission.run(placeKey(incoming.place), async () => {
        entry = await message.open();
        message.onWritten?.();
        await resuming.get(accountKey(incoming.place));
        await resuming.get(placeKey(incoming.place));
        return entry && !closing ? await admit(entry, surface, message.parts) : undefined;
      });
    } catch (error) {
      await refuse(incoming, surface, entry, error);
      if (!entry) message.onWritten?.();
      return undefined;
    }
  }

  async function refuse(incoming: Incoming, surface: Surface, entry: JournalEntry | undefined, error: unknown) {
    await complain(surface, incoming, incoming.language ?? 'en', error);
    if (entry && errorCode(error) !== 'store') await rooms.journal.finish(entry, {}).catch(() => {});
  }

  async function run({ turn, slot }: Admitted): Promise<void> {
    try {
      turn.running = await slot.granted;
      if (turn.running) await show(turn);
    } catch (error) {
      await giveUp(turn, error).catch((cause: unknown) => report(rooms, turn.entry.incoming, cause));
    } finally {
      slot.release();
      live.delete(turn);
      if (turns.get(turn.entry.postKey) === turn) turns.delete(turn.entry.postKey);
      turn.over.resolve();
    }
  }

  /** The turn ended before an answer could be shown: stopped while it waited, or the store failed. */
  async function giveUp(turn: LiveTurn, error: unknown): Promise<void> {
    const { aborted, reason } = turn.stop.signal;
    if (reason === CLOSING || reason === SUPERSEDED) return;
    const late = turn.entry.answer && errorCode(error) === 'store';
    if (late) report(rooms, turn.entry.incoming, error);
    const sentence = late ? 'failKeep' : aborted ? 'noteStopped' : undefined;
    const shown = sentence ? refusal('aborted', text(sentence, turn.language)) : error;
    await complain(turn.surface, turn.entry.incoming, turn.language, shown);
    if (errorCode(error) !== 'store') await finish(turn, {});
  }

  /** Ends the turn of a message that was changed or deleted; what was asked with it waits for whoever goes on. */
  async function supersede(turn: LiveTurn): Promise<void> {
    turn.stop.abort(SUPERSEDED);
    await turn.over.promise;
    await turn.written;
  }

  const liveTurnOf = (place: Place, id: string) => {
    const key = placeKey(place);
    return [...turns.values()].find((turn) => turn.place === key && turn.entry.incoming.id === id);
  };

  /** What is known of a message that was changed; `undefined` when its answer need not change. */
  async function reopened(incoming: Incoming): Promise<(Known & { parts: readonly JournalEntry[] }) | undefined> {
    const running = liveTurnOf(incoming.place, incoming.id);
    if (running?.entry.incoming.text === incoming.text) return undefined;
    if (running) {
      await supersede(running);
      const { replies, replace } = running.entry;
      return { replies, replace, parts: running.joined.map(({ entry }) => entry) };
    }
    const at = await rooms.journal.finished(incoming.place, incoming.id);
    const last = at?.key === undefined ? undefined : await rooms.history.last(at.key);
    const question = last?.exchange.turns.find((turn) => turn.id === incoming.id);
    if (!last || !question || last.index !== at?.index) return undefined;
    if (question.content.split('\n\n').includes(incoming.text)) return undefined;
    return { replies: last.exchange.replies ?? [], replace: last.index, parts: [] };
  }

  return {
    async reply(incoming, surface, { retry, onWritten }) {
      const admitted = await enter({ incoming, surface, onWritten, open: () => rooms.journal.open(incoming, retry) });
      if (admitted) await run(admitted);
    },

    async edited(incoming, find) {
      try {
        const known = await reopened(incoming);
        const surface = known && (await find(incoming, known.replies));
        if (!known || !surface) return;
        const { parts, ...rest } = known;
        const admitted = await enter({ incoming, surface, parts, open: () => rooms.journal.reopen(incoming, rest) });
        if (admitted) await run(admitted);
      } catch (error) {
        report(rooms, incoming, error);
      }
    },

    async deleted(place, messageId, find) {
      const incoming = nobody(place, messageId, rooms.now());
      try {
        const replies = await withdraw(incoming);
        const surface = replies.length > 0 ? await find(incoming, replies) : undefined;
        for (const id of replies) await surface?.remove?.(id);
      } catch (error) {
        report(rooms, incoming, error);
      }
    },

    async resume(platform, account, find) {
      const entries = rooms.journal.unfinished(platform, account);
      const begun = entries.then((list) => {
        const places = Map.groupBy(list, ({ incoming }) => placeKey(incoming.place));
        return [...places].map(([key, those]) => hold(key, readmit(those, find)));
      });
      hold(accountKey({ platform, account }), begun);
      const admitted = await Promise.all(await begun);
      await Promise.all(admitted.flat().map(run));
    },

    complain,

    register(running) {
      live.add(running);
      return () => live.delete(running);
    },

    stop(place, by, all) {
      const here = [...live].filter((one) => one.place === placeKey(place) && (by.moderator || one.author === by.id));
      const own = here.filter((one) => one.author === by.id);
      const nearest = [own.filter((one) => one.running), here.filter((one) => one.running), own];
      const chosen = all ? here : (nearest.find((group) => group.length > 0) ?? []);
      for (const one of chosen) one.stop.abort(new RealCozeError('aborted', 'Stopped.'));
      return chosen.length > 0;
    },

    halt(key) {
      for (const one of live) if (one.key === key) one.stop.abort(new RealCozeError('aborted', 'Stopped.'));
    },

    async close() {
      closing = true;
      const all = [...turns.values()];
      for (const one of live) one.stop.abort(CLOSING);
      await Promise.all(all.map((turn) => turn.over.promise));
    },
  };

  /** A message that was to be asked with one that is gone now is asked alone. */
  async function again({ entry: { partOf: _, ...entry }, surface }: LiveTurn): Promise<void> {
    const admitted = await enter({ incoming: entry.incoming, surface, parts: [], open: async () => entry });
    if (admitted) await run(admitted);
  }

  /** Keeps new messages of a place or an account behind the work. A failure is the caller's to tell. */
  function hold<T>(key: string, work: Promise<T>): Promise<T> {
    const held = work.then(
      () => {},
      () => {},
    );
    resuming.set(key, held);
    void held.then(() => resuming.delete(key));
    return work;
  }

  /** Lets in again, in order, what was unfinished in one place. */
  async function readmit(entries: readonly JournalEntry[], find: FindSurface): Promise<Admitted[]> {
    const leaders = new Set(entries.map(({ postKey }) => postKey));
    const admitted: Admitted[] = [];
    for (const entry of entries) {
      if (turns.has(entry.postKey) || (entry.partOf !== undefined && leaders.has(entry.partOf))) continue;
      const { incoming } = entry;
      try {
        // A part whose leader is not here was answered with it just before the crash.
        const surface = entry.partOf === undefined ? await find(incoming, entry.replies) : undefined;
        const parts = entries.filter(({ partOf }) => partOf === entry.postKey);
        if (surface) admitted.push(await admit(entry, surface, parts));
        else await rooms.journal.finish(entry, {});
      } catch (error) {
        report(rooms, incoming, error);
      }
    }
    return admitted;
  }

  /** Stops the answer of a deleted message and forgets both; the messages to take away. */
  async function withdraw({ place, id }: Incoming): Promise<readonly string[]> {
    const running = liveTurnOf(place, id);
    if (running) {
      await supersede(running);
      await rooms.journal.finish(running.entry, {});
      for (const part of running.joined) void again(part);
      return running.entry.replies;
    }
    const at = await rooms.journal.finished(place, id);
    if (at?.key === undefined || at.index === undefined) return [];
    const exchange = await rooms.history.at(at.key, at.index);
    if (!exchange?.turns.some((turn) => turn.id === id)) return [];
    await rooms.history.drop(at.key, at.index);
    return exchange.replies ?? [];
  }
}

/** Stands for the author of a message that is gone, of which only the id is known. */
function nobody(place: Place, id: string, at: number): Incoming {
  return { id, place, author: { id: '-', name: '', moderator: false }, text: '', attachments: [], at };
}
