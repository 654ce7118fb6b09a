/**
 * The rate limits of the fake: sliding windows per chat. Telegram publishes "about 1 a second, short bursts tolerated", 20 a minute in
 * a group (sends, edits and all topics together), 30 a second for a bot, and for drafts with chat actions 20 in 5 s and 40 in 30 s per peer.
 * Exact private figures are not published; these let 1.1 s edits pass and catch a sustained 1.0 s.
 */
export interface Window {
  readonly calls: number;
  readonly ms: number;
}

/** Windows that must all have room. */
export interface Limits {
  readonly private: readonly Window[];
  readonly group: readonly Window[];
  readonly bot: readonly Window[];
  readonly action: readonly Window[];
}

/** Published where Telegram publishes them, from the field where it does not. */
export const telegramLimits: Limits = {
  private: [
    { calls: 5, ms: 3_000 },
    { calls: 29, ms: 30_000 },
  ],
  group: [{ calls: 20, ms: 60_000 }],
  bot: [{ calls: 30, ms: 1_000 }],
  action: [
    { calls: 20, ms: 5_000 },
    { calls: 40, ms: 30_000 },
  ],
};

/** Counts calls by key. */
export class Meter {
  readonly #taken = new Map<string, number[]>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds until one more call fits; 0 = it fits now. Takes nothing. */
  wait(key: string, windows: readonly Window[]): number {
    const now = this.#now();
    const taken = this.#taken.get(key) ?? [];
    const waits = windows.map(({ calls, ms }) => {
      const oldest = taken.at(-calls);
      return oldest === undefined ? 0 : oldest + ms - now;
    });
    return Math.max(0, ...waits);
  }

  take(key: string): void {
    const taken = this.#taken.get(key) ?? [];
    taken.push(this.#now());
    this.#taken.set(key, taken.slice(-100));
  }
}
