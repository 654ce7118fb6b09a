/** The store by URL: Keyv namespaces over SQLite, Redis, Postgres or memory, on which a failure is always thrown. */
import { Keyv, type KeyvEntry, type KeyvStorageAdapter, type KeyvStorageEntry } from 'keyv';
import { RealCozeError } from './errors.ts';
import type { Log } from './log.ts';
import type { Backend } from './store/backend.ts';
import { openMemory } from './store/memory.ts';

export interface Store {
  /** The Keyv of one namespace. Its reads and writes throw `store` when they fail: a miss is a miss, `false` never comes back from `set`. */
  keyv(namespace: string): Keyv;
  /** What a namespace holds under names that begin so; the names alone. @throws RealCozeError `store` when it cannot be read. */
  keys(namespace: string, prefix: string): AsyncGenerator<string>;
  /** Writes and reads one value. @throws RealCozeError `store` when the store cannot. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens `sqlite://data/x.sqlite` (relative to the working folder; three slashes for an absolute path), `redis://`,
 * `rediss://`, `postgres://` or `memory://`. A server that is down now is logged and asked again at each call.
 * @throws RealCozeError `config` for a URL of another kind, `store` for a file that cannot be opened.
 */
export async function openStore(url: string, o: { log: Log }): Promise<Store> {
  const name = publicName(url);
  const backend = await openBackend(url, name, o.log);
  const namespaces = new Map<string, Keyv>();
  const keyv = (namespace: string) => {
    const known = namespaces.get(namespace) ?? new StrictKeyv(name, namespace, backend);
    namespaces.set(namespace, known);
    return known;
  };
  const store: Store = {
    keyv,
    async *keys(namespace, prefix) {
      const lead = `${namespace}:`;
      try {
        for await (const [key] of backend.scan(lead + prefix)) yield key.slice(lead.length);
      } catch (cause) {
        throw storeError(name, 'its names could not be read', cause);
      }
    },
    async check() {
      await keyv('health').set('check', true, 60_000);
      if ((await keyv('health').get('check')) !== true) throw storeError(name, 'it forgot what was just written');
    },
    close: () => backend.close(),
  };
  await store.check().catch((error: unknown) => {
    if (url.startsWith('sqlite:')) throw error;
    o.log.error(
      { error },
      `${name} does not answer. Start it or correct STORE_URL; it is tried again with every message.`,
    );
  });
  return store;
}

async function openBackend(url: string, name: string, log: Log): Promise<Backend> {
  const scheme = url.slice(0, url.indexOf(':'));
  const onFault = (error: unknown) => log.warn({ error }, `${name}: the connection had a fault.`);
  try {
    if (scheme === 'memory') return openMemory();
    if (scheme === 'sqlite') return (await import('./store/sqlite.ts')).openSqlite(sqlitePath(url));
    if (scheme === 'redis' || scheme === 'rediss')
      return await (await import('./store/remote.ts')).openRedis(url, onFault);
    if (scheme === 'postgres' || scheme === 'postgresql')
      return await (await import('./store/remote.ts')).openPostgres(url, onFault);
  } catch (cause) {
    throw storeError(name, 'it could not be opened', cause);
  }
  throw new RealCozeError(
    'config',
    `STORE_URL begins with "${scheme}:", which is no store. Use sqlite://data/real-coze.sqlite, redis://, postgres:// or memory://.`,
  );
}

/** `sqlite://data/x.sqlite` is relative: what stands where a host would is the first folder. */
function sqlitePath(url: string): string {
  const path = decodeURIComponent(url.replace(/^sqlite:(\/\/)?/, ''));
  if (path === '') throw new Error('the path is missing after sqlite://');
  return path;
}

/** The URL as people may see it: no user, no password, no query. */
function publicName(url: string): string {
  const match = /^([a-z]+):\/\/(?:[^/@]*@)?([^?#]*)/i.exec(url);
  return match ? `${match[1]}://${match[2]}` : 'STORE_URL';
}

function storeError(name: string, what: string, cause?: unknown): RealCozeError {
  const reason = cause instanceof Error ? ` (${cause.message.split('\n')[0]})` : '';
  return new RealCozeError(
    'store',
    `The store ${name} failed: ${what}${reason}. See that it runs, has room, and that STORE_URL is right.`,
    { cause },
  );
}

/**
 * Keyv reports a failed read as a missing key and a failed write as `false`, and tells the reason only by an `error` event.
 * Throwing from that event, which it emits inside the call, turns each into the rejection it should have been.
 */
class StrictKeyv extends Keyv {
  readonly #name: string;

  constructor(name: string, namespace: string, backend: Backend) {
    super({ store: storageOver(namespace, backend) });
    this.#name = name;
  }

  override emit(event: string | symbol, ...rest: unknown[]): boolean {
    if (event === 'error') throw storeError(this.#name, 'a value was not taken or given', rest[0]);
    return super.emit(event, ...rest);
  }

  override async set<Value>(key: string, value: Value, ttl?: number): Promise<boolean> {
    if (!(await super.set(key, value, ttl))) throw storeError(this.#name, 'a value was not taken');
    return true;
  }

  /** All or nothing. */
  override async setMany<Value>(entries: KeyvEntry<Value>[]): Promise<boolean[]> {
    const taken = await super.setMany(entries);
    if (taken.includes(false)) throw storeError(this.#name, 'values were not taken');
    return taken;
  }
}

/** Keyv's storage port over one namespace of a backend. Keys are prefixed here, since not every adapter does it (`@keyv/postgres` 2 does not). */
function storageOver(namespace: string, backend: Backend): KeyvStorageAdapter {
  const prefix = `${namespace}:`;
  const at = (key: string) => prefix + key;
  const row = ({ key, value, expires }: KeyvStorageEntry<unknown>) => ({ key: at(key), value: String(value), expires });
  const storage = {
    namespace,
    // Tells Keyv to use this adapter as it is, with absolute expiry times.
    capabilities: { compatible: true, store: 'keyvStorage', methods: {}, expires: true },
    get: async (key: string) => (await backend.get([at(key)]))[0],
    getMany: (keys: string[]) => backend.get(keys.map(at)),
    has: async (key: string) => (await backend.get([at(key)]))[0] !== undefined,
    hasMany: async (keys: string[]) => (await backend.get(keys.map(at))).map((value) => value !== undefined),
    async set(key: string, value: unknown, expires?: number) {
      await backend.set([row({ key, value, ...(expires === undefined ? {} : { expires }) })]);
      return true;
    },
    async setMany(entries: KeyvStorageEntry<unknown>[]) {
      await backend.set(entries.map(row));
      return entries.map(() => true);
    },
    delete: async (key: string) => (await backend.delete([at(key)]))[0] ?? false,
    deleteMany: (keys: string[]) => backend.delete(keys.map(at)),
    async clear() {
      for await (const [key] of backend.scan(prefix)) await backend.delete([key]);
    },
    async *iterator() {
      for await (const [key, value] of backend.scan(prefix)) yield [key.slice(prefix.length), value];
    },
  };
  return storage as unknown as KeyvStorageAdapter;
}
