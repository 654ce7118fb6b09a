/** Starts each door of the program. One that cannot open says so in a sentence and leaves the others alone. */
import type { Engine } from '#core/engine.ts';
import { isRealCozeError, RealCozeError } from '#core/errors.ts';
import type { Host } from './host.ts';
import type { Metrics } from './http/metrics.ts';
import type { HttpAdapter, HttpOptions } from './http/server.ts';

/** Something that runs until it is closed. */
export interface Door {
  close(): Promise<void>;
}

export interface Building {
  readonly host: Host;
  /** The host's engine, counted. */
  readonly engine: Engine;
  readonly metrics: Metrics;
  /** Answers what a platform sends to the server, once that platform is connected. */
  readonly webhook: { receive?: HttpOptions['webhook'] };
  /** Of each platform that the settings ask for: what is wrong with it, now. */
  readonly troubles: Map<string, () => string | undefined>;
}

/** @throws RealCozeError `store`, or `network` with what is wrong with the platforms. */
async function health({ host, troubles }: Building): Promise<void> {
  await host.store.check();
  const said = [...troubles.values()].flatMap((trouble) => trouble() ?? []);
  if (said.length > 0) throw new RealCozeError('network', said.join(' '));
}

/** The web page and its APIs; `undefined` when switched off or when it cannot listen. */
export async function openPage(building: Building, stream: boolean): Promise<HttpAdapter | undefined> {
  const { host, engine, metrics, webhook } = building;
  const { settings, catalog, clients, log } = host;
  if (!settings.server) return undefined;
  const { startHttp } = await import('./http/server.ts');
  return startHttp({
    ...{ ...settings.server, engine, catalog, metrics, log: log.child({ part: 'http' }) },
    profile: async (bot, signal) => (await clients.for(bot).profile?.(signal)) ?? {},
    health: () => health(building),
    webhook: async (request) => webhook.receive?.(request),
    streamByDefault: stream,
    local: () => catalog.list().some(host.isLocal),
  }).catch(left('The web page', building));
}

export async function openDiscord(building: Building): Promise<Door | undefined> {
  const { host, engine } = building;
  const { settings, catalog, store, log, attachments } = host;
  if (!settings.discord) return undefined;
  building.troubles.set('Discord', () => 'Discord is not connected yet.');
  const { startDiscord } = await import('./discord/adapter.ts');
  const parts = { engine, catalog, store, network: host.network('discord'), log: log.child({ part: 'discord' }) };
  const adapter = await startDiscord({ ...settings.discord, ...parts }).catch(left('Discord', building));
  if (!adapter) return undefined;
  building.troubles.set('Discord', adapter.trouble);
  attachments.set('discord', (file, _place, signal) => adapter.fetchAttachment(file, signal));
  log.info({ account: adapter.account }, 'Discord is connected.');
  return adapter;
}

/** `isServed`: the server runs, which a webhook needs. */
export async function openTelegram(building: Building, isServed: boolean): Promise<Door | undefined> {
  const { host, engine, webhook } = building;
  const { settings, catalog, store, pacer, log, attachments } = host;
  if (!settings.telegram) return undefined;
  if (settings.telegram.webhook && !isServed) {
    log.error(
      {},
      'Telegram is left out: it delivers to TELEGRAM_WEBHOOK_URL, and the server behind that does not run.',
    );
    return undefined;
  }
  building.troubles.set('Telegram', () => 'Telegram is not connected yet.');
  const { startTelegram } = await import('./telegram/adapter.ts');
  const parts = {
    engine,
    catalog,
    store,
    pacer,
    network: host.network('telegram'),
    log: log.child({ part: 'telegram' }),
  };
  const adapter = await startTelegram({ ...settings.telegram, ...parts }).catch(left('Telegram', building));
  if (!adapter) return undefined;
  building.troubles.set('Telegram', adapter.trouble);
  attachments.set('telegram', (file, _place, signal) => adapter.fetchAttachment(file, signal));
  webhook.receive = adapter.receive;
  log.info({ account: `@${adapter.username}` }, 'Telegram is connected.');
  return adapter;
}

/** Tells why a part is left out, and goes on without it. */
function left(part: string, { host, troubles }: Building): (error: unknown) => undefined {
  return (error) => {
    const told = isRealCozeError(error) ? `${part} is left out. ${error.message}` : `${part} is left out.`;
    host.log.error(isRealCozeError(error) ? { code: error.code } : { error }, told);
    troubles.set(part, () => told);
    return undefined;
  };
}
