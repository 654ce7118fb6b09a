/** Who may decide for a group: its administrators, asked once in a while. */
import type { Api } from 'grammy';
import { forGrammy } from './client.ts';

const freshMs = 5 * 60_000;
/** Who is not in the list may have become an administrator since: it is asked for again when it is older than this. */
const secondLookMs = 10_000;
/** The next update waits for the answer. */
const patienceMs = 5_000;
const mostChats = 1_000;

/** Knows the administrators of groups. */
export interface Moderators {
  /** False as well when Telegram does not tell. */
  has(chat: number, user: number): Promise<boolean>;
}

/** Remembers each list for five minutes; nobody is an administrator while Telegram does not tell. */
export function createModerators(api: Api, now: () => number = Date.now): Moderators {
  const known = new Map<number, { at: number; ids: Promise<ReadonlySet<number>> }>();
  const ask = async (chat: number) => {
    const administrators = await api.getChatAdministrators(chat, undefined, forGrammy(AbortSignal.timeout(patienceMs)));
    return new Set(administrators.map(({ user }) => user.id));
  };
  const look = async (chat: number, user: number, oldestMs: number): Promise<boolean> => {
    const old = known.get(chat);
    const entry = old && now() - old.at < oldestMs ? old : { at: now(), ids: ask(chat) };
    if (known.size >= mostChats) known.clear();
    known.set(chat, entry);
    return (await entry.ids).has(user);
  };
  return {
    async has(chat, user) {
      try {
        return (await look(chat, user, freshMs)) || (await look(chat, user, secondLookMs));
      } catch {
        known.delete(chat);
        return false;
      }
    },
  };
}
