/** Discord's door: light to import; discord.js is loaded only when a token is there. */
import type { DiscordAdapter, DiscordOptions } from './open.ts';
import { loadThroughProxy } from './proxy.ts';

export type { DiscordAdapter, DiscordOptions };

/**
 * Logs in, registers the commands, finishes what a crash left open, and answers from then on.
 * While Discord cannot be reached it waits, and says so.
 * @throws RealCozeError `auth` when the token is refused; the signal's reason when that fires before.
 */
export async function startDiscord(o: DiscordOptions): Promise<DiscordAdapter> {
  const { openDiscord } = await loadThroughProxy(o.network.agent, () => import('./open.ts'));
  return openDiscord(o);
}
