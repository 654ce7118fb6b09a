/** Markdown as lines of a terminal. */
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw } from '../../../adapters/terminal/draw.ts';
import { widthOf } from '../../../adapters/terminal/wrap.ts';

const plain = (markdown: string, width = 40) =>
  draw(markdown, width, true).map((line) => stripVTControlCharacters(line));

describe('markdown on a terminal', () => {
  it('wraps words at the width, and Chinese between characters', () => {
    expect(plain('one two three four five', 20)).toEqual(['one two three four', 'five']);
    expect(plain('一二三四五六七八九十一二三', 20)).toEqual(['一二三四五六七八九十', '一二三']);
  });

  it('shows where links lead, also those whose address stands elsewhere', () => {
    expect(
      plain('see [it][1] and ![cat][2]\n\n[1]: https://x.org\n[2]: https://x.org/c.png\n[1]: https://y.org', 80),
    ).toEqual(['see it (https://x.org) and [cat] https://x.org/c.png']);
  });

  it('draws lists, quotes and code', () => {
    expect(plain('- a\n- [x] b\n\n3. c\n\n> said\n\n```js\nlet a\n```')).toEqual([
      ...['• a', '☑ b', '', '3. c', '', '│ said', '', '  js', '  let a'],
    ]);
  });

  it('draws a table in columns, numbers to the right, wide characters counted', () => {
    expect(plain('|名字|n|\n|-|-:|\n|水星|4|\n|a|100|')).toEqual(['名字    n', '─────────', '水星    4', 'a     100']);
  });

  it('keeps the spaces of code and shows where a link leads', () => {
    expect(plain('```\nif x:\n    y  z\n```')).toEqual(['  if x:', '      y  z']);
    expect(plain('[docs](https://x.org)')).toEqual(['docs (https://x.org)']);
  });

  it('closes what is unfinished', () => {
    expect(draw('some **bo', 40, false)).toEqual(['some \x1b[1mbo\x1b[0m']);
  });

  it('obeys nothing that an answer says to the terminal', () => {
    const text = 'a\x1b[2Jb\x07\x9b31mc\u202ed';
    expect(draw(text, 40, true).join('')).toBe('a[2Jb31mcd');
    expect(draw(`\`\`\`\n${text}\n\`\`\``, 40, true).join('')).toContain('a[2Jb31mcd');
  });

  it('never draws a line that is too wide, whatever is written', () => {
    const piece = fc.constantFrom(
      'word ',
      '很长',
      '| a | b |\n|-|-|\n',
      '- ',
      '> ',
      '```\n',
      '\n',
      '**',
      '👍',
      'x'.repeat(70),
      '1. ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), fc.integer({ min: 30, max: 80 }), (pieces, width) => {
        const nested = pieces.filter((text) => text === '> ' || text === '- ' || text === '1. ').length;
        fc.pre(nested < 5);
        const lines = plain(pieces.join(''), width);
        expect(lines.filter((line) => widthOf(line) > width)).toEqual([]);
      }),
    );
  });
});
