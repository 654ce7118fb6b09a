/** Every word of the program's own that people read, in three languages. A test finds what is missing and what nobody uses. */
import type { Language } from './message.ts';
import { ANSWER_TEXTS } from './texts/answers.ts';
import { COMMAND_TEXTS } from './texts/commands.ts';
import { FILE_TEXTS } from './texts/files.ts';

const TEXTS = { ...ANSWER_TEXTS, ...COMMAND_TEXTS, ...FILE_TEXTS };

/** The languages in which the program speaks. */
export const LANGUAGES: readonly Language[] = ['en', 'zh-CN', 'zh-TW'];

export type TextKey = keyof typeof TEXTS;

/** All of them, for tests. */
export const allTexts: Readonly<Record<TextKey, Readonly<Record<Language, string>>>> = TEXTS;

/** A text with its `{names}` filled in. */
export function text(key: TextKey, language: Language, values: Readonly<Record<string, string | number>> = {}): string {
  return TEXTS[key][language].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A text in every language, for menus. */
export function everyLanguage(key: TextKey): Readonly<Record<Language, string>> {
  return TEXTS[key];
}
