import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMarkdown, showable } from '#core/reply/markdown/markdown.ts';
import { draw } from '../../../adapters/telegram/draw.ts';
import { mention } from '../../../adapters/telegram/links.ts';
import { createRenderer, messageLimit } from '../../../adapters/telegram/render.ts';
import { Spans } from '../../../adapters/telegram/spans.ts';
import { format } from '../../fake/telegram/entities.ts';
import { ANSWERS, answer } from '../../reply/answers.ts';

const group = { guardMentions: true };
const direct = { guardMentions: false };

type Options = Parameters<typeof createRenderer>[0];
const render = (markdown: string, options: Options) => createRenderer(options).render(markdown);
const measure = (markdown: string, options: Options) => createRenderer(options).measure(markdown);

/** Text with its entities written as `<type>…</type>`, outer ones first. */
function picture(markdown: string, options = direct): string {
  const { text, entities } = render(markdown, options);
  const marks: { at: number; order: number; mark: string }[] = [];
  entities.forEach((entity, index) => {
    const extra = 'language' in entity ? `:${entity.language}` : 'url' in entity ? `:${entity.url}` : '';
    marks.push({ at: entity.offset, order: index + 1, mark: `<${entity.type}${extra}>` });
    marks.push({ at: entity.offset + entity.length, order: -(index + 1), mark: `</${entity.type}>` });
  });
  marks.sort((a, b) => b.at - a.at || b.order - a.order);
  return marks.reduce((out, { at, mark }) => out.slice(0, at) + mark + out.slice(at), text);
}

test('emphasis nests, headings are bold, code leaves a hole in bold', () => {
  expect(picture('# Title\n\n**a _b_ `c` d**, ~~no~~')).toBe(
    '<bold>Title</bold>\n\n<bold>a <italic>b</italic> </bold><code>c</code><bold> d</bold>, <strikethrough>no</strikethrough>',
  );
});

test('offsets count UTF-16 units', () => {
  expect(render('👩‍🚀 **火** x', direct).entities).toEqual([{ type: 'bold', offset: 6, length: 1 }]);
});

test('fences keep their language', () => {
  expect(picture('```ts\nlet a = 1;\n```')).toBe('<pre:ts>let a = 1;</pre>');
});

test('formulas are written as people do, and those that need more than lines are code', () => {
  expect(picture('$$\nE=mc^2\n$$\n\nand $$x_1$$')).toBe('E = mc²\n\nand x₁');
  expect(picture('- so\n\n  $$\n  \\begin{aligned}a&=b\\\\&=c\\end{aligned}\n  $$')).toBe('• so\n\n  a = b\n  = c');
  expect(picture('|$x^2$|b|\n|-|-|\n|$\\frac12$|d|')).toContain('x²');
  expect(picture('$$\n\\begin{pmatrix}1\\end{pmatrix}\n$$\n\n$\\oops$')).toBe(
    '<pre:latex>\\begin{pmatrix}1\\end{pmatrix}</pre>\n\n<code>\\oops</code>',
  );
});

test('code keeps its indents, of which the server would make one space each', () => {
  const { text, entities } = render('```make\nall:\n\tcc x.c\n```', direct);
  expect(format(text, entities)).toMatchObject({ text: 'all:\n    cc x.c', corrected: [] });
});

test('a table lines up in monospace, also with Chinese', () => {
  expect(picture('| 名字 | n |\n| --- | ---: |\n| 苹果 | 1 |\n| kiwi | 22 |')).toBe(
    '<pre>名字 │  n\n─────┼───\n苹果 │  1\nkiwi │ 22</pre>',
  );
});

test('a table too wide for a phone is shown row by row', () => {
  const cell = 'a long explanation of something that matters';
  expect(picture(`| What | Why | How |\n|---|---|---|\n| tea | ${cell} | ${cell} |`)).toBe(
    `<bold>tea</bold>\nWhy: ${cell}\nHow: ${cell}`,
  );
});

