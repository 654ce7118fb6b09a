/** `settings`: how a place behaves. One row a setting: its name, what it is, which values it takes. */
import { isSubject } from '../conversation/access.ts';
import { DEFAULT_SETTINGS, type LevelRecord, type PlaceSettings } from '../conversation/bindings.ts';
import { refusal } from '../conversation/failure.ts';
import { narrowest } from '../conversation/keys.ts';
import type { Notice } from '../message.ts';
import { LANGUAGES, type TextKey } from '../texts.ts';
import { type CommandContext, levelName, levelOf, mayChoose, say } from './context.ts';

interface Setting {
  readonly field: keyof PlaceSettings;
  readonly about: TextKey;
  /** The values in words, for people. */
  readonly values: string;
  /** `undefined` when the words do not fit. */
  parse(words: readonly string[]): unknown;
}

const MOST = 1_000_000_000;

const SETTINGS: ReadonlyMap<string, Setting> = new Map<string, Setting>([
  ['scope', oneOf('scope', 'settingScope', ['thread', 'user', 'channel'])],
  ['answer', oneOf('answer', 'settingAnswer', ['mention', 'all'])],
  ['streaming', onOff('streaming', 'settingStreaming')],
  ['threads', onOff('threads', 'settingThreads')],
  ['language', oneOf('language', 'settingLanguage', LANGUAGES)],
  ['mailbox', oneOf('mailbox', 'settingMailbox', ['wait', 'interrupt', 'join'])],
  ['sources', onOff('sources', 'settingSources')],
  ['reasoning', onOff('reasoning', 'settingReasoning')],
  ['choose', oneOf('choose', 'settingChoose', ['moderators', 'everyone'])],
  ['allow', subjects('allow', 'settingAllow')],
  ['deny', subjects('deny', 'settingDeny')],
  ['member-turns', whole('memberTurns', 'settingMemberTurns', 0, MOST)],
  ['member-tokens', whole('memberTokens', 'settingMemberTokens', 0, MOST)],
  ['place-turns', whole('placeTurns', 'settingPlaceTurns', 0, MOST)],
  ['place-tokens', whole('placeTokens', 'settingPlaceTokens', 0, MOST)],
  ['limit-hours', whole('limitHours', 'settingLimitHours', 1, 720)],
]);

/** For autocomplete. */
export const settingNames: readonly string[] = [...SETTINGS.keys()];

/** `settings` shows them all; `settings NAME VALUE|reset [LEVEL]` changes one. */
export async function settings(c: CommandContext): Promise<Notice> {
  const [name, ...values] = c.words;
  if (name === undefined) return { text: table(c), private: true };
  const setting = SETTINGS.get(name);
  if (!setting) throw refusal('invalid', say(c, 'settingsUnknown', { name, names: settingNames.join(', ') }));
  if (values.length === 0) return { text: row(c, name, setting), private: true };
  return change(c, name, setting, values);
}

async function change(c: CommandContext, name: string, setting: Setting, values: readonly string[]): Promise<Notice> {
  const { place } = c.incoming;
  const named = values.length > 1 ? levelOf(values.at(-1) ?? '', place) : undefined;
  const kind = named ?? narrowest(place).kind;
  if (!mayChoose(c, kind)) throw refusal('forbidden', say(c, 'notAllowed'));
  const words = named ? values.slice(0, -1) : values;
  const reset = words.length === 1 && words[0] === 'reset';
  const value = reset ? undefined : setting.parse(words);
  if (value === undefined && !reset)
    throw refusal('invalid', say(c, 'settingsBad', { name, value: words.join(' '), values: setting.values }));
  if (!(await c.house.bindings.change(place, kind, { [setting.field]: value } as LevelRecord)))
    throw refusal('invalid', say(c, 'levelMissing', { level: levelName(c, kind) }));
  const shown = written(c, reset ? DEFAULT_SETTINGS[setting.field] : value);
  return { text: say(c, 'settingsDone', { name: `**${name}**`, value: `**${shown}**`, level: levelName(c, kind) }) };
}

function table(c: CommandContext): string {
  const rows = [...SETTINGS].map(([name, setting]) => `- ${row(c, name, setting)}`);
  return `${say(c, 'settingsTitle')}\n\n${rows.join('\n')}`;
}

function row(c: CommandContext, name: string, setting: Setting): string {
  return `**${name}** = ${written(c, c.binding.settings[setting.field])} – ${say(c, setting.about)} (${setting.values})`;
}

function written(c: CommandContext, value: unknown): string {
  if (value === undefined) return say(c, 'settingsAuto');
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.length > 0 ? value.join(' ') : say(c, 'settingsNone');
  return String(value);
}

function oneOf(field: keyof PlaceSettings, about: TextKey, values: readonly string[]): Setting {
  const parse = (words: readonly string[]) => {
    const [word = '', ...more] = words;
    return more.length === 0 ? values.find((value) => value.toLowerCase() === word.toLowerCase()) : undefined;
  };
  return { field, about, values: values.join(', '), parse };
}

function onOff(field: keyof PlaceSettings, about: TextKey): Setting {
  const parse = ([word, ...more]: readonly string[]) =>
    more.length > 0 ? undefined : word === 'on' ? true : word === 'off' ? false : undefined;
  return { field, about, values: 'on, off', parse };
}

function whole(field: keyof PlaceSettings, about: TextKey, least: number, most: number): Setting {
  const parse = ([word = '', ...more]: readonly string[]) => {
    const number = /^\d{1,10}$/.test(word) && more.length === 0 ? Number(word) : Number.NaN;
    return number >= least && number <= most ? number : undefined;
  };
  return { field, about, values: `${least}–${most}`, parse };
}

function subjects(field: keyof PlaceSettings, about: TextKey): Setting {
  const parse = (words: readonly string[]) => (words.length <= 100 && words.every(isSubject) ? words : undefined);
  return { field, about, values: 'user:ID, role:ID, channel:ID, server:ID', parse };
}
