/** Which places a process answers for when a bot's servers are split over shards, and what Discord says about a bad split. */
import { type Client, GatewayCloseCodes } from 'discord.js';
import type { Place } from '#core/message.ts';
import type { Shards } from '#core/shards.ts';

/** The shards of a client that is ready, whoever chose them: the settings or Discord. */
export function shardsOf(client: Client<true>): Shards {
  const ids = [...client.ws.shards.keys()];
  return { ids, count: client.options.shardCount ?? ids.length };
}

/** Discord's rule (https://discord.com/developers/docs/events/gateway#sharding); direct messages come to the first shard alone. */
function shardOf(server: string | undefined, count: number): number {
  return server === undefined ? 0 : Number((BigInt(server) >> 22n) % BigInt(count));
}

/** Whether what is written there comes to one of these shards. */
export function ownsPlace({ ids, count }: Shards, place: Place): boolean {
  const server = place.levels.find(({ kind }) => kind === 'server')?.id;
  return ids.includes(shardOf(server, count));
}

/** What is done once for the whole account is the first shard's. */
export function hasFirst({ ids }: Shards): boolean {
  return ids.includes(0);
}

/** For the log: `Shards 0 to 3 of 16 run here, with 812 servers; the others belong in other processes.` */
export function whatRunsHere({ ids, count }: Shards, servers: number): string {
  const [first, last] = [ids.at(0), ids.at(-1)];
  const those = first === last ? `Shard ${first} of ${count} runs` : `Shards ${first} to ${last} of ${count} run`;
  const rest = ids.length < count ? '; the others belong in other processes' : '';
  return `${those} here, with ${servers} ${servers === 1 ? 'server' : 'servers'}${rest}.`;
}

/** What to do when Discord takes no shard like this: 4010 = it cannot be, 4011 = it would have more than 2500 servers. */
export const refusedShards = {
  [GatewayCloseCodes.InvalidShard]:
    'Discord does not know such a shard. Set DISCORD_SHARDS to the same number of shards in every process, counted from 0 (0-3/16 here, 4-15/16 there), or to auto, and start the program again.',
  [GatewayCloseCodes.ShardingRequired]:
    'The bot is in too many servers for so few shards. Set DISCORD_SHARDS=auto for as many as Discord recommends, or to more of them with the same number in every process, and start the program again.',
} as const;
