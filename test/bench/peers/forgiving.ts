/**
 * A private chat of Telegram that holds only half of the limits of `reply-world`: ten calls may come at once and one comes back every 3 s, but two
 * in the same second are let through. "Short bursts" are what Telegram's FAQ allows and does not put into numbers.
 */
import { RealCozeError } from '#core/errors.ts';
import type { Receipt } from '#core/surface.ts';
import type { Clock } from '../../reply/clock.ts';
import { LIMITS, ROUND_TRIP_MS, type World } from '../reply-world.ts';

/** @throws when the limits have no bucket any more. */
export function createForgivingChat(clock: Clock): World {
  const bucket = LIMITS['telegram-private'].edits.find((rule) => rule.kind === 'bucket');
  if (!bucket) throw new Error('There is no bucket in the limits of a private chat.');
  const { calls, per } = bucket;
  let level = calls;
  let at = 0;
  let refused = 0;
  let made = 0;

  async function call(id: string): Promise<Receipt> {
    await clock.sleep(ROUND_TRIP_MS / 2);
    level = Math.min(calls, level + (clock.now() - at) / per);
    at = clock.now();
    const wait = level >= 1 - 1e-9 ? 0 : (1 - level) * per;
    if (wait > 0) refused++;
    else level--;
    await clock.sleep(ROUND_TRIP_MS / 2);
    if (wait > 0) throw new RealCozeError('rate_limited', 'Too many requests.', { retryAfterMs: wait });
    return { id };
  }

  return {
    surface: () => ({
      limit: 4096,
      bucket: 'place',
      budget: 'telegram-private',
      post: () => call(`m${made++}`),
      edit: call,
    }),
    refused: () => refused,
  };
}
