/** What the houses of the chat platforms stand on: two bots, the local Coze service, a store, and the program as a process. Nothing of ours is replaced. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Catalog, openCatalog } from '#core/bots/catalog.ts';
import { createClients } from '#core/coze/client.ts';
import { createEngine, type Engine, type EngineOptions } from '#core/engine.ts';
import { createLog, type Log } from '#core/log.ts';
import { createNetwork, type Network } from '#core/network.ts';
import { createPacer, type Pacer } from '#core/reply/pace/pace.ts';
import { type Simulator, startSimulator } from '#core/simulator/index.ts';
import { openStore, type Store } from '#core/store.ts';

/** Seconds of the pacing become milliseconds: for tests whose fake keeps no rate limits. */
export function fastPacer(speed = 50): Pacer {
  return createPacer({
    now: () => performance.now() * speed,
    timer: (ms, run) => {
      const timer = setTimeout(run, ms / speed);
      return () => clearTimeout(timer);
    },
  });
}

/** An engine, and who fetches files for it once it is there. */
export interface Running {
  readonly engine: Engine;
  readonly adapter: { fetchAttachment?: NonNullable<EngineOptions['fetchAttachment']> };
  close(): Promise<void>;
}

/** The whole program in a process of its own, with the real clock and a store on disk that its successors open again. */
export interface Process {
  /** `kill -9` unless another signal is named. Resolves with the exit code when the process is gone. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

export interface Ground {
  readonly simulator: Simulator;
  /** In memory, shared by all engines. */
  readonly store: Store;
  readonly catalog: Catalog;
  readonly network: Network;
  readonly log: Log;
  /** What was logged, one JSON object a line. */
  readonly lines: string[];
  run(pacer: Pacer): Running;
  spawn(env: Readonly<Record<string, string>>): Process;
  /** Runs when the ground is left. */
  atEnd(end: () => Promise<unknown>): void;
  close(): Promise<void>;
}

const bots = {
  nim: { name: 'Nim', welcome: 'Hi, I am **Nim**.', suggestions: ['What can you do?'] },
  pepper: { name: 'Pepper', welcome: 'Pepper here.', suggestions: [] },
};

const main = join(import.meta.dirname, '../../adapters/main.ts');

/** Two bots, `nim` (the default) and `pepper`. */
export async function openGround({ wordMs = 0 }: { readonly wordMs?: number | undefined } = {}): Promise<Ground> {
  const dir = await mkdtemp(join(tmpdir(), 'house-'));
  for (const [index, [name, bridge]] of Object.entries(bots).entries()) {
    await mkdir(join(dir, name));
    await writeFile(join(dir, name, 'config.json'), JSON.stringify({ bot_id: `740000000000000000${index}`, bridge }));
  }
  const lines: string[] = [];
  const log = createLog({ level: 'debug', secrets: [], stream: { write: (line) => lines.push(line) } });
  const catalog = await openCatalog({ dir, default: 'nim', log, watch: false });
  const simulator = await startSimulator({ bots: () => catalog.list(), wordMs });
  const store = await openStore('memory://', { log });
  const network = createNetwork();
  const ends: (() => Promise<unknown>)[] = [];

  function run(pacer: Pacer): Running {
    const coze = { apiBase: 'https://api.coze.com', webBase: 'https://www.coze.com' };
    const clients = createClients({ coze, network, env: {}, cache: store.keyv('coze'), local: simulator, log });
    const adapter: Running['adapter'] = {};
    const engine = createEngine({
      ...{ catalog, store, clients, log, pacer },
      fetchAttachment: (file, place, signal) =>
        adapter.fetchAttachment?.(file, place, signal) ?? Promise.reject(new Error('The adapter is not there yet.')),
    });
    const close = async () => {
      await engine.close();
      await clients.close();
    };
    return { engine, adapter, close };
  }

  function spawnProgram(more: Readonly<Record<string, string>>): Process {
    const env = {
      ...{ SERVER_PORT: 'off', LOG_LEVEL: 'error' },
      ...{ BOTS_DIR: dir, DEFAULT_BOT: 'nim', STORE_URL: `sqlite://${join(dir, 'store.sqlite')}` },
      ...{ COZE_API_BASE: simulator.url, COZE_API_TOKEN: simulator.token },
      ...more,
    };
    const child = spawn(process.execPath, [main], { cwd: dir, env, stdio: ['ignore', 'ignore', 'inherit'] });
    const gone = once(child, 'exit');
    const kill: Process['kill'] = async (signal = 'SIGKILL') => {
      child.kill(signal);
      const [code] = await gone;
      return code;
    };
    ends.push(() => kill());
    return { kill };
  }

  return {
    ...{ simulator, store, catalog, network, log, lines, run },
    spawn: spawnProgram,
    atEnd: (end) => void ends.push(end),
    async close() {
      await Promise.allSettled(ends.map((end) => end()));
      await Promise.allSettled([simulator.close(), catalog.close(), network.close()]);
      await store.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
