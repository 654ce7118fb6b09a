/** Rate-limit windows as arithmetic: no clock, no timer, only times that are passed in. Milliseconds. */
import type { WindowRule } from './budgets.ts';

export interface Window {
  /** Earliest time from `now` on at which `calls` may be made at once and leave `reserve`. */
  when(calls: number, now: number, reserve?: number): number;
  /**
   * Time from one call of the place to its next that keeps to what the window gives until more comes back: the longest that any stretch demands.
   * @see evenly
   */
  gap(now: number, pacing: Pacing): number;
  take(now: number): void;
  /** What the server said after a call. */
  learn(word: ServerWord, now: number): void;
}

/** What the calls are spread for. */
export interface Pacing {
  /** The answer probably lasts about as much longer: an even chance. */
  readonly outlook: number;
  /** It hardly lasts longer than so much more. */
  readonly longest: number;
  /** Calls to leave. */
  readonly reserve: number;
  /** When the last call left. */
  readonly since: number;
}

export interface ServerWord {
  /** Calls left, and milliseconds until all are back. */
  readonly remaining: number;
  readonly resetAfterMs: number;
  /** Calls that have left here and have not been answered yet. */
  readonly inFlight: number;
  readonly roundTripMs: number;
}

export function createWindow(rule: WindowRule): Window {
  if (rule.kind === 'fixed') return new FixedWindow(rule);
  return rule.kind === 'sliding' ? new SlidingWindow(rule) : new TokenBucket(rule);
}

/**
 * The first of `calls` gaps that spread calls over the next `time`. Nobody knows how long an answer will be; it is taken to last for another t with
 * a chance of 1 / (1 + t / outlook), so the calls are even not in time but in log(1 + t / outlook): dense while the answer is short, sparser as it
 * goes on, so that every length is about as far from a schedule that knew it. An answer that is old against `time` gets them evenly.
 */
function evenly(time: number, calls: number, { outlook, longest }: Pacing): number {
  return outlook * ((1 + Math.max(0, Math.min(time, longest)) / outlook) ** (1 / calls) - 1);
}

/**
 * A reserved call that the window is about to give back anyway may be spent so long before, plus the time it is on its way: one answer in twenty-five
 * then ends up to that much later, and all are a twentieth less stale.
 */
const RELEASE_MS = 220;
const MOST_TRANSIT_MS = 100;
/** The first call opens the window, so an early one brings all the next ones forward. */
const OPENING = 0.6;
/** Tokens come back at the same rate however early they are spent: of what the answer may last, only the next part is prepared for. */
const BUCKET_OUTLOOK = 0.33;

class FixedWindow implements Window {
  #calls: number;
  readonly #per: number;
  #closes = Number.NEGATIVE_INFINITY;
  #used = 0;
  /** Half a round trip. */
  #transit = 30;
  /** A limit that one answer told; believed when the next one agrees. */
  #rumour: number | undefined;

  constructor(rule: WindowRule) {
    this.#calls = rule.calls;
    this.#per = rule.per;
  }

  when(calls: number, now: number, reserve = 0): number {
    const left = this.#left(now);
    if (left >= Math.min(calls + reserve, this.#calls)) return now;
    return left >= calls ? Math.max(now, this.#release()) : this.#closes;
  }

  gap(now: number, pacing: Pacing): number {
    const left = this.#left(now);
    const free = Math.max(0, left - pacing.reserve);
    if (now < this.#closes && left > 0) return evenly(this.#release() - pacing.since, free + 1, pacing);
    return evenly(this.#per, Math.max(1, this.#calls - pacing.reserve + 1), pacing) * OPENING;
  }

  take(now: number): void {
    if (now >= this.#closes) {
      this.#closes = now + this.#per;
      this.#used = 0;
    }
    this.#used++;
  }

  learn({ remaining, resetAfterMs, inFlight, roundTripMs }: ServerWord, now: number): void {
    const told = Math.max(1, remaining + this.#used - inFlight);
    if (now < this.#closes && told === this.#rumour) this.#calls = told;
    this.#rumour = told;
    this.#used = Math.max(0, this.#calls - remaining) + inFlight;
    this.#transit = Math.min(MOST_TRANSIT_MS, roundTripMs / 2);
    this.#closes = now + resetAfterMs - this.#transit;
  }

  #release(): number {
    return this.#closes - this.#transit - RELEASE_MS;
  }

  #left(now: number): number {
    return now >= this.#closes ? this.#calls : Math.max(0, this.#calls - this.#used);
  }
}

class SlidingWindow implements Window {
  readonly #rule: WindowRule;
  readonly #times: number[] = [];

  constructor(rule: WindowRule) {
    this.#rule = rule;
  }

  when(calls: number, now: number, reserve = 0): number {
    const needed = Math.min(calls + reserve, this.#rule.calls);
    const blocking = this.#times[this.#times.length + needed - this.#rule.calls - 1];
    return blocking === undefined ? now : Math.max(now, blocking + this.#rule.per);
  }

  gap(_now: number, pacing: Pacing): number {
    const { calls, per } = this.#rule;
    let free = calls - Math.min(pacing.reserve, calls - 1) - this.#times.length;
    let gap = 0;
    for (const time of this.#times) {
      const back = time + per - pacing.since;
      gap = Math.max(gap, evenly(back, Math.max(1, free + 1), pacing));
      free++;
    }
    return Math.max(gap, evenly(per, free + 1, pacing));
  }

  take(now: number): void {
    this.#times.push(now);
    if (this.#times.length > this.#rule.calls) this.#times.shift();
  }

  learn(): void {}
}

class TokenBucket implements Window {
  readonly #rule: WindowRule;
  #tokens: number;
  #at = Number.NEGATIVE_INFINITY;

  constructor(rule: WindowRule) {
    this.#rule = rule;
    this.#tokens = rule.calls;
  }

  when(calls: number, now: number, reserve = 0): number {
    const missing = Math.min(calls + reserve, this.#rule.calls) - this.#level(now);
    return missing <= 1e-6 ? now : now + missing * this.#rule.per;
  }

  gap(_now: number, { outlook, reserve, since }: Pacing): number {
    const span = outlook * BUCKET_OUTLOOK;
    return span / Math.max(1e-3, this.#level(since) - reserve + span / this.#rule.per);
  }

  take(now: number): void {
    this.#tokens = this.#level(now) - 1;
    this.#at = now;
  }

  learn(): void {}

  #level(at: number): number {
    if (this.#at === Number.NEGATIVE_INFINITY) return this.#rule.calls;
    return Math.min(this.#rule.calls, this.#tokens + Math.max(0, at - this.#at) / this.#rule.per);
  }
}
