import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDeltaReader } from '#core/coze/open/delta.ts';

const head = { id: '81', conversation_id: '72', role: 'assistant', type: 'answer' };

test('reads every delta as JSON.parse would, whatever the increments hold', () => {
  const content = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
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
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
      const read = createDeltaReader();
      for (const one of messages) {
        const data = JSON.stringify({ ...head, ...one, content_type: 'text' });
        const delta = read(data);
        expect([delta?.message.id, delta?.content, delta?.reasoning]).toEqual([
          one.id ?? '81',
          one.content ?? '',
          one.reasoning_content ?? '',
        ]);
      }
    }),
  );
});

test('is not misled by another field that looks like the content', () => {
  const read = createDeltaReader();
  const data = (meta: string, content: string) =>
    JSON.stringify({ ...head, meta_data: { content: meta }, content, content_type: 'text' });
  expect(read(data('meta', 'one'))?.content).toBe('one');
  expect(read(data('meta', 'two'))?.content).toBe('two');
  expect(read(data('other', 'two'))?.content).toBe('two');
});

test('takes null and absent contents for empty ones', () => {
  const read = createDeltaReader();
  expect(read('{"id":"1","type":"answer","content":null}')?.content).toBe('');
  expect(read('{"id":"1","type":"answer"}')?.content).toBe('');
});

test('passes over what is no object', () => {
  const read = createDeltaReader();
  for (const data of ['', 'x', '[]', '"x"', '1', '{"id":']) expect(read(data)).toBeUndefined();
});

test('keeps the digits of an id that is a bare number', () => {
  const read = createDeltaReader();
  expect(read('{"id":7410000000000000001,"type":"answer","content":"x"}')?.message.id).toBe('7410000000000000001');
});
