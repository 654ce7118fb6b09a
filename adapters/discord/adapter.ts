/** Discord's door: light to import; discord.js is loaded only when a token is there. */
import type { Catalog } from '#core/bots/catalog.ts';
import type { Engine } from '#core/engine.ts';
import type { Log } from '#core/log.ts';
import type { Attachment } from '#core/message.ts';
import type { Network } from '#core/network.ts';
import { loadThroughProxy } from './proxy.ts';

export interface DiscordOptions {
  readonly token: string;
  /** Without version; default in the settings: `https://discord.com/api`. */
  readonly apiUrl: string;
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly network: Network;
  readonly log: Log;
  /** Ends the login. */
  readonly signal?: AbortSignal | undefined;
  /** For tests of what happens after fourteen minutes. */
  readonly now?: (() => number) | undefined;
}

export interface DiscordAdapter {
  /** The bot's own user id: the `account` of its places. */
  readonly account: string;
  /** Bytes of a file that came with a Discord message. @throws RealCozeError `gone` when its address has expired, `too_large` */
  fetchAttachment(attachment: Attachment, signal: AbortSignal): Promise<Uint8Array>;
  /** Takes no more messages and leaves the gateway. Running replies can still be shown: `Engine.close` ends them, before or after. */
  close(): Promise<void>;
}

/**
 * Logs in, registers the commands, finishes what a crash left open, and answers from then on.
 * @throws RealCozeError `auth` when the token is refused, `network` or `timeout` when Discord cannot be reached.
 */
export async function startDiscord(o: DiscordOptions): Promise<DiscordAdapter> {
  const { openSession } = await loadThroughProxy(o.network.agent, () => import('./session.ts'));
  return openSession(o);
}
