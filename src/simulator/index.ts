/** The local Coze service: both protocols, no account. What the program talks to when nothing is configured, and what the tests talk to. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bot } from '../bots/bot.ts';
import { RealCozeError } from '../errors.ts';
import type { Faults } from './faults.ts';
import { imageRoutes } from './images.ts';
import { botRoutes } from './open/bots.ts';
import { chatRoutes } from './open/chat.ts';
import { conversationRoutes } from './open/conversations.ts';
import { createLoginDesk, type LoginDesk, type Logins } from './open/device.ts';
import { fileRoutes } from './open/files.ts';
import { type OAuthApp, oauthRoutes } from './open/oauth.ts';
import { workflowRoutes } from './open/workflows.ts';
import { executeRoutes } from './playground/execute.ts';
import { launchRoutes } from './playground/launch.ts';
import { createSockets, type Sockets } from './playground/sockets.ts';
import { Uploads } from './playground/uploads.ts';
import { createRecord, type RecordedRequest } from './requests.ts';
import { createListener, type Route } from './routes.ts';
import { createWorld, type World } from './world.ts';

/** How the service is started; only the bots are needed. */
export interface SimulatorOptions {
  readonly host?: string;
  /** 0 (default) = any free port. */
  readonly port?: number;
  /** The bots it plays; read anew at each request so that hot reload works. Open API ids it does not know are refused as Coze would. */
  readonly bots: () => readonly Bot[];
  /** Milliseconds between two words of an answer; default 15. Tests use 0. */
  readonly wordMs?: number;
  /** `cloud` (default) answers as coze.com does, `studio` as a self-hosted Coze Studio. */
  readonly flavour?: 'cloud' | 'studio';
  /** OAuth JWT apps that may fetch a token. */
  readonly apps?: readonly OAuthApp[];
  /** Client ids of the OAuth apps that may log in by device code. */
  readonly loginApps?: readonly string[];
}

/** A running service. */
export interface Simulator {
  /** Base of the Open API, e.g. `http://127.0.0.1:41234`. The same address serves the playground (`/api/playground/…`), its WebSocket and its images. */
  readonly url: string;
  /** Tokens and cookies it takes, besides those the owner adds. */
  readonly token: string;
  readonly session: string;
  /** All tokens it takes now: add one, or delete one to see what an expired token does. */
  readonly tokens: Set<string>;
  readonly sessions: Set<string>;
  /** The logins by device code that wait for their owner. */
  readonly logins: Logins;
  /** What shall go wrong next. */
  readonly faults: Faults;
  /** The newest 200 calls, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** WebSockets open now. */
  readonly sockets: number;
  close(): Promise<void>;
}

/** Starts the service on loopback. @throws RealCozeError `config` where it cannot listen. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const server = createServer();
  const closing = new AbortController();
  const token = `pat_${randomBytes(32).toString('hex')}`;
  const session = randomBytes(16).toString('hex');
  const world = createWorld({
    bots: options.bots,
    wordMs: options.wordMs ?? 15,
    flavour: options.flavour ?? 'cloud',
    url: await listen(server, options.host ?? '127.0.0.1', options.port ?? 0),
    signal: closing.signal,
    tokens: new Set([token]),
    sessions: new Set([session]),
  });
  const sockets = createSockets();
  const desk = createLoginDesk(world, options.loginApps ?? []);
  const { requests, record } = createRecord();
  server.on('request', createListener(world, allRoutes(world, sockets, options.apps ?? [], desk), record));
  server.on('upgrade', sockets.upgrade);
  const { url, tokens, sessions, faults } = world;
  return {
    ...{ url, token, session, tokens, sessions, faults, requests, logins: desk.logins },
    get sockets() {
      return sockets.open;
    },
    async close() {
      closing.abort();
      server.closeAllConnections();
      server.close();
      await Promise.all([sockets.close(), once(server, 'close')]);
    },
  };
}

function allRoutes(world: World, sockets: Sockets, apps: readonly OAuthApp[], desk: LoginDesk): readonly Route[] {
  const uploads = new Uploads(world);
  return [
    ...chatRoutes(world),
    ...conversationRoutes(world),
    ...fileRoutes(world),
    ...botRoutes(world),
    ...workflowRoutes(world),
    ...oauthRoutes(world, apps, desk),
    ...launchRoutes(world),
    ...executeRoutes(world, sockets, uploads),
    ...uploads.routes(),
    ...imageRoutes(),
  ];
}

async function listen(server: Server, host: string, port: number): Promise<string> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new RealCozeError('config', `The local Coze service cannot listen on ${host}:${port}. Choose another port.`, {
      cause: error,
    });
  }
  const { port: given } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${given}`;
}
