/** Rate-limit windows as arithmetic: no clock, no timer, only times that are passed in. */
import type { WindowRule } from './budgets.ts';

export interface Window {
  /** Calls that may be made at `at`, which is not before the last call. */
  left(at: number): number;
  /** Earliest time from `now` on at which `calls` may be made at once. */
  when(calls: number, now: number): number;
  take(now: number): void;
  /** What the server said after a call: so many left, all back in so many ms. */
  learn(remaining: number, resetAfterMs: number, now: number, inFlight: number): void;
}

export function createWindow(rule: WindowRule): Window {
  if (rule.kind === 'fixed') return new FixedWindow(rule);
  return rule.kind === 'sliding' ? new SlidingWindow(rule) : new TokenBucket(rule);
}

class FixedWindow implements Window {
  #calls: number;
  readonly #per: number;
  #closes = Number.NEGATIVE_INFINITY;
  #used = 0;

  constructor(rule: WindowRule) {
    this.#calls = rule.calls;
    this.#per = rule.per;
  }

  left(at: number): number {
    return at >= this.#closes ? this.#calls : Math.max(0, this.#calls - this.#used);
  }

  when(calls: number, now: number): number {
    return this.left(now) >= Math.min(calls, this.#calls) ? now : this.#closes;
  }

  take(now: number): void {
    if (now >= this.#closes) {
      this.#closes = now + this.#per;
      this.#used = 0;
    }
    this.#used++;
  }

  learn(remaining: number, resetAfterMs: number, now: number, inFlight: number): void {
    if (now < this.#closes) this.#calls = Math.max(1, remaining + this.#used - inFlight);
    this.#used = Math.max(0, this.#calls - remaining) + inFlight;
    this.#closes = now + resetAfterMs;
  }
}

class SlidingWindow implements Window {
  readonly #rule: WindowRule;
  readonly #times: number[] = [];

  constructor(rule: WindowRule) {
    this.#rule = rule;
  }

  left(at: number): number {
    const from = at - this.#rule.per;
    let old = 0;
    for (const time of this.#times) {
      if (time > from) break;
      old++;
    }
    return Math.max(0, this.#rule.calls - this.#times.length + old);
  }

  when(calls: number, now: number): number {
    const needed = Math.min(calls, this.#rule.calls);
    const blocking = this.#times[this.#times.length + needed - this.#rule.calls - 1];
    return blocking === undefined ? now : Math.max(now, blocking + this.#rule.per);
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

  left(at: number): number {
    return Math.floor(this.#level(at) + 1e-6);
  }

  when(calls: number, now: number): number {
    const missing = Math.min(calls, this.#rule.calls) - this.#level(now);
    return missing <= 1e-6 ? now : now + missing * this.#rule.per;
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
