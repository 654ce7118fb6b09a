/** What Discord checks in a body before it takes it. */
import type { Component, Embed, Modal } from './memory.ts';
import { invalidForm, refuse } from './refusal.ts';

/** UTF-16 units, which is the stricter reading of Discord's "2000 characters". */
const CONTENT = 2000;

export interface MessageBody {
  readonly content?: string | null;
  readonly components?: readonly Component[];
  readonly embeds?: readonly Embed[];
  readonly flags?: number;
  readonly nonce?: string | number;
  readonly enforce_nonce?: boolean;
  readonly allowed_mentions?: AllowedMentions;
  readonly message_reference?: { readonly message_id?: string; readonly fail_if_not_exists?: boolean };
  readonly attachments?: readonly { readonly id: string | number }[];
}

export interface AllowedMentions {
  readonly parse?: readonly string[];
  readonly users?: readonly string[];
  readonly roles?: readonly string[];
  readonly replied_user?: boolean;
}

/** @throws Refusal 50035 or 50006 as the real API words it. */
export function checkMessage(body: MessageBody, files: number): void {
  if ((body.content ?? '').length > CONTENT)
    throw invalidForm(['content'], 'BASE_TYPE_MAX_LENGTH', `Must be ${CONTENT} or fewer in length.`);
  if (String(body.nonce ?? '').length > 25)
    throw invalidForm(['nonce'], 'NONCE_TYPE_TOO_LONG', 'Must be 25 or fewer in length.');
  checkRows(body.components ?? []);
  checkEmbeds(body.embeds ?? []);
  const empty = !body.content?.trim() && files === 0 && (body.components ?? []).length === 0;
  if (empty && (body.attachments ?? []).length === 0) throw refuse(50006);
}

function checkEmbeds(embeds: readonly Embed[]): void {
  if (embeds.length > 10) throw invalidForm(['embeds'], 'BASE_TYPE_MAX_LENGTH', 'Must be 10 or fewer in length.');
  for (const [index, { url = 'https://x.test', image }] of embeds.entries())
    for (const address of [url, image?.url ?? 'https://x.test'])
      if (!isEmbeddable(address))
        throw invalidForm(['embeds', String(index), 'url'], 'URL_TYPE_INVALID_URL', 'Not a well formed URL.');
}

