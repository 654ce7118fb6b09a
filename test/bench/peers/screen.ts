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

export function createScreen(clock: Clock): Screen {
  const messages = new Map<string, string>();
  const history = new Map<string, { at: number; words: number }[]>();

  function wordsOf(mark: string): string[] {
    const own = [...messages.values()].flatMap((text) => text.split(/\s+/));
    return own.filter((word) => word.startsWith(`${mark}o`) && word.length === 3);
  }

  function note(text: string): void {
    const mark = /\b([a-z])o\d/.exec(text)?.[1];
    if (mark === undefined) return;
    const seen = history.get(mark) ?? [];
    seen.push({ at: clock.now(), words: wordsOf(mark).length });
    history.set(mark, seen);
  }

  return {
    show: (id, text) => {
      messages.set(id, text);
      note(text);
    },
    drop: (id) => messages.delete(id),
    seen: (answer) => history.get(answer.mark) ?? [],
    missing: (answer) => {
      const shown = wordsOf(answer.mark);
      const gap = answer.tokens.findIndex((token, index) => token.trim() !== shown[index]);
      return gap < 0 ? 0 : answer.tokens.length - gap;
    },
  };
}
