/** Slash commands and the message menu, made from the one table of commands and registered only when they have changed. */

import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  type Client,
  InteractionContextType,
  type RESTPutAPIApplicationCommandsJSONBody,
  Routes,
} from 'discord.js';
import { type Command, type CommandOption, commandTable } from '#core/commands.ts';
import type { Log } from '#core/log.ts';
import type { Language } from '#core/message.ts';
import { callOnly } from './calls.ts';

type Registration = RESTPutAPIApplicationCommandsJSONBody[number];
type Words = Readonly<Record<Language, string>>;

/** The menu of a message that asks about it. */
export const askMenu: Words = { en: 'Ask …', 'zh-CN': '询问…', 'zh-TW': '詢問…' };

const fileSummary: Words = {
  en: 'An image or a file to ask about',
  'zh-CN': '要询问的图片或文件',
  'zh-TW': '要詢問的圖片或檔案',
};

const places = {
  // Only where the bot is a member: elsewhere it could neither read nor edit after fifteen minutes.
  integration_types: [ApplicationIntegrationType.GuildInstall],
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
};

/** What is registered with Discord. */
export function registrations(): Registration[] {
  const menu: Registration = {
    type: ApplicationCommandType.Message,
    name: askMenu.en,
    name_localizations: localised(askMenu),
    ...places,
  };
  return [...commandTable.filter((command) => command.menu).map(slashOf), menu];
}

/** Puts the commands in place where they differ from what Discord has. @throws RealCozeError */
export async function registerCommands(client: Client<true>, log: Log): Promise<void> {
  const wanted = registrations();
  const path = Routes.applicationCommands(client.application.id);
  const query = new URLSearchParams({ with_localizations: 'true' });
  const known = await callOnly(client.rest, { method: 'GET', path, query, doing: 'reading the registered commands' });
  if (Array.isArray(known) && fingerprint(known) === fingerprint(wanted)) return;
  await callOnly(client.rest, { method: 'PUT', path, body: wanted, doing: 'registering commands' });
  log.info({ commands: wanted.length }, 'Registered the Discord commands.');
}

function slashOf(command: Command): Registration {
  const extra = command.name === 'chat' ? [fileOption()] : [];
  return {
    type: ApplicationCommandType.ChatInput,
    name: command.name,
    description: command.summary.en,
    description_localizations: localised(command.summary),
    options: [...command.options.map(optionOf), ...extra],
    ...places,
  };
}

type Option = NonNullable<Extract<Registration, { description: string }>['options']>[number];

function optionOf(option: CommandOption): Option {
  const common = {
    name: option.name,
    description: option.summary.en,
    description_localizations: localised(option.summary),
    required: option.required,
  };
  if (option.kind === 'file') return { type: ApplicationCommandOptionType.Attachment, ...common };
  const text = { type: ApplicationCommandOptionType.String as const, ...common };
  if (option.complete) return { ...text, autocomplete: true };
  if (option.choices === undefined) return text;
  return { ...text, choices: option.choices.map((value) => ({ name: value, value })) };
}

function fileOption(): Option {
  return {
    type: ApplicationCommandOptionType.Attachment,
    name: 'file',
    description: fileSummary.en,
    description_localizations: localised(fileSummary),
    required: false,
  };
}

/** English is the default and needs no translation. */
function localised(words: Words): Record<string, string> {
  return { 'zh-CN': words['zh-CN'], 'zh-TW': words['zh-TW'] };
}

/** The same text for the same commands, whatever order and defaults Discord answers with. */
function fingerprint(commands: readonly object[]): string {
  const texts = commands.map((command) => JSON.stringify(essence(command)));
  return texts.sort().join('\n');
}

const FIELDS = [
  'type',
  'name',
  'name_localizations',
  'description',
  'description_localizations',
  'required',
  'autocomplete',
  'value',
  'choices',
  'options',
  'contexts',
  'integration_types',
];

function essence(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(essence);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key, field]) => {
    const localisations = key.startsWith('zh-');
    const nothing = !field || (Array.isArray(field) && field.length === 0);
    return !nothing && (localisations || FIELDS.includes(key));
  });
  return Object.fromEntries(
    entries.sort(([a], [b]) => a.localeCompare(b)).map(([key, field]) => [key, essence(field)]),
  );
}
