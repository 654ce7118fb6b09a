/** What a transport keeps between turns and restarts. Keyv has this shape. A cache that fails is a cache without the value. */
export interface Cache {
  get(key: string): Promise<unknown>;
  /** `ttl` in milliseconds. */
  set(key: string, value: unknown, ttl?: number): Promise<unknown>;
}

/** Reads what `make` once made; makes and keeps it otherwise. Failing reads and writes cost a call, never the answer. */
export async function remembered<T>(
  cache: Cache | undefined,
  key: string,
  ttl: number,
  isValid: (value: unknown) => value is T,
  make: () => Promise<T>,
): Promise<T> {
  const known = await cache?.get(key).catch(() => undefined);
  if (isValid(known)) return known;
  const made = await make();
  await cache?.set(key, made, ttl).catch(() => undefined);
  return made;
}

/** SHA-256 in hex. */
export async function sha256(bytes: Uint8Array<ArrayBuffer> | string): Promise<string> {
  const data = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
