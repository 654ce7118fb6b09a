/** The whole house on loopback for Telegram's tests: fake Bot API, adapter, engine, store, local Coze service. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCatalog } from '#core/bots/catalog.ts';
import { createClients } from '#core/coze/client.ts';
import { createEngine } from '#core/engine.ts';
import { createLog } from '#core/log.ts';
import { createNetwork, type Network } from '#core/network.ts';
import { createPacer, type Pacer } from '#core/reply/pace.ts';
import { type Simulator, startSimulator } from '#core/simulator/index.ts';
import { openStore, type Store } from '#core/store.ts';
import { startTelegram, type TelegramAdapter } from '../../../adapters/telegram/adapter.ts';
import type { FakeTelegram } from '../../fake/telegram/server.ts';

/** Seconds of the pacing become milliseconds: for tests whose fake has no rate limits. */
function fastPacer(speed = 50): Pacer {
  return createPacer({
    now: () => performance.now() * speed,
    timer: (ms, run) => {
      const timer = setTimeout(run, ms / speed);
      return () => clearTimeout(timer);
    },
  });
}

/** The adapter with its engine, in this process. */
export interface Program {
  readonly telegram: TelegramAdapter;
  /** Ends as Ctrl-C does. */
  close(): Promise<void>;
}

/** The whole program in a process of its own, with the real clock and a store on disk that its successors open again. */
export interface Process {
  /** `kill -9` unless another signal is named. Resolves with the exit code when the process is gone. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

/** What a test may want differently. */
export interface StartOptions {
  readonly pacer?: Pacer;
  readonly drafts?: boolean;
  /** A way to Telegram, and its address there, where it is not the fake's own. */
  readonly network?: Network;
  readonly apiUrl?: string;
  readonly token?: string;
}

/** Everything around the program. */
export interface House {
  readonly simulator: Simulator;
  readonly store: Store;
  /** What was logged, one JSON object a line. */
  readonly log: string[];
  start(fake: FakeTelegram, more?: StartOptions): Promise<Program>;
  spawn(fake: FakeTelegram): Process;
  close(): Promise<void>;
}

const bots = {
  nim: { name: 'Nim', welcome: 'Hi, I am **Nim**.', suggestions: ['What can you do?'] },
  pepper: { name: 'Pepper', welcome: 'Pepper here.', suggestions: [] },
};

/** Two bots, `nim` (the default) and `pepper`; the store of `start` is in memory, that of `spawn` on disk. */
export async function openHouse(options: { wordMs?: number } = {}): Promise<House> {
  const dir = await mkdtemp(join(tmpdir(), 'telegram-'));
  for (const [index, [name, bridge]] of Object.entries(bots).entries()) {
    await mkdir(join(dir, name));
    await writeFile(join(dir, name, 'config.json'), JSON.stringify({ bot_id: `740000000000000000${index}`, bridge }));
  }
  const lines: string[] = [];
  const log = createLog({ level: 'debug', secrets: [], stream: { write: (line) => lines.push(line) } });
  const catalog = await openCatalog({ dir, default: 'nim', log, watch: false });
  const simulator = await startSimulator({ bots: () => catalog.list(), wordMs: options.wordMs ?? 0 });
  const store = await openStore('memory://', { log });
  const network = createNetwork();
  const programs: Program[] = [];
  const processes: Process[] = [];

  async function start(fake: FakeTelegram, more: StartOptions = {}): Promise<Program> {
    const { pacer = fastPacer(), drafts = false } = more;
    const coze = { apiBase: 'https://api.coze.com', webBase: 'https://www.coze.com' };
    const clients = createClients({ coze, network, env: {}, cache: store.keyv('coze'), local: simulator, log });
    const late: { telegram?: TelegramAdapter } = {};
    const engine = createEngine({
      ...{ catalog, store, clients, log, pacer },
      fetchAttachment: (file, _place, signal) =>
        late.telegram?.fetchAttachment(file, signal) ?? Promise.reject(new Error('The adapter is not there yet.')),
    });
    const way = { token: fake.token, apiUrl: fake.url, network, ...more };
    const telegram = await startTelegram({ ...way, engine, catalog, log, store, drafts, pacer });
    late.telegram = telegram;
    const program: Program = {
      telegram,
      async close() {
        await telegram.close();
        await engine.close();
        await clients.close();
      },
    };
    programs.push(program);
    return program;
  }

  function spawnProgram(fake: FakeTelegram): Process {
    const env = {
      ...{ BOTS_DIR: dir, DEFAULT_BOT: 'nim', STORE_URL: `sqlite://${join(dir, 'store.sqlite')}` },
      ...{ COZE_API_BASE: simulator.url, COZE_API_TOKEN: simulator.token },
      ...{ TELEGRAM_API_URL: fake.url, TELEGRAM_BOT_TOKEN: fake.token },
      ...{ SERVER_PORT: 'off', LOG_LEVEL: 'error' },
    };
    const main = join(import.meta.dirname, '../../../adapters/main.ts');
    const child = spawn(process.execPath, [main], { env, cwd: dir, stdio: ['ignore', 'ignore', 'inherit'] });
    const gone = once(child, 'exit');
    const killed: Process = {
      async kill(signal = 'SIGKILL') {
        child.kill(signal);
        const [code] = await gone;
        return code;
      },
    };
    processes.push(killed);
    return killed;
  }

  return {
    simulator,
    store,
    log: lines,
    start,
    spawn: spawnProgram,
    async close() {
      await Promise.all(processes.map((process) => process.kill()));
      await Promise.allSettled(programs.map((program) => program.close()));
      await Promise.allSettled([simulator.close(), catalog.close(), network.close()]);
      await store.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
