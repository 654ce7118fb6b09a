/** What a bot says first, and what one could ask it. */
import { abortable } from '../async.ts';
import type { Bot, Profile } from '../bots/bot.ts';
import type { Clients } from '../coze/client.ts';
import type { Transport } from '../coze/transport.ts';

/** Coze is asked only for what the owner's config leaves open, and not waited for longer than this. */
const PATIENCE_MS = 3_000;
/** For a name alone: Discord takes completions for three seconds only. */
const TITLE_MS = 1_000;
const UNTOLD_MS = 60_000;
/** Until when Coze is not asked again for the name of a bot. */
const untold = new WeakMap<Bot, number>();
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
  const asked: Profile = open ? await profile(transport, PATIENCE_MS) : {};
  return {
    name: own.name ?? asked.name ?? bot.name,
    description: own.description ?? asked.description,
    prologue: own.prologue ?? asked.prologue,
    suggestions: (own.suggestions ?? asked.suggestions ?? []).slice(0, MOST_SUGGESTIONS),
  };
}

/** The names that people know bots by; those that have the same bear the name of their folder too. Never throws. */
export async function titlesOf(bots: readonly Bot[], clients: Pick<Clients, 'for'>): Promise<string[]> {
  const titles = await Promise.all(bots.map((bot) => titleOf(bot, clients)));
  const isOnly = (name: string) => titles.indexOf(name) === titles.lastIndexOf(name);
  return bots.map(({ name }, n) => {
    const own = titles[n] ?? name;
    return isOnly(own) ? own : `${own} (${name})`;
  });
}

/** Completions ask at every key that is pressed: a Coze that does not tell is left alone for a while. */
async function titleOf(bot: Bot, clients: Pick<Clients, 'for'>): Promise<string> {
  if (bot.bridge.name !== undefined) return bot.bridge.name;
  if ((untold.get(bot) ?? 0) > Date.now()) return bot.name;
  const { name } = await profile(clients.for(bot), TITLE_MS);
  if (name === undefined) untold.set(bot, Date.now() + UNTOLD_MS);
  return name ?? bot.name;
}

async function profile(transport: Pick<Transport, 'profile'>, patience: number): Promise<Profile> {
  const signal = AbortSignal.timeout(patience);
  try {
    // A token or a store that is waited for on the way may not heed the signal.
    return transport.profile ? await abortable(transport.profile(signal), signal) : {};
  } catch {
    return {};
  }
}
