/** The gateway through a proxy. discord.js lets nobody hand its WebSocket an agent, so `ws` gets one while discord.js loads. */

import type { Agent } from 'node:http';
import { createRequire } from 'node:module';
import type { ClientOptions, WebSocket } from 'ws';

type WebSocketClass = typeof WebSocket;

/**
 * Loads a module that imports discord.js. With an agent, `@discordjs/ws` picks up a `WebSocket` that connects through it
 * (measured with discord.js 14.28, `ws://` and `wss://`). The original class is put back for everybody else.
 */
export async function loadThroughProxy<T>(agent: Agent | undefined, load: () => Promise<T>): Promise<T> {
  if (agent === undefined) return load();
  const fromDiscord = createRequire(createRequire(import.meta.url).resolve('discord.js'));
  const ws = createRequire(fromDiscord.resolve('@discordjs/ws'))('ws') as { WebSocket: WebSocketClass };
  const original = ws.WebSocket;
  ws.WebSocket = new Proxy(original, {
    construct(target, [address, protocols, options]: [string, string[], ClientOptions]) {
      return new target(address, protocols, { ...options, agent });
    },
  });
  try {
    return await load();
  } finally {
    ws.WebSocket = original;
  }
}
