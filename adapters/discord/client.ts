/** The discord.js client as this program uses it: its own network, few intents, small caches, no queue on the message routes. */

import {
  ApplicationFlagsBitField,
  Client,
  Events,
  GatewayCloseCodes,
  GatewayIntentBits,
  Options,
  Partials,
  type RateLimitData,
  REST,
  type RESTGetCurrentApplicationResult,
  type RESTOptions,
  Routes,
} from 'discord.js';
import { abortable } from '#core/async.ts';
import { RealCozeError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import type { Network } from '#core/network.ts';
import type { Shards } from '#core/shards.ts';
import { discordError } from './faults.ts';
import { refusedShards } from './shards.ts';

export interface ClientSettings {
  readonly token: string;
  /** Without version: `https://discord.com/api`. */
  readonly apiUrl: string;
  readonly network: Network;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  /** Default: all, as many as Discord recommends. */
  readonly shards?: Shards | undefined;
  /** Called in the very moment the client is ready: listeners set here miss nothing that came during the login. */
  readonly onReady: (loggedIn: LoggedIn) => void;
}

export interface LoggedIn {
  readonly client: Client<true>;
  /** For replies. Not the client's own: it goes on working when the gateway has been left, so that last edits land. */
  readonly rest: REST;
  /** The application may read every message; without it only mentions, replies with a ping, DMs and commands arrive with text. */
  readonly readsEverything: boolean;
}

/** Milliseconds until Discord must have taken the login, and from one shard to the next: Discord lets few of them in at once. */
const LOGIN = 30_000;

/**
 * Checks the token, then opens the gateway; resolves once the servers are known.
 * @throws RealCozeError `auth` for a refused token, `network` when Discord cannot be reached, `timeout`.
 */
export async function logIn(o: ClientSettings): Promise<LoggedIn> {
  const options: Partial<RESTOptions> = {
    api: o.apiUrl,
    makeRequest: requestThrough(o.network),
    rejectOnRateLimit: isMessageRoute,
    // Times to wait are counted from the arrival of the answer, which is late enough by the way it took.
    offset: 0,
    retries: 1,
  };
  const rest = new REST(options).setToken(o.token);
  try {
    const readsEverything = await mayReadEverything(rest);
    const client = createClient(options, readsEverything, o.shards);
    client.on(Events.Error, (error) => {
      o.log.warn({ error: discordError(error, 'hearing from Discord') }, 'The connection to Discord is in trouble.');
    });
    const loggedIn = { client: client as Client<true>, rest, readsEverything };
    await openGateway(client, o, () => o.onReady(loggedIn));
    return loggedIn;
  } catch (error) {
    rest.clearHandlerSweeper();
    rest.clearHashSweeper();
    throw loginError(error);
  }
}

function createClient(rest: Partial<RESTOptions>, readsEverything: boolean, shards: Shards | undefined): Client {
  return new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildMessages,
      GatewayIntentBits.DirectMessages,
      ...(readsEverything ? [GatewayIntentBits.MessageContent] : []),
    ],
    // DMs arrive on channels nobody announced; edits and deletions concern messages that are no longer cached.
    partials: [Partials.Channel, Partials.Message],
    ...(shards ? { shards: [...shards.ids], shardCount: shards.count } : { shards: 'auto' as const }),
    allowedMentions: { parse: [], repliedUser: false },
    enforceNonce: true,
    makeCache: smallCaches(),
    rest,
  });
}

/** Posts and edits are paced by the core, so a full bucket is an error there; all else may queue, also many answers that are taken away at once. */
function isMessageRoute({ route, method }: RateLimitData): boolean {
  if (method === 'DELETE') return false;
  return route.startsWith('/channels/:id/messages') || route.startsWith('/webhooks/');
}

/** `applications/@me` is the cheapest call that needs a good token, and it tells about the intent. */
async function mayReadEverything(rest: REST): Promise<boolean> {
  const application = (await rest.get(Routes.currentApplication())) as RESTGetCurrentApplicationResult;
  const flags = new ApplicationFlagsBitField(application.flags ?? 0);
  return flags.any(['GatewayMessageContent', 'GatewayMessageContentLimited']);
}

