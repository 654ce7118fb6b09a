/** Whether Discord is heard: which shards are away and since when, and what to do when it has hung up for good. */
import { type Client, Events, GatewayCloseCodes } from 'discord.js';
import type { Log } from '#core/log.ts';
import { refusedShards } from './shards.ts';

/** A shard that comes back sooner, as most do within seconds, is nobody's trouble. */
const patienceMs = 60_000;

export interface Gateway {
  /** A sentence when a shard has been away for a minute, or for good; `undefined` while all is well. */
  trouble(): string | undefined;
}

/** `now`: milliseconds, monotonic. */
export function watchGateway(client: Client<true>, log: Log, now: () => number = () => performance.now()): Gateway {
  const awaySince = new Map<number, number>();
  let closed: string | undefined;
  client.on(Events.ShardReconnecting, (shard) => {
    if (!awaySince.has(shard)) awaySince.set(shard, now());
  });
  client.on(Events.ShardReady, (shard) => awaySince.delete(shard));
  client.on(Events.ShardResume, (shard) => awaySince.delete(shard));
  client.on(Events.ShardDisconnect, ({ code }) => {
    closed = whyClosed(code);
    log.error({ code }, closed);
  });
  return {
    trouble() {
      if (closed !== undefined) return closed;
      const since = Math.min(...awaySince.values());
      const minutes = Math.floor((now() - since) / patienceMs);
      return minutes < 1 || awaySince.size === 0
        ? undefined
        : `Discord has not been heard for ${minutes} min. The program keeps trying.`;
    },
  };
}

/** Discord closed the gateway for good: https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway */
function whyClosed(code: number): string {
  if (code === GatewayCloseCodes.AuthenticationFailed)
    return 'Discord no longer takes DISCORD_BOT_TOKEN. Put the new token into .env and start the program again.';
  if (code === GatewayCloseCodes.DisallowedIntents)
    return 'Message Content Intent was switched off in the Developer Portal. Start the program again to go on without it.';
  if (code === GatewayCloseCodes.InvalidShard || code === GatewayCloseCodes.ShardingRequired)
    return refusedShards[code];
  return `Discord closed the connection for good (code ${code}). Start the program again.`;
}
