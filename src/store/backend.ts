/** What a store has to offer so that Keyv namespaces can be laid over it. Four small backends implement it. */

/** One value as it is stored; `expires` is milliseconds since the epoch. */
export interface Row {
  readonly key: string;
  readonly value: string;
  readonly expires?: number | undefined;
}

/** Strings under strings. Every failure rejects; nothing is ever answered in place of an error. */
export interface Backend {
  /** Values in the order of the keys, `undefined` where a key is missing or expired. */
  get(keys: readonly string[]): Promise<(string | undefined)[]>;
  /** All or nothing; durable once it resolves. */
  set(rows: readonly Row[]): Promise<void>;
  /** True where a key was there. */
  delete(keys: readonly string[]): Promise<boolean[]>;
  /** Every key that starts with `prefix`, with its value, in pages. */
  scan(prefix: string): AsyncGenerator<readonly [key: string, value: string]>;
  close(): Promise<void>;
}
