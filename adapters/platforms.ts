/** Starts each door of the program. One that cannot open says so in a sentence and leaves the others alone. */
import type { Engine } from '#core/engine.ts';
import { isRealCozeError } from '#core/errors.ts';
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
}

/** The web page and its APIs; `undefined` when switched off or when it cannot listen. */
export async function openPage(
  { host, engine, metrics, webhook }: Building,
  stream: boolean,
): Promise<HttpAdapter | undefined> {
  const { settings, catalog, clients, store, log } = host;
  if (!settings.server) return undefined;
  const { startHttp } = await import('./http/server.ts');
  return startHttp({
    ...{ ...settings.server, engine, catalog, metrics, log: log.child({ part: 'http' }) },
    profile: async (bot, signal) => (await clients.for(bot).profile?.(signal)) ?? {},
    health: () => store.check(),
    webhook: async (request) => webhook.receive?.(request),
    streamByDefault: stream,
    local: () => catalog.list().some(host.isLocal),
  }).catch(left('The web page', host));
}

export async function openDiscord({ host, engine }: Building): Promise<Door | undefined> {
  const { settings, catalog, store, log, attachments } = host;
  if (!settings.discord) return undefined;
  const { startDiscord } = await import('./discord/adapter.ts');
  const parts = { engine, catalog, store, network: host.network('discord'), log: log.child({ part: 'discord' }) };
  const adapter = await startDiscord({ ...settings.discord, ...parts }).catch(left('Discord', host));
  if (!adapter) return undefined;
  attachments.set('discord', (file, _place, signal) => adapter.fetchAttachment(file, signal));
  log.info({ account: adapter.account }, 'Discord is connected.');
  return adapter;
}

/** `isServed`: the server runs, which a webhook needs. */
export async function openTelegram({ host, engine, webhook }: Building, isServed: boolean): Promise<Door | undefined> {
  const { settings, catalog, store, pacer, log, attachments } = host;
  if (!settings.telegram) return undefined;
  if (settings.telegram.webhook && !isServed) {
    log.error(
      {},
      'Telegram is left out: it delivers to TELEGRAM_WEBHOOK_URL, and the server behind that does not run.',
    );
    return undefined;
  }
  const { startTelegram } = await import('./telegram/adapter.ts');
  const parts = {
    engine,
    catalog,
    store,
    pacer,
    network: host.network('telegram'),
    log: log.child({ part: 'telegram' }),
  };
  const adapter = await startTelegram({ ...settings.telegram, ...parts }).catch(left('Telegram', host));
  if (!adapter) return undefined;
  attachments.set('telegram', (file, _place, signal) => adapter.fetchAttachment(file, signal));
  webhook.receive = adapter.receive;
  log.info({ account: `@${adapter.username}` }, 'Telegram is connected.');
  return adapter;
}

/** Tells why a part is left out, and goes on without it. */
function left(part: string, { log }: Host): (error: unknown) => undefined {
  return (error) => {
    if (isRealCozeError(error)) log.error({ code: error.code }, `${part} is left out. ${error.message}`);
    else log.error({ error }, `${part} is left out.`);
    return undefined;
  };
}
