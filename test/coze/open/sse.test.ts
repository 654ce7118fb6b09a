import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSseDecoder } from '#core/coze/open/sse.ts';

/** Events of these bytes, fed in pieces of `size`. */
function decode(text: string | Uint8Array, size = Number.POSITIVE_INFINITY, limit?: number): [string, string][] {
  const events: [string, string][] = [];
  const decoder = createSseDecoder({ take: (name, data) => void events.push([name, data]) }, limit);
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length; at += size) decoder.feed(bytes.subarray(at, at + size));
  decoder.end();
  return events;
}

describe('framing', () => {
  test.each([
    ['no space after the colon', 'event:a\ndata:1\n\n'],
    ['one space after the colon', 'event: a\ndata: 1\n\n'],
    ['CRLF', 'event:a\r\ndata:1\r\n\r\n'],
    ['CR', 'event:a\rdata:1\r\r'],
    ['mixed line ends', 'event:a\r\ndata:1\n\r\n'],
    ['comments, ids and retry lines between', ':hello\nid: 7\nevent:a\nretry: 100\n:x\ndata:1\n\n'],
    ['a byte order mark', '\ufeffevent:a\ndata:1\n\n'],
    ['no blank line at the end', 'event:a\ndata:1\n'],
    ['no newline at the end', 'event:a\ndata:1'],
    ['blank lines before', '\n\n\nevent:a\ndata:1\n\n'],
    ['unknown fields', 'event:a\nfoo:bar\ndatax:2\neventually:b\ndata:1\n\n'],
  ])('reads one event with %s', (_, text) => {
    expect(decode(text)).toEqual([['a', '1']]);
    expect(decode(text, 1)).toEqual([['a', '1']]);
  });

  test('keeps every space of the data but the first', () => {
    expect(decode('data:   x \n\n')).toEqual([['message', '  x ']]);
  });

  test('joins several data lines with a newline', () => {
    expect(decode('event:e\ndata:{"a":\ndata:1}\n\n')).toEqual([['e', '{"a":\n1}']]);
  });

  test('hands out an event that has a name and no data', () => {
    expect(decode('event:conversation.stream.done\ndata:\n\n')).toEqual([['conversation.stream.done', '']]);
    expect(decode('event: done\n\n')).toEqual([['done', '']]);
    expect(decode('event:done\ndata\n\n')).toEqual([['done', '']]);
  });

  test('gives data without a name the last name', () => {
    expect(decode('data:0\n\nevent:a\ndata:1\n\ndata:2\n\n')).toEqual([
      ['message', '0'],
      ['a', '1'],
      ['a', '2'],
    ]);
  });

  test('does not break characters that are split between chunks', () => {
    const text = 'data:懒狗 😀 é\n\n';
    expect(decode(text, 1)).toEqual([['message', '懒狗 😀 é']]);
    expect(decode(text, 7)).toEqual([['message', '懒狗 😀 é']]);
  });

  test('survives bytes that are no UTF-8', () => {
    expect(decode(Uint8Array.of(0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a))).toEqual([['message', '\ufffd']]);
  });

  test('reads the same whatever the chunks', () => {
    const line = fc.oneof(
      fc.constantFrom('event:a', 'event: b', 'data:1', 'data: {"x":"é😀"}', 'data', ':c', 'id:1', '', '', 'junk'),
      fc.string({ maxLength: 8 }).map((text) => `data:${text.replace(/[\r\n]/g, '')}`),
    );
    const end = fc.constantFrom('\n', '\r\n', '\r');
    const stream = fc.array(fc.tuple(line, end)).map((lines) => lines.map((pair) => pair.join('')).join(''));
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 9 }), (text, size) => {
        expect(decode(text, size)).toEqual(decode(text));
      }),
    );
  });
});

describe('limits', () => {
  test('refuses an event over the limit, in one line or in many', () => {
    expect(() => decode(`data:${'x'.repeat(101)}`, 10, 100)).toThrow(expect.objectContaining({ code: 'too_large' }));
    expect(() => decode('data:0123456789\n'.repeat(10), 16, 100)).toThrow(
      expect.objectContaining({ code: 'too_large' }),
    );
    expect(() => decode(`data:${'x'.repeat(101)}\n\n`, undefined, 100)).toThrow(
      expect.objectContaining({ code: 'too_large' }),
    );
  });

  test('takes any number of events under the limit', () => {
    expect(decode(`data:${'x'.repeat(80)}\n\n`.repeat(50), 7, 100)).toHaveLength(50);
  });

  test('reads a line of a megabyte that comes in small pieces', () => {
    const [event] = decode(`data:${'x'.repeat(1_000_000)}\n\n`, 100);
    expect(event?.[1]).toHaveLength(1_000_000);
  });
});
