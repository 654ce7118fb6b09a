import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMarkdown } from '#core/reply/markdown/markdown.ts';
import { createSplitter, type Part } from '#core/reply/split.ts';
import { ANSWERS, answer } from './answers.ts';
import { visible } from './visible.ts';

const limits = fc.constantFrom(120, 300, 900);
/** As an adapter measures: the letters that are left once the markup is drawn. */
const drawn = (markdown: string) => visible(parseMarkdown(markdown)).length;
const measures = fc.constantFrom(undefined, drawn);

/** What a reader sees of parts, but for the digits and dots: what numbers an item is text where the item goes on in a new part. */
const letters = (...parts: readonly string[]) =>
  parts.map((part) => visible(parseMarkdown(part)).replace(/[\d.]/g, '')).join('');
/** The head of a table is repeated. */
const isCountable = (text: string) => !text.includes('|');

/** Feeds an answer as it grows and looks at every state on the way. */
function grow(text: string, limit: number, step: number, measure?: (markdown: string) => number): readonly Part[] {
  const splitter = createSplitter({ limit, measure });
  let sealed: Part[] = [];
  for (let end = step; end < text.length; end += step) {
    const parts = splitter.parts(text.slice(0, end), false);
    expect(parts.map((part) => part.source).join('')).toBe(text.slice(0, end));
    expect(parts.slice(0, sealed.length)).toEqual(sealed);
    sealed = parts.slice(0, -1);
  }
  return splitter.parts(text, true);
}

