/** Picks the transport that a bot's config asks for, and keeps one per bot until its config changes. */
import type { Bot, DeviceAuth, JwtAuth, OpenBot, PlaygroundBot } from '../bots/bot.ts';
import { errorCode, RealCozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Settings } from '../settings.ts';
import type { Web } from '../web.ts';
import type { Cache } from './cache.ts';
import type { TokenSource } from './open/api.ts';
import { createDeviceTokens } from './open/device-tokens.ts';
import { createJwtTokens } from './open/jwt.ts';
import { createOpenTransport } from './open/transport.ts';
import { createPlaygroundTransport } from './playground/transport.ts';
import type { Transport } from './transport.ts';

export interface ClientsOptions {
  readonly coze: Settings['coze'];
  readonly network: Web;
  /** Where `token_env` and `private_key_env` are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Device id, launch data, uploads, profiles. */
  readonly cache: Cache;
  /** The local Coze service; answers while neither a token nor a session is configured. */
  readonly local?: { readonly url: string; readonly token: string; readonly session: string } | undefined;
  readonly log: Log;
  /** Reads a private key's file; absent where there are no files. */
  readonly readFile?: ((path: string) => Promise<string>) | undefined;
}

export interface Clients {
  /** Never throws: what is missing in the configuration is said by the transport when it is asked. */
  for(bot: Bot): Transport;
  close(): Promise<void>;
}

interface Kept {
  readonly version: string;
  readonly lease: Lease;
}

/** Makes the clients of one program. The transport of an older version of a config is closed some time after its last use. */
export function createClients(options: ClientsOptions): Clients {
  const kept = new Map<string, Kept>();
  const logins = createLogins(options);
  /** Those in use, and those of older versions whose answers still run. */
  const leases = new Set<Lease>();
  return {
    for(bot) {
      const known = kept.get(bot.name);
      if (known?.version === bot.version) return known.lease.transport;
      known?.lease.retire();
      const lease: Lease = createLease(make(bot, options, logins), () => leases.delete(lease));
      leases.add(lease);
      kept.set(bot.name, { version: bot.version, lease });
      return lease.transport;
    },
    async close() {
      const open = [...leases];
      leases.clear();
      kept.clear();
      await Promise.allSettled(open.map((lease) => lease.transport.close?.()));
    },
  };
}

function make(bot: Bot, options: ClientsOptions, logins: Logins): Transport {
  try {
    return bot.coze.kind === 'open'
      ? makeOpen(bot.name, bot.coze, options, logins)
      : makePlayground(bot.name, bot.coze, options);
  } catch (error) {
    return refusing(error);
  }
}

function makeOpen(name: string, bot: OpenBot, options: ClientsOptions, logins: Logins): Transport {
  const { cache, log, coze } = options;
  const { fetch } = options.network;
  const base = bot.apiBase ?? coze.apiBase;
  if (bot.auth) {
    needCloud(name, base);
    const isLogin = 'clientId' in bot.auth;
    const account = isLogin ? bot.auth.clientId : bot.auth.appId;
    const token = isLogin ? logins(bot.auth, base) : jwtTokens(name, bot.auth, base, options);
    return createOpenTransport({ bot, base, token, fetch, cache, log, account });
  }
  const token = (bot.tokenEnv === 'COZE_API_TOKEN' && coze.token) || options.env[bot.tokenEnv];
  if (token) return createOpenTransport({ bot, base, token, fetch, cache, log });
  const local = localService(options);
  if (!local) throw missing(name, bot.tokenEnv, 'an access token made at Coze under "API"');
  return createOpenTransport({ bot, base: local.url, token: local.token, fetch, cache, log });
}

function makePlayground(name: string, bot: PlaygroundBot, options: ClientsOptions): Transport {
  const { cache, log, coze, network } = options;
  const ways = { bot, cache, log, fetch: network.fetch, openWebSocket: network.openWebSocket };
  if (coze.session) return createPlaygroundTransport({ ...ways, base: coze.webBase, session: coze.session });
  const local = localService(options);
  if (!local) throw missing(name, 'COZE_SESSION_ID', 'the cookie `sessionid` of a browser that is logged in to Coze');
  return createPlaygroundTransport({ ...ways, base: local.url, session: local.session });
}

/** Only for a program that has no account at all: with one, a bot that lacks its own is a mistake to be told. */
function localService({ coze, local }: ClientsOptions): ClientsOptions['local'] {
  return coze.token || coze.session ? undefined : local;
}

function missing(name: string, variable: string, what: string): RealCozeError {
  return new RealCozeError(
    'config',
    `The bot "${name}" has no access to Coze. Its owner must set \`${variable}\`: ${what}.`,
  );
}

