/**
 * `sqlite://`: one file through `node:sqlite`. WAL with full synchronisation, so that what was written survives kill -9
 * and a power cut. Writes of the same tick share one transaction, and so one wait for the disk.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Backend } from './backend.ts';

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS keyv (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER) WITHOUT ROWID, STRICT;
  CREATE INDEX IF NOT EXISTS keyv_expires ON keyv (expires) WHERE expires IS NOT NULL;
`;
/** Milliseconds to wait for another program that has the file. */
const timeout = 5000;
/** SQLite does not wait where two programs give a file its journal at once, or one is just leaving it: so often, and so long, that is tried again. */
const OPENINGS = 100;
const PAUSE_MS = 20;
const BUSY = 5;
const PAGE = 200;
/** So often what has expired is taken out of the file. */
const WRITES_A_SWEEP = 1_000;

/** A write that waits for the transaction of its tick. */
interface Write {
  run(): unknown;
  done(result: unknown): void;
  fail(error: unknown): void;
}

/** One at a time: Node's own recursion never ends where the system lets nobody make a folder, such as below /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another program made it in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function openPatiently(path: string): DatabaseSync {
  for (let left = OPENINGS; ; left--) {
    const database = new DatabaseSync(path, { timeout });
    try {
      database.exec(SCHEMA);
      return database;
    } catch (error) {
      database.close();
      if (left === 0 || (error as { errcode?: number }).errcode !== BUSY) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}

/** Opens (and creates, with its folder) the file. @throws what SQLite says, e.g. when the path is not a database. */
export function openSqlite(path: string, now: () => number = Date.now): Backend {
  if (path !== ':memory:') makeFolder(dirname(path));
  const database = openPatiently(path);
  const expire = database.prepare('DELETE FROM keyv WHERE expires <= ?');
  expire.run(now());
  let writes = 0;
  const read = database.prepare('SELECT value FROM keyv WHERE key = ? AND (expires IS NULL OR expires > ?)');
  const upsert = database.prepare(
    'INSERT INTO keyv VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires',
  );
  const remove = database.prepare('DELETE FROM keyv WHERE key = ?');
  const pageOf = (keys: string) =>
    database.prepare(
      `SELECT key, value FROM keyv WHERE ${keys} AND key < ? AND (expires IS NULL OR expires > ?) ORDER BY key LIMIT ${PAGE}`,
    );
  const [firstPage, nextPage] = [pageOf('key >= ?'), pageOf('key > ?')];
  const inTransaction = groupWrites(database);

  return {
    async get(keys) {
      const at = now();
      return keys.map((key) => text(read.get(key, at)?.value));
    },
    set: (rows) =>
      inTransaction(() => {
        for (const { key, value, expires } of rows) upsert.run(key, value, expires ?? null);
        writes += 1;
        if (writes % WRITES_A_SWEEP === 0) expire.run(now());
      }),
    delete: (keys) => inTransaction(() => keys.map((key) => remove.run(key).changes > 0)),
    async *scan(prefix) {
      let page = firstPage;
      let from = prefix;
      for (;;) {
        const rows = page.all(from, `${prefix}\u{10ffff}`, now());
        for (const row of rows) yield [text(row.key) ?? '', text(row.value) ?? ''];
        if (rows.length < PAGE) return;
        page = nextPage;
        from = text(rows.at(-1)?.key) ?? '';
      }
    },
    async close() {
      if (!database.isOpen) return;
      await inTransaction(() => undefined);
      database.close();
    },
  };
}

/** Collects the writes of one tick into one transaction; if it fails, all of them fail and none is kept. */
function groupWrites(database: DatabaseSync): <T>(run: () => T) => Promise<T> {
  let waiting: Write[] = [];
  const flush = () => {
    const writes = waiting;
    waiting = [];
    try {
      database.exec('BEGIN IMMEDIATE');
      const results = writes.map((write) => write.run());
      database.exec('COMMIT');
      writes.forEach((write, index) => {
        write.done(results[index]);
      });
    } catch (error) {
      if (database.isOpen && database.isTransaction) database.exec('ROLLBACK');
      for (const write of writes) write.fail(error);
    }
  };
  return <T>(run: () => T) =>
    new Promise<T>((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ run, done: (result) => resolve(result as T), fail: reject });
    });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
