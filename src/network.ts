/** The way out: a proxy-aware `fetch` and `WebSocket`. The only file in `src/` that knows undici, ws and proxy agents. */
import type { Agent } from 'node:http';

/** `fetch` as the web standard has it. */
export type Fetch = (input: string | URL, init?: RequestInit) => Promise<Response>;

/** Opens a WebSocket as the web standard has it (`addEventListener`, `binaryType`, `send`, `close`). */
export type OpenWebSocket = (url: string | URL) => WebSocket;

export interface Network {
  readonly fetch: Fetch;
  readonly openWebSocket: OpenWebSocket;
  /** For libraries that take a Node agent; absent without a proxy. */
  readonly agent?: Agent | undefined;
  close(): Promise<void>;
}
