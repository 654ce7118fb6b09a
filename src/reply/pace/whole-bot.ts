import type { WindowRule } from './budgets.ts';
import { createWindow, type Window } from './window.ts';

/** The ceiling of a whole bot. Who meets it full gets a turn, so that thousands do not all wake up for each free slot. */
export class WholeBot {
  readonly #window: Window;
  readonly #spacing: number;
  readonly #turns = new Map<object, { readonly line: 'last' | 'middle'; readonly at: number }>();
  readonly #ends = { last: 0, middle: 0 };

  constructor(rule: WindowRule) {
    this.#window = createWindow(rule);
    this.#spacing = rule.per / rule.calls;
  }

  /** Earliest time for this caller; last edits have turns of their own, and middle ones leave them two slots. */
  turn(caller: object, isLast: boolean, now: number): number {
    const line = isLast ? 'last' : 'middle';
    const free = this.#window.when(isLast ? 1 : 3, now);
    const mine = this.#turns.get(caller);
    if (mine?.line === line) return Math.max(mine.at, free);
    if (free <= now && this.#ends[line] <= now) return now;
    const at = Math.max(free, this.#ends[line] + this.#spacing);
    this.#ends[line] = at;
    this.#turns.set(caller, { line, at });
    return at;
  }

  take(caller: object, now: number): void {
    this.#window.take(now);
    this.#turns.delete(caller);
  }

  leave(caller: object): void {
    this.#turns.delete(caller);
  }
}
