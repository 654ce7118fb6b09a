import fc from 'fast-check';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { describe, expect, it } from 'vitest';
import { readFence } from '#core/reply/markdown/fence.ts';

const opening = fc.constantFrom(
  '```',
  '```js',
  '````c++ ',
  '~~~',
  '~~~ python',
  '``` js meta',
  '```a`b',
  '``',
  '```&amp;',
  ' ```',
);
const line = fc.constantFrom(
  '',
  '',
  'code',
  '  indented',
  '\ttab',
  ' ',
  '```',
  '````',
  '   ``` ',
  '    ```',
  '~~~',
  '``` x',
  '# no',
);

describe('fenced code read without the parser', () => {
  it('is what the parser makes of it', () => {
    fc.assert(
      fc.property(opening, fc.array(line, { maxLength: 6 }), (first, lines) => {
        const text = [first, ...lines].join('\n');
        const read = readFence(text);
        if (read) expect(read, JSON.stringify(text)).toEqual(fromMarkdown(text));
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['```', '```js\n', '```js\nlet a;', '```js\nlet a;\n\n', '~~~\na\n```\n~~~~ \n\n'])('reads %j', (text) => {
    expect(readFence(text)).toEqual(fromMarkdown(text));
  });

  it.each(['text', '``` js meta\na', '```\na\n```\ntext', '```\r\na', '```\n\0', '- ```\n'])(
    'leaves %j to the parser',
    (text) => {
      expect(readFence(text)).toBeUndefined();
    },
  );
});
