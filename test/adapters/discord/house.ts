/** The whole house on loopback for Discord's tests: fake Discord, adapter, engine, store, local Coze service. Nothing of ours is replaced. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCatalog } from '#core/bots/catalog.ts';
import { createClients } from '#core/coze/client.ts';
import { createEngine, type Engine } from '#core/engine.ts';
import { createLog, type Log } from '#core/log.ts';
import { createNetwork } from '#core/network.ts';
import { createPacer, type Pacer } from '#core/reply/pace.ts';
import type { Shards } from '#core/shards.ts';
import { type Simulator, startSimulator } from '#core/simulator/index.ts';
import { openStore } from '#core/store.ts';
import { type DiscordAdapter, startDiscord } from '../../../adapters/discord/adapter.ts';
import type { Limits } from '../../fake/discord/limits.ts';
import type { FakeDiscord } from '../../fake/discord/server.ts';

const main = join(import.meta.dirname, '../../../adapters/main.ts');

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

const loose = { calls: 1_000_000, windowMs: 1000 };
/** For tests in which seconds fly: discord.js counts rate limits by the real clock. */
export const noLimits: Limits = {
  post: loose,
  patch: loose,
  remove: loose,
  webhook: loose,
  global: loose,
  identify: loose,
};

/** Seconds of the pacing become milliseconds. Only together with `noLimits`. */
export function fastPacer(speed = 50): Pacer {
  return createPacer({
    now: () => performance.now() * speed,
    timer: (ms, run) => {
      const timer = setTimeout(run, ms / speed);
      return () => clearTimeout(timer);
    },
  });
}

export interface Program {
  readonly discord: DiscordAdapter;
  readonly engine: Engine;
  /** Ends as Ctrl-C does. */
  close(): Promise<void>;
}

export interface StartOptions {
  readonly pacer?: Pacer;
  readonly shards?: Shards;
  /** Commands are answered only when this has resolved. */
  readonly commandsWaitFor?: Promise<unknown>;
}

export interface House {
  readonly simulator: Simulator;
  /** What was logged, one JSON object a line. */
  readonly log: string[];
  start(fake: FakeDiscord, o?: StartOptions): Promise<Program>;
  /** The program as `npm start` runs it, with a store on disk that its successors open again; `kill` is `kill -9`. */
  spawn(fake: FakeDiscord, shards?: string): { kill(): Promise<void> };
  close(): Promise<void>;
}

const bots = {
  nim: { name: 'Nim', welcome: 'Hi, I am **Nim**.', suggestions: ['What can you do?'] },
  pepper: { name: 'Pepper', welcome: 'Pepper here.', suggestions: [] },
};

/** Two bots, `nim` (the default) and `pepper`; the store of `start` is in memory and shared by all its programs. */
export async function openHouse(o: { wordMs?: number } = {}): Promise<House> {
  const dir = await mkdtemp(join(tmpdir(), 'discord-'));
  for (const [index, [name, bridge]] of Object.entries(bots).entries()) {
    await mkdir(join(dir, name));
    await writeFile(join(dir, name, 'config.json'), JSON.stringify({ bot_id: `740000000000000000${index}`, bridge }));
  }
  const lines: string[] = [];
  const log = createLog({ level: 'debug', secrets: [], stream: { write: (line) => lines.push(line) } });
  const catalog = await openCatalog({ dir, default: 'nim', log, watch: false });
  const simulator = await startSimulator({ bots: () => catalog.list(), wordMs: o.wordMs ?? 0 });
  const store = await openStore('memory://', { log });
  const network = createNetwork();
  const ends: (() => Promise<unknown>)[] = [];

  const start: House['start'] = async (fake, { pacer = fastPacer(), commandsWaitFor, shards } = {}) => {
    const coze = { apiBase: 'https://api.coze.com', webBase: 'https://www.coze.com' };
    const clients = createClients({ coze, network, env: {}, cache: store.keyv('coze'), local: simulator, log });
    const late: { discord?: DiscordAdapter } = {};
    const engine = createEngine({
      ...{ catalog, store, clients, log, pacer },
      fetchAttachment: (file, _place, signal) =>
        late.discord?.fetchAttachment(file, signal) ?? Promise.reject(new Error('The adapter is not there yet.')),
    });
    const slow: Engine = {
      ...engine,
      command: async (line, incoming) => {
        await commandsWaitFor;
        return engine.command(line, incoming);
      },
    };
    const options = { token: fake.token, apiUrl: fake.apiUrl, catalog, network, log, shards };
    const discord = await startDiscord({ ...options, engine: commandsWaitFor ? slow : engine });
    late.discord = discord;
    const close = async () => {
      await Promise.all([discord.close(), engine.close()]);
      await clients.close();
    };
    ends.push(close);
    return { discord, engine, close };
  };

  const spawnProgram: House['spawn'] = (fake, shards = 'auto') => {
    const env = {
      ...{ PATH: process.env.PATH, SERVER_PORT: 'off', LOG_LEVEL: 'error' },
      ...{ BOTS_DIR: dir, DEFAULT_BOT: 'nim', STORE_URL: `sqlite://${join(dir, 'store.sqlite')}` },
      ...{ COZE_API_BASE: simulator.url, COZE_API_TOKEN: simulator.token },
      ...{ DISCORD_API_URL: fake.apiUrl, DISCORD_BOT_TOKEN: fake.token, DISCORD_SHARDS: shards },
    };
    const child = spawn(process.execPath, [main], { cwd: dir, env, stdio: ['ignore', 'ignore', 'inherit'] });
    const gone = once(child, 'exit');
    const kill = async () => {
      child.kill('SIGKILL');
      await gone;
    };
    ends.push(kill);
    return { kill };
  };

  return {
    simulator,
    log: lines,
    start,
    spawn: spawnProgram,
    async close() {
      await Promise.allSettled(ends.map((end) => end()));
      await Promise.allSettled([simulator.close(), catalog.close(), network.close()]);
      await store.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
