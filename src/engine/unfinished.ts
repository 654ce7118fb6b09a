/** What earlier runs left open, also where the store comes up later than the program. */
import { sleep } from '../async.ts';
import type { Finished, JournalEntry } from '../conversation/journal.ts';
import { conversationKey, messageKey } from '../conversation/keys.ts';
import type { Place } from '../message.ts';
import type { Rooms } from './ask.ts';
import { report } from './show.ts';

interface Whose {
  readonly platform: string;
  readonly account: string;
  owned(place: Place): boolean;
}

/** A store that is away is asked again after so many milliseconds, then ever more rarely. */
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 10_000;

/** In order of arrival; nothing once the signal fires. Never throws. */
export async function unfinished(
  { journal, log }: Pick<Rooms, 'journal' | 'log'>,
  { platform, account, owned }: Whose,
  signal: AbortSignal,
): Promise<JournalEntry[]> {
  for (let wait = FIRST_RETRY_MS; !signal.aborted; wait = Math.min(2 * wait, LONGEST_RETRY_MS)) {
    try {
      return await journal.unfinished(platform, account, owned);
    } catch (error) {
      if (wait === FIRST_RETRY_MS) log.error({ error }, 'What was left unfinished waits until the store can be read.');
      await sleep(wait, signal).catch(() => {});
    }
  }
  return [];
}

/** Those that are left to be answered: what was remembered just before the crash only has to be forgotten here. */
export async function withoutKept(rooms: Rooms, entries: readonly JournalEntry[]): Promise<JournalEntry[]> {
  const left = new Set(entries);
  for (const entry of entries) {
    const kept = await keptOf(rooms, entry).catch(() => undefined);
    if (!kept) continue;
    for (const one of entries.filter((each) => each === entry || each.partOf === keyOf(entry))) {
      await rooms.journal.finish(one, kept).catch((error: unknown) => report(rooms, one.incoming, error));
      left.delete(one);
    }
  }
  return [...left];
}

/** The key of the message that an entry is about. */
export function keyOf({ incoming }: JournalEntry): string {
  return messageKey(incoming.place, incoming.id);
}

async function keptOf(
  { bindings, catalog, history }: Rooms,
  { incoming, bot, replace, retry }: JournalEntry,
): Promise<Finished | undefined> {
  if (replace !== undefined || retry) return undefined;
  const binding = await bindings.resolve(incoming.place);
  const name = (catalog.get(bot ?? '') ?? binding.bot)?.name;
  if (name === undefined) return undefined;
  const key = conversationKey(incoming.place, binding.settings.scope, incoming.author.id, name);
  const last = await history.last(key);
  const isThere = last?.exchange.turns.some(({ role, id }) => role === 2 && id === incoming.id);
  return isThere ? { key, index: last?.index } : undefined;
}
