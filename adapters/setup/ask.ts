/** The shapes that questions have: a list to choose from, yes or no, a value that is checked until it is good. */
import { type ErrorCode, isRealCozeError } from '#core/errors.ts';
import { readSettings } from '#core/settings.ts';
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
  return answer === '' ? otherwise : /^(y|yes|是|好|对|對|要)/i.test(answer);
}

export interface Question {
  readonly text: string;
  readonly secret?: boolean;
  /** What it leads to is on this machine or next to it: no proxy helps. */
  readonly isNear?: boolean;
}

/**
 * Asks until `check` gives something; what it throws is told, and the question comes again. `undefined` for Enter.
 * Where there is no way to the other side, a proxy is asked for, and the same answer checked through it.
 */
export async function untilGood<T>(
  setup: Setup,
  question: Question,
  check: (answer: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  const { dialogue, words, signal } = setup;
  let again: string | undefined;
  for (;;) {
    const answer: string = again ?? (await dialogue.ask(question.text, { secret: question.secret ?? false }));
    again = undefined;
    if (answer === '') return undefined;
    try {
      const good = await check(answer);
      if (good !== undefined) return good;
    } catch (error) {
      if (signal.aborted || !isRealCozeError(error)) throw error;
      dialogue.say(words.fault(error));
      if (!question.isNear && mayNeedProxy.has(error.code) && (await askProxy(setup))) again = answer;
    }
  }
}

const mayNeedProxy: ReadonlySet<ErrorCode> = new Set(['network', 'timeout', 'region']);

/** True when there is one now. */
async function askProxy({ dialogue, words, environment, useProxy }: Setup): Promise<boolean> {
  for (;;) {
    const url = await dialogue.ask(words.proxyQuestion);
    if (url === '') return false;
    if (isProxy(url)) {
      await useProxy(url);
      await environment.save({ PROXY: url });
      return true;
    }
    dialogue.say(words.noProxy);
  }
}

function isProxy(url: string): boolean {
  try {
    return readSettings({ PROXY: url }).proxy.url !== undefined;
  } catch {
    return false;
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
