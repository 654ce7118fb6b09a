/** The playground's WebSocket: binary pushes, heartbeats answered, one for all turns of a device. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { accessKey, frontier } from './launch.ts';

/** All WebSockets of the service, by the device they are for. */
export interface Sockets {
  /** Takes over an HTTP connection that asks for `/ws/v2`; a wrong key is refused with HTTP 401. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Sends one JSON object to every socket of the device, in its binary envelope. Nobody there: it is lost. */
  send(deviceId: string, value: unknown): Promise<void>;
  /** Sends bytes as they are. */
  sendRaw(deviceId: string, bytes: Buffer): void;
  /** Breaks the connections of a device, without a goodbye. */
  drop(deviceId: string): void;
  /** Connections open now. */
  readonly open: number;
  close(): Promise<void>;
}

/** No socket yet; the HTTP server hands them over. */
export function createSockets(): Sockets {
  const server = new WebSocketServer({ noServer: true, clientTracking: true });
  const devices = new Map<string, Set<WebSocket>>();
  let frames = 0;
  const of = (deviceId: string) => [...(devices.get(deviceId) ?? [])];

  function accept(socket: WebSocket, deviceId: string): void {
    const group = devices.get(deviceId) ?? new Set();
    devices.set(deviceId, group.add(socket));
    socket.on('close', () => {
      group.delete(socket);
      if (group.size === 0) devices.delete(deviceId);
    });
    socket.on('error', () => socket.terminate());
    socket.on('message', (data, binary) => {
      if (!binary && String(data) === 'hi') socket.send('hi');
    });
    socket.send('hi');
    socket.send(Buffer.from([0x08, 0x00, 0x10, 0x00]));
  }

  return {
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy());
      const deviceId = admitted(URL.parse(request.url ?? '/', 'ws://local'));
      if (deviceId === undefined) return void socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      server.handleUpgrade(request, socket, head, (opened) => accept(opened, deviceId));
    },
    async send(deviceId, value) {
      const bytes = envelope(JSON.stringify(value), frames++);
      await Promise.all(of(deviceId).map((socket) => new Promise((sent) => socket.send(bytes, sent))));
    },
    sendRaw: (deviceId, bytes) => {
      for (const socket of of(deviceId)) socket.send(bytes);
    },
    drop: (deviceId) => {
      for (const socket of of(deviceId)) socket.terminate();
    },
    get open() {
      return server.clients.size;
    },
    async close() {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The device a connection is for, where path, product and key are right. */
function admitted(url: URL | null): string | undefined {
  if (!url) return undefined;
  const { searchParams: query } = url;
  const deviceId = query.get('device_id') ?? '';
  const right =
    url.pathname === '/ws/v2' &&
    /^\d+$/.test(deviceId) &&
    query.get('fpid') === String(frontier.productId) &&
    query.get('aid') === String(frontier.appId) &&
    query.get('access_key') === accessKey(deviceId);
  return right ? deviceId : undefined;
}

/**
 * Opaque bytes, the JSON, opaque bytes. Now and then the bytes before hold a brace and those behind one too, and
 * some frames carry a second object, as the real envelope may: cutting from the first brace to the last does not do.
 */
function envelope(json: string, frame: number): Buffer {
  const length = Buffer.byteLength(json);
  const odd = frame % 3 === 0;
  const before = Buffer.from([0x08, frame & 0x7f, 0x12, length & 0x7f, 0xff, 0x00, odd ? 0x7b : 0x22]);
  const after = Buffer.from([0x1a, 0xfe, odd ? 0x7d : 0x00]);
  return Buffer.concat([before, Buffer.from(json), after, Buffer.from(frame % 5 === 0 ? '{"seq":1}' : '')]);
}
