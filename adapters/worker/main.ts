/**
 * The Cloudflare Worker: the original's `POST /` and WebSocket, and the OpenAI-compatible API, at the edge.
 * Clients keep their histories and send them whole, so the Worker stores nothing.
 */
import { Hono } from 'hono';
import { Keyv } from 'keyv';
import { createClients } from '#core/coze/client.ts';
import { createEngine } from '#core/engine.ts';
import { RealCozeError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import { createPacer } from '#core/reply/pace/pace.ts';
import type { Server } from '../http/ask.ts';
import { faultResponse } from '../http/fault.ts';
import { createGuard, guarding, openToPages } from '../http/guard.ts';
import { completeChat, listModels, showModel } from '../http/openai.ts';
import { postHistory } from '../http/original.ts';
import { openSocketSession } from '../http/socket.ts';
import { readCatalog } from './catalog.ts';

/** Variables and secrets of the Worker, named as in `.env`. */
export interface Env {
  /** JSON of `{"NAME": <its config.json>}`. */
  readonly BOTS?: string;
  readonly DEFAULT_BOT?: string;
  /** A Worker is on the open Internet: without a key it answers nobody. */
  readonly SERVER_API_KEY?: string;
  readonly COZE_API_TOKEN?: string;
  readonly COZE_API_BASE?: string;
  readonly COZE_SESSION_ID?: string;
  readonly COZE_WEB_BASE?: string;
  readonly [variable: string]: string | undefined;
}

/** What the Workers runtime gives with each request. */
interface Context {
  /** Keeps the request's work going until the promise settles. */
  waitUntil(work: Promise<unknown>): void;
}

/** The pair that the Workers runtime makes: one end for the client, one to serve. */
declare const WebSocketPair: new () => { 0: WebSocket; 1: WebSocket & { accept(): void } };

/** Device id, launch data, profiles: plain data, which requests may share. */
const cache = new Keyv({ namespace: 'coze' });

export default {
  /** Built anew for each request: the runtime lets no request use a socket or stream that another one opened. */
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    try {
      const { app, close } = createWorker(env, context);
      // The runtime ends what a request has begun as soon as its client has left, unless it is asked to wait.
      request.signal.addEventListener('abort', () => context.waitUntil(close()));
      return await app.fetch(request);
    } catch (error) {
      return faultResponse(error);
    }
  },
};

function createWorker(env: Env, runtime: Context): { app: Hono; close(): Promise<void> } {
  if (!env.SERVER_API_KEY)
    throw new RealCozeError(
      'config',
      'SERVER_API_KEY is missing. Set it as a secret of the Worker: without it anybody could use your Coze account.',
    );
  const { server, close } = createServer(env);
  const guard = createGuard({ host: 'worker', apiKey: env.SERVER_API_KEY });
  const app = new Hono();
  app.onError((error) => faultResponse(error));
  app.get('/health', () => Response.json({ status: 'ok', bots: server.catalog.list().length }));
  app.use(openToPages);
  app.use(guarding(guard.entry));
  app.post('/', (context) => postHistory(server, context));
  app.get('/v1/models', () => listModels(server));
  app.get('/v1/models/:model', (context) => showModel(server, context.req.param('model')));
  app.post('/v1/chat/completions', (context) => completeChat(server, context));
  app.get('*', (context) => {
    if (context.req.header('upgrade')?.toLowerCase() !== 'websocket')
      return context.text('Real Coze. Send a history by POST /, a WebSocket, or POST /v1/chat/completions.');
    const left = () => runtime.waitUntil(close());
    return upgrade(server, context.req.header('sec-websocket-protocol'), left);
  });
  return { app, close };
}

function createServer(env: Env): { server: Server; close(): Promise<void> } {
  const catalog = readCatalog(env.BOTS, env.DEFAULT_BOT);
  const store = { keyv: (namespace: string) => new Keyv({ namespace }) };
  const clients = createClients({
    coze: {
      token: env.COZE_API_TOKEN,
      apiBase: env.COZE_API_BASE ?? 'https://api.coze.com',
      session: env.COZE_SESSION_ID,
      webBase: env.COZE_WEB_BASE ?? 'https://www.coze.com',
    },
    network: { fetch: (input, init) => fetch(input, init), openWebSocket: (url) => new WebSocket(url) },
    env,
    cache,
    log,
  });
  const engine = createEngine({ catalog, store, clients, log, pacer: createPacer() });
  return { server: { catalog, log, engine }, close: clients.close };
}

/** `protocols`: what the client offers; browsers leave again when none of them is taken. `left` is told when the client has gone. */
function upgrade(server: Server, protocols: string | undefined, left: () => void): Response {
  const { 0: client, 1: socket } = new WebSocketPair();
  socket.accept();
  const session = openSocketSession(server, { send: async (text) => socket.send(text) });
  socket.addEventListener('message', (event) => session.receive(String(event.data)));
  const end = () => {
    session.close();
    left();
  };
  socket.addEventListener('close', end);
  socket.addEventListener('error', end);
  const taken = protocols?.split(',', 1)[0]?.trim();
  const headers = taken ? { 'sec-websocket-protocol': taken } : {};
  return new Response(null, { status: 101, webSocket: client, headers } as ResponseInit);
}

const line = (fields: object, sentence: string) => console.log(sentence, fields);
const log: Log = { debug: () => {}, info: line, warn: line, error: line };
