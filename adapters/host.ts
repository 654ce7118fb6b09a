/** What every program of this project is built from: settings, log, store, bots, the way to Coze, the engine. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { config } from 'dotenv';
import type { Bot, OpenBot } from '#core/bots/bot.ts';
import { type Catalog, openCatalog } from '#core/bots/catalog.ts';
import { fetchDataUrl } from '#core/conversation/attachments.ts';
import { type Clients, type ClientsOptions, createClients } from '#core/coze/client.ts';
import { createEngine, type Engine, type EngineOptions } from '#core/engine.ts';
import { RealCozeError } from '#core/errors.ts';
import { createLog, type RootLog } from '#core/log.ts';
import { createNetwork, type Network } from '#core/network.ts';
import { createPacer, type Pacer } from '#core/reply/pace/pace.ts';
import { readSettings, type Settings, secretsOf } from '#core/settings.ts';
import type { Simulator } from '#core/simulator/index.ts';
import { openStore, type Store } from '#core/store.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
type FetchAttachment = NonNullable<EngineOptions['fetchAttachment']>;

export interface Host {
  readonly settings: Settings;
  readonly log: RootLog;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clients: Clients;
  readonly engine: Engine;
  /** The engine's: adapters that send something besides replies take it from the same budgets. */
  readonly pacer: Pacer;
  /** The way out to a chat platform: through the proxy unless the settings leave it out there. */
  network(target: 'discord' | 'telegram'): Network;
  /** How files of a platform are fetched, once its adapter is there. */
  readonly attachments: Map<string, FetchAttachment>;
  /** True for a bot that the local Coze service answers for, because nothing is configured that could. */
  isLocal(bot: Bot): boolean;
  /** Ends running answers with their last edit, then everything else. */
  close(): Promise<void>;
}

export interface HostOptions {
  /** Default: `.env` in the working folder, overridden by the environment. */
  readonly env?: Environment | undefined;
  /** Least level of the log, whatever the settings say: the terminal keeps its screen to the talk. */
  readonly quiet?: boolean | undefined;
}

/** `.env`, overridden by the environment. */
export function readEnvironment(): Environment {
  const fromFile: Record<string, string> = {};
  config({ processEnv: fromFile, quiet: true });
  return { ...fromFile, ...process.env };
}

/** Opens everything but the adapters. @throws RealCozeError `config` or `store`, in a sentence for the owner. */
export async function openHost(options: HostOptions = {}): Promise<Host> {
  const env = options.env ?? readEnvironment();
  const settings = readSettings(env);
  const level = options.quiet && settings.logLevel !== 'silent' ? 'error' : settings.logLevel;
  const log = createLog({ level, secrets: secretsOf(settings) });
  const opened = await openParts(settings, log);
  const { store, catalog, simulator } = opened;
  log.hide(secretsOfBots(catalog, env));
  catalog.onChange(() => log.hide(secretsOfBots(catalog, env)));

  const networks = createNetworks(settings);
  const cache = createCache(store, settings.tempPath, log);
  const clients = createClients({
    coze: settings.coze,
    network: towardsCoze(networks.towards('coze'), networks.direct, simulator),
    env,
    cache,
    local: simulator,
    log: log.child({ part: 'coze' }),
    readFile: (path) => readFile(path, 'utf8'),
  });
  const attachments = new Map<string, FetchAttachment>([['web', fetchDataUrl]]);
  const { shards } = settings.discord ?? {};
  const pacer = createPacer({ discordShare: shards && shards.ids.length / shards.count });
  const engine = createEngine({
    ...{ catalog, store, clients, log: log.child({ part: 'engine' }), pacer, owner: settings.access },
    fetchAttachment: (file, place, signal) => fetchFrom(attachments, file, place, signal),
  });
  return {
    ...{ settings, log, store, catalog, clients, engine, pacer, attachments },
    network: networks.towards,
    isLocal: (bot) => simulator !== undefined && !hasAccess(bot, env),
    close: async () => {
      await engine.close();
      await Promise.allSettled([clients.close(), catalog.close()]);
      // After the clients, whose last words to Coze are that it may stop.
      await networks.close();
      await simulator?.close();
      await Promise.allSettled([cache.close(), store.close()]);
    },
  };
}

