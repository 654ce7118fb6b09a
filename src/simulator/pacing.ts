/** When the next word of an answer may go out, and what goes wrong on the way. */
import { abortable, sleep } from '../async.ts';
import type { Fault } from './faults.ts';
import type { World } from './world.ts';

/** Cuts a text into the pieces it is spoken in: words with the space behind them, Chinese in twos. Joined they are the text. */
export function words(text: string): readonly string[] {
  return text.match(/\p{Script=Han}{1,2}|[^\s\p{Script=Han}]+\s*|\s+/gu) ?? [];
}

/** The turn fails because a fault says so. */
export class TurnFailure extends Error {
  override readonly name = 'TurnFailure';
  readonly code: number;
  readonly as: 'error' | 'failed';

  constructor(code: number, message: string, as: 'error' | 'failed') {
    super(message);
    this.code = code;
    this.as = as;
  }
}

/** The beat of one answer. */
export interface Pacing {
  /** Waits for the next word's turn. @throws TurnFailure where a fault wants it, or the reason the service closes for. */
  next(): Promise<void>;
  /** Words so far. */
  readonly spoken: number;
}

/** Counts words from nought; a word is due every `wordMs`. */
export function createPacing(world: Pick<World, 'wordMs' | 'signal'>, fault: Fault | undefined): Pacing {
  let spoken = 0;
  return {
    get spoken() {
      return spoken;
    },
    async next() {
      if (fault?.fail && spoken >= fault.fail.afterWords)
        throw new TurnFailure(fault.fail.code, fault.fail.msg, fault.fail.as ?? 'error');
      if (fault?.pause?.afterWords === spoken) await abortable(fault.pause.until, world.signal);
      world.signal.throwIfAborted();
      if (world.wordMs > 0) await sleep(world.wordMs, world.signal);
      spoken += 1;
    },
  };
}
