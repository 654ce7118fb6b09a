/** Turns that are not finished. What is in here after a crash is answered at the next start, once. */
import type { Keyv } from 'keyv';
import type { ChatRef } from '../coze/transport.ts';
import type { Incoming, Place } from '../message.ts';
import type { Sources } from './history.ts';
import { accountKey, messageKey } from './keys.ts';

/** All that is needed to go on with a turn. Bounded: the answer is what Coze may send at most. */
export interface JournalEntry {
  readonly incoming: Incoming;
  /** Order of arrival within one run of the program, after `incoming.at` has been compared. */
  readonly order: number;
  /** Messages already begun. */
  readonly replies: readonly string[];
  /** Names the posts of this turn across restarts. */
  readonly postKey: string;
  /** The bot asked and, once Coze has named it, the chat whose rest can be fetched. */
  readonly bot?: string | undefined;
  readonly chat?: ChatRef | undefined;
  /** Set once Coze has finished: only showing and remembering are left. */
  readonly answer?: FinishedAnswer | undefined;
  /** The exchange whose question is asked again. */
  readonly replace?: number | undefined;
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
}

export interface Journal {
  /** Writes the turn down. `undefined` when it is known already: running, left open by a crash, or finished before. */
  open(incoming: Incoming, replace?: number): Promise<JournalEntry | undefined>;
  /** Keeps what is newly known about a turn. Changes of one turn are written in order. */
  update(entry: JournalEntry, change: Partial<JournalEntry>): Promise<JournalEntry>;
  /** The turn is over. Its message is remembered for a week, so that a redelivery is not answered twice. */
  finish(entry: JournalEntry, finished: Finished): Promise<void>;
  /** Where the answer of this message went, while that is remembered. */
  finished(place: Place, messageId: string): Promise<Finished | undefined>;
  /** The unfinished turns of an account in order of arrival. */
  unfinished(platform: string, account: string): Promise<JournalEntry[]>;
}

const REMEMBER_MS = 7 * 24 * 3_600_000;

/** `open` holds what is unfinished, `done` what is remembered. */
export function createJournal(stores: { open: Keyv; done: Keyv }): Journal {
  const { open, done } = stores;
  let order = 0;
  const keyOf = ({ place, id }: Incoming) => messageKey(place, id);

  return {
    async open(incoming, replace) {
      const key = keyOf(incoming);
      const [unfinished, finished] = await Promise.all([open.get(key), done.get(key)]);
      if (unfinished !== undefined || finished !== undefined) return undefined;
      order += 1;
      const entry: JournalEntry = {
        incoming,
        order,
        replies: [],
        postKey: key,
        ...(replace === undefined ? {} : { replace }),
      };
      await open.set(key, entry);
      return entry;
    },
    async update(entry, change) {
      const changed = { ...entry, ...change };
      await open.set(keyOf(entry.incoming), changed);
      return changed;
    },
    async finish(entry, finished) {
      const key = keyOf(entry.incoming);
      await done.set(key, finished, REMEMBER_MS);
      await open.delete(key);
    },
    finished: (place, messageId) => done.get<Finished>(messageKey(place, messageId)),
    async unfinished(platform, account) {
      const prefix = `${accountKey({ platform, account })}/`;
      const entries: JournalEntry[] = [];
      for await (const [key, entry] of open.iterator()) {
        if (!key.startsWith(prefix)) continue;
        if (await done.has(key)) await open.delete(key);
        else entries.push(entry as JournalEntry);
      }
      return entries.sort((a, b) => a.incoming.at - b.incoming.at || a.order - b.order);
    },
  };
}