/** The parts that wait for disk and network, side by side; when one fails the others are closed again. */
async function openParts(settings: Settings, log: RootLog) {
  const bots = withSamples(settings.bots, log);
  const catalogAndLocal = openCatalog({ ...bots, log: log.child({ part: 'bots' }) }).then(async (catalog) => {
    const simulator = await startLocalCoze(settings, catalog);
    return { catalog, simulator };
  });
  const [store, rest] = await Promise.allSettled([openStore(settings.storeUrl, { log }), catalogAndLocal]);
  if (store.status === 'fulfilled' && rest.status === 'fulfilled') return { store: store.value, ...rest.value };
  if (store.status === 'fulfilled') await store.value.close();
  if (rest.status === 'fulfilled') {
    await rest.value.catalog.close();
    await rest.value.simulator?.close();
  }
  throw store.status === 'rejected' ? store.reason : (rest as PromiseRejectedResult).reason;
}

/** Installed as a package and started in a folder without `bots/`, the program shows the bots that came with it. */
function withSamples(bots: Settings['bots'], log: RootLog): Settings['bots'] {
  if (bots.dir !== 'bots' || existsSync(bots.dir)) return bots;
  const samples = ['../bots', '../../bots'].map((way) => join(import.meta.dirname, way)).find(existsSync);
  if (samples === undefined) return bots;
  log.info(
    { folder: samples },
    'There is no folder bots/ here, so the sample bots answer. Make bots/NAME/config.json for your own.',
  );
  return { ...bots, dir: samples };
}

/** Only for a program that has no account at all. */
async function startLocalCoze(settings: Settings, catalog: Catalog): Promise<Simulator | undefined> {
  if (settings.coze.token || settings.coze.session) return undefined;
  const { startSimulator } = await import('#core/simulator/index.ts');
  return startSimulator({ bots: () => catalog.list() });
}

/** The ways out that the settings ask for. */
export function createNetworks(settings: Pick<Settings, 'proxy'>) {
  const direct = createNetwork();
  const { proxy } = settings;
  const proxied = proxy.url === undefined ? direct : createNetwork({ proxy: proxy.url });
  return {
    direct,
    towards: (target: 'coze' | 'discord' | 'telegram') => (proxy[target] ? proxied : direct),
    close: async () => {
      await Promise.all([direct.close(), proxied === direct ? undefined : proxied.close()]);
    },
  };
}

/** The local Coze service is on this machine: no proxy leads there. */
function towardsCoze(network: Network, direct: Network, local: Simulator | undefined): ClientsOptions['network'] {
  if (!local) return network;
  const { host } = new URL(local.url);
  const way = (url: string | URL) => (new URL(url).host === host ? direct : network);
  return {
    fetch: (input, init) => way(input).fetch(input, init),
    openWebSocket: (url) => way(url).openWebSocket(url),
  };
}

/** Launch data of the playground goes to `TEMP_PATH`, where it may be deleted at any time; the rest to the store. */
function createCache(
  store: Store,
  tempPath: string,
  log: RootLog,
): ClientsOptions['cache'] & { close(): Promise<void> } {
  const kept = store.keyv('coze');
  let opening: Promise<Store> | undefined;
  const drawer = async (key: string) => {
    if (!key.endsWith(':launch')) return kept;
    opening ??= openStore(`sqlite://${tempPath}/coze.sqlite`, { log });
    return (await opening).keyv('coze');
  };
  return {
    get: async (key) => (await drawer(key)).get(key),
    set: async (key, value, ttl) => (await drawer(key)).set(key, value, ttl),
    close: async () => (await opening?.catch(() => undefined))?.close(),
  };
}

function fetchFrom(
  attachments: ReadonlyMap<string, FetchAttachment>,
  ...[file, place, signal]: Parameters<FetchAttachment>
): Promise<Uint8Array> {
  const fetch = attachments.get(place.platform);
  if (fetch) return fetch(file, place, signal);
  throw new RealCozeError('unsupported', `Files from ${place.platform} cannot be read. Paste the text instead.`);
}

/** Whether a bot brings what it needs to reach Coze, besides the two common variables. */
function hasAccess(bot: Bot, env: Environment): boolean {
  return bot.coze.kind === 'open' && (bot.coze.auth !== undefined || Boolean(env[bot.coze.tokenEnv]));
}

function keyVariable(auth: OpenBot['auth']): string | undefined {
  return auth && 'privateKeyEnv' in auth ? auth.privateKeyEnv : undefined;
}

/** Tokens and keys that only a bot's config names. */
function secretsOfBots(catalog: Catalog, env: Environment): string[] {
  const names = catalog
    .list()
    .flatMap(({ coze }) => (coze.kind === 'open' ? [coze.tokenEnv, keyVariable(coze.auth)] : []));
  return names.flatMap((name) => (name && env[name]) || []);
}
