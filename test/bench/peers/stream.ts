/** The answer that both sides are given: the same words at the same times. */
import type { Clock } from '../../reply/clock.ts';
import type { Cell } from '../reply-optimum.ts';

export interface Answer {
  /** Every word names its reply, so that a screen can tell to whom a message belongs. */
  readonly mark: string;
  readonly tokens: readonly string[];
  /** When each token is at the adapter, in ms of the clock. */
  readonly arrivals: readonly number[];
}

/** One answer for each reply of the cell, all asked for now; the first token comes `waitMs` and one token's time later. */
export function answers(cell: Cell, clock: Clock, waitMs: number): Answer[] {
  const begun = clock.now() + waitMs;
  return Array.from({ length: cell.replies }, (_, reply) => {
    const mark = String.fromCharCode(97 + reply);
    const numbers = Array.from({ length: cell.tokens }, (_, token) => token);
    return {
      mark,
      tokens: numbers.map((token) => `${between(token)}${mark}o${token % 10}`),
      arrivals: numbers.map((token) => begun + ((token + 1) * 1000) / cell.perSecond),
    };
  });
}

/** What stands before a word: sentences of twelve words, paragraphs of sixty. */
export function between(token: number): string {
  if (token > 0 && token % 60 === 0) return '.\n\n';
  return token > 0 && token % 12 === 0 ? '. ' : ' ';
}

/** Tokens as a socket would give them: those that came while the reader was busy are there at once. */
export async function* stream(answer: Answer, clock: Clock): AsyncGenerator<string> {
  for (const [index, token] of answer.tokens.entries()) {
    const wait = (answer.arrivals[index] ?? 0) - clock.now();
    if (wait > 0) await clock.sleep(wait);
    yield token;
  }
}
