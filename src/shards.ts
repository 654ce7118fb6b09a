/** A part of a bot's servers, for one process of several: https://discord.com/developers/docs/events/gateway#sharding */

export interface Shards {
  /** The ones of this process, ascending. */
  readonly ids: readonly number[];
  /** All there are. */
  readonly count: number;
}

/** Discord's own tools stop far below; more would be a slip of the finger. */
const MOST = 10_000;

/** `4` = all four here, `0-3/16` or `5/16` = some of sixteen; `undefined` for anything else. */
export function parseShards(text: string): Shards | undefined {
  const [, first, last, all] = /^(?:(\d+)(?:-(\d+))?\/)?(\d+)$/.exec(text.trim()) ?? [];
  const count = Number(all);
  const from = Number(first ?? 0);
  const to = Number(last ?? first ?? count - 1);
  if (!(count >= 1 && count <= MOST && from <= to && to < count)) return undefined;
  return { ids: Array.from({ length: to - from + 1 }, (_, index) => from + index), count };
}
