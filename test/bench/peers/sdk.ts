/** Their side: one `Chat` with its own adapter, each answer given to `post` as the stream it takes. */
import { createDiscordAdapter } from '@chat-adapter/discord';
import { createTelegramAdapter } from '@chat-adapter/telegram';
import { type Adapter, Chat, ConsoleLogger, type SlashCommandEvent } from 'chat';
import type { Clock } from '../../reply/clock.ts';
import type { Cell } from '../reply-optimum.ts';
import { APPLICATION, CHANNEL, COMMAND, type Commands, createCommands, DEFERRED, GUILD } from './command.ts';
import type { PeerCell } from './place.ts';
import { createState } from './state.ts';
import { type Answer, stream } from './stream.ts';

export interface SdkOptions {
  /** Milliseconds between edits instead of the SDK's own choice: what its two settings for this are given. */
  readonly interval?: number | undefined;
}

const THREADS: Record<Cell['budget'], string> = {
  'discord-channel': `discord:${GUILD}:${CHANNEL}`,
  'discord-interaction': `discord:${GUILD}:${CHANNEL}`,
  'telegram-private': 'telegram:100',
  'telegram-group': 'telegram:-100200',
  'telegram-draft': 'telegram:100',
};

export interface Sdk {
  /** Gets the SDK ready for these answers, up to the deferred response to each one's slash command. Takes host time, none of the clock's. */
  readonly start: (all: readonly Pick<Answer, 'mark'>[]) => Promise<void>;
  /** Settles when the SDK has done all it does for this answer. @throws what its `post` throws. */
  readonly post: (answer: Answer) => Promise<void>;
}

/** To be used where the clock and the place are behind the process's globals. */
export function createSdk(cell: PeerCell, clock: Clock, options: SdkOptions): Sdk {
  const commands = createCommands();
  const chat = createChat(cell.budget, commands, options);
  const thread = chat.thread(THREADS[cell.budget]);
  if (cell.budget === 'discord-interaction') return bySlashCommand(cell, chat, commands, clock);
  return {
    start: () => chat.initialize(),
    post: (answer) => postPatiently((text) => thread.post(text), answer, clock),
  };
}

/** The SDK is told of a command for each answer; its handler waits for that answer as it would for a model. */
function bySlashCommand({ slash }: PeerCell, chat: Chat, commands: Commands, clock: Clock): Sdk {
  const asked = new Map<string, { readonly reply: PromiseWithResolvers<Answer>; handled: Promise<unknown> }>();

  async function handle(event: SlashCommandEvent): Promise<void> {
    const answer = await asked.get(event.text)?.reply.promise;
    if (answer === undefined) throw new Error(`Nobody asked "${event.text}".`);
    const target = slash === 'channel' ? event.channel : chat.thread(event.channel.id);
    await postPatiently((text) => target.post(text), answer, clock);
  }

  async function ask(mark: string): Promise<void> {
    const command = { reply: Promise.withResolvers<Answer>(), handled: Promise.resolve<unknown>(undefined) };
    asked.set(mark, command);
    const response = await chat.webhooks.discord?.(commands.request(mark), {
      waitUntil: (handled) => {
        command.handled = handled;
      },
      propagateHandlerErrors: true,
    });
    const told = response?.ok ? ((await response.json()) as { type?: number }) : undefined;
    if (told?.type !== DEFERRED) throw new Error(`The SDK answered a slash command with ${response?.status}.`);
  }

  return {
    start: async (all) => {
      chat.onSlashCommand(COMMAND, handle);
      await chat.initialize();
      for (const { mark } of all) await ask(mark);
    },
    post: async (answer) => {
      const command = asked.get(answer.mark);
      command?.reply.resolve(answer);
      await command?.handled;
    },
  };
}

/**
 * Posts as the SDK's guide to errors has it: what was refused for its rate is posted again after the time told. That is possible as long as
 * nothing of the stream was read, so it saves a refused placeholder; a refused last edit is thrown.
 */
async function postPatiently(
  post: (text: AsyncIterable<string>) => Promise<unknown>,
  answer: Answer,
  clock: Clock,
): Promise<void> {
  for (;;) {
    let isRead = false;
    async function* text(): AsyncGenerator<string> {
      isRead = true;
      yield* stream(answer, clock);
    }
    try {
      await post(text());
      return;
    } catch (error) {
      const seconds = isRead ? undefined : retryAfter(error);
      if (seconds === undefined) throw error;
      await clock.sleep(seconds * 1000);
    }
  }
}

/** Seconds, where the error is their `AdapterRateLimitError`. */
function retryAfter(error: unknown): number | undefined {
  if (!(error instanceof Error && 'retryAfter' in error)) return undefined;
  return typeof error.retryAfter === 'number' ? error.retryAfter : undefined;
}

/** Whether a place refused: `AdapterRateLimitError` of their Telegram, `NetworkError` with the status of their Discord. */
export function isRefusal(error: unknown): boolean {
  return retryAfter(error) !== undefined || (error instanceof Error && /API error: 429\b/.test(error.message));
}

function createChat(budget: Cell['budget'], { publicKey }: Commands, { interval }: SdkOptions): Chat {
  const logger = new ConsoleLogger('silent');
  const discord = { botToken: 'token', applicationId: APPLICATION, publicKey, logger };
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
