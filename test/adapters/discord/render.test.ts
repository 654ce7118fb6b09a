import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { showable } from '#core/reply/markdown.ts';
import { createDraw, draw, render } from '../../../adapters/discord/render.ts';
import { columns } from '../../../adapters/discord/table.ts';
import { ANSWERS, answer } from '../../reply/answers.ts';

describe('markdown for Discord', () => {
  it('leaves alone what Discord draws itself', () => {
    const text = [
      '# Title',
      '',
      'Some *soft*, **loud** and ~~gone~~ words, `code`, [a link](https://example.com/a).',
      '',
      '- one',
      '  - two',
      '',
      '> quoted',
      '',
      '```ts',
      'const a = b || c;',
      '```',
    ].join('\n');
    expect(render(text)).toBe(text);
  });

  it('draws a table in a code block with columns that line up, also in Chinese', () => {
    const text = render('| 名字 | Price |\n| --- | ---: |\n| 茶 | 3 |\n| coffee | 12.50 |');
    expect(text).toBe('```\n名字   │ Price\n───────┼──────\n茶     │     3\ncoffee │ 12.50\n```');
    const lines = text.split('\n').slice(1, -1);
    expect(new Set(lines.map(columns)).size).toBe(1);
  });

  it('turns a table too wide for a phone into a list of records', () => {
    const cell = 'a rather long description of something';
    expect(render(`| Name | What | Why |\n| - | - | - |\n| x | ${cell} | ${cell} |`)).toBe(
      `- **x**\n  - What: ${cell}\n  - Why: ${cell}`,
    );
  });

  it('escapes what such a list would otherwise draw or ping', () => {
    const cell = '**@everyone** or a rather long description of it';
    const drawn = render(`| Name | What | Why |\n| - | - | - |\n| a\\*b | ${cell} | ${cell} |`);
    expect(drawn).toContain('- **a\\*b**');
    expect(drawn).not.toContain('@everyone');
  });

  it('keeps a table in a quote inside the quote', () => {
    expect(render('> | a | b |\n> | - | - |\n> | 1 | 2 |\n\nafter')).toBe(
      '> ```\n> a │ b\n> ──┼──\n> 1 │ 2\n> ```\n\nafter',
    );
  });

  it('writes formulas as people do, and those that need more than lines as code', () => {
    expect(render('Euler: $e^{i\\pi} = -1$\n\n$$\n\\int_0^1 x\\,dx\n$$')).toBe('Euler: e^(iπ) = −1\n\n∫₀¹ x dx');
    expect(render('$b_{n,z} \\| c > d$')).toBe('b\\_(n, z)‖c > d');
    expect(render('- so\n\n  $$\n  \\begin{aligned}a&>b\\\\&>c\\end{aligned}\n  $$')).toBe('- so\n\n  a > b\n  \\> c');
    expect(render('$$\n\\begin{pmatrix}1\\\\2\\end{pmatrix}\n$$')).toBe(
      '```tex\n\\begin{pmatrix}1\\\\2\\end{pmatrix}\n```',
    );
    expect(render('|$x^2$|b|\n|-|-|\n|$\\frac12$|d|')).toContain('x²');
  });

  it('names images, links them without a second preview, and tells their addresses', () => {
    expect(
      draw('![a cat](https://x.test/cat.png) ![](https://x.test/dir/dog.png?s=1) ![inline](data:image/png;base64,aa)'),
    ).toEqual({
      text: '🖼 [a cat](<https://x.test/cat.png>) 🖼 [dog.png](<https://x.test/dir/dog.png?s=1>) 🖼 inline',
      images: ['https://x.test/cat.png', 'https://x.test/dir/dog.png?s=1'],
    });
  });

  it('makes mentions of people, roles and everyone inert, but not in code', () => {
    const text = render('Hi <@123456789012345678>, <@&123456789012345678>, @everyone and @here, `@everyone`');
    expect(text).toBe(
      'Hi <\u200b@123456789012345678>, <\u200b@&123456789012345678>, @\u200beveryone and @\u200bhere, `@everyone`',
    );
  });

  it('draws deep and underlined headings, underscored bold, tasks, rules and reference links', () => {
    expect(render('#### Deep **one**')).toBe('### Deep **one**');
    expect(render('Title\n=====\n\ntext')).toBe('# Title\n\ntext');
    expect(render('__bold__ and _soft_')).toBe('**bold** and _soft_');
    expect(render('- [x] done\n- [ ] open')).toBe('- ☑ done\n- ☐ open');
    expect(render('a\n\n---\n\nb')).toBe('a\n\n──────────\n\nb');
    expect(render('See [the page][1].\n\n[1]: https://example.com/p')).toBe('See [the page](https://example.com/p).');
  });

  it('keeps two bars from hiding text, and breaks lines where the model wrote <br>', () => {
    expect(render('a || b || c')).toBe('a \\|\\| b \\|\\| c');
    expect(render('one<br>two')).toBe('one\ntwo');
  });

  it('closes a code block only where it ends', () => {
    expect(render('````md\n```js\nx\n```\n````')).toBe('```md\n`\u200b``js\nx\n`\u200b``\n```');
    expect(render('~~~py\nprint(1)\n~~~')).toBe('```py\nprint(1)\n```');
    expect(render('    indented()')).toBe('```\nindented()\n```');
  });

  it('takes whatever a model may write, and lets no mention live', () => {
    const pieces = [
      '<@123456789012345678>',
      '@everyone',
      '@here',
      '**',
      '__',
      '# ',
      '> ',
      '- ',
      '1. ',
      '| a | b |\n| - | - |\n',
      '\n',
      '\n\n',
      '$$',
      '![x](y)',
      '&lt;@1>',
      '<br>',
      '||',
      '\\',
      '[x] ',
      '词',
      '~~~',
    ];
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (markdown) => {
        const outside = render(markdown).replaceAll(/```[\s\S]*?(?:```|$)|`[^`]*`/g, '');
        expect(outside).not.toMatch(/<@[!&]?\d|@everyone|@here/);
      }),
    );
  });

  it('gives nothing for nothing', () => {
    expect(render('')).toBe('');
  });

  it('draws an answer that grows as it draws it at once', () => {
    const text = fc.oneof(answer, fc.constantFrom(...ANSWERS, ANSWERS.join('\n\n')));
    fc.assert(
      fc.property(text, fc.integer({ min: 5, max: 60 }), (whole, step) => {
        const grown = createDraw();
        for (let end = step; end < whole.length + step; end += step) {
          const view = showable(whole.slice(0, end));
          expect(grown(view)).toEqual(draw(view));
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});
