import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMarkdown } from '#core/reply/markdown/markdown.ts';
import { createParser } from '#core/reply/markdown/tree.ts';
import { ANSWERS, answer } from '../answers.ts';

const fence = '```';

/** Texts in which what is written last changes what is above it, or looks as if it did. */
const TRAPS: readonly string[] = [
  'word\n\n```js\n \n```js\\(x\\)\n',
  '1. a\n\n2. b\n3. c\n\n- d\n- - -\n- e\n\n1) f\n\n\n2) g',
  '- a\n- b\n\n- c\n\n  d\n- e\nlazy\n\nf\n\n-\n\n- g\n---',
  '7. a\n1. b\n   - c\n   - d\n1. e\n\n1. f\n1. g\n\nh',
  '    code\n\n    more\n\n> 2. a\n\n    code\n\n2. b',
  '   1. a\n\n\t<code\n\n1. 1. ',
  '> a\nlazy\n\n> b\n- c\nlazy\n\n> > d\n\ne',
  '[a] and [^1]\n\ntext\n\n[a]: http://x.y\n\nmore [a]\n\n[^1]: note\n\nend',
  `${fence}js\na\n\nb\n${fence}\n\nc\n\n~~~\n\nd\n\n`,
  `- a\n  ${fence}\n  b\n\n- c\n\n\td\n${fence}\ne\n\n# f`,
  '$$\na\n\nb\n$$\n\nc\n\n\\[\nd\n+ e\n\\]\n\nf \\( g\n\nh \\) i',
  '<!-- a\n\nb -->\n\nc\n\n<div>\n\n*d*\n\n</div>\n# e',
  'Title\n===\n\nSub\n---\n\na\n\n---\n\n***\nb',
  '| a | b |\n|---|---|\n| c | d |\n\ne | f\n\n| g |\n|---|\n# h\ni',
  'a ` \\( b\n# c\n` \\) d\n\n- e \\(\n- f \\)\n- g ` h\n- i ` \\(j\\)',
  'a\n\n- [ ] b\n- [x] c\n\n  d\n\n#',
  'a\nb\n|---|---|\n| c |\n\nd',
  'a\n1. 2. b\n\nc\n1. 3. d\n\n> 2. e',
  '<div>\n\n  ---\n\n  b\n\nc',
  `> ${fence}\n\n\\(a\\)\n\nb\n\nc`,
  '| a | b |\n|---|:-:|\n| c | d |\n| e |\n| f | g | h |\n\n| i |\n|---|\n| j |\n| k |\n| l |\nm',
  '| a |\n|---|\n| ` |\n| \\(b\\) |\n| ` c |\n| \\( |\n| d |\n| \\) |\n| \\|e | f |\n> g',
  '\uFEFFa\n\n\uFEFFb\n\nc',
  'a\r\n\r\nb\r\n- c\r\n- d\re\r\r# f\r\n\r\ng',
  `a\n\n    ${fence}\n\nb \\(c\\)\n\n${fence}\nd\n\ne`,
];

/** Compares at every text on the way, with chunks of the given sizes, over and over. */
function checkGrowth(text: string, chunks: readonly number[], parse = createParser()): void {
  for (let end = 0, turn = 0; end < text.length; turn++) {
    end += chunks[turn % chunks.length] ?? 1;
    const prefix = text.slice(0, end);
    expect(parse(prefix), JSON.stringify(prefix)).toEqual(parseMarkdown(prefix));
  }
}

const lineStart = fc.constantFrom(
  ...[
    '',
    '',
    '',
    '- ',
    '* ',
    '-',
    '1. ',
    '2. ',
    '7) ',
    '> ',
    '>',
    '# ',
    '## ',
    '#',
    '    ',
    '  ',
    '\t',
    '| ',
    '- [ ] ',
  ],
  ...[
    '---',
    '===',
    '***',
    '$$',
    '|---|---|',
    fence,
    `${fence}js`,
    '~~~',
    '<div>',
    '</div>',
    '<!--',
    '-->',
    '\\[',
    '\\]',
  ],
);
const scrap = fc.constantFrom(
  ...[
    'word',
    '**b**',
    '*e*',
    '`c`',
    '`',
    '``',
    '\\(x\\)',
    '\\(',
    '\\)',
    '$x$',
    '$5',
    '|',
    'a|b',
    '~~s~~',
    '<b>',
    '&amp;',
  ],
  ...[
    '你好',
    '**注意：**',
    '2*3*4',
    '\\',
    '***',
    '[l](u)',
    '[a]',
    '[a]: u',
    '[^1]',
    '[^1]: n',
    '![i](u)',
    '-->',
    'http://a.b',
  ],
);
const hostileLine = fc
  .tuple(fc.array(lineStart, { minLength: 1, maxLength: 2 }), fc.array(scrap, { maxLength: 3 }))
  .map(([starts, scraps]) => starts.join('') + scraps.join(' '));
