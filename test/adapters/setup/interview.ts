/** An owner at the keyboard: setup asks, the given answers come one by one, and everything that is shown is kept. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Bot } from '#core/bots/bot.ts';
import { parseBot } from '#core/bots/schema.ts';
import type { Language } from '#core/message.ts';
import { createNetwork } from '#core/network.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '#core/simulator/index.ts';
import { openStore, type Store } from '#core/store.ts';
import type { Fetch } from '#core/web.ts';
import { openEnvironment } from '../../../adapters/setup/environment.ts';
import { setUp } from '../../../adapters/setup/setup.ts';
import { wordsIn } from '../../../adapters/setup/words.ts';

export const botId = '7400000000000000042';
export const clientId = '42.app.coze';

const bots: readonly Bot[] = [
  parseBot('marvin', JSON.stringify({ bot_id: botId, bridge: { name: 'Marvin the Robot' } })),
  parseBot('draft', JSON.stringify({ bot_id: '7400000000000000043', name: 'Draftsman', work_info: {} })),
  parseBot('qiqi', JSON.stringify({ bot_id: '7400000000000000044', bridge: { name: '奇奇' } })),
];

export interface Home {
  readonly folder: string;
  readonly envFile: string;
  /** What stands in the shell: addresses of the fake platforms, the folder's bots and store. */
  readonly shell: Record<string, string>;
  text(path: string): Promise<string>;
}

/** A folder of one's own, as after `git clone`, with one sample bot in it. */
export async function makeHome(env?: string): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'setup-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const envFile = join(folder, '.env');
  if (env !== undefined) await writeFile(envFile, env);
  const shell = { BOTS_DIR: join(folder, 'bots'), STORE_URL: `sqlite://${join(folder, 'data', 'store.sqlite')}` };
  return { folder, envFile, shell, text: (path) => readFile(join(folder, path), 'utf8') };
}

export async function startCoze(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({ bots: () => bots, wordMs: 0, loginApps: [clientId], ...options });
  onTestFinished(() => simulator.close());
  return simulator;
}

/** What is typed, or what decides it from all that was shown so far. */
type Answer = string | ((shown: string) => string);

export interface Interview {
  /** Everything on the screen, answers left out. */
  readonly shown: string;
  /** The questions whose answers must not be seen. */
  readonly secret: readonly string[];
}

export interface InterviewOptions {
  /** Answers after the last of these are Enter. */
  readonly answers: readonly Answer[];
  /** Where the hosts of the cloud lead instead, e.g. `{ 'api.coze.com': simulator.url }`. */
  readonly hosts?: Readonly<Record<string, string>>;
  readonly language?: Language;
  /** What the owner does elsewhere while setup waits. */
  readonly meanwhile?: (shown: string) => void;
}

/** Runs setup in that folder from the first word to the last. */
export async function interview(home: Home, o: InterviewOptions): Promise<Interview> {
  let network = createNetwork();
  const answers = [...o.answers];
  const secret: string[] = [];
  let shown = '';
  let store: Store | undefined;
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  try {
    await setUp({
      dialogue: {
        say: (text) => {
          shown += `${text}\n`;
        },
        ask: async (question, { secret: hidden = false } = {}) => {
          shown += `${question}\n`;
          if (hidden) secret.push(question);
          const answer = answers.shift() ?? '';
          return typeof answer === 'string' ? answer : answer(shown);
        },
      },
      words: wordsIn(o.language ?? 'en'),
      environment: openEnvironment({ file: home.envFile, shell: home.shell }),
      log,
      signal: new AbortController().signal,
      network: () => ({ ...network, fetch: redirected(network.fetch, o.hosts ?? {}) }),
      async useProxy(proxy) {
        await network.close();
        network = createNetwork({ proxy });
      },
      openStore: async () => {
        store ??= await openStore(home.shell.STORE_URL ?? '', { log });
        return store;
      },
      sleep: async () => o.meanwhile?.(shown),
    });
  } finally {
    await store?.close();
    await network.close();
  }
  return { shown, secret };
}

function redirected(fetch: Fetch, hosts: Readonly<Record<string, string>>): Fetch {
  return (input, init) => {
    const url = new URL(input);
    const there = hosts[url.host];
    return fetch(there ? new URL(url.pathname + url.search, there) : url, init);
  };
}