async function openGateway(client: Client, o: ClientSettings, onReady: () => void): Promise<void> {
  const late = new AbortController();
  const deadline = setTimeout(() => late.abort(new DOMException('No answer from the gateway.', 'TimeoutError')), LOGIN);
  const goOn = () => void deadline.refresh();
  client.on(Events.ShardReady, goOn);
  const signal = o.signal === undefined ? late.signal : AbortSignal.any([late.signal, o.signal]);
  const ready = new Promise<void>((resolve) => {
    client.once(Events.ClientReady, () => {
      onReady();
      resolve();
    });
  });
  try {
    const login = client.login(o.token).then(() => ready);
    await abortable(login, signal);
  } catch (error) {
    await client.destroy();
    throw error;
  } finally {
    client.off(Events.ShardReady, goOn);
    clearTimeout(deadline);
  }
}

function loginError(error: unknown): RealCozeError {
  const fault = discordError(error, 'logging in to Discord');
  const says = (words: RegExp) => error instanceof Error && words.test(`${error.name} ${error.message}`);
  if (fault.code === 'auth' || says(/invalid token|TokenInvalid|authentication failed/i))
    return new RealCozeError(
      'auth',
      'Discord refused DISCORD_BOT_TOKEN. Open https://discord.com/developers/applications, choose the application, Bot, Reset Token, and put the new token into .env.',
      { cause: fault },
    );
  if (says(/disallowed intents/i))
    return new RealCozeError(
      'forbidden',
      'Discord refused an intent. Under Bot in the Developer Portal switch Message Content Intent on, or off and on again.',
      { cause: fault },
    );
  if (says(/invalid shard/i))
    return new RealCozeError('config', refusedShards[GatewayCloseCodes.InvalidShard], { cause: fault });
  if (says(/sharding is required/i))
    return new RealCozeError('config', refusedShards[GatewayCloseCodes.ShardingRequired], { cause: fault });
  if (fault.code === 'network' || fault.code === 'timeout')
    return new RealCozeError(
      fault.code,
      'Discord cannot be reached. Check the connection; where Discord is blocked set PROXY in .env, e.g. PROXY=socks5://127.0.0.1:1080.',
      { cause: fault },
    );
  return fault;
}

/** discord.js brings its own undici; requests go through ours instead, so that one proxy setting holds everywhere. */
function requestThrough(network: Network): RESTOptions['makeRequest'] {
  return async (url, init) => {
    const headers = new Headers(init.headers as Record<string, string>);
    let body = init.body as string | Uint8Array<ArrayBuffer> | FormData | null | undefined;
    if (body instanceof FormData) {
      const packed = new Response(body);
      headers.set('content-type', packed.headers.get('content-type') ?? 'multipart/form-data');
      body = new Uint8Array(await packed.arrayBuffer());
    }
    const signal = init.signal as AbortSignal | null | undefined;
    const response = await network.fetch(url, {
      method: init.method ?? 'GET',
      headers,
      body: body ?? null,
      ...(signal ? { signal } : {}),
    });
    return response as unknown as Awaited<ReturnType<RESTOptions['makeRequest']>>;
  };
}

/** Messages are kept only long enough to recognise what a reply or an edit refers to. */
function smallCaches() {
  return Options.cacheWithLimits({
    ...Options.DefaultMakeCacheSettings,
    MessageManager: 5,
    ReactionManager: 0,
    PresenceManager: 0,
    VoiceStateManager: 0,
    GuildInviteManager: 0,
    GuildScheduledEventManager: 0,
    StageInstanceManager: 0,
    GuildEmojiManager: 0,
    GuildStickerManager: 0,
    GuildMemberManager: { maxSize: 200, keepOverLimit: (member) => member.id === member.client.user.id },
    UserManager: { maxSize: 500, keepOverLimit: (user) => user.id === user.client.user.id },
  });
}
