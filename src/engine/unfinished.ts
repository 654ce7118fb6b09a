/** What earlier runs left open, also where the store comes up later than the program. */
import { sleep } from '../async.ts';
import type { JournalEntry } from '../conversation/journal.ts';
import type { Place } from '../message.ts';
import type { Rooms } from './ask.ts';

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
