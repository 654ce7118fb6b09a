/** Everything that setup says. */
import type { Language } from '#core/message.ts';
import { en, type Words } from './words/en.ts';
import { zhCN } from './words/zh-cn.ts';
import { zhTW } from './words/zh-tw.ts';

export type { Words };

const words: Readonly<Record<Language, Words>> = { en, 'zh-CN': zhCN, 'zh-TW': zhTW };

export function wordsIn(language: Language): Words {
  return words[language];
}
