/** What a member sees of one place: its messages as they stand, and since when which words could be read. */
import type { Clock } from '../../reply/clock.ts';
import type { Answer } from './stream.ts';

export interface Screen {
  /** The message stands like this from now on. */
  show(id: string, text: string): void;
  /** The message is gone (a draft that became a message). */
  drop(id: string): void;
  /** When how many words of this answer could be read. */
  seen(answer: Answer): readonly { at: number; words: number }[];
  /** Words of the answer that cannot be read now; 0 means that it stands there whole, in order. */
  missing(answer: Answer): number;
}

/** A message of one answer: which, and its whole words. */
interface Shown {
  readonly mark: string;
  readonly words: readonly string[];
}

export function createScreen(clock: Clock): Screen {
  const messages = new Map<string, Shown>();
  const history = new Map<string, { at: number; words: number }[]>();

  const shownOf = (mark: string) => [...messages.values()].filter((shown) => shown.mark === mark);

  return {
    show: (id, text) => {
      const mark = /\b([a-z])o\d/.exec(text)?.[1];
      // A placeholder.
      if (mark === undefined) return;
      const words = text.match(new RegExp(`\\b${mark}o\\d\\b`, 'g')) ?? [];
      messages.set(id, { mark, words });
      const seen = history.get(mark) ?? [];
      seen.push({ at: clock.now(), words: shownOf(mark).reduce((sum, shown) => sum + shown.words.length, 0) });
      history.set(mark, seen);
    },
    drop: (id) => void messages.delete(id),
    seen: (answer) => history.get(answer.mark) ?? [],
    missing: (answer) => {
      const shown = shownOf(answer.mark).flatMap(({ words }) => words);
      const gap = answer.tokens.findIndex((token, index) => !token.endsWith(shown[index] ?? '\n'));
      return gap < 0 ? 0 : answer.tokens.length - gap;
    },
  };
}
