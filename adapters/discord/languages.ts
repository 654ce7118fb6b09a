/** In which language to speak to somebody: Discord tells it with interactions only, not with messages. */
import type { Language } from '#core/message.ts';

/** People remembered at once; the longest silent go first. */
const KEPT = 10_000;
const HAN = /\p{Script=Han}/gu;
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
/** Characters that only the traditional script has, among the commonest. */
const TRADITIONAL = /[這們個來時說國會過對學還樣嗎麼請問題開關見點無電腦語寫讀聽]/u;

export interface Languages {
  learn(personId: string, language: Language): void;
  /** What is known of the person, else what the words look like, else what the server speaks. */
  guess(personId: string, text: string, server: Language | undefined): Language | undefined;
}

export function createLanguages(): Languages {
  const known = new Map<string, Language>();
  return {
    learn(personId, language) {
      known.delete(personId);
      known.set(personId, language);
      const oldest = known.keys().next().value;
      if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
    },
    guess: (personId, text, server) => known.get(personId) ?? languageOfWords(text) ?? server,
  };
}

function languageOfWords(text: string): Language | undefined {
  const characters = text.match(HAN)?.length ?? 0;
  if (characters < 2 || KANA.test(text)) return undefined;
  return TRADITIONAL.test(text) ? 'zh-TW' : 'zh-CN';
}
