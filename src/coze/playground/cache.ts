/** What the playground remembers between runs: the device id and the launch data, by session. */
import type { Log } from '../../log.ts';
import { type Cache, sha256 } from '../cache.ts';

/** One session's drawer in a cache. The session itself is never written: the key is made from its hash. */
export interface SessionCache {
  get(name: string): Promise<unknown>;
  set(name: string, value: unknown, ttl?: number): Promise<void>;
}

/** A cache that fails is worth a warning, never a failed question. Without one nothing is remembered. */
export async function sessionCache(
  cache: Cache | undefined,
  base: string,
  session: string,
  log: Log | undefined,
): Promise<SessionCache> {
  const prefix = `playground:${(await sha256(`${new URL(base).origin}\n${session}`)).slice(0, 32)}`;
  const warn = (error: unknown) => log?.warn({ error }, 'The playground cache could not be used.');
  return {
    async get(name) {
      return cache?.get(`${prefix}:${name}`).catch(warn);
    },
    async set(name, value, ttl) {
      const stored = await cache?.set(`${prefix}:${name}`, value, ttl).catch(warn);
      if (stored === false) warn('the store took no value');
    },
  };
}
