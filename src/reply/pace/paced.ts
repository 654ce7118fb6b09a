/** Calls outside a progressive reply: notices, refusals, files. They are paid from the budget of their place like the edits of replies. */
import { abortable } from '../../async.ts';
import { isRealCozeError } from '../../errors.ts';
import type { Receipt, Surface } from '../../surface.ts';
import type { Pacer } from './pace.ts';

/** What has not gone out after so many refusals is not worth more of the place's budget. */
const TRIES = 4;
const LONGEST_WAIT_MS = 60_000;

/** Where and at whose cost. */
export interface PacedOptions {
  readonly surface: Surface;
  readonly pacer: Pacer;
  readonly signal?: AbortSignal | undefined;
}

/** Takes its slot in the budget, runs `call`, and waits as long as the platform asks. @throws RealCozeError as the surface. */
export async function paced(
  { surface, pacer, signal }: PacedOptions,
  isPost: boolean,
  call: () => Promise<Receipt | undefined>,
): Promise<void> {
  const pace = pacer.open(surface);
  const kind = { isPost, isLast: true };
  try {
    for (let left = TRIES; ; left -= 1) {
      for (let wait = pace.wait(kind); wait > 0; wait = pace.wait(kind)) await pause(pacer, wait, signal);
      const began = pacer.now();
      pace.sent(kind);
      try {
        const receipt = await call();
        pace.took(kind, receipt ?? { id: '' }, pacer.now() - began);
        return;
      } catch (error) {
        const wait = isRealCozeError(error) ? error.retryAfterMs : undefined;
        pace.refused(kind, wait);
        if (wait === undefined || wait > LONGEST_WAIT_MS || left <= 1) throw error;
      }
    }
  } finally {
    pace.close();
  }
}

async function pause(pacer: Pacer, ms: number, signal: AbortSignal | undefined): Promise<void> {
  const waited = Promise.withResolvers<void>();
  const cancel = pacer.timer(ms, waited.resolve);
  await (signal ? abortable(waited.promise, signal) : waited.promise).finally(cancel);
}
