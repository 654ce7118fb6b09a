/** Markdown as HTML: what shows, and what can never get through. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { highlight } from '../../../adapters/http/highlight.ts';
import { escapeHtml, renderBlocks } from '../../../adapters/http/render.ts';

const html = (markdown: string) => renderBlocks(markdown, true).join('');

describe('markdown on the page', () => {
  it.each([
    ['**bold** *it* ~~no~~ `a<b`', '<p><strong>bold</strong> <em>it</em> <del>no</del> <code>a&#60;b</code></p>'],
    ['# One', '<h3>One</h3>'],
    ['- a\n- b', '<ul><li>a</li><li>b</li></ul>'],
    ['- a\n  - b\n- c', '<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>'],
    ['- a\n\n  b', '<ul><li><p>a</p><p>b</p></li></ul>'],
    ['3. c\n4. d', '<ol start="3"><li>c</li><li>d</li></ol>'],
    ['> said', '<blockquote><p>said</p></blockquote>'],
    ['a  \nb', '<p>a<br>b</p>'],
    ['---', '<hr>'],
    ['$x<y$', '<p><math><mrow><mi>x</mi><mo>&lt;</mo></mrow><mrow><mi>y</mi></mrow></math></p>'],
    ['$\\nonsense{<b>}$', '<p><code class="math">\\nonsense{&#60;b&#62;}</code></p>'],
    ['$$\n\\nonsense\n$$', '<pre class="math"><code>\\nonsense</code></pre>'],
  ])('draws %j', (markdown, expected) => {
    expect(html(markdown)).toBe(expected);
  });

  it('draws a formula in lines of its own, once it is whole', () => {
    const whole = '\\[\n\\frac{a}{b}\n\\]';
    expect(html(whole)).toMatch(
      /^<div class="math"><math display="block".*<mfrac><mi>a<\/mi><mi>b<\/mi><\/mfrac><\/math><\/div>$/,
    );
    const growing = (text: string) => renderBlocks(text, false).join('');
    expect(growing('\\[\n\\frac{a}{b}')).not.toContain('<math');
    expect(growing(`${whole}\n\nand`)).toContain('<mfrac>');
  });

  it('ends a line of a formula where the model ended it', () => {
    const rows = (tex: string) => html(`$$\n${tex}\n$$`).match(/<mtr>/g)?.length;
    expect(rows('a = b \\\\ c = d')).toBe(2);
    expect(rows('\\begin{align}a&=b\\\\&=c\\end{align}')).toBe(2);
    expect(rows('\\begin{equation}a=b\\end{equation}')).toBe(1);
    expect(rows('a \\equiv b \\pmod{n}')).toBeUndefined();
  });

  it.each([
    "\\ref{a' onmouseover='alert(1)}",
    '\\href{javascript:alert(1)}{x}',
    '\\includegraphics{https://x.org/a.png}',
    '\\text{<img src=x onerror=alert(1)>}',
    '\\style{position:fixed}{x}',
    '\\colorbox{url(https://x.org)}{x}',
    '\\def\\a{\\a\\a}\\a',
    `${'{'.repeat(2400)}x${'}'.repeat(2400)}`,
    'x'.repeat(100_000),
  ])('lets nothing run or run on in a formula: %s', (tex) => {
    expect(stray(html(`$$\n${tex}\n$$`))).toEqual([]);
  });

  it('draws no rule that covers the page', () => {
    expect(html('$\\rule{9999em}{9999em}$')).not.toContain('9999');
  });

  it('draws a table with its alignment', () => {
    expect(html('|a|b|\n|-|-:|\n|1|2|')).toBe(
      '<div class="table"><table><thead><tr><th>a</th><th class="right">b</th></tr></thead>' +
        '<tbody><tr><td>1</td><td class="right">2</td></tr></tbody></table></div>',
    );
  });

  it('draws tasks as boxes that cannot be pressed', () => {
    expect(html('- [x] done')).toBe('<ul><li class="task"><input type="checkbox" disabled checked> done</li></ul>');
  });

  it('draws code with its language, and each kind of token', () => {
    const drawn = html('```js\nconst a = f("x"); // why\n```');
    expect(drawn).toContain('<figcaption><span>js</span></figcaption>');
    expect(drawn).toContain('<i class="keyword">const</i>');
    expect(drawn).toContain('<i class="call">f</i>(<i class="string">&#34;x&#34;</i>)');
    expect(drawn).toContain('<i class="comment">// why</i>');
  });

  it('leads out to the web and mail, and shows where', () => {
    expect(html('[a](https://x.org/?a=1&b=2)')).toBe(
      '<p><a href="https://x.org/?a=1&#38;b=2" title="https://x.org/?a=1&#38;b=2" target="_blank" rel="noopener noreferrer nofollow">a</a></p>',
    );
    expect(html('![cat](https://x.org/c.png)')).toContain('referrerpolicy="no-referrer"');
    expect(html('[a][1]\n\n[1]: https://x.org\n[1]: https://y.org')).toContain('href="https://x.org"');
    expect(html('> ![a][1]\n>\n> [1]: https://x.org/c.png')).toContain('src="https://x.org/c.png"');
  });

  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    'a <b onclick="x">b</b>',
    '[a](javascript:alert(1))',
    '[a](JAVASCRIPT:alert(1))',
    '[a](data:text/html,<script>1</script>)',
    '![a](javascript:alert(1))',
    '![a](data:image/svg+xml,<svg onload=alert(1)>)',
    '[a](https://x" onmouseover="alert(1))',
    '```"><script>\nx\n```',
    '<https://x.org/"onx=">',
    '[^1]\n\n[^1]: <script>',
  ])('lets nothing run: %s', (markdown) => {
    expect(stray(html(markdown))).toEqual([]);
  });

  it('lets nothing run, whatever is written, whole or unfinished', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '"',
      "'",
      '&',
      '[',
      ']',
      '(',
      ')',
      '!',
      '`',
      '```',
      '\n',
      '|',
      '-',
      'javascript:',
      'onload=',
      '<script>',
      'https://a.b',
      '*',
      '$',
      '&#60;',
      ' ',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.boolean(), (pieces, final) => {
        expect(stray(renderBlocks(pieces.join(''), final).join(''))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('survives what is nested without end', () => {
    expect(html(`${'> '.repeat(500)}deep`)).toContain('…');
    expect(html(`${'*a '.repeat(2000)}`)).toContain('a');
  });

  it('closes what is unfinished while the answer grows', () => {
    expect(renderBlocks('Some **bo', false).join('')).toBe('<p>Some <strong>bo</strong></p>');
    expect(renderBlocks('```js\nlet a', false).join('')).toMatch(/^<figure.*<\/figure>$/s);
  });
});

describe('colours for code', () => {
  it('change no character', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('js', 'py', 'sql', '', 'text'), (code, language) => {
        expect(highlight(code, language, (text) => text).replaceAll(/<i class="\w+">|<\/i>/g, '')).toBe(
          code.replaceAll(/<i class="\w+">|<\/i>/g, ''),
        );
      }),
    );
  });

  it('know the comments of a language', () => {
    expect(highlight('# a', 'py', escapeHtml)).toBe('<i class="comment"># a</i>');
    expect(highlight('-- a', 'sql', escapeHtml)).toBe('<i class="comment">-- a</i>');
    expect(highlight('# a', 'js', escapeHtml)).toBe('# a');
  });
});

const tag =
  /^<\/?(p|h[3-6]|em|strong|del|blockquote|br|hr|code|pre|figure|figcaption|span|i|ul|ol|li|input|div|table|thead|tbody|tr|th|td|a|img|sup|m[a-z]+)((?: [a-z]+="[^"<>]*"| disabled| checked)*)>$/;

/** Every tag that is not one of ours, and every attribute that could run or leads elsewhere. */
function stray(text: string): string[] {
  const tags = text.match(/<[^>]*>?/g) ?? [];
  return tags.filter((found) => {
    const attributes = tag.exec(found)?.[2];
    if (attributes === undefined) return true;
    const address = /(?:href|src)="([^"]*)"/.exec(attributes)?.[1];
    return (
      /url\(/.test(attributes) ||
      /\son\w+=/.test(attributes.replaceAll(/"[^"]*"/g, '')) ||
      (address !== undefined && !/^(https?:|mailto:|tel:|data:image\/(png|jpeg|gif|webp);)/i.test(address))
    );
  });
}