describe('a splitter', () => {
  it('makes parts that fit, and that joined are the answer exactly', () => {
    fc.assert(
      fc.property(answer, limits, measures, fc.integer({ min: 7, max: 97 }), (text, limit, measure, step) => {
        const parts = grow(text, limit, step, measure);
        expect(parts.map((part) => part.source).join('')).toBe(text);
        for (const part of parts) expect((measure ?? ((all) => all.length))(part.text)).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  // Of nested marks near a tiny limit the two may differ by a word, since a cut is made with what has come so far.
  it('seals the same parts whether an answer came at once or bit by bit', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ANSWERS), limits, fc.integer({ min: 7, max: 97 }), (text, limit, step) => {
        expect(grow(text, limit, step)).toEqual(createSplitter({ limit }).parts(text, true));
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('looks at a text of many messages that comes at once about as often as at one of few', () => {
    const looked = (paragraphs: number) => {
      let letters = 0;
      const measure = (markdown: string) => {
        letters += markdown.length;
        return markdown.length;
      };
      const text = ANSWERS.join('\n\n').slice(0, 1000).concat('\n\n').repeat(paragraphs);
      createSplitter({ limit: 400, measure }).parts(text, true);
      return letters / text.length;
    };
    expect(looked(40)).toBeLessThan(1.2 * looked(5));
  });

  it('seals early at the end of a paragraph that is followed by more, and still loses nothing', () => {
    fc.assert(
      fc.property(answer, limits, fc.integer({ min: 7, max: 97 }), (text, limit, step) => {
        const splitter = createSplitter({ limit, early: true });
        for (let end = step; end < text.length; end += step) splitter.parts(text.slice(0, end), false);
        const parts = splitter.parts(text, true);
        expect(parts.map((part) => part.source).join('')).toBe(text);
        for (const part of parts) expect(part.text.length).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 40 },
    );
    const paragraph = `${'word '.repeat(9)}end.\n\n`;
    const splitter = createSplitter({ limit: 200, early: true });
    expect(splitter.parts(paragraph.repeat(3), false).length).toBe(1);
    const [first, second] = splitter.parts(`${paragraph.repeat(3)}A`, false);
    expect(first).toMatchObject({ source: paragraph.repeat(3), sealed: true });
    expect(second).toMatchObject({ text: 'A', sealed: false });
  }, 60_000);

  it('leaves nothing open in a part, and loses and adds no letter', () => {
    fc.assert(
      fc.property(
        fc.oneof(answer, fc.constantFrom(...ANSWERS)),
        limits,
        fc.integer({ min: 7, max: 97 }),
        (text, limit, step) => {
          for (const parts of [createSplitter({ limit }).parts(text, true), grow(text, limit, step)]) {
            for (const part of parts.slice(0, -1)) {
              const tree = parseMarkdown(`${part.text}\n\nEND`);
              expect(visible(tree.children.at(-1) ?? tree)).toBe('END');
            }
            if (isCountable(text)) expect(letters(...parts.map((part) => part.text))).toBe(letters(text));
          }
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it.each([
    [
      'marks close where it would cut',
      '👨‍👩‍👧 alpha ~~alpha 你好 seventeen alpha 👨‍👩‍👧 测试。~~ alpha 你好 [👨‍👩‍👧 alpha 👨‍👩‍👧 👨‍👩‍👧 你好](https://example.com/a_b?c=d) 👨‍👩‍👧 你好 👨‍👩‍👧\n\n```\nlet first;\nlet x = 1;\nlet last;\n```',
    ],
    [
      'nested marks go on behind a space',
      '1. **你好**\n   - **你好**\n2. 👨‍👩‍👧 👨‍👩‍👧 👨‍👩‍👧 alpha **👨‍👩‍👧 👨‍👩‍👧 alpha** **a *（括号） 你好 alpha* b** [alpha](https://example.com/a_b?c=d)\n   - 👨‍👩‍👧 👨‍👩‍👧 👨‍👩‍👧 alpha **👨‍👩‍👧 👨‍👩‍👧 alpha** **a *（括号） 你好 alpha* b** [alpha](https://example.com/a_b?c=d)\n\n~~alpha~~ **a *测试。 👨‍👩‍👧 alpha 👨‍👩‍👧 👨‍👩‍👧 alpha* b**\n\n1. alpha alpha alpha alpha **你好 你好** （括号） 你好 👨‍👩‍👧 👨‍👩‍👧 你好 alpha 👨‍👩‍👧\n   - alpha alpha alpha alpha **你好 你好** （括号） 你好 👨‍👩‍👧 👨‍👩‍👧 你好 alpha 👨‍👩‍👧',
    ],
    [
      'only the inner marks close there',
      '1. **a *世界，* b** [alpha](https://example.com/a_b?c=d)\n   - **a *世界，* b** [alpha](https://example.com/a_b?c=d)\n\n$$\nx = y\n$$',
    ],
    [
      'a link has more words than are tried',
      '- $\\frac{1}{2}$ **alpha**\n- [👨‍👩‍👧 👨‍👩‍👧 alpha 你好 👨‍👩‍👧 （括号） “引用” alpha](https://example.com/a_b?c=d) **a *alpha* b**\n\n- item\n\n  ```js\n  let first;\n  let x = 1;\n  let last;\n  ```\n- more',
    ],
  ])('shows no stray mark where %s', (_, text) => {
    for (const limit of [60, 90, 110, 120, 130, 150, 200, 300]) {
      const parts = createSplitter({ limit }).parts(text, true);
      if (limit >= 110) expect(letters(...parts.map((part) => part.text))).toBe(letters(text));
      for (const part of parts) expect(part.text.length).toBeLessThanOrEqual(limit);
    }
  });

  it('closes a fence that it cuts and opens it again with its language', () => {
    const lines = Array.from({ length: 40 }, (_, index) => `const line${index} = ${index};`);
    const parts = createSplitter({ limit: 400 }).parts(
      `Look:\n\n\`\`\`ts\n${lines.join('\n')}\n\`\`\`\n\nThat is all.`,
      true,
    );
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts.slice(1)) expect(part.text).toMatch(/^```ts\nconst line/);
    for (const part of parts.slice(0, -1)) expect(part.text).toMatch(/;\n```$/);
  });

  it('repeats the head of a table that it cuts', () => {
    const rows = Array.from({ length: 30 }, (_, index) => `| ${index} | value |`);
    const parts = createSplitter({ limit: 300 }).parts(`| id | word |\n|---|---|\n${rows.join('\n')}`, true);
    for (const part of parts) expect(part.text).toMatch(/^\| id \| word \|\n\|---\|---\|\n\| \d+ \| value \|/);
  });

  it('does not repeat the head of a table that had ended where it was cut', () => {
    const text =
      '| a | b |\n|---|:-:|\n| alpha alpha 你好 | **👨‍👩‍👧 测试。 seventeen é** |\n\n> alpha 你好 alpha 你好 👨‍👩‍👧 é\n> [2024](https://example.com/a_b?c=d)\n> 你好\n\n```\nlet first;\nlet x = 1;\nlet last;\n```';
    const [, second] = grow(text, 120, 12);
    expect(second?.text).toMatch(/^> alpha/);
  });

  it('shows a link that is longer than a message as it is written, in parts that fit', () => {
    const text = `- one\n- [${'👨‍👩‍👧 long '.repeat(30)}](https://example.com/${'x'.repeat(200)})\n- two`;
    const parts = grow(text, 120, 31);
    expect(parts.map((part) => part.source).join('')).toBe(text);
    for (const part of parts) expect(part.text.length).toBeLessThanOrEqual(120);
  });

  it('cuts at a paragraph where it can, and never inside a character', () => {
    const paragraph = `${'word '.repeat(15)}end.`;
    const [first] = createSplitter({ limit: 200 }).parts([paragraph, paragraph, paragraph].join('\n\n'), true);
    expect(first?.text).toBe([paragraph, paragraph].join('\n\n').slice(0, first?.text.length));
    expect(first?.text.endsWith('end.')).toBe(true);
    const family = '👨‍👩‍👧'.repeat(60);
    const parts = createSplitter({ limit: 100 }).parts(family, true);
    for (const part of parts) expect(part.text).toMatch(/^(?:👨‍👩‍👧)+$/u);
  });

  it('makes parts anew where the answer was replaced, and keeps those that still hold', () => {
    const splitter = createSplitter({ limit: 100 });
    const first = splitter.parts('one two three. '.repeat(30), false);
    const again = splitter.parts(`${first[0]?.source}but then something else.`, true);
    expect(again[0]).toEqual(first[0]);
    expect(again.map((part) => part.source).join('')).toBe(`${first[0]?.source}but then something else.`);
  });
});
