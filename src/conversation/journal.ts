/** Turns that are not finished. What is in here after a crash is answered at the next start, once. */
import type { Keyv } from 'keyv';
import type { ChatRef } from '../coze/transport.ts';
import type { Incoming, Place, Turn } from '../message.ts';
import { digest } from './digest.ts';
import type { Sources } from './exchange.ts';
import { accountKey, messageKey } from './keys.ts';

/** All that is needed to go on with a turn. Bounded: the answer is what Coze may send at most. */
export interface JournalEntry {
  readonly incoming: Incoming;
  /** Order of arrival within one run of the program, after `incoming.at` has been compared. */
  readonly order: number;
  /** The run of the program that wrote it first. */
  readonly run: string;
  /** Messages already begun. */
  readonly replies: readonly string[];
  /** Names the posts of this turn across restarts. */
  readonly postKey: string;
  /** The messages of the first answer were deleted; the posts need another name. */
  readonly anew?: true | undefined;
  /** The bot asked and, once Coze has named it, the chat whose rest can be fetched. */
  readonly bot?: string | undefined;
  readonly chat?: ChatRef | undefined;
  /** Set once Coze has finished: only showing and remembering are left. */
  readonly answer?: FinishedAnswer | undefined;
  readonly prepared?: Prepared | undefined;
  /** The last question is asked again. */
  readonly retry?: true | undefined;
  /** Position of the exchange that the new answer replaces, in the history with this key, whatever holds in the place by then. */
  readonly replace?: number | undefined;
  readonly key?: string | undefined;
  /** The key of the message whose turn asks this one together with its own. */
  readonly partOf?: string | undefined;
}

/** What was asked, as the history will keep it. */
export interface Prepared {
  readonly turns: readonly Turn[];
  readonly epoch: number;
  readonly conversationId?: string | undefined;
  /** Name of the bot that was asked: the one of the place, or its fallback. */
  readonly by?: string | undefined;
  readonly usage?: { readonly input: number; readonly output: number } | undefined;
}

export interface FinishedAnswer {
  readonly text: string;
  readonly finish: 'stop' | 'interrupt' | 'notice';
  readonly suggestions: readonly string[];
  readonly sources: Sources;
}

/** Where the answer of a finished message went. */
export interface Finished {
  /** The conversation and the position in it; absent when the history got nothing. */
  readonly key?: string | undefined;
  readonly index?: number | undefined;
  /** Tells whether the message has other words now. Its words themselves may have been forgotten since. */
  readonly words?: string | undefined;
}

export interface Journal {
  /** Writes the turn down. `undefined` when it is known already: running, left open by a crash, or finished before. */
  open(incoming: Incoming, retry?: true): Promise<JournalEntry | undefined>;
  /** Writes down a message once more, because it was changed: it is answered again, in the messages of its first answer. */
  reopen(
    incoming: Incoming,
    known: Pick<JournalEntry, 'replies' | 'replace' | 'key' | 'bot' | 'retry'>,
  ): Promise<JournalEntry>;
  /** Keeps what is newly known about a turn. */
  update(entry: JournalEntry): Promise<void>;
  /** The turn is over. Its message is remembered for a week, so that a redelivery is not answered twice. */
  finish(entry: JournalEntry, finished: Finished): Promise<void>;
  /** True the first time a message is named here, false when it was answered or named before: for what must not be done twice. */
  once(incoming: Incoming): Promise<boolean>;
  /** Where the answer of this message went, while that is remembered. */
  finished(place: Place, messageId: string): Promise<Finished | undefined>;
  /**
   * The turns of an account that earlier runs left unfinished in the places that are `owned`, in order of arrival. Others
   * are not touched: another program may be in the middle of them.
   */
  unfinished(platform: string, account: string, owned: (place: Place) => boolean): Promise<JournalEntry[]>;
}

const REMEMBER_MS = 7 * 24 * 3_600_000;

/** `open` holds what is unfinished, `done` what is remembered. */
export function createJournal(stores: { open: Keyv; done: Keyv }): Journal {
  const { open, done } = stores;
  const run = crypto.randomUUID();
  let order = 0;
  const keyOf = ({ place, id }: Incoming) => messageKey(place, id);

  const begin = (incoming: Incoming, postKey: string): JournalEntry => {
    order += 1;
    return { incoming, order, run, replies: [], postKey };
  };

  return {
    async open(incoming, retry) {
      const key = keyOf(incoming);
      const [unfinished, finished] = await Promise.all([open.get(key), done.get(key)]);
      if (unfinished !== undefined || finished !== undefined) return undefined;
      const entry = { ...begin(incoming, key), ...(retry && { retry }) };
      await open.set(key, entry);
      return entry;
    },
    async reopen(incoming, known) {
      const key = keyOf(incoming);
      const entry = { ...begin(incoming, `${key}/edit=${incoming.at}`), ...known };
      await open.set(key, entry);
      await done.delete(key);
      return entry;
    },
    async update(entry) {
      await open.set(keyOf(entry.incoming), entry);
    },
    async finish(entry, finished) {
      const key = keyOf(entry.incoming);
      const words = finished.key === undefined ? undefined : await digest(entry.incoming.text);
      await done.set(key, { ...finished, words }, REMEMBER_MS);
      await open.delete(key);
    },
    async once(incoming) {
      const key = keyOf(incoming);
      if (await done.has(key)) return false;
      await done.set(key, {}, REMEMBER_MS);
      return true;
    },
    finished: (place, messageId) => done.get<Finished>(messageKey(place, messageId)),
    async unfinished(platform, account, owned) {
      const prefix = `${accountKey({ platform, account })}/`;
      const entries: JournalEntry[] = [];
      for await (const [key, entry] of open.iterator()) {
        if (!key.startsWith(prefix) || !owned((entry as JournalEntry).incoming.place)) continue;
        if (await done.has(key)) await open.delete(key);
        else if ((entry as JournalEntry).run !== run) entries.push(entry as JournalEntry);
      }
      return entries.sort((a, b) => a.incoming.at - b.incoming.at || a.order - b.order);
    },
  };
}
