/** `redis://` and `postgres://` through Keyv's own adapters, with the deadlines and listeners these leave to the caller. */
import { RealCozeError } from '../errors.ts';
import type { Backend, Row } from './backend.ts';

const DEADLINE_MS = 5_000;
const SEPARATOR = ':';
const TABLE = 'real_coze';
const SWEEP_MS = 24 * 3_600_000;
/** Takes out what has expired: Keyv's values are JSON with their expiry. */
const SWEEP = `DELETE FROM ${TABLE} WHERE value LIKE '%"expires":%' AND (value::json->>'expires')::numeric < $1`;

/** Told about connections that break while nobody waits for them. */
export type OnFault = (error: unknown) => void;

/** Redis. Connects at the first call and again whenever it is needed; a call that gets no answer in 5 s fails. */
export async function openRedis(url: string, onFault: OnFault): Promise<Backend> {
  const { default: KeyvRedis } = await import('@keyv/redis');
  const socket = { connectTimeout: DEADLINE_MS, reconnectStrategy };
  const redis = new KeyvRedis<string>(
    { url, socket },
    {
      keyPrefixSeparator: SEPARATOR,
      connectionTimeout: DEADLINE_MS,
      throwOnConnectError: true,
      throwOnErrors: true,
    },
  );
  redis.on('error', onFault);
  return {
    get: (keys) => deadline(redis.getMany<string>([...keys])).then(plain),
    set: (rows) => deadline(redis.setMany(rows.map(withTtl))),
    delete: (keys) => deadline(Promise.all(keys.map((key) => redis.delete(key)))),
    scan: (prefix) => scanned(redis.iterator(namespaceOf(prefix)), prefix, namespaceOf(prefix) + SEPARATOR),
    close: () => redis.disconnect(),
  };
}

/** Gives up after four attempts, so that who waits is told; the next call begins anew. */
function reconnectStrategy(attempts: number): number | Error {
  return attempts < 4 ? 50 * 2 ** attempts : new Error('Redis does not answer.');
}

/** Postgres. Makes its table at the first call that reaches the server. */
export async function openPostgres(url: string, onFault: OnFault): Promise<Backend> {
  const { default: KeyvPostgres } = await import('@keyv/postgres');
  type Postgres = InstanceType<typeof KeyvPostgres>;
  let open: Postgres | undefined;
  const connect = () => {
    if (open) return open;
    const postgres = new KeyvPostgres({ ...poolOptions(onFault), uri: url, table: TABLE, keySize: 1024 });
    open = postgres;
    // It asks for its table only once, when it is made: after a failure the next call starts over with a new one.
    postgres.on('error', (error) => {
      if (open === postgres) open = undefined;
      onFault(error);
    });
    return postgres;
  };
  const sweep = () => void connect().query(SWEEP, [Date.now()]).catch(onFault);
  sweep();
  const sweeping = setInterval(sweep, SWEEP_MS).unref();
  return {
    get: (keys) => deadline(connect().getMany([...keys])).then(plain),
    // Keyv reads the expiry from the value; the table has no column for it.
    set: (rows) => deadline(connect().setMany(rows.map(withTtl))),
    delete: (keys) => deadline(Promise.all(keys.map((key) => connect().delete(key)))),
    async *scan(prefix) {
      const postgres = connect();
      // A failure is told by an event alone, and the rows end as if there were no more.
      const faults: unknown[] = [];
      const onError = (error: unknown) => faults.push(error);
      postgres.on('error', onError);
      try {
        yield* scanned(postgres.iterator(namespaceOf(prefix)), prefix, '');
      } finally {
        postgres.off('error', onError);
      }
      if (faults.length > 0) throw faults[0];
    },
    async close() {
      clearInterval(sweeping);
      await open?.disconnect();
    },
  };
}

/** The pool is the adapter's secret; its `log` is called as a method, and so shows the pool whose `error` must be heard. */
function poolOptions(onFault: OnFault) {
  return {
    connectionTimeoutMillis: DEADLINE_MS,
    query_timeout: DEADLINE_MS,
    iterationLimit: 200,
    log(this: unknown) {
      const pool = this as { listenerCount?(name: string): number; on?(name: string, listener: OnFault): unknown };
      if (pool.listenerCount?.('error') === 0) pool.on?.('error', onFault);
    },
  };
}

function withTtl({ key, value, expires }: Row) {
  return expires === undefined ? { key, value } : { key, value, ttl: Math.max(1, expires - Date.now()) };
}

function plain(values: readonly unknown[]): (string | undefined)[] {
  return values.map((value) => (typeof value === 'string' ? value : undefined));
}

function namespaceOf(prefix: string): string {
  return prefix.slice(0, prefix.indexOf(SEPARATOR));
}

/** Both servers look for whole namespaces only. `lead` is what the adapter takes off its keys. */
async function* scanned(
  pages: AsyncIterable<unknown>,
  prefix: string,
  lead: string,
): AsyncGenerator<readonly [string, string]> {
  for await (const row of pages) {
    if (!Array.isArray(row)) continue;
    const [key, value]: unknown[] = row;
    if (typeof key !== 'string' || typeof value !== 'string') continue;
    const whole = lead + key;
    if (whole.startsWith(prefix)) yield [whole, value];
  }
}

/** A server that accepts and never answers must not hold a turn for ever. */
async function deadline<T>(call: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new RealCozeError('timeout', `The store gave no answer in ${DEADLINE_MS / 1000} seconds.`)),
    DEADLINE_MS,
  );
  try {
    return await Promise.race([call, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