function isEmbeddable(address: string): boolean {
  if (address.length > 2048 || /\s/.test(address) || !URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'attachment:' || (/^https?:$/.test(protocol) && hostname.includes('.'));
}

/** @throws Refusal 50035 for a form that Discord would not show. */
export function checkModal(modal: Modal): void {
  const bad = (field: string, least: number, most: number) =>
    invalidForm(['data', field], 'BASE_TYPE_BAD_LENGTH', `Must be between ${least} and ${most} in length.`);
  if (modal.title.length < 1 || modal.title.length > 45) throw bad('title', 1, 45);
  if (modal.custom_id.length < 1 || modal.custom_id.length > 100) throw bad('custom_id', 1, 100);
  if (modal.components.length < 1 || modal.components.length > 5) throw bad('components', 1, 5);
  for (const { type, label = '' } of modal.components)
    if (type === 18 && (label.length < 1 || label.length > 45)) throw bad('label', 1, 45);
}

function checkRows(rows: readonly Component[]): void {
  if (rows.length > 5) throw invalidForm(['components'], 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 5 in length.');
  const ids = new Set<string>();
  for (const [index, row] of rows.entries()) {
    const at = ['components', String(index), 'components'];
    const buttons = row.components ?? [];
    if (row.type !== 1 || buttons.length < 1 || buttons.length > 5)
      throw invalidForm(at, 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 5 in length.');
    for (const [place, button] of buttons.entries()) checkButton(button, [...at, String(place)], ids);
  }
}

function checkButton(button: Component, at: readonly string[], ids: Set<string>): void {
  const id = button.custom_id ?? '';
  if (id.length < 1 || id.length > 100)
    throw invalidForm([...at, 'custom_id'], 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 100 in length.');
  if (ids.has(id))
    throw invalidForm(
      [...at, 'custom_id'],
      'COMPONENT_CUSTOM_ID_DUPLICATED',
      'Component custom id cannot be duplicated',
    );
  ids.add(id);
  const label = (button.label ?? '').trim();
  if (label.length < 1 || label.length > 80)
    throw invalidForm([...at, 'label'], 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 80 in length.');
  if (!button.style || button.style < 1 || button.style > 6)
    throw invalidForm([...at, 'style'], 'BASE_TYPE_CHOICES', 'Value must be one of {1, 2, 3, 4, 5, 6}.');
}

export interface CommandBody {
  readonly name: string;
  readonly type?: number;
  readonly description?: string;
  readonly name_localizations?: Readonly<Record<string, string>> | null;
  readonly description_localizations?: Readonly<Record<string, string>> | null;
  readonly options?: readonly OptionBody[];
  readonly contexts?: readonly number[];
}

interface OptionBody extends CommandBody {
  readonly required?: boolean;
  readonly choices?: readonly { readonly name: string; readonly value: string }[];
  readonly autocomplete?: boolean;
}

const SLASH_NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const LOCALES = new Set(
  'id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th zh-CN ja zh-TW ko'.split(
    ' ',
  ),
);

/** @throws Refusal 50035 for a command that Discord would not register. */
export function checkCommands(commands: readonly CommandBody[]): void {
  const count = (type: number) => commands.filter((command) => (command.type ?? 1) === type).length;
  if (count(1) > 100 || count(2) > 15 || count(3) > 15)
    throw invalidForm(['0'], 'APPLICATION_COMMANDS_MAX', 'Maximum number of application commands reached.');
  checkNames(
    commands.map((command) => `${command.type ?? 1} ${command.name}`),
    [],
    'APPLICATION_COMMANDS_DUPLICATE_NAME',
  );
  for (const [index, command] of commands.entries()) {
    checkCommand(command, [String(index)]);
    if (charactersOf(command) > 8000)
      throw invalidForm([String(index)], 'APPLICATION_COMMAND_TOO_LARGE', 'Command exceeds maximum size (8000)');
  }
}

function checkNames(names: readonly string[], at: readonly string[], code: string): void {
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice >= 0) throw invalidForm([...at, String(twice)], code, 'Names must be unique');
}

/** What Discord counts together: names, descriptions and values, each in the longest of its languages. */
function charactersOf({ name, description = '', options = [], ...command }: OptionBody): number {
  const longest = (text: string, others: CommandBody['name_localizations']) =>
    Math.max(text.length, ...Object.values(others ?? {}).map((other) => other.length));
  const own = longest(name, command.name_localizations) + longest(description, command.description_localizations);
  const choices = (command.choices ?? []).reduce((sum, choice) => sum + choice.name.length + choice.value.length, 0);
  return options.reduce((sum, option) => sum + charactersOf(option), own + choices);
}

function checkCommand(command: CommandBody, at: readonly string[]): void {
  const slash = (command.type ?? 1) === 1;
  const names = [command.name, ...localised(command.name_localizations, [...at, 'name_localizations'])];
  for (const name of names) checkName(name, slash, at);
  if (!slash) return;
  const descriptions = [
    command.description ?? '',
    ...localised(command.description_localizations, [...at, 'description_localizations']),
  ];
  for (const text of descriptions)
    if (text.length < 1 || text.length > 100)
      throw invalidForm([...at, 'description'], 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 100 in length.');
  checkOptions(command.options ?? [], at);
}

function checkOptions(options: readonly OptionBody[], at: readonly string[]): void {
  if (options.length > 25)
    throw invalidForm([...at, 'options'], 'BASE_TYPE_MAX_LENGTH', 'Must be 25 or fewer in length.');
  checkNames(
    options.map(({ name }) => name),
    [...at, 'options'],
    'APPLICATION_COMMAND_OPTIONS_NAME_INVALID',
  );
  let optional = false;
  for (const [index, option] of options.entries()) {
    const here = [...at, 'options', String(index)];
    checkCommand({ ...option, type: 1, options: [] }, here);
    if (option.required && optional)
      throw invalidForm(here, 'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID', 'Required options must be placed first');
    optional = optional || !option.required;
    if (option.autocomplete && option.choices !== undefined)
      throw invalidForm(
        here,
        'APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE',
        'Choices and autocomplete are mutually exclusive',
      );
    if ((option.choices ?? []).length > 25)
      throw invalidForm([...here, 'choices'], 'BASE_TYPE_MAX_LENGTH', 'Must be 25 or fewer in length.');
  }
}

function checkName(name: string, slash: boolean, at: readonly string[]): void {
  const good = slash ? SLASH_NAME.test(name) && name === name.toLowerCase() : name.length >= 1 && name.length <= 32;
  if (!good) throw invalidForm([...at, 'name'], 'APPLICATION_COMMAND_INVALID_NAME', 'Command name is invalid');
}

function localised(words: CommandBody['name_localizations'], at: readonly string[]): string[] {
  for (const locale of Object.keys(words ?? {}))
    if (!LOCALES.has(locale))
      throw invalidForm([...at, locale], 'BASE_TYPE_CHOICES', `Value must be one of the ${LOCALES.size} locales.`);
  return Object.values(words ?? {});
}
