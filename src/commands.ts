/** The one table of commands. Adapters register menus from it and send command lines here; what stands in no row is a question. */
import { about, stop, usage } from './commands/about.ts';
import { bot, bots, start } from './commands/bot.ts';
import { type CommandContext, mayChoose } from './commands/context.ts';
import { forget, history, sources, undo } from './commands/history.ts';
import { settingNames, settings } from './commands/settings.ts';
import { titlesOf } from './conversation/greeting.ts';
import type { Choice, Language, Notice } from './message.ts';
import { everyLanguage, text } from './texts.ts';

export interface Command {
  readonly name: string;
  readonly summary: Readonly<Record<Language, string>>;
  /** In the order in which a command line names them. */
  readonly options: readonly CommandOption[];
  /** False for what only buttons and platforms send. */
  readonly menu: boolean;
  /** Absent for `chat`, `ask` and `retry`, which are turns: they need a surface, so `Engine.reply` and `Engine.answer` take them. */
  readonly run?: (c: CommandContext) => Promise<Notice>;
}

export interface CommandOption {
  readonly name: string;
  readonly summary: Readonly<Record<Language, string>>;
  /** `text` runs to the end of the line; `file` is an attachment of the message. */
  readonly kind: 'word' | 'text' | 'file';
  readonly required: boolean;
  readonly choices?: readonly string[];
  /** Values come from `Engine.complete`. */
  readonly complete?: true;
}

const LEVELS = ['thread', 'channel', 'category', 'server'];

const level: CommandOption = {
  name: 'level',
  summary: everyLanguage('optLevel'),
  kind: 'word',
  required: false,
  choices: LEVELS,
};

export const commandTable: readonly Command[] = [
  {
    name: 'chat',
    summary: everyLanguage('cmdChat'),
    options: [{ name: 'text', summary: everyLanguage('optWords'), kind: 'text', required: true }],
    menu: true,
  },
  {
    name: 'bot',
    summary: everyLanguage('cmdBot'),
    options: [{ name: 'name', summary: everyLanguage('optBot'), kind: 'word', required: false, complete: true }, level],
    menu: true,
    run: bot,
  },
  { name: 'bots', summary: everyLanguage('cmdBots'), options: [], menu: true, run: bots },
  { name: 'new', summary: everyLanguage('cmdNew'), options: [], menu: true, run: forget },
  { name: 'retry', summary: everyLanguage('cmdRetry'), options: [], menu: true },
  {
    name: 'stop',
    summary: everyLanguage('cmdStop'),
    options: [{ name: 'which', summary: everyLanguage('optAll'), kind: 'word', required: false, choices: ['all'] }],
    menu: true,
    run: stop,
  },
  { name: 'undo', summary: everyLanguage('cmdUndo'), options: [], menu: true, run: undo },
  {
    name: 'history',
    summary: everyLanguage('cmdHistory'),
    options: [
      {
        name: 'action',
        summary: everyLanguage('optHistory'),
        kind: 'word',
        required: false,
        choices: ['show', 'export', 'import', 'add'],
      },
      { name: 'more', summary: everyLanguage('optMore'), kind: 'text', required: false },
      { name: 'file', summary: everyLanguage('optFile'), kind: 'file', required: false },
    ],
    menu: true,
    run: history,
  },
  {
    name: 'settings',
    summary: everyLanguage('cmdSettings'),
    options: [
      { name: 'name', summary: everyLanguage('optSetting'), kind: 'word', required: false, complete: true },
      { name: 'value', summary: everyLanguage('optValue'), kind: 'text', required: false },
      level,
    ],
    menu: true,
    run: settings,
  },
  { name: 'usage', summary: everyLanguage('cmdUsage'), options: [], menu: true, run: usage },
  { name: 'help', summary: everyLanguage('cmdHelp'), options: [], menu: true, run: help },
  { name: 'about', summary: everyLanguage('cmdAbout'), options: [], menu: true, run: about },
  { name: 'start', summary: everyLanguage('cmdStart'), options: [], menu: false, run: start },
  {
    name: 'ask',
    summary: everyLanguage('cmdAsk'),
    options: [{ name: 'text', summary: everyLanguage('optWords'), kind: 'text', required: true }],
    menu: false,
  },
  {
    name: 'sources',
    summary: everyLanguage('cmdSources'),
    options: [{ name: 'message', summary: everyLanguage('optMessage'), kind: 'word', required: false }],
    menu: false,
    run: sources,
  },
];

const byName: ReadonlyMap<string, Command> = new Map(commandTable.map((command) => [command.name, command]));

export interface CommandLine {
  readonly command: Command;
  readonly rest: string;
  readonly words: readonly string[];
}

/** Reads a line with or without its slash; `undefined` when its first word is no command. */
export function parseCommand(line: string): CommandLine | undefined {
  const [, name = '', rest = ''] = /^\/?([a-z]+)(?:\s+(.*))?\s*$/is.exec(line.trim()) ?? [];
  const command = byName.get(name.toLowerCase());
  return command && { command, rest: rest.trim(), words: rest.split(/\s+/).filter((word) => word !== '') };
}

/** Values for the option being typed: bots, setting names. */
export async function completions(c: CommandContext, command: string): Promise<readonly Choice[]> {
  if (command === 'settings') return settingNames.map(plain);
  if (command !== 'bot') return [];
  if (!mayChoose(c)) return [plain('why')];
  const bots = c.house.catalog.list();
  const titles = await titlesOf(bots, c.house.clients);
  return [...bots.map(({ name }, n) => ({ value: name, label: titles[n] ?? name })), ...['why', 'reset'].map(plain)];
}

function plain(value: string): Choice {
  return { value, label: value };
}

async function help(c: CommandContext): Promise<Notice> {
  const rows = commandTable
    .filter(({ menu }) => menu)
    .map(({ name, options, summary }) => {
      const line = [`/${name}`, ...options.filter((o) => o.kind !== 'file').map((o) => `[${o.name}]`)].join(' ');
      return `- \`${line}\` – ${summary[c.language]}`;
    });
  return { text: `${text('helpTitle', c.language)}\n\n${rows.join('\n')}`, private: true };
}
