/** Rate-limit windows as arithmetic: no clock, no timer, only times that are passed in. Milliseconds. */
import type { WindowRule } from './budgets.ts';

export interface Window {
  /** Earliest time from `now` on at which `calls` may be made at once. */
  when(calls: number, now: number): number;
  /**
   * Time between two calls that spends what the window gives evenly over the next `horizon`, leaving `reserve` calls:
   * the longest that any stretch up to the horizon demands.
   */
  spread(now: number, horizon: number, reserve: number): number;
  take(now: number): void;
  /** What the server said after a call. */
  learn(word: ServerWord, now: number): void;
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

/** A reserved call that the window is about to give back anyway may be spent so long before, plus the time it is on its way. */
const RELEASE_MS = 20;
const MOST_TRANSIT_MS = 100;
/** The first call opens the window, so an early one brings all the next ones forward. */
const OPENING = 0.5;

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

  when(calls: number, now: number): number {
    const left = this.#left(now);
    if (left >= Math.min(calls, this.#calls)) return now;
    return left > 0 && calls > 1 ? Math.max(now, this.#release()) : this.#closes;
  }

  spread(now: number, horizon: number, reserve: number): number {
    const isOpen = now < this.#closes;
    const open = Math.max(0, isOpen ? this.#release() - now : this.#per);
    const calls = Math.max(0, this.#left(now) - reserve) + 1;
    const later = (Math.max(0, horizon - open) * this.#calls) / (this.#per * (1 + OPENING / this.#calls));
    const gap = horizon <= open ? horizon / calls : Math.max(open / calls, horizon / (calls + later));
    return isOpen ? gap : gap * OPENING;
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

  when(calls: number, now: number): number {
    const needed = Math.min(calls, this.#rule.calls);
    const blocking = this.#times[this.#times.length + needed - this.#rule.calls - 1];
    return blocking === undefined ? now : Math.max(now, blocking + this.#rule.per);
  }

  spread(now: number, horizon: number, reserve: number): number {
    const { calls, per } = this.#rule;
    const until = Math.min(horizon, per);
    const kept = Math.min(reserve, calls - 1);
    let free = calls - kept - this.#times.length;
    let gap = 0;
    for (const time of this.#times) {
      const back = time + per - now;
      if (back > until) break;
      if (back > 0) gap = Math.max(gap, back / Math.max(1, free + 1));
      free++;
    }
    return Math.max(gap, until / Math.max(1, free + 1));
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

  when(calls: number, now: number): number {
    const missing = Math.min(calls, this.#rule.calls) - this.#level(now);
    return missing <= 1e-6 ? now : now + missing * this.#rule.per;
  }

  spread(now: number, horizon: number, reserve: number): number {
    return horizon / Math.max(1e-3, this.#level(now) - reserve + horizon / this.#rule.per);
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
