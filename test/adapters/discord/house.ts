/** The whole house on loopback for Discord's tests: fake Discord, adapter, engine, store, local Coze service. */
import type { Engine } from '#core/engine.ts';
import type { Log } from '#core/log.ts';
import type { Pacer } from '#core/reply/pace/pace.ts';
import type { Shards } from '#core/shards.ts';
import type { Simulator } from '#core/simulator/index.ts';
import type { Store } from '#core/store.ts';
import { type DiscordAdapter, startDiscord } from '../../../adapters/discord/adapter.ts';
import type { Limits } from '../../fake/discord/limits.ts';
import type { FakeDiscord } from '../../fake/discord/server.ts';
import { fastPacer, openGround, type Process } from '../ground.ts';

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

const loose = { calls: 1_000_000, windowMs: 1000 };
/** For tests in which seconds fly: discord.js counts rate limits by the real clock. */
export const noLimits: Limits = {
  post: loose,
  patch: loose,
  remove: loose,
  list: loose,
  webhook: loose,
  global: loose,
  identify: { calls: 1, windowMs: 0 },
};

/** The adapter with its engine, in this process. */
export interface Program {
  readonly discord: DiscordAdapter;
  readonly engine: Engine;
  /** Ends as Ctrl-C does. */
  close(): Promise<void>;
}

export interface StartOptions {
  /** Default: seconds become milliseconds, only together with `noLimits`. */
  readonly pacer?: Pacer;
  readonly shards?: Shards;
  /** Commands are answered only when this has resolved. */
  readonly commandsWaitFor?: Promise<unknown>;
  /** The clock by which Discord is missed. */
  readonly now?: () => number;
}

export interface House {
  readonly simulator: Simulator;
  /** That of `start`. */
  readonly store: Store;
  /** What was logged, one JSON object a line. */
  readonly log: string[];
  start(fake: FakeDiscord, o?: StartOptions): Promise<Program>;
  spawn(fake: FakeDiscord, shards?: string): Process;
  close(): Promise<void>;
}

/** Two bots, `nim` (the default) and `pepper`; the store of `start` is in memory and shared, that of `spawn` on disk. */
export async function openHouse(o: { wordMs?: number } = {}): Promise<House> {
  const ground = await openGround(o);
  const { simulator, store, catalog, network, log, lines } = ground;

  const start: House['start'] = async (fake, { pacer = fastPacer(), commandsWaitFor, shards, now } = {}) => {
    const { engine, adapter, close: closeEngine } = ground.run(pacer);
    const slow: Engine = {
      ...engine,
      command: async (line, incoming) => {
        await commandsWaitFor;
        return engine.command(line, incoming);
      },
    };
    const options = { token: fake.token, apiUrl: fake.apiUrl, catalog, network, log, store, shards, now };
    const discord = await startDiscord({ ...options, engine: commandsWaitFor ? slow : engine });
    adapter.fetchAttachment = (file, _place, signal) => discord.fetchAttachment(file, signal);
    const close = async () => {
      await Promise.all([discord.close(), closeEngine()]);
    };
    ground.atEnd(close);
    return { discord, engine, close };
  };

  return {
    simulator,
    store,
    log: lines,
    start,
    spawn: (fake, shards = 'auto') =>
      ground.spawn({ DISCORD_API_URL: fake.apiUrl, DISCORD_BOT_TOKEN: fake.token, DISCORD_SHARDS: shards }),
    close: ground.close,
  };
}
