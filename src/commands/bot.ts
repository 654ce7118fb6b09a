/** `bot`, `bots`, `start`: who answers here. */
import type { Bot } from '../bots/bot.ts';
import { refusal } from '../conversation/failure.ts';
import { greetingOf, titlesOf } from '../conversation/greeting.ts';
import { narrowest } from '../conversation/keys.ts';
import type { Button, Level, Notice } from '../message.ts';
import {
  type CommandContext,
  conversation,
  levelName,
  levelOf,
  mayChoose,
  say,
  titleHere,
  usageError,
} from './context.ts';

const USAGE = 'bot NAME|why|reset [thread|channel|category|server]';
/** Discord shows 25 buttons, and a longer list is better typed. */
const MOST_BUTTONS = 25;

/** `bot`: shows the choice; `bot why`; `bot reset`; `bot NAME [LEVEL]`. */
export async function bot(c: CommandContext): Promise<Notice> {
  const [name, levelWord, surplus] = c.words;
  if (name === undefined) return await choice(c);
  if (name === 'why' && levelWord === undefined) return why(c);
  if (surplus !== undefined) throw usageError(c, USAGE);
  const kind = levelWord === undefined ? narrowest(c.incoming.place).kind : levelOf(levelWord, c.incoming.place);
  if (!mayChoose(c, kind)) throw refusal('forbidden', say(c, 'notAllowed'));
  if (kind === undefined) throw usageError(c, USAGE);
  return name === 'reset' ? unchoose(c, kind) : choose(c, name, kind);
}

/** `bots`: what there is, and what cannot be used and why. */
export async function bots(c: CommandContext): Promise<Notice> {
  const lines = await Promise.all(c.house.catalog.list().map(async (b) => describe(c, b)));
  const broken = c.house.catalog
    .faults()
    .map(({ name, sentence }) => say(c, 'botBroken', { bot: name, reason: sentence }));
  if (lines.length + broken.length === 0) return { text: say(c, 'noBots') };
  const list = [...lines, ...broken].map((line) => `- ${line}`).join('\n');
  return { text: `${say(c, 'botsTitle')}\n\n${list}`, buttons: await buttons(c) };
}

/** `start`: the bot's own first words, as Telegram's Start button and new threads want them. */
export async function start(c: CommandContext): Promise<Notice> {
  const greeting = await greet(c, conversation(c).bot);
  return { text: greeting.text, buttons: greeting.buttons };
}

async function choice(c: CommandContext): Promise<Notice> {
  const link = c.binding.chain.find((l) => l.bot === c.binding.bot?.name);
  const values = {
    bot: await titleHere(c),
    level: levelName(c, link?.level?.kind ?? narrowest(c.incoming.place).kind),
  };
  return { text: say(c, 'botNow', values), buttons: await buttons(c) };
}

async function buttons(c: CommandContext): Promise<Button[]> {
  const list = c.house.catalog.list().slice(0, MOST_BUTTONS);
  const titles = await titlesOf(list, c.house.clients);
  return list.map(({ name }, n) => ({
    label: titles[n] ?? name,
    command: `bot ${name}`,
    style: name === c.binding.bot?.name ? 'primary' : 'plain',
  }));
}

function why(c: CommandContext): Notice {
  let answered = false;
  const lines = c.binding.chain.map(({ level, bot: name, missing }) => {
    const values = { level: levelName(c, level?.kind), bot: name ?? '' };
    if (name === undefined) return `- ${say(c, 'whyNone', values)}`;
    if (missing) return `- ${say(c, 'whyMissing', values)}`;
    const line = `- ${say(c, 'whyChosen', values)}`;
    if (answered) return line;
    answered = true;
    return `${line} ← **${say(c, 'whyAnswers')}**`;
  });
  return { text: `${say(c, 'botWhy')}\n\n${lines.join('\n')}` };
}

async function choose(c: CommandContext, name: string, kind: Level['kind']): Promise<Notice> {
  const found = c.house.catalog.get(name) ?? c.house.catalog.get(name.toLowerCase());
  if (!found) {
    const names = c.house.catalog.list().map((b) => b.name);
    throw refusal('invalid', say(c, 'botUnknown', { bot: name, bots: names.join(', ') || '–' }));
  }
  await change(c, kind, found.name);
  const greeting = await greet(c, found);
  const chosen = say(c, 'botChosen', { bot: greeting.name, level: levelName(c, kind) });
  return { text: `${chosen}\n\n${greeting.text}`, buttons: greeting.buttons };
}

async function unchoose(c: CommandContext, kind: Level['kind']): Promise<Notice> {
  await change(c, kind, undefined);
  const now = await c.house.bindings.resolve(c.incoming.place);
  const [bot = '–'] = await titlesOf(now.bot ? [now.bot] : [], c.house.clients);
  return { text: say(c, 'botUnchosen', { level: levelName(c, kind), bot }) };
}

async function change(c: CommandContext, kind: Level['kind'], name: string | undefined): Promise<void> {
  if (await c.house.bindings.change(c.incoming.place, kind, { bot: name })) return;
  throw refusal('invalid', say(c, 'levelMissing', { level: levelName(c, kind) }));
}

async function greet(c: CommandContext, b: Bot): Promise<{ name: string; text: string; buttons: Button[] }> {
  const greeting = await greetingOf(b, c.house.clients.for(b));
  return {
    name: greeting.name,
    text: greeting.prologue || say(c, 'hello', { bot: greeting.name }),
    buttons: greeting.suggestions.map((words) => ({ label: words, command: `ask ${words}` })),
  };
}

async function describe(c: CommandContext, b: Bot): Promise<string> {
  const { name, description } = await greetingOf(b, c.house.clients.for(b));
  const title = name === b.name ? `**${b.name}**` : `**${b.name}** (${name})`;
  return description ? `${title}: ${description.replace(/\s+/g, ' ').slice(0, 200)}` : title;
}
