/** Which places a process answers for, when a bot's servers are split over several. */
import type { Place } from '#core/message.ts';
import type { Shards } from '#core/shards.ts';

/** Discord's rule; direct messages come to the first shard alone. */
function shardOf(server: string | undefined, count: number): number {
  return server === undefined ? 0 : Number((BigInt(server) >> 22n) % BigInt(count));
}

/** Everything, where nothing is split. */
export function ownsPlace(shards: Shards | undefined, place: Place): boolean {
  if (!shards) return true;
  const server = place.levels.find(({ kind }) => kind === 'server')?.id;
  return shards.ids.includes(shardOf(server, shards.count));
}

/** What is done once for the whole account is the first shard's. */
export function isFirst(shards: Shards | undefined): boolean {
  return shards === undefined || shards.ids.includes(0);
}

/** For the log: `2 of 16 shards (0-1)`. */
export function nameOf({ ids, count }: Shards): string {
  const [first, last] = [ids[0], ids.at(-1)];
  return `${ids.length} of ${count} shards (${first === last ? first : `${first}-${last}`})`;
}
