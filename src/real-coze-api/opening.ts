/** From the constructor's options to a transport: config, way out, cache. Parts that need Node are loaded only when used. */
import type { Bot } from '../bots/bot.ts';
import { parseBot } from '../bots/schema.ts';
import type { Cache } from '../coze/cache.ts';
import { createClients } from '../coze/client.ts';
import { createPlaygroundTransport } from '../coze/playground/transport.ts';
import type { Transport } from '../coze/transport.ts';
import { isRealCozeError, RealCozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Fetch, OpenWebSocket, Web } from '../web.ts';

export interface RealCozeOptions {
  /** Value of the cookie `sessionid`; needed for a playground export. */
  readonly session?: string | undefined;
  /**
   * The bot's config: the object, the text or bytes of its file, or the path of the file (Node only). A playground
   * export, or an Open API config with a `bot_id`.
   */
  readonly bot?: object | string | undefined;
  /** Folder for what is remembered between runs (device id, launch data), default `./temp`. Node only. */
  readonly tmppath?: string | undefined;
  /** `socks5://`, `socks5h://`, `socks4://`, `http://` or `https://`, with or without `user:password@`. Node only. */
  readonly proxy?: string | null | undefined;
  /** Access token for a bot of the Open API; default: the variable that its config names (`COZE_API_TOKEN`). */
  readonly token?: string | undefined;
  /** Coze's host; default `COZE_WEB_BASE` or `COZE_API_BASE`, then coze.com. */
  readonly base?: string | undefined;
  /** Asks through this instead of all the above. It stays yours: `disconnect()` does not close it. */
  readonly transport?: Transport | undefined;
  /** Instead of the runtime's own, e.g. in a Worker or behind a way out of yours. */
  readonly fetch?: Fetch | undefined;
  readonly openWebSocket?: OpenWebSocket | undefined;
  /** A Keyv, or anything with its `get` and `set`; instead of `tmppath`. */
  readonly cache?: Cache | undefined;
  readonly log?: Log | undefined;
}

/** A transport and what has to be undone after it. */
export interface Opened {
  readonly transport: Transport;
  close(): Promise<void>;
}

const silent = () => {};
const quiet: Log = { debug: silent, info: silent, warn: silent, error: silent };

/** One function for all: transports with the same one share a session's socket. */
const openGlobalWebSocket: OpenWebSocket = (url) => new WebSocket(url);
const globalFetch: Fetch = (input, init) => fetch(input, init);

/** Everything that can be wrong without looking at a file or the network. @throws RealCozeError `config` with the cure. */
export function checkOptions(options: RealCozeOptions): void {
  if (typeof options !== 'object' || options === null)
    throw config('RealCozeAPI takes one object: new RealCozeAPI({ session, bot }).');
  if (options.transport !== undefined) return;
  const { bot, proxy, base } = options;
  if (bot === undefined || bot === null || bot === '')
    throw config('`bot` is missing. Give the config that the userscript downloads, its text, or the path of its file.');
  if (!isPath(bot)) checkAccess(parseConfig(bot), options);
  if (base !== undefined && !/^https?:$/.test(URL.parse(base)?.protocol ?? ''))
    throw config('`base` must be the address of a Coze, for example https://api.coze.com or https://www.coze.com.');
  if (proxy && !(/^(socks(4|5h?)?|https?):\/\/[^/\s]/i.test(proxy) && URL.canParse(proxy)))
    throw config('`proxy` must begin with socks5://, socks5h://, socks4://, http:// or https:// and name a host.');
}

