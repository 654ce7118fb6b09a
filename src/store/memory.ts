/** `memory://`: a map. For tests, and for hosts that keep nothing. */
import type { Backend, Row } from './backend.ts';

/** So often what has expired is taken out. */
const WRITES_A_SWEEP = 1_000;

/** A store that forgets when the process ends. */
export function openMemory(now: () => number = Date.now): Backend {
  const rows = new Map<string, Row>();
  let writes = 0;
  const live = (key: string) => {
    const row = rows.get(key);
    if (row?.expires === undefined || row.expires > now()) return row?.value;
    rows.delete(key);
    return undefined;
  };
  return {
    get: async (keys) => keys.map(live),
    set: async (entries) => {
      for (const row of entries) rows.set(row.key, row);
      writes += 1;
      if (writes % WRITES_A_SWEEP === 0) for (const key of rows.keys()) live(key);
    },
    delete: async (keys) => keys.map((key) => rows.delete(key)),
    async *scan(prefix) {
      for (const key of [...rows.keys()]) {
        const value = key.startsWith(prefix) ? live(key) : undefined;
        if (value !== undefined) yield [key, value];
      }
    },
    close: async () => rows.clear(),
  };
}
