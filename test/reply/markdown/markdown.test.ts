import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMarkdown, repair, showable } from '#core/reply/markdown/markdown.ts';
import { ANSWERS, answer } from '../answers.ts';
import { visible } from '../visible.ts';

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

describe('parseMarkdown', () => {
  it('takes back no more of what it showed than a number that may count a list', () => {
    const check = (text: string) => {
      let before = '';
      for (let end = 1; end <= text.length; end++) {
        const seen = visible(parseMarkdown(showable(text.slice(0, end))));
        expect(before.length - seen.length, text.slice(0, end).slice(-80)).toBeLessThanOrEqual(9);
        before = seen;
      }
    };
    for (const text of ANSWERS) check(text);
    fc.assert(fc.property(answer, check), { numRuns: 20 });
  }, 60_000);

  it('finds a formula in spite of a lone backtick in another block', () => {
    for (const between of ['\n\n', '\n- ', '\n## ', '\n2. ']) {
      const text = `1. a \` b${between}\\(x\\) and \` c`;
      expect(JSON.stringify(parseMarkdown(text)), text).toContain('"inlineMath"');
    }
    expect(JSON.stringify(parseMarkdown('a `b\n\\(x\\) c` d'))).not.toContain('"inlineMath"');
  });

  it('leaves the marks of a quotation out of a price that goes over its lines', () => {
    expect(visible(parseMarkdown('> It costs $ 5\n> or $6 x'))).toBe('Itcosts$5or$6x');
  });

  it('counts a byte order mark, so that offsets are offsets in the text', () => {
    const [paragraph] = parseMarkdown('\uFEFFword').children;
    expect(paragraph?.position?.start.offset).toBe(1);
    expect(paragraph?.position?.end.offset).toBe(5);
  });
});

describe('repair', () => {
  it('does not take back a link that is whole when the next one begins', () => {
    const link = '2. [alpha](https://example.com/a_b?c=d)';
    for (const next of ['', ' ', ' [', ' [b](https://exa', ' **', ' `', ' \\(', ' <b'])
      expect(showable(link + next)).toBe(link);
  });

  it('ends a formula of several lines in the quotation or list that it stands in', () => {
    expect(showable('> \\[\n> x = y')).toBe('> \\[\n> x = y\n> \\]');
    expect(showable('- a\n\n  \\[\n  x = y')).toBe('- a\n\n  \\[\n  x = y\n  \\]');
    expect(repair('> \\[\n> x = y').reopen).toBe('> \\[\n');
  });

  it('leaves an item alone once the next has begun', () => {
    expect(showable('- a **b\n- c **d')).toBe('- a **b\n- c **d**');
    expect(showable('1. a `b\n2. ')).toBe('1. a `b');
    expect(showable('- a **b\n  - c **d')).toBe('- a **b\n  - c **d**');
    expect(showable('- ```js\n  a\n  ```\n- b')).toBe('- ```js\n  a\n  ```\n- b');
    expect(showable('- a\n```js\n- b\n- c')).toBe('- a\n```js\n- b\n- c\n```');
  });
});
