/** How long the playground client waits for what, in milliseconds. Tests shorten these; nobody else needs to. */
export interface Timing {
  /** One call to Coze's web host. */
  readonly callMs: number;
  /** One call to a storage host, a file's bytes included. */
  readonly uploadMs: number;
  /** From opening the socket to its being open. */
  readonly connectMs: number;
  /** Between two heartbeats. A socket that used to answer them and misses two is taken for dead. */
  readonly heartbeatMs: number;
  /** Longest silence within an answer. Plugins and workflows can be slow; Coze's own page gives up after 210 s. */
  readonly stallMs: number;
  /** After a finished answer message: how long another one of the same turn may take to begin. */
  readonly nextMessageMs: number;
  /** The same where suggestions are still expected, which a model has to write first. */
  readonly suggestionMs: number;
  /** First wait before opening the socket again; doubles with each failure, up to the second. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

export const DEFAULT_TIMING: Timing = {
  callMs: 20_000,
  uploadMs: 120_000,
  connectMs: 15_000,
  heartbeatMs: 25_000,
  stallMs: 120_000,
  nextMessageMs: 250,
  suggestionMs: 1_500,
  backoffMs: 500,
  maxBackoffMs: 60_000,
};
