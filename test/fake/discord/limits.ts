/** Rate limits as Discord keeps them: one bucket per method, route and channel (or webhook token). platforms: "5 / 5 s per channel". */
import { Refusal } from './refusal.ts';

export interface Limit {
  readonly calls: number;
  readonly windowMs: number;
}

export interface Limits {
  /** POST /channels/{c}/messages */
  readonly post: Limit;
  /** PATCH /channels/{c}/messages/{m} */
  readonly patch: Limit;
  /** DELETE /channels/{c}/messages/{m} */
  readonly remove: Limit;
  /** GET /channels/{c}/messages */
  readonly list: Limit;
  /** /webhooks/{app}/{token}, per method */
  readonly webhook: Limit;
  /** All calls of the bot together, but for interactions and their webhooks. */
  readonly global: Limit;
  /** Sessions begun at the gateway: `calls` is `max_concurrency`, and each key (shard modulo that) takes one of them. */
  readonly identify: Limit;
}

/**
 * The values seen in the field: see https://github.com/discord/discord-api-docs/issues/367 for webhooks, and
 * https://discord.com/developers/docs/events/gateway#sharding-max-concurrency for sessions; large bots get 16 of them.
 */
export const realLimits: Limits = {
  post: { calls: 5, windowMs: 5000 },
  patch: { calls: 5, windowMs: 5000 },
  remove: { calls: 5, windowMs: 1000 },
  list: { calls: 5, windowMs: 5000 },
  webhook: { calls: 5, windowMs: 2000 },
  global: { calls: 50, windowMs: 1000 },
  identify: { calls: 1, windowMs: 5000 },
};

/** Name of the bucket of all calls. */
export const GLOBAL = 'global';

export class Buckets {
  readonly #now: () => number;
  readonly #open = new Map<string, { used: number; resetAt: number }>();
  /** How many calls were answered 429, by bucket. */
  readonly refused = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes one call out of the bucket and says so in headers. @throws Refusal 429 when it is empty. */
  take(name: string, limit: Limit): Record<string, string> {
    const now = this.#now();
    let bucket = this.#open.get(name);
    if (bucket === undefined || bucket.resetAt <= now) {
      bucket = { used: 0, resetAt: now + limit.windowMs };
      this.#open.set(name, bucket);
    }
    const after = (bucket.resetAt - now) / 1000;
    const headers = {
      'X-RateLimit-Limit': String(limit.calls),
      'X-RateLimit-Remaining': String(Math.max(0, limit.calls - bucket.used - 1)),
      'X-RateLimit-Reset': String(bucket.resetAt / 1000),
      'X-RateLimit-Reset-After': after.toFixed(3),
      'X-RateLimit-Bucket': bucketHash(name),
    };
    if (bucket.used >= limit.calls) {
      const global = name === GLOBAL;
      this.refused.set(name, (this.refused.get(name) ?? 0) + 1);
      throw new Refusal(
        429,
        { message: 'You are being rate limited.', retry_after: after, global },
        {
          ...headers,
          ...(global ? { 'X-RateLimit-Global': 'true' } : {}),
          'X-RateLimit-Scope': global ? 'global' : 'user',
          'Retry-After': String(Math.ceil(after)),
        },
      );
    }
    bucket.used += 1;
    return headers;
  }
}

/** Discord names a bucket by its route and method, not by its channel. */
function bucketHash(name: string): string {
  const route = name.split('|')[0] ?? name;
  let hash = 0;
  for (const character of route) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
