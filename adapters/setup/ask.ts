/** The shapes that questions have: a list to choose from, yes or no, a value that is checked until it is good. */
import { isRealCozeError } from '#core/errors.ts';
import type { Setup } from './session.ts';

type Asking = Pick<Setup, 'dialogue' | 'words' | 'signal'>;

/** The place of the chosen one in the list; `undefined` for Enter. */
export async function choose(
  { dialogue, words }: Asking,
  question: string,
  names: readonly string[],
): Promise<number | undefined> {
  dialogue.say(names.map((name, index) => `  ${index + 1}. ${name}`).join('\n'));
  for (;;) {
    const answer = await dialogue.ask(question);
    if (answer === '') return undefined;
    const chosen = Number(answer) - 1;
    if (names[chosen] !== undefined) return chosen;
    dialogue.say(words.noSuchNumber(names.length));
  }
}

/** Enter is `otherwise`. */
export async function confirm({ dialogue }: Asking, question: string, otherwise: boolean): Promise<boolean> {
  const answer = await dialogue.ask(question);
  return answer === '' ? otherwise : /^(y|yes|是|好|对|要)/i.test(answer);
}

/** Asks until `check` gives something; what it throws is told, and the question comes again. `undefined` for Enter. */
export async function untilGood<T>(
  { dialogue, words, signal }: Asking,
  question: { readonly text: string; readonly secret?: boolean },
  check: (answer: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (;;) {
    const answer = await dialogue.ask(question.text, { secret: question.secret ?? false });
    if (answer === '') return undefined;
    try {
      const good = await check(answer);
      if (good !== undefined) return good;
    } catch (error) {
      if (signal.aborted || !isRealCozeError(error)) throw error;
      dialogue.say(words.fault(error));
    }
  }
}

/** A token as it was meant: without the quotes, the name or the scheme that came along. `undefined` when it cannot be one. */
export function bareSecret(answer: string): string | undefined {
  const bare = answer
    .replace(/^[A-Z_]+\s*=\s*/, '')
    .replace(/^["'`](.*)["'`]$/, '$1')
    .replace(/^(Bearer|Bot)\s+/i, '')
    .trim();
  return /^[^\s=;,"'<>]+=*$/.test(bare) ? bare : undefined;
}
