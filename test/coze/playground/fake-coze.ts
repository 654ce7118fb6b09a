/** A playground on loopback that says exactly what a test tells it to, frame by frame. The simulator is the one with manners. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly search: URLSearchParams;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
  /** The body as JSON, `undefined` when it is none. */
  readonly json: Record<string, unknown> | undefined;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** An object goes as JSON, a text as it is, `hang` never. */
  readonly body: object | string | 'hang';
}

type Handler = (call: Call) => Answer | Promise<Answer>;

export interface FakeCoze {
  readonly base: string;
  readonly host: string;
  /** Everything asked over HTTP, oldest first. */
  readonly calls: Call[];
  /** Request addresses of the sockets opened so far. */
  readonly socketUrls: URL[];
  /** Texts the clients sent over their sockets. */
  readonly heard: string[];
  /** Sockets that are open now. */
  readonly sockets: ReadonlySet<ServerSocket>;
  /** Replaces the answer to a path. */
  on(path: string, handler: Handler): void;
  /** What to do with each question; the default answers `code` 0 and says nothing. */
  onExecute(handler: (question: Asked) => void | Promise<void>): void;
  /** Refuses the next sockets with this HTTP status. */
  refuseSockets(times: number): void;
  callsOf(path: string): Call[];
  push(frame: string | Buffer): void;
  drop(): void;
  close(): Promise<void>;
}

interface Asked {
  readonly uuid: string;
  readonly number: number;
  readonly body: Record<string, unknown>;
  /** The turns of `message_info`. */
  readonly turns: { role: number; content: string; contentType: number }[];
  say(content: string, more?: { type?: number; finish?: boolean | null }): void;
}

/** A chat update inside a binary envelope, as the real socket wraps it. `finish: null` leaves the flag out. */
export function frame(
  uuid: string,
  content: string,
  { type = 1, finish = false }: { type?: number; finish?: boolean | null } = {},
): Buffer {
  const flag = finish === null ? {} : { is_finish: finish ? '1' : '0' };
  const event = { event_type: 1, message: { content, reply_type: type, ext: { PushUuid: uuid, ...flag } } };
  return Buffer.concat([
    Buffer.from([8, 1, 0x12, 0xff, 0xc3]),
    Buffer.from(JSON.stringify(event)),
    Buffer.from([26, 0]),
  ]);
}

export async function startFakeCoze(): Promise<FakeCoze> {
  const calls: Call[] = [];
  const socketUrls: URL[] = [];
  const heard: string[] = [];
  const handlers = new Map<string, Handler>();
  let refusals = 0;
  const server = createServer((request, response) => void serve(request, response));
  const webSockets = new WebSocketServer({ noServer: true });

  const handlerOf = (path: string): Handler => handlers.get(path) ?? (() => ({ status: 404, body: 'no' }));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request);
    calls.push(call);
    const answer = await handlerOf(call.path)(call);
    if (answer.body === 'hang') return;
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers }).end(text);
  }

  server.on('upgrade', (request, socket, head) => {
    if (refusals > 0) {
      refusals--;
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      return;
    }
    socketUrls.push(new URL(request.url ?? '', 'ws://fake'));
    webSockets.handleUpgrade(request, socket, head, (client) => {
      client.on('message', (data) => heard.push(String(data)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;

  const fake: FakeCoze = {
    base: `http://${host}`,
    host,
    calls,
    socketUrls,
    heard,
    sockets: webSockets.clients,
    on: (path, handler) => void handlers.set(path, handler),
    onExecute(handler) {
      let number = 0;
      fake.on('/api/draftbot/execute', async (call) => {
        await handler(readAsked(fake, call, ++number));
        return { body: { code: 0, msg: '' } };
      });
    },
    refuseSockets: (times) => {
      refusals = times;
    },
    callsOf: (path) => calls.filter((call) => call.path === path),
    push: (data) => {
      for (const client of webSockets.clients) client.send(data);
    },
    drop: () => {
      for (const client of webSockets.clients) client.terminate();
    },
    async close() {
      fake.drop();
      webSockets.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  fake.on('/api/playground/user/launch', () => ({ body: launchAnswer(host) }));
  fake.onExecute(() => {});
  return fake;
}

export function launchAnswer(host: string): object {
  return {
    code: 0,
    msg: '',
    data: {
      type: 1,
      config: {
        frontier_access_key: 'unused',
        frontier_app_id: 100001,
        frontier_app_key: 'ak-example',
        frontier_product_id: 1000,
        frontier_domain: `ws://${host}`,
        message_service_id: 1,
        event_frontier: {},
      },
    },
  };
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const url = new URL(request.url ?? '', 'http://fake');
  let json: Record<string, unknown> | undefined;
  try {
    json = JSON.parse(bytes.toString());
  } catch {}
  const { method = '', headers } = request;
  return { method, path: url.pathname, search: url.searchParams, url: request.url ?? '', headers, bytes, json };
}

function readAsked(fake: FakeCoze, call: Call, number: number): Asked {
  const body = call.json ?? {};
  const uuid = String(body.push_uuid);
  const { message_info: info } = body.work_info as { message_info: string };
  return {
    uuid,
    number,
    body,
    turns: JSON.parse(info),
    say: (content, more) => fake.push(frame(uuid, content, more)),
  };
}
