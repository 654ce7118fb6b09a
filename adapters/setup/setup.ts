/** The whole of `npm run setup`: six steps, each of which Enter alone skips. */
import { askWhere } from './address.ts';
import { chooseBot } from './bot.ts';
import { askAccess } from './credential.ts';
import { askDiscord } from './discord.ts';
import { askTheBot } from './question.ts';
import type { Setup } from './session.ts';
import { askTelegram } from './telegram.ts';

/** Asks, checks each answer at once, and writes it down as soon as it is good: leaving in the middle loses nothing. */
export async function setUp(setup: Setup): Promise<void> {
  const { dialogue, words } = setup;
  dialogue.say(words.welcome);
  const base = await askWhere(setup);
  const access = base === undefined ? undefined : await askAccess(setup, base);
  const bot = access && (await chooseBot(setup, access));
  await askTelegram(setup);
  await askDiscord(setup);
  dialogue.say(words.written(setup.environment.saved()));
  if (bot) await askTheBot(setup, bot);
  dialogue.say(words.goodbye);
}