const hostile = fc
  .array(fc.tuple(hostileLine, fc.constantFrom('\n', '\n', '\n\n', '\n\n', '\n\n\n', '\r\n', '\n \n')), {
    minLength: 1,
    maxLength: 12,
  })
  .map((lines) => lines.flat().join(''));
const chunkSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

describe('a parser of a growing text', () => {
  it.each([...TRAPS, ...ANSWERS].map((text) => [text.slice(0, 24), text]))(
    'gives the whole tree of "%s…"',
    (_, text) => {
      for (const chunk of [1, 2, 5, 13]) checkGrowth(text, [chunk]);
    },
  );

  it('gives the whole tree of a table whose rows became others', () => {
    const parse = createParser();
    const head = '| a | b |\n|---|---|\n';
    for (const rows of [
      '| c | d |\n| e | f |\n| g',
      '| c | D |\n| e | f |\n| g',
      '| C | D |\n',
      '| c | d |\n| e | f |\n| g |',
    ])
      expect(parse(head + rows)).toEqual(parseMarkdown(head + rows));
  });

  it('gives the whole tree of generated answers, whatever the chunks', () => {
    fc.assert(
      fc.property(answer, chunkSizes, (text, chunks) => checkGrowth(text, chunks)),
      { numRuns: 60 },
    );
  }, 60_000);

  it('gives the whole tree of texts that nobody writes', () => {
    fc.assert(
      fc.property(hostile, chunkSizes, (text, chunks) => checkGrowth(text, chunks)),
      { numRuns: 300 },
    );
  }, 60_000);

  it('gives the whole tree of a text that becomes shorter or another', () => {
    const text = fc.oneof(answer, hostile);
    fc.assert(
      fc.property(text, text, fc.nat(), fc.nat(), chunkSizes, (one, other, kept, closed, chunks) => {
        const parse = createParser();
        checkGrowth(one, chunks, parse);
        for (const view of [`${one.slice(0, closed % (one.length + 1))}**`, one.slice(0, kept % (one.length + 1)), ''])
          expect(parse(view), JSON.stringify(view)).toEqual(parseMarkdown(view));
        checkGrowth(one.slice(0, kept % (one.length + 1)) + other, chunks, parse);
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});

describe('the price of a growing text', () => {
  /** Characters that the parser is given, for each of the text. */
  function price(text: string, step: number, seen: (text: string, parse: (text: string) => void) => void): number {
    let given = 0;
    const parse = createParser((part) => {
      given += part.length;
      return parseMarkdown(part);
    });
    for (let end = step; end < text.length + step; end += step) seen(text.slice(0, end), parse);
    return given / text.length;
  }

  const rich = ANSWERS.filter((text) => !text.includes('[^1]')).join('\n\n');
  const items = Array.from(
    { length: 60 },
    (_, n) => `${n + 1}. **Point ${n}** is *this* and \`that\`.\n   - And more.\n`,
  );
  const texts: readonly [name: string, text: string][] = [
    ['paragraphs, lists, code and tables', `${rich}\n\n`],
    ['one tight list', items.join('')],
    [
      'one table',
      `| Name | Value |\n|---|---|\n${items.map((_, n) => `| row ${n} | **${n}** is \`this\` |\n`).join('')}`,
    ],
    ['headings without blank lines', items.map((item) => `## Head\n${item}`).join('')],
  ];

  it.each(texts)('grows with its length alone: %s', (_, text) => {
    const once = price(text, 100, (prefix, parse) => parse(prefix));
    expect(once).toBeLessThan(4);
    expect(price(text.repeat(8), 100, (prefix, parse) => parse(prefix))).toBeLessThan(once * 1.2);
  });

  it('is not paid again after a look back, as when the end of a part is sought', () => {
    const text = rich.repeat(4);
    const looked = price(text, 400, (prefix, parse) => {
      parse(prefix);
      for (const part of [0.5, 0.75, 0.6, 0.9]) parse(`${prefix.slice(0, prefix.length * part)}**`);
    });
    expect(looked).toBeLessThan(6);
  });

  it('is paid no longer for an answer that became another, once that has grown for a while', () => {
    const parse = { given: 0 };
    const grown = createParser((part) => {
      parse.given += part.length;
      return parseMarkdown(part);
    });
    grown(rich);
    for (let end = 0; end < rich.length; end += 10) grown(rich.slice(0, end));
    const other = `${rich.slice(0, 200)}\n\n${rich}`;
    for (let end = 200; end < 1200; end += 10) grown(other.slice(0, end));
    parse.given = 0;
    for (let end = 1200; end < 1400; end += 10) grown(other.slice(0, end));
    expect(parse.given).toBeLessThan(20 * 500);
  });
});
