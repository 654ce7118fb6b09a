/** The ways out as the web standards have them: all that the clients of Coze need, in Node, a Worker or a browser. */

export type Fetch = (input: string | URL, init?: RequestInit) => Promise<Response>;

/** Opens a WebSocket as the web standard has it (`addEventListener`, `binaryType`, `send`, `close`). */
export type OpenWebSocket = (url: string | URL) => WebSocket;

export interface Web {
  readonly fetch: Fetch;
  readonly openWebSocket: OpenWebSocket;
}
