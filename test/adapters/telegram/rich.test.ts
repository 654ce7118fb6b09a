import fc from 'fast-check';
import type { Nodes } from 'mdast';
import { describe, expect, it } from 'vitest';
import { parseMarkdown, showable } from '#core/reply/markdown/markdown.ts';
import { createRichRenderer } from '../../../adapters/telegram/rich.ts';
import { richLimit } from '../../../adapters/telegram/rich-size.ts';
import { readRich } from '../../fake/telegram/rich.ts';
import { ANSWERS, answer } from '../../reply/answers.ts';

const blocksOf = (markdown: string, guardMentions = false) =>
  createRichRenderer({ guardMentions }).render(markdown).message.blocks;

describe('a rich message', () => {
  it('has real headings, tables, formulas, tasks, quotes and code', () => {
    const markdown = [
      '## Mass and *energy*',
      '',
      'It is $E = mc^2$, **not** `$400-600K`.',
      '',
      '$$',
      'a^2',
      '$$',
      '',
      '| a | b |',
      '|:--|--:|',
      '| 1 | **2** |',
      '',
      '3. three',
      '   - [x] done',
      '',
      '> said',
      '',
      '```ts',
      'let x;',
      '```',
    ].join('\n');
    expect(blocksOf(markdown)).toEqual([
      { type: 'heading', size: 2, text: ['Mass and ', { type: 'italic', text: 'energy' }] },
      {
        type: 'paragraph',
        text: [
          'It is ',
          { type: 'mathematical_expression', expression: 'E = mc^2' },
          ', ',
          { type: 'bold', text: 'not' },
          ' ',
          { type: 'code', text: '$400-600K' },
          '.',
        ],
      },
      { type: 'mathematical_expression', expression: 'a^2' },
      {
        type: 'table',
        is_bordered: true,
        cells: [
          [
            { text: 'a', align: 'left', valign: 'middle', is_header: true },
            { text: 'b', align: 'right', valign: 'middle', is_header: true },
          ],
          [
            { text: '1', align: 'left', valign: 'middle' },
            { text: { type: 'bold', text: '2' }, align: 'right', valign: 'middle' },
          ],
        ],
      },
      {
        type: 'list',
        items: [
          {
            type: '1',
            value: 3,
            blocks: [
              { type: 'paragraph', text: 'three' },
              {
                type: 'list',
                items: [{ has_checkbox: true, is_checked: true, blocks: [{ type: 'paragraph', text: 'done' }] }],
              },
            ],
          },
        ],
      },
      { type: 'blockquote', blocks: [{ type: 'paragraph', text: 'said' }] },
      { type: 'pre', language: 'ts', text: 'let x;' },
    ]);
  });

  it('links web addresses only, and keeps mentions from notifying anyone in a group', () => {
    const markdown = '[a][1] [b](@somebody) [c](tg://user?id=1) ask @somebody[^@somebody]\n\n[1]: https://example.com';
    expect(blocksOf(markdown, true)).toEqual([
      {
        type: 'paragraph',
        text: [
          { type: 'url', url: 'https://example.com', text: 'a' },
          ' b (',
          { type: 'code', text: '@somebody' },
          ') c (tg://user?id=1) ask ',
          { type: 'code', text: '@somebody' },
          '[^',
          { type: 'code', text: '@somebody' },
          ']',
        ],
      },
    ]);
  });

  it('links addresses that stand bare, up to the Chinese text behind them, and no link in another', () => {
    const bare = (url: string, text: string) => ({ type: 'url', url, text });
    expect(blocksOf('见https://example.com/a。又见 www.example.org，我 me@example.com，http://local')).toEqual([
      {
        type: 'paragraph',
        text: [
          '见',
          bare('https://example.com/a', 'https://example.com/a'),
          '。又见 ',
          bare('http://www.example.org', 'www.example.org'),
          '，我 me@example.com，http://local',
        ],
      },
    ]);
    expect(blocksOf('[![cat](https://example.com/cat.png)](https://example.com)')).toEqual([
      { type: 'paragraph', text: bare('https://example.com', '🖼 cat') },
    ]);
    expect(blocksOf('[see[^1]](https://example.com)\n\n[^1]: A note.')?.[0]).toEqual({
      type: 'paragraph',
      text: bare('https://example.com', 'see[1]'),
    });
  });

  it('leaves nothing for Telegram to find, and to stumble over', () => {
    const { message } = createRichRenderer({ guardMentions: false }).render('Signed in as openai:me@example.com.');
    expect(() => readRich({ blocks: message.blocks })).toThrow('RICH_MESSAGE_EMAIL_INVALID');
    expect(readRich(message)).toBe('Signed in as openai:me@example.com.');
  });

  it('shows a footnote where its mark is tapped, once it is there', () => {
    const markdown = 'So it is.[^a] Or not.[^b]\n\n[^a]: **Smith**, 2024.\n\n    More.';
    expect(blocksOf(markdown)).toEqual([
      {
        type: 'paragraph',
        text: ['So it is.', { type: 'reference_link', reference_name: 'note-1', text: '[a]' }, ' Or not.[^b]'],
      },
      {
        type: 'paragraph',
        text: { type: 'reference', name: 'note-1', text: ['[a] ', { type: 'bold', text: 'Smith' }, ', 2024.'] },
      },
      { type: 'paragraph', text: 'More.' },
    ]);
    for (let end = 1; end <= markdown.length; end++)
      readRich(createRichRenderer({ guardMentions: false }).render(showable(markdown.slice(0, end))).message);
  });

  it('draws a table of too many columns in monospace, and keeps the indents of code', () => {
    const row = `|${' x |'.repeat(21)}`;
    expect(blocksOf(`${row}\n|${'---|'.repeat(21)}\n${row}`)).toMatchObject([{ type: 'pre' }]);
    expect(blocksOf('```make\nall:\n\tcc\n```')).toEqual([{ type: 'pre', language: 'make', text: 'all:\n    cc' }]);
  });

  it.each([
    ['bold code', '**`leaf`**', 'leaf'],
    ['a link', '[***leaf***](https://example.com)', 'leaf'],
    ['a mention', 'leaf @somebody', 'leaf @somebody'],
    ['a formula', '*$leaf$*', 'leaf'],
    ['a picture', '![leaf](https://example.com/x.png)', 'leaf'],
    ['a table', '| leaf |\n|---|\n| **`x`** |', 'leaf'],
    ['a quote', '> > leaf', 'leaf'],
    ['code', '```\nleaf\n```', 'leaf'],
  ])('keeps the words of %s in lists and quotes of any depth, line by line', (_, leaf, said) => {
    for (let depth = 1; depth < 40; depth++) {
      const indented = leaf.replaceAll('\n', `\n${'  '.repeat(depth)}`);
      const items = Array.from({ length: depth }, (_, n) => `${'  '.repeat(n)}- item${n}`);
      const list = [...items, '', '  '.repeat(depth) + indented].join('\n');
      // In a quote too: items lie two levels deep each, so that one of the two comes to every level.
      for (const text of [list, list.replaceAll(/^/gm, '> ')]) {
        const read = readRich({ blocks: blocksOf(text, true) });
        expect(read).toContain(said);
        expect(read.match(/item\d+$/gm)).toHaveLength(depth);
      }
      const quote = `${'> '.repeat(depth)}${leaf.replaceAll('\n', `\n${'> '.repeat(depth)}`)}`;
      expect(readRich({ blocks: blocksOf(quote, true) })).toContain(said);
    }
  });

  it('leaves out what says nothing', () => {
    expect(blocksOf('#\n\nA <!-- --> b\n\n<br>\n\n- c\n-\n\n>\n\n```\n```\n\n$$\n$$')).toEqual([
      { type: 'paragraph', text: 'A <!-- --> b' },
      {
        type: 'list',
        items: [{ blocks: [{ type: 'paragraph', text: 'c' }] }, { blocks: [{ type: 'paragraph', text: '' }] }],
      },
    ]);
    for (const nothing of ['```', '---', '- ', '>', '$$\n$$', '<br>'])
      expect(readRich(createRichRenderer({ guardMentions: false }).render(nothing).message)).toContain('…');
  });

  it('runs from right to left where the answer does', () => {
    const { message } = createRichRenderer({ guardMentions: false }).render('**שלום** hello');
    expect(message).toMatchObject({ is_rtl: true });
  });

  it('is accepted at every prefix of an answer, says all of it, and is drawn bit by bit as at once', () => {
    const check = (text: string, step: number) => {
      const growing = createRichRenderer({ guardMentions: false });
      for (let end = step; end < text.length + step; end += step) {
        const view = end < text.length ? showable(text.slice(0, end)) : text;
        const { message } = growing.render(view);
        expect(message).toEqual(createRichRenderer({ guardMentions: false }).render(view).message);
        const said = letters(readRich(message));
        for (const leaf of leaves(parseMarkdown(view))) expect(said).toContain(letters(leaf));
        expect(growing.measure(view)).toBeLessThanOrEqual(richLimit);
      }
    };
    for (const text of ANSWERS) check(text, 23);
    fc.assert(fc.property(answer, fc.integer({ min: 20, max: 90 }), check), { numRuns: 25 });
  }, 60_000);

  it('is accepted whatever was written', () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        ' ',
        '\n',
        '\n\n',
        '    ',
        '- ',
        '1. ',
        '> ',
        '# ',
        '| ',
        '|---|\n',
        '```',
        '`',
        '**',
        '_',
        '~~',
        '$',
        '$$',
      ],
      ...[
        '[',
        '](https://example.com)',
        '![',
        '](x)',
        '[^1]',
        '[^1]: ',
        '<br>',
        '@somebody',
        '你好',
        '\t',
        '[ ] ',
        '\\',
        '---',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.boolean(), (pieces, guardMentions) => {
        readRich(createRichRenderer({ guardMentions }).render(pieces.join('')).message);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['blocks', (n: number) => `p${n}`],
    ['Chinese', (n: number) => `${n}${'量子计算'.repeat(40)}`],
  ])('has room for a note and a picture when it is full of %s', (_, paragraph) => {
    const { measure, render } = createRichRenderer({ guardMentions: false });
    const picture = '![x](https://example.com/x.png)';
    const text = (count: number) => [picture, ...Array.from({ length: count }, (_, n) => paragraph(n))].join('\n\n');
    let count = 1;
    while (measure(text(count + 1)) <= richLimit) count++;
    const [pictured] = render(text(count), '已停止。'.repeat(60)).forms;
    expect(readRich(pictured)).toContain(paragraph(count - 1));
    const { message } = createRichRenderer({ guardMentions: false }).render(text(count + 40));
    expect(() => readRich(message)).toThrow(/TOO_(LONG|MANY)/);
  });

  it('keeps what it has drawn of an answer that grows', () => {
    const { render } = createRichRenderer({ guardMentions: false });
    const text = Array.from({ length: 30 }, (_, n) => `Paragraph ${n} with **words**.`).join('\n\n');
    let before = render(text.slice(0, 300)).message.blocks;
    for (let end = 310; end < text.length; end += 10) {
      const { blocks } = render(text.slice(0, end)).message;
      expect(blocks?.filter((block) => before?.includes(block)).length).toBeGreaterThanOrEqual(
        (before?.length ?? 0) - 2,
      );
      before = blocks;
    }
  });
});

function letters(words: string): string {
  return words.replace(/[^\p{L}]/gu, '');
}

/** Every text of a tree by itself. */
function leaves(node: Nodes): string[] {
  if (node.type === 'html' || node.type === 'definition') return [];
  if ('value' in node) return [node.value];
  return 'children' in node ? node.children.flatMap(leaves) : [];
}