test('names by the thousand are guarded before anybody notices', () => {
  const spans = new Spans();
  for (let name = 0; name < 40_000; name += 1) {
    spans.within({ type: 'bold' }, () => spans.write('@ada_lovelace'));
    spans.write(' ');
  }
  spans.guard(mention);
  expect(spans.wanted).toBe(40_000);
  expect(new Set(spans.entities().map(({ type }) => type))).toEqual(new Set(['code']));
});

test('what stands between double bars is a spoiler, a condition is not', () => {
  expect(picture('It is ||**not** 41|| ||42!||, if a || b || c, `x||y||z`.')).toBe(
    'It is ||<bold>not</bold> 41|| <spoiler>42!</spoiler>, if a || b || c, <code>x||y||z</code>.',
  );
  expect(picture('Ask ||@ada_lovelace now||', group)).toBe('Ask <code>@ada_lovelace</code><spoiler> now</spoiler>');
  expect(picture('As $||x|| = 1$:\n\n$$\n||y|| = 2\n$$')).toBe('As ||x|| = 1:\n\n||y|| = 2');
});

test('the pictures are named, each once, so that they can be shown', () => {
  const [a, b] = ['https://x.example/a.png', 'https://x.example/b.png'];
  expect(render(`![a](${a}) ![b](${b})\n\n- ![a](${a})\n- ![c](ftp://x.example/c.png)`, direct).images).toEqual([a, b]);
});

test('lists nest, number and tick', () => {
  expect(picture('- a\n  - b\n    - c\n- [x] d\n\n3. three\n4. four')).toBe(
    '• a\n  ◦ b\n    ▪ c\n• ☑ d\n\n3. three\n4. four',
  );
});

test('a quote holds formatting and code, a quote in a quote is one quote', () => {
  expect(picture('> a **b**\n> > c\n\nafter')).toBe('<blockquote>a <bold>b</bold>\nc</blockquote>\n\nafter');
});

test('links and images are links, a bare address stays text', () => {
  expect(picture('[site](https://a.example/x) ![cat](https://a.example/cat.png) <https://b.example>')).toBe(
    '<text_link:https://a.example/x>site</text_link> <text_link:https://a.example/cat.png>🖼 cat</text_link> https://b.example',
  );
});

test('what a model writes cannot notify a member of a group', () => {
  expect(picture('hello @ada_lovelace and [you](tg://user?id=5)', group)).toBe(
    'hello <code>@ada_lovelace</code> and you (tg://user?id=5)',
  );
  expect(picture('hello @ada_lovelace', direct)).toBe('hello @ada_lovelace');
  expect(picture('https://x.example/@ada_lovelace/1', group)).toBe(
    '<text_link:https://x.example/@ada_lovelace/1>https://x.example/@ada_lovelace/1</text_link>',
  );
});

test('no trick of a model notifies a member of a group', () => {
  const part = fc.constantFrom(
    ...['@', 'ada', '_lovelace', '**', '~~', '`', '\\', '/', '@@', '.', ' ', '\n- ', '> ', '# ', '|', '<i>', '&#64;'],
    ...[
      '\u202a',
      '\u030a',
      '\r',
      '汉',
      '[',
      '](https://x.example)',
      ']()',
      'https://x.example/',
      'https://[::1]/',
      '🖼',
    ],
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const { text, entities } = render(parts.join(''), group);
      if (text.trim() === '') return;
      const shown = format(text, entities);
      expect(shown.corrected).toEqual([]);
      expect(shown.entities.map(({ type }) => type)).not.toContain('mention');
    }),
    { numRuns: 5000, examples: [[['@', '**', 'ada', '_lovelace', '**']], [['@', '\u202a', 'ada', '_lovelace']]] },
  );
});

test('not even a hundred styles make room for a notification', () => {
  const { entities } = render(`${'**b** `c` '.repeat(80)} @ada_lovelace`, group);
  expect(entities.length).toBe(100);
  expect(entities.at(-1)).toMatchObject({ type: 'code', length: 13 });
});

test('markup of a model is text', () => {
  expect(picture('a <b>x</b> <script>alert(1)</script>')).toBe('a <b>x</b> <script>alert(1)</script>');
});