/** OAuth is there on coze.com and coze.cn alone. */
function needCloud(name: string, base: string): void {
  if (/(^|\.)coze\.(com|cn)$/.test(new URL(base).hostname)) return;
  const sentence = `The bot "${name}" has \`auth\`, but ${new URL(base).host} is no coze.com or coze.cn: Coze Studio knows only personal access tokens. Remove \`auth\` and set a token.`;
  throw new RealCozeError('config', sentence);
}

type Logins = (auth: DeviceAuth, base: string) => TokenSource;

/** One source for all bots of a login: a refresh token serves once, so two must not trade it at the same time. */
function createLogins({ network, cache, log }: ClientsOptions): Logins {
  const sources = new Map<string, TokenSource>();
  return ({ clientId }, base) => {
    const key = `${new URL(base).host} ${clientId}`;
    const source = sources.get(key) ?? createDeviceTokens({ clientId, base, fetch: network.fetch, cache, log });
    sources.set(key, source);
    return source;
  };
}

/**
 * The key is read when the first token is needed, so that a missing file is a sentence and not a failed start; and again
 * after a failure that is the key's, for the owner may have mended it meanwhile.
 */
function jwtTokens(name: string, auth: JwtAuth, base: string, options: ClientsOptions): TokenSource {
  const { fetch } = options.network;
  let source: Promise<TokenSource> | undefined;
  return async (refused) => {
    source ??= readKey(name, auth, options).then((privateKey) =>
      createJwtTokens({ appId: auth.appId, keyId: auth.keyId, privateKey, base, fetch }),
    );
    try {
      return await (await source)(refused);
    } catch (error) {
      if (['config', 'auth'].includes(errorCode(error))) source = undefined;
      throw error;
    }
  };
}

async function readKey(name: string, auth: JwtAuth, options: ClientsOptions): Promise<string> {
  const inline = auth.privateKeyEnv && options.env[auth.privateKeyEnv];
  if (inline) return inline;
  const file = auth.privateKeyFile;
  if (!file) throw missing(name, auth.privateKeyEnv ?? 'auth.private_key_env', 'the private key of its OAuth app');
  if (!options.readFile)
    throw new RealCozeError(
      'config',
      `The bot "${name}" keeps its private key in a file; there are none here. Use \`private_key_env\`.`,
    );
  return options.readFile(file).catch((cause: unknown) => {
    throw new RealCozeError(
      'config',
      `The private key of the bot "${name}" cannot be read from ${file}. Check \`private_key_file\`.`,
      { cause },
    );
  });
}

/** A transport that says what is wrong with its configuration, whatever it is asked. */
function refusing(error: unknown): Transport {
  return {
    ask: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) }),
  };
}

interface Lease {
  readonly transport: Transport;
  /** Closes the transport when nothing has used it for a while. */
  retire(): void;
}

/** Whoever was given a transport may still be fetching the files of a question when its config changes. */
const LINGER_MS = 5 * 60_000;

/** Counts the answers that are being read and the files that are sent; `onClosed` is told when a retired transport is closed. */
function createLease(inner: Transport, onClosed: () => void): Lease {
  let running = 0;
  let retired = false;
  let closing: ReturnType<typeof setTimeout> | undefined;
  const closeIdle = () => {
    clearTimeout(closing);
    if (!retired || running > 0) return;
    closing = setTimeout(() => {
      inner.close?.().catch(() => undefined);
      onClosed();
    }, LINGER_MS);
    closing.unref?.();
  };
  const change = (by: 1 | -1) => {
    running += by;
    closeIdle();
  };
  const count = <T>(events: AsyncIterable<T>) => counted(events, change);
  const { recover, upload } = inner;
  return {
    transport: {
      ...inner,
      ask: (question, signal) => count(inner.ask(question, signal)),
      ...(recover && { recover: (chat, signal) => count(recover(chat, signal)) }),
      ...(upload && {
        upload: (file, signal) => {
          change(1);
          return upload(file, signal).finally(() => change(-1));
        },
      }),
    },
    retire() {
      retired = true;
      closeIdle();
    },
  };
}

/** The same events; `change` is told +1 when reading begins and -1, once, when it ends in whatever way. */
function counted<T>(events: AsyncIterable<T>, change: (by: 1 | -1) => void): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const inner = events[Symbol.asyncIterator]();
      let open = true;
      const end = () => {
        if (open) change(-1);
        open = false;
      };
      change(1);
      return {
        async next() {
          const step = await inner.next().catch((error: unknown) => {
            end();
            throw error;
          });
          if (step.done) end();
          return step;
        },
        async return() {
          await inner.return?.();
          end();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
