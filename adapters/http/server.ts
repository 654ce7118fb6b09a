/** Listens: the app over HTTP, the original's WebSocket on every path, and a clean end. */
import type { IncomingMessage, Server as NodeServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createAdaptorServer } from '@hono/node-server';
import { type WebSocket, WebSocketServer } from 'ws';
import { RealCozeError } from '#core/errors.ts';
import { createApp } from './app.ts';
import type { Server } from './ask.ts';
import { bodyLimit } from './body.ts';
import { authorizationOf, createGuard, type Guard } from './guard.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { openSocketSession } from './socket.ts';

export interface HttpOptions extends Server {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Asked for as `Authorization: Bearer KEY` when set. */
  readonly apiKey?: string | undefined;
  /** Give the same one to what wraps the engine; default: figures of this process only. */
  readonly metrics?: Metrics | undefined;
}

export interface HttpAdapter {
  /** Where the page is, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes no new requests, ends the running ones, frees the port. */
  close(): Promise<void>;
}

/** Milliseconds between two pings: below the minute after which proxies such as nginx cut a connection that is silent. */
const pingMs = 30_000;

/** Milliseconds that running answers get to say that they were stopped. */
const graceMs = 1_000;

/** Starts the server. @throws RealCozeError `config` when the port is taken or may not be used, with the cure. */
export async function startHttp(options: HttpOptions): Promise<HttpAdapter> {
  const guard = createGuard(options);
  const closing = new AbortController();
  const app = createApp({ ...options, closing: closing.signal }, guard, options.metrics ?? createMetrics());
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as NodeServer;
  const sockets = attachSockets(server, guard, options);
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${readable(options.host)}:${port}`,
    close: () => {
      closing.abort(new RealCozeError('aborted', 'The program ends.'));
      return close(server, sockets);
    },
  };
}

/** How the page is reached on this machine. */
function readable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

function listen(server: NodeServer, { host, port }: HttpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFault(error, host, port)));
    server.listen(port, host.replace(/^\[|\]$/g, ''), resolve);
  });
}

function listenFault(error: NodeJS.ErrnoException, host: string, port: number): RealCozeError {
  const sentences: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is in use. Stop the other program, or set SERVER_PORT to a free port.`,
    EACCES: `Port ${port} may not be used by this account. Set SERVER_PORT to a number above 1023.`,
    EADDRNOTAVAIL: `SERVER_HOST=${host} is no address of this machine. Set it to 127.0.0.1 or 0.0.0.0.`,
    ENOTFOUND: `SERVER_HOST=${host} is not known. Set it to 127.0.0.1 or 0.0.0.0.`,
  };
  const sentence = sentences[error.code ?? ''] ?? `The server cannot listen on ${host}:${port} (${error.code}).`;
  return new RealCozeError('config', sentence, { cause: error });
}

function attachSockets(server: NodeServer, guard: Guard, options: Server): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: bodyLimit });
  const heard = new WeakSet<WebSocket>();
  const heartbeat = setInterval(() => beat(sockets, heard), pingMs).unref();
  server.once('close', () => clearInterval(heartbeat));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {});
    const verdict = guard.entry({
      ...request.headers,
      host: request.headers.host,
      origin: request.headers.origin,
      authorization: authorizationOf(request.headers.authorization, request.headers['sec-websocket-protocol']),
    });
    if (verdict)
      return void socket.end(`HTTP/1.1 ${verdict.status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    sockets.handleUpgrade(request, socket, head, (client) => {
      heard.add(client);
      client.on('pong', () => heard.add(client));
      serve(client, options);
    });
  });
  return sockets;
}

/** A client that did not answer the last ping has gone without a word: what runs for it is stopped. */
function beat({ clients }: WebSocketServer, heard: WeakSet<WebSocket>): void {
  for (const client of clients) {
    if (heard.delete(client)) client.ping();
    else client.terminate();
  }
}

function serve(client: WebSocket, server: Server): void {
  const send = (text: string) =>
    new Promise<void>((resolve, reject) => client.send(text, (error) => (error ? reject(error) : resolve())));
  const session = openSocketSession(server, { send });
  client.on('message', (data) => session.receive(String(data)));
  client.on('close', () => session.close());
  client.on('error', () => session.close());
}

async function close(server: NodeServer, sockets: WebSocketServer): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const client of sockets.clients) client.close(1001, 'The server ends.');
  // Running answers end now, and say so; whoever does not listen is not waited for.
  const hurry = setTimeout(() => {
    server.closeAllConnections();
    for (const client of sockets.clients) client.terminate();
  }, graceMs);
  await closed;
  clearTimeout(hurry);
}
