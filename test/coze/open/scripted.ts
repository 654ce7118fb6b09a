/** A server that answers each path as a test scripts it, byte for byte, and remembers what it was asked. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bot, OpenBot } from '#core/bots/bot.ts';

export const openBot: Bot & { readonly coze: OpenBot } = {
  name: 'nim',
  version: '1',
  coze: { kind: 'open', botId: '7400000000000000001', tokenEnv: 'COZE_API_TOKEN' },
  bridge: {
    context: { keep: 'window', turns: 40, characters: 24_000, idleMinutes: 0 },
    show: { sources: true, reasoning: false },
  },
};

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as JSON. */
  readonly json: Record<string, unknown>;
  /** Settles when the connection of this request has closed. */
  readonly closed: Promise<void>;
}

export type Handler = (response: ServerResponse, asked: Asked) => void | Promise<void>;

export interface Scripted {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** Bodies of the calls to one path. */
  to(path: string): readonly Asked[];
  /** Each call to `METHOD path` takes the next handler; the last one stays. */
  on(call: string, ...handlers: readonly Handler[]): void;
  close(): Promise<void>;
}

export async function startScripted(): Promise<Scripted> {
  const handlers = new Map<string, Handler[]>();
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const body = Buffer.concat(chunks);
    const one: Asked = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body,
      json: parse(body),
      closed: once(response, 'close').then(() => undefined),
    };
    asked.push(one);
    const queue = handlers.get(`${one.method} ${one.path}`) ?? [];
    const handler = queue.length > 1 ? queue.shift() : queue[0];
    if (handler) await handler(response, one);
    else json({ code: 4200, msg: `no script for ${one.method} ${one.path}` }, 404)(response, one);
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 2048 });
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    to: (path) => asked.filter((one) => one.path === path),
    on: (call, ...more) => void handlers.set(call, [...more]),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString());
  } catch {
    return {};
  }
}

/** A JSON answer. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Handler {
  return text(JSON.stringify(value), 'application/json', status, headers);
}

export function text(body: string, type: string, status = 200, headers: Record<string, string> = {}): Handler {
  return (response) => {
    response.writeHead(status, { 'content-type': type, ...headers });
    response.end(body);
  };
}

/** An event stream of these bytes, in pieces of `size`. */
export function stream(bytes: string | Uint8Array, size = Number.POSITIVE_INFINITY): Handler {
  const all = Buffer.from(bytes);
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    for (let at = 0; at < all.length; at += size) {
      response.write(all.subarray(at, Math.min(all.length, at + size)));
      if (size < all.length) await new Promise(setImmediate);
    }
    response.end();
  };
}

/** An event stream whose connection breaks after `at` bytes. */
export function cut(bytes: string | Uint8Array, at: number): Handler {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    response.write(Buffer.from(bytes).subarray(0, at), () => response.destroy());
  };
}

/** An event stream that says this and then nothing, its connection open. */
export function stall(bytes: string): Handler {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    if (bytes !== '') response.write(bytes);
  };
}

/** Events as coze.com writes them: no space after the colon. */
export function sse(...events: readonly (readonly [name: string, data: unknown])[]): string {
  return events
    .map(([name, data]) => `event:${name}\ndata:${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
    .join('');
}

export const ids = { id: '7410000000000000001', conversation_id: '7410000000000000002', bot_id: '7400000000000000001' };

/** `conversation.chat.STATUS`. */
export function chat(status: string, more: object = {}): [string, object] {
  return [`conversation.chat.${status}`, { ...ids, status, last_error: { code: 0, msg: '' }, ...more }];
}

const message = {
  ...{ conversation_id: ids.conversation_id, bot_id: ids.bot_id, chat_id: ids.id },
  ...{ role: 'assistant', type: 'answer', content_type: 'text' },
};

/** `conversation.message.delta`. */
export function delta(content: string, id = '81', more: object = {}): [string, object] {
  return ['conversation.message.delta', { id, ...message, content, ...more }];
}

/** `conversation.message.completed`. */
export function completed(content: string, id = '81', more: object = {}): [string, object] {
  return ['conversation.message.completed', { id, ...message, content, ...more }];
}

export const done: [string, string] = ['done', '"[DONE]"'];
