/** Virtual time: timers fire in order as soon as nothing else is left to run. */
export interface Clock {
  now(): number;
  timer(ms: number, run: () => void): () => void;
  sleep(ms: number): Promise<void>;
  /** Runs until `work` has settled. @throws when nothing is left that could finish it. */
  run<T>(work: Promise<T>): Promise<T>;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export function createClock(): Clock {
  let time = 0;
  let order = 0;
  const timers = new Set<Timer>();

  function timer(ms: number, run: () => void): () => void {
    const entry: Timer = { at: time + Math.max(0, ms), order: order++, run };
    timers.add(entry);
    return () => timers.delete(entry);
  }

  function next(): Timer | undefined {
    let first: Timer | undefined;
    for (const entry of timers)
      if (!first || entry.at < first.at || (entry.at === first.at && entry.order < first.order)) first = entry;
    return first;
  }

  async function run<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    work.then(
      () => (settled = true),
      () => (settled = true),
    );
    for (;;) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (settled) return work;
      const first = next();
      if (!first) throw new Error(`At ${time} ms nothing is left to wait for, and the work is not done.`);
      timers.delete(first);
      time = Math.max(time, first.at);
      first.run();
    }
  }

  return { now: () => time, timer, run, sleep: (ms) => new Promise((resolve) => timer(ms, resolve)) };
}
