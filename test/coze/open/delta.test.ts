import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDeltaReader, DELTA } from '#core/coze/open/delta.ts';
import { createSseDecoder } from '#core/coze/open/sse.ts';

type Read = [id: unknown, content: string, reasoning: string];

/** Deltas of a stream whose data lines are these, fed in pieces; `parsed` counts those that were parsed as JSON. */
function readAll(lines: readonly string[], { space = '', size = 1 << 20 } = {}): { deltas: Read[]; parsed: number } {
  const deltas: Read[] = [];
  let parsed = 0;
  const reader = createDeltaReader(({ message, content, reasoning }) => deltas.push([message.id, content, reasoning]));
  const decoder = createSseDecoder({
    take(name, data) {
      expect(name).toBe(DELTA);
      parsed += 1;
      reader.take(data);
    },
    get frame() {
      return reader.frame;
    },
  });
  const text = lines.map((line) => `event:${space}${DELTA}\ndata:${space}${line}\n\n`).join('');
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) decoder.feed(bytes.subarray(at, at + size));
  decoder.end();
  return { deltas, parsed };
}

const head = { id: '81', conversation_id: '72', role: 'assistant', type: 'answer' };

test('reads every delta as JSON.parse would, whatever the increments hold and however they are cut', () => {
  const content = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom(
      '',
      '"',
      '\\',
      '\\"',
      '","content":"x',
      '","content_type":"text"}',
      '\n',
      '😀',
      '{"a":"b"}',
      '\\u0041',
    ),
  );
  const message = fc.record(
    { content, reasoning_content: content, id: fc.constantFrom('81', '82') },
    { requiredKeys: [] },
  );
  const space = fc.constantFrom('', ' ');
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 20 }),
      space,
      fc.integer({ min: 1, max: 900 }),
      (messages, space, size) => {
        const lines = messages.map((one) => JSON.stringify({ ...head, ...one, content_type: 'text' }));
        expect(readAll(lines, { space, size }).deltas).toEqual(
          messages.map((one) => [one.id ?? '81', one.content ?? '', one.reasoning_content ?? '']),
        );
      },
    ),
  );
});

test.each(['', ' '])('parses only the first of many alike (colon and %j)', (space) => {
  const lines = ['one', 'two "quoted"', 'drei\n', '四'].map((content) =>
    JSON.stringify({ ...head, content, content_type: 'text' }),
  );
  const { deltas, parsed } = readAll(lines, { space });
  expect(deltas.map(([, content]) => content)).toEqual(['one', 'two "quoted"', 'drei\n', '四']);
  expect(parsed).toBe(1);
});

test('parses the first of each message, and of reasoning', () => {
  const reasoning = ['a', 'b', 'c'].map((reasoning_content) =>
    JSON.stringify({ ...head, content: '', reasoning_content }),
  );
  const answer = ['d', 'e', 'f'].map((content) => JSON.stringify({ ...head, content }));
  const { deltas, parsed } = readAll([...reasoning, ...answer]);
  expect(deltas.map(([, ...both]) => both.join('')).join('')).toBe('abcdef');
  expect(parsed).toBe(2);
});

test('is not misled by another field that looks like the content', () => {
  const data = (meta: string, content: string) =>
    JSON.stringify({ ...head, meta_data: { content: meta }, content, content_type: 'text' });
  const { deltas } = readAll([data('meta', 'one'), data('meta', 'two'), data('other', 'two')]);
  expect(deltas.map(([, content]) => content)).toEqual(['one', 'two', 'two']);
});

test('takes null and absent contents for empty ones', () => {
  const { deltas } = readAll(['{"id":"1","type":"answer","content":null}', '{"id":"1","type":"answer"}']);
  expect(deltas).toEqual([
    ['1', '', ''],
    ['1', '', ''],
  ]);
});

test('passes over what is no object', () => {
  expect(readAll(['', 'x', '[]', '"x"', '1', '{"id":']).deltas).toEqual([]);
});

test('keeps the digits of an id that is a bare number', () => {
  expect(readAll(['{"id":7410000000000000001,"type":"answer","content":"x"}']).deltas[0]?.[0]).toBe(
    '7410000000000000001',
  );
});
