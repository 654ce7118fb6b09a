/** What a bot says first, and what one could ask it. */
import type { Bot, Profile } from '../bots/bot.ts';
import type { Transport } from '../coze/transport.ts';

/** Coze is asked only for what the owner's config leaves open, and not waited for longer than this. */
const PATIENCE_MS = 3_000;
const MOST_SUGGESTIONS = 3;

export interface Greeting {
  /** The name people see. */
  readonly name: string;
  readonly description: string | undefined;
  readonly prologue: string | undefined;
  readonly suggestions: readonly string[];
}

/** Never throws: a bot that cannot be reached now still has the name its owner gave it. */
export async function greetingOf(bot: Bot, transport: Pick<Transport, 'profile'>): Promise<Greeting> {
  const own = bot.bridge;
  const open = own.name === undefined || own.prologue === undefined || own.suggestions === undefined;
  const asked: Profile = open ? await profile(transport) : {};
  return {
    name: own.name ?? asked.name ?? bot.name,
    description: own.description ?? asked.description,
    prologue: own.prologue ?? asked.prologue,
    suggestions: (own.suggestions ?? asked.suggestions ?? []).slice(0, MOST_SUGGESTIONS),
  };
}

async function profile(transport: Pick<Transport, 'profile'>): Promise<Profile> {
  try {
    return (await transport.profile?.(AbortSignal.timeout(PATIENCE_MS))) ?? {};
  } catch {
    return {};
  }
}
