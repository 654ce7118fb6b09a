/** The whole house on loopback for Telegram's tests: fake Bot API, adapter, engine, store, local Coze service. */
import type { Network } from '#core/network.ts';
import type { Pacer } from '#core/reply/pace/pace.ts';
import type { Simulator } from '#core/simulator/index.ts';
import type { Store } from '#core/store.ts';
import { startTelegram, type TelegramAdapter } from '../../../adapters/telegram/adapter.ts';
import type { FakeTelegram } from '../../fake/telegram/server.ts';
import { fastPacer, openGround, type Process } from '../ground.ts';

/** The adapter with its engine, in this process. */
export interface Program {
  readonly telegram: TelegramAdapter;
  /** Ends as Ctrl-C does. */
  close(): Promise<void>;
}

/** What a test may want differently. */
export interface StartOptions {
  readonly pacer?: Pacer;
  readonly drafts?: boolean;
  readonly rich?: boolean;
  /** A way to Telegram, and its address there, where it is not the fake's own. */
  readonly network?: Network;
  readonly apiUrl?: string;
  readonly token?: string;
  /** The clock by which Telegram is missed. */
  readonly now?: () => number;
}

/** Everything around the program. */
export interface House {
  readonly simulator: Simulator;
  readonly store: Store;
  /** What was logged, one JSON object a line. */
  readonly log: string[];
  start(fake: FakeTelegram, more?: StartOptions): Promise<Program>;
  /** `port`: Telegram delivers to the server there instead of being asked for updates. */
  spawn(fake: FakeTelegram, port?: number): Process;
  close(): Promise<void>;
}

/** Two bots, `nim` (the default) and `pepper`; the store of `start` is in memory, that of `spawn` on disk. */
export async function openHouse(options: { wordMs?: number } = {}): Promise<House> {
  const ground = await openGround(options);
  const { simulator, store, catalog, network, log, lines } = ground;

  async function start(fake: FakeTelegram, more: StartOptions = {}): Promise<Program> {
    const { pacer = fastPacer() } = more;
    const { engine, adapter, close: closeEngine } = ground.run(pacer);
    const way = { token: fake.token, apiUrl: fake.url, network, ...more };
    const telegram = await startTelegram({ ...way, engine, catalog, log, store, pacer });
    adapter.fetchAttachment = (file, _place, signal) => telegram.fetchAttachment(file, signal);
    const close = async () => {
      await telegram.close();
      await closeEngine();
    };
    ground.atEnd(close);
    return { telegram, close };
  }

  return {
    ...{ simulator, store, log: lines, start },
    spawn(fake, port) {
      const way = { TELEGRAM_API_URL: fake.url, TELEGRAM_BOT_TOKEN: fake.token };
      if (port === undefined) return ground.spawn(way);
      fake.webhook.proxies.set('bot.example.com', `http://127.0.0.1:${port}`);
      return ground.spawn({ ...way, SERVER_PORT: String(port), TELEGRAM_WEBHOOK_URL: 'https://bot.example.com/bot' });
    },
    close: ground.close,
  };
}
