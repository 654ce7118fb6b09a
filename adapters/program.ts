/** The program of `npm start`: the page and its server, and Discord and Telegram where their tokens are set. */
import { parseArgs } from 'node:util';
import { RealCozeError } from '#core/errors.ts';
import { describe, languageOf } from './banner.ts';
import { type Host, openHost, readEnvironment } from './host.ts';
import { createMetrics } from './http/metrics.ts';
import { type Building, type Door, openDiscord, openPage, openTelegram } from './platforms.ts';

/** Milliseconds that running answers get at the end, before the program leaves anyway. */
const patience = 10_000;

const modes = ['http', 'stream', 'ws'];

/** The original's three servers are one here: `--only` leaves Discord and Telegram out, and `stream` makes `POST /` stream. */
function readMode(): string | undefined {
  const { only } = parseArgs({ options: { only: { type: 'string' } } }).values;
  if (only === undefined || modes.includes(only)) return only;
  throw new RealCozeError('config', `--only ${only} is unknown. Use one of: ${modes.join(', ')}.`);
}

/** Runs until a signal ends it. @throws RealCozeError when it cannot start at all. */
export async function run(): Promise<void> {
  const mode = readMode();
  const env = readEnvironment();
  const host = await openHost({ env });
  const metrics = createMetrics();
  const building: Building = { host, metrics, engine: metrics.watch(host.engine), webhook: {}, troubles: new Map() };
  const doors: Promise<Door | undefined>[] = [];
  endCleanly(host, doors);

  const page = openPage(building, mode === 'stream');
  doors.push(page);
  const url = (await page)?.url;
  greet(host, env, url, mode === undefined);
  if (mode === undefined) doors.push(openDiscord(building), openTelegram(building, url !== undefined));
  const open = await Promise.all(doors);
  if (open.every((door) => door === undefined)) {
    await host.close();
    throw new RealCozeError('config', 'Nothing is left to run. Correct what is named above, then start again.');
  }
}

function greet(
  { catalog, isLocal, settings }: Host,
  env: Parameters<typeof languageOf>[0],
  page: string | undefined,
  platforms: boolean,
): void {
  const bots = catalog.list();
  const banner = describe({
    language: languageOf(env),
    milliseconds: performance.now(),
    page,
    bots: bots.map(({ name }) => name),
    local: bots.filter(isLocal).map(({ name }) => name),
    ...(platforms && { discord: settings.discord !== undefined, telegram: settings.telegram !== undefined }),
  });
  process.stdout.write(banner);
}

/** Ctrl-C and SIGTERM end running answers with a last edit; a second one leaves at once. */
function endCleanly(host: Host, doors: readonly Promise<Door | undefined>[]): void {
  let ending = false;
  const end = (signal: NodeJS.Signals) => {
    if (ending) process.exit(1);
    ending = true;
    host.log.info({ signal }, 'Ending: running answers get their last edit. Again to leave at once.');
    setTimeout(() => process.exit(1), patience).unref();
    close(host, doors).then(
      () => process.exit(0),
      (error: unknown) => {
        host.log.error({ error }, 'Not everything ended cleanly.');
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', end).on('SIGTERM', end);
}

/** The doors hear nothing more while the engine ends what runs; then the rest. A door that never opened is not waited for. */
async function close(host: Host, doors: readonly Promise<Door | undefined>[]): Promise<void> {
  const opened = doors.map((door) => Promise.race([door, Promise.resolve(undefined)]));
  await Promise.allSettled([host.engine.close(), ...opened.map(async (door) => (await door)?.close())]);
  await host.close();
}
