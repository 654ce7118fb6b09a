import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMarkdown, showable } from '#core/reply/markdown.ts';
import { ANSWERS, answer } from './answers.ts';
import { visible } from './visible.ts';

/** Longest end of a text that may be hidden: a link's address, a table's head. */
const MOST_HIDDEN = 500;

function checkPrefixes(text: string, step = 1): void {
  const whole = visible(parseMarkdown(text));
  for (let end = 0; end <= text.length; end += step) {
    const prefix = text.slice(0, end);
    const view = showable(prefix);
    const seen = visible(parseMarkdown(view));
    const where = JSON.stringify({ prefix: prefix.slice(-120), view: view.slice(-120) });
    if (!whole.startsWith(seen)) expect.fail(`shows what the answer never says: ${where} => ${seen.slice(-80)}`);
    if (prefix.length - view.length > MOST_HIDDEN) expect.fail(`hides too much: ${where}`);
    const tree = parseMarkdown(`${view}\n\nEND`);
    if (visible(tree.children.at(-1) ?? tree) !== 'END' || tree.children.at(-1)?.type !== 'paragraph')
      expect.fail(`leaves something open: ${where}`);
  }
}

describe('showable', () => {
  it.each(ANSWERS.map((text) => [text.slice(0, 24), text]))('is valid at every prefix of "%s…"', (_, text) => {
    checkPrefixes(text);
  });

  it('is valid at prefixes of generated answers', () => {
    fc.assert(
      fc.property(answer, fc.integer({ min: 5, max: 31 }), (text, step) => checkPrefixes(text, step)),
      { numRuns: 40 },
    );
  }, 60_000);
});