test('more than a hundred styles lose the least telling ones, and measure says that the message is full', () => {
  const markdown = `${'*i* '.repeat(80)}${'`c` '.repeat(60)}`;
  const { entities } = render(markdown, direct);
  expect(entities.length).toBe(100);
  expect(entities.filter(({ type }) => type === 'code').length).toBe(60);
  expect(measure(markdown, direct)).toBeGreaterThan(messageLimit);
});

test('the size is that of the shown text', () => {
  expect(measure('**abc**', direct)).toBe(41);
  expect(measure('x'.repeat(500), direct)).toBe(500);
});

test('a note stands in italics under the text and never pushes it over the limit', () => {
  const renderer = createRenderer(direct);
  expect(renderer.render('half', 'Stopped.')).toMatchObject({
    text: 'half\n\nStopped.',
    entities: [{ type: 'italic', offset: 6, length: 8 }],
  });
  expect(renderer.render('half').text).toBe('half');
  expect(renderer.render('x'.repeat(4090), 'Stopped.').text.length).toBe(messageLimit);
});

test('whatever is written, Telegram has nothing to correct', () => {
  const piece = fc.constantFrom(
    ...[
      '**',
      '||',
      '*',
      '_',
      '`',
      '```\n',
      '> ',
      '- ',
      '1. ',
      '\n',
      '\n\n',
      '[a](https://x.example)',
      '![i](https://x.example/i.png)',
    ],
    ...[
      '| a | b |\n|---|---|\n',
      '$x$',
      '~~',
      '# ',
      '  ',
      '<br>',
      '😀',
      '汉字',
      'word ',
      '@someone ',
      '[^1]',
      '\\',
      '<b>',
    ],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.boolean(), (pieces, guardMentions) => {
      const { text, entities } = render(pieces.join(''), { guardMentions });
      if (text.trim() === '') return;
      expect(format(text, entities).corrected).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

test('every beginning of an answer is drawn without a fault and without stray marks', () => {
  const answer = [
    '# Tea\n\nSome **bold _and italic_ words**, `code`, [a link](https://tea.example/x?a=(b)) and ![pic](https://tea.example/p.png).',
    '> A quote with **weight**\n> and two lines',
    '1. first\n   - nested `x`\n2. second',
    '| Leaf | Minutes |\n|---|---:|\n| green | 3 |\n| 红茶 | 5 |',
    '```python\nprint("hello")\n```',
    'Finally $$E = mc^2$$ ~~no~~ 👩‍🚀.',
  ].join('\n\n');
  for (let end = 1; end <= answer.length; end += 1) {
    const { text, entities } = render(showable(answer.slice(0, end)), group);
    if (text.trim() === '') continue;
    expect(format(text, entities).corrected).toEqual([]);
    expect(text).not.toMatch(/\*\*|```|\]\(|~~/);
  }
});

test('an answer that grows is drawn as it is drawn at once', () => {
  const lists = '9. a\n3. b\n   - x\n   - y\n3. c\n\n7. **d**\n\n- e\n- f\n- @someone\n- g';
  const text = fc.oneof(answer, fc.constantFrom(...ANSWERS, lists, ANSWERS.join('\n\n').repeat(2)));
  fc.assert(
    fc.property(text, fc.integer({ min: 5, max: 60 }), fc.boolean(), (whole, step, guardMentions) => {
      const grown = createRenderer({ guardMentions });
      for (let end = step; end < whole.length + step; end += step) {
        const view = showable(whole.slice(0, end));
        const { spans, images } = draw(parseMarkdown(view), { guardMentions });
        expect(grown.render(view)).toEqual({ text: spans.text, entities: spans.entities(), images });
        expect(grown.measure(view)).toBe(Math.max(spans.text.length, Math.ceil((spans.wanted * messageLimit) / 100)));
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);

test('a link whose address stands elsewhere leads to the first of two', () => {
  const { entities } = render('See [the page][1].\n\n[1]: https://example.com/p\n[1]: https://example.com/q', direct);
  expect(entities).toEqual([{ type: 'text_link', offset: 4, length: 8, url: 'https://example.com/p' }]);
});