/** @throws RealCozeError whose sentence says what cannot be reached or read, and the cure. */
export async function openTransport(options: RealCozeOptions, signal: AbortSignal): Promise<Opened> {
  if (options.transport !== undefined) return { transport: options.transport, close: async () => {} };
  const bot = await readBot(options);
  const undo: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step().catch(() => {});
  };
  try {
    const network = await openNetwork(options, undo);
    const cache = options.cache ?? (await openCache(options, undo));
    const transport = await connected(bot, { ...options, ...network, cache }, signal, undo);
    return { transport, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Ways = RealCozeOptions & Web & { readonly cache: Cache | undefined };

async function connected(bot: Bot, ways: Ways, signal: AbortSignal, undo: (() => Promise<void>)[]): Promise<Transport> {
  const { fetch, openWebSocket, cache, log = quiet, session = '', token, base } = ways;
  const { coze } = bot;
  if (coze.kind === 'playground') {
    const host = base ?? variable('COZE_WEB_BASE') ?? 'https://www.coze.com';
    const transport = createPlaygroundTransport({ bot: coze, base: host, session, fetch, openWebSocket, cache, log });
    undo.push(transport.close);
    await transport.connect(signal);
    return transport;
  }
  const webBase = 'https://www.coze.com';
  const apiBase = base ?? variable('COZE_API_BASE') ?? 'https://api.coze.com';
  const env = token === undefined ? environment() : { ...environment(), [coze.tokenEnv]: token };
  const memory = cache ?? memoryCache();
  const clients = createClients({ coze: { token, apiBase, webBase }, network: ways, env, cache: memory, log });
  undo.push(clients.close);
  return clients.for(bot);
}

async function readBot({ bot, log = quiet, ...options }: RealCozeOptions): Promise<Bot> {
  if (!isPath(bot)) return parseConfig(bot);
  const { openCatalog } = await import('../bots/catalog.ts');
  const catalog = await openCatalog({ file: bot, log, watch: false });
  const found = catalog.default();
  await catalog.close();
  if (found === undefined) throw config(`There is no bot in ${bot}.`);
  checkAccess(found, options);
  return found;
}

/** A text that is no JSON object is the path of one. */
function isPath(bot: unknown): bot is string {
  return typeof bot === 'string' && !/^[\uFEFF\s]*\{/.test(bot);
}

function parseConfig(bot: unknown): Bot {
  const text = bot instanceof Uint8Array ? new TextDecoder().decode(bot) : bot;
  try {
    return parseBot('bot', typeof text === 'string' ? text : JSON.stringify(text));
  } catch (error) {
    if (!isRealCozeError(error)) throw error;
    throw new RealCozeError(error.code, error.message.replaceAll('bots/bot/config.json', '`bot`'), { cause: error });
  }
}

function checkAccess(bot: Bot, { session, token }: RealCozeOptions): void {
  if (bot.coze.kind === 'playground' && !session)
    throw config(
      '`session` is missing. Log in to Coze in a browser and copy the value of the cookie `sessionid` (developer tools, Application, Cookies).',
    );
  if (bot.coze.kind === 'open' && !bot.coze.auth && !token && !variable(bot.coze.tokenEnv))
    throw config(`\`token\` is missing. Make an access token at Coze and give it, or set ${bot.coze.tokenEnv}.`);
}

async function openNetwork(
  { proxy, fetch = globalFetch, openWebSocket = openGlobalWebSocket }: RealCozeOptions,
  undo: (() => Promise<void>)[],
): Promise<Web> {
  if (!proxy) return { fetch, openWebSocket };
  const { createNetwork } = await import('../network.ts');
  const network = createNetwork({ proxy });
  undo.push(network.close);
  return network;
}

/** A folder that was asked for must work; the default one is a convenience, and left out where there are no files. */
async function openCache(
  { tmppath, log = quiet }: RealCozeOptions,
  undo: (() => Promise<void>)[],
): Promise<Cache | undefined> {
  try {
    const { openStore } = await import('../store.ts');
    const store = await openStore(`sqlite://${encodeURI(tmppath ?? './temp')}/real-coze.sqlite`, { log });
    undo.push(store.close);
    return store.keyv('client');
  } catch (error) {
    if (tmppath !== undefined) throw error;
    log.warn({ error }, 'Nothing is remembered between runs: ./temp cannot be used.');
    return undefined;
  }
}

function memoryCache(): Cache {
  const values = new Map<string, unknown>();
  return { get: async (key) => values.get(key), set: async (key, value) => values.set(key, value) };
}

/** Not every runtime has a process. */
function environment(): Readonly<Record<string, string | undefined>> {
  return globalThis.process?.env ?? {};
}

function variable(name: string): string | undefined {
  return environment()[name] || undefined;
}

const config = (sentence: string) => new RealCozeError('config', sentence);
