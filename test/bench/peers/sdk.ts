/** Their side: one `Chat` with its own adapter, each answer given to `thread.post` as the stream it takes. */
import { mock } from 'node:test';
import { createDiscordAdapter } from '@chat-adapter/discord';
import { createTelegramAdapter } from '@chat-adapter/telegram';
import { type Adapter, Chat, ConsoleLogger } from 'chat';
import type { Clock } from '../../reply/clock.ts';
import type { Cell } from '../reply-optimum.ts';
import type { World } from '../reply-world.ts';
import { createPlatform, type Fetch } from './platform.ts';
import type { Screen } from './screen.ts';
import { createState } from './state.ts';
import { type Answer, stream } from './stream.ts';

export interface SdkOptions {
  /** Milliseconds between edits instead of the SDK's own choice: what its two settings for this are given. */
  readonly interval?: number | undefined;
}

const THREADS: Partial<Record<Cell['budget'], string>> = {
  'discord-channel': 'discord:200:300',
  'telegram-private': 'telegram:100',
  'telegram-group': 'telegram:-100200',
  'telegram-draft': 'telegram:100',
};

/** A place with the SDK in it. */
export interface Sdk {
  readonly start: () => Promise<void>;
  /** Settles when the SDK has done all it does for this answer. @throws what `thread.post` throws. */
  readonly post: (answer: Answer) => Promise<void>;
  /** Until when the place would not have taken what it refused last. */
  readonly closedUntil: () => number;
  /** Gives the host's time and `fetch` back. Call it when all posts have settled. */
  readonly restore: () => void;
}

/** From here until `restore` the process's timers, `Date.now` and `fetch` are the bench's. @throws for places the SDK is not driven in. */
export function createSdk(budget: Cell['budget'], world: World, screen: Screen, clock: Clock, o: SdkOptions): Sdk {
  const thread = THREADS[budget];
  if (thread === undefined) throw new Error(`The SDK is not driven in ${budget}.`);
  const platform = createPlatform(world, screen, clock);
  const chat = createChat(budget, o);
  const restore = takeOver(clock, budget.startsWith('discord') ? platform.discord : platform.telegram);
  return {
    start: () => chat.initialize(),
    post: async (answer) => void (await chat.thread(thread).post(stream(answer, clock))),
    closedUntil: platform.closedUntil,
    restore,
  };
}

function createChat(budget: Cell['budget'], { interval }: SdkOptions): Chat {
  const logger = new ConsoleLogger('silent');
  const discord = { botToken: 'token', applicationId: '1', publicKey: 'a'.repeat(64), logger };
  const telegram = {
    botToken: '1:token',
    mode: 'webhook' as const,
    secretToken: 'secret',
    nativeStreaming: budget === 'telegram-draft',
    logger,
    ...(interval === undefined ? {} : { streamingEditIntervalMs: interval }),
  };
  const isDiscord = budget.startsWith('discord');
  // Their classes declare `string | undefined` where their port has an optional `string`: the same but for exactOptionalPropertyTypes.
  const adapter = (isDiscord ? createDiscordAdapter(discord) : createTelegramAdapter(telegram)) as Adapter;
  return new Chat({
    userName: 'bench',
    adapters: { [isDiscord ? 'discord' : 'telegram']: adapter },
    state: createState(),
    logger: 'silent',
    ...(interval === undefined ? {} : { streamingUpdateIntervalMs: interval }),
  });
}

/** Puts the virtual clock and the platform behind the globals that the SDK reads. */
function takeOver(clock: Clock, fetch: Fetch): () => void {
  const begun = Date.now();
  const mocks = [
    mock.method(Date, 'now', () => begun + Math.floor(clock.now())),
    mock.method(globalThis, 'setTimeout', (run: () => void, ms = 0) => clock.timer(ms, run)),
    mock.method(globalThis, 'clearTimeout', (cancel?: () => void) => cancel?.()),
    mock.method(globalThis, 'fetch', fetch),
  ];
  return () => {
    for (const one of mocks) one.mock.restore();
  };
}
