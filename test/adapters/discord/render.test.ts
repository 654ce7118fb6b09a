import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { showable } from '#core/reply/markdown/markdown.ts';
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

  it.each([
    ['2*3*4 = 24 and a*b*c', '2\\*3\\*4 = 24 and a\\*b\\*c'],
    ['a ~~ b ~~ c', 'a \\~\\~ b \\~\\~ c'],
    ['- the ` key\n- run `npm i`', '- the \\` key\n- run `npm i`'],
    ['foo_bar_ baz_', 'foo_bar\\_ baz\\_'],
    ['2 * 3, snake_case, \\*a\\*', '2 * 3, snake_case, \\*a\\*'],
  ])('escapes signs that Discord would take for marks: %j', (text, drawn) => {
    expect(render(text)).toBe(drawn);
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

  it('marks every line of a quotation as Discord wants it, and never all that follows', () => {
    expect(render('> one\n> two\n>\n>three')).toBe('> one\n> two\n> \n> three');
    expect(render('> lazy\nand **goes on**\n\nafter')).toBe('> lazy\n> and **goes on**\n\nafter');
    expect(render('>>> deep\n\nafter')).toBe('> > > deep\n\nafter');
    expect(render('- a\n  > quoted\n  >\n  > more')).toBe('- a\n  > quoted\n  > \n  > more');
    expect(render('>~~~\n>x\n>~~~')).toBe('> ```\n> x\n> ```');
    expect(render('- a\n  goes on')).toBe('- a\n  goes on');
  });

  it('draws links that Discord would show with their brackets', () => {
    expect(render('[https://x.test/a/](https://x.test/a) [see http://x.test](https://x.test/b)')).toBe(
      'https://x.test/a [see x.test](https://x.test/b)',
    );
    expect(render('[here](#top), [there](/docs), [mail](mailto:a@x.test), [a@x.test](mailto:a@x.test)')).toBe(
      'here, there, mail (a@x.test), a@x.test',
    );
    expect(render('See [*the* page][1].\n\n[1]: /docs')).toBe('See *the* page.');
  });

  it('leaves an address as it is, whatever stands in it', () => {
    const address = 'https://x.test/@here/a__b__c';
    expect(render(`${address} <${address}> [a](${address})`)).toBe(`${address} <${address}> [a](${address})`);
  });

  it('draws a picture that is a link, and one in HTML', () => {
    const picture = '![build](https://x.test/b.svg)';
    expect(draw(`[${picture}](https://x.test/ci) [${picture} log](/log)`)).toEqual({
      text: '🖼 [build](<https://x.test/ci>) 🖼 [build log](<https://x.test/b.svg>)',
      images: ['https://x.test/b.svg'],
    });
    expect(
      draw('A cat: <img width="9" alt="a cat" src="https://x.test/c.png?a=1&amp;b=2"/>, <img src="c.png">'),
    ).toEqual({
      text: 'A cat: 🖼 [a cat](<https://x.test/c.png?a=1&b=2>), <img src="c.png">',
      images: ['https://x.test/c.png?a=1&b=2'],
    });
  });

  it('shows no picture whose address Discord would refuse together with the message', () => {
    expect(
      draw('![a](https://) ![b](https://box/b.png) ![c](<https://x.test/c d.png>) ![图](https://x.test/图.png)'),
    ).toEqual({
      text: '🖼 a 🖼 [b](<https://box/b.png>) 🖼 [c](<https://x.test/c%20d.png>) 🖼 [图](<https://x.test/图.png>)',
      images: ['https://x.test/c%20d.png', 'https://x.test/%E5%9B%BE.png'],
    });
  });

  it('underlines nothing within words, and draws every kind of list', () => {
    expect(render('a user__name__icontains \\_\\_x')).toBe('a user\\_\\_name\\_\\_icontains \\_\\_x');
    expect(render('+ one\n+ [x] two')).toBe('- one\n- ☑ two');
    expect(render('9) one\n10) two')).toBe('9. one\n10. two');
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
