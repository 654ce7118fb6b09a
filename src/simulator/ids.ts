/** Ids and times as Coze writes them. */
import { randomInt } from 'node:crypto';

/**
 * Makes ids of 19 digits, as decimal strings, growing: seconds since the epoch in the upper half, a counter below.
 * Two starts never share an id, so that a conversation of an earlier start is unknown rather than somebody else's.
 */
export function createIds(): () => string {
  let last = (BigInt(now()) << 32n) + BigInt(randomInt(2 ** 24)) * 16n;
  return () => {
    last += 1n;
    return last.toString();
  };
}

/** Unix seconds. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}
