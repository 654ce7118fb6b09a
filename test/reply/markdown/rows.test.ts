import { expect, it } from 'vitest';
import { parseMarkdown } from '#core/reply/markdown/markdown.ts';
import { tableHead } from '#core/reply/markdown/rows.ts';

it.each(['| a |\n|---|\n', '| a | b |\n| :-: | --- |\n| c', '|a|b|\n|-|-|\n|\n| c | d | e |\n'])(
  'tells that %j is a table',
  (text) => {
    expect(tableHead(text)).toBe(text.split('\n', 2).join('\n').length + 1);
    expect(parseMarkdown(text).children.map((node) => node.type)).toEqual(['table']);
  },
);

it.each([
  '| a | b |\n|---|\n| c |',
  '| a | b |\n|---|---|',
  '| a \\| b |\n|---|---|\n',
  '| a || b |\n|---|---|---|\n',
  'a | b\n--|--\n',
  '| a |\n|---|\nb\n',
  '| a |\n|---|\n| b |\n\n| c |',
])('leaves %j to the parser', (text) => {
  expect(tableHead(text)).toBeUndefined();
});
