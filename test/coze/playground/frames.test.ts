import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFrame } from '#core/coze/playground/frames.ts';
import { frame } from './fake-coze.ts';

const read = (...parts: (Buffer | string)[]) => {
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return readFrame(new Uint8Array(bytes).buffer);
};
const event = (message: object, type: unknown = 1) => JSON.stringify({ event_type: type, message });

describe('frames of the socket', () => {
  it('finds the update inside its binary envelope', () => {
    expect(read(frame('u1', 'Hello wor'))).toEqual({ uuid: 'u1', replyType: 1, content: 'Hello wor', finished: false });
  });

  it('is not led astray by braces in the envelope', () => {
    const expected = { uuid: 'u1', replyType: 1, content: '} { "}{" \\', finished: true };
    const update = frame('u1', '} { "}{" \\', { finish: true });
    expect(read(Buffer.from([0x7b, 1, 0x7b, 0x22]), update, Buffer.from([0x7d, 0x7d]))).toEqual(expected);
    expect(read(Buffer.from([0x7d, 0xe5, 0x7b]), update)).toEqual(expected);
  });

  it('takes the object with an event type when there are two', () => {
    expect(read('{"seq":{"n":1}}', frame('u1', 'a'), '{"trace":"x"}')).toMatchObject({ content: 'a' });
  });

  it('passes over frames without an update, whatever they hold', () => {
    expect(read('hi')).toBeUndefined();
    expect(readFrame('hi')).toBeUndefined();
    expect(read('')).toBeUndefined();
    expect(read('{"event_type":')).toBeUndefined();
    expect(read('{'.repeat(100_000), '"event_type"')).toBeUndefined();
    expect(read(event({ content: 'x', ext: { PushUuid: 'u' } }, 2))).toBeUndefined();
    expect(read(event({ content: 'x', ext: {} }))).toBeUndefined();
    expect(read('{"event_type":1}')).toBeUndefined();
    expect(read('{"event_type":1,"message":null}')).toBeUndefined();
  });

  it('reads numbers in strings and takes a missing flag for unfinished', () => {
    const text = event({ content: null, reply_type: '2', ext: { PushUuid: 'u', is_finish: 1 } });
    expect(readFrame(text)).toEqual({ uuid: 'u', replyType: 2, content: '', finished: true });
    expect(read(frame('u', 'a', { finish: null }))).toMatchObject({ finished: false });
  });

  it('finds every update in whatever bytes stand around it', () => {
    const bytes = fc.uint8Array({ maxLength: 60 });
    fc.assert(
      fc.property(bytes, fc.string({ unit: 'grapheme' }), bytes, fc.boolean(), (before, content, after, finish) => {
        const found = read(Buffer.from(before), frame('u1', content, { finish }), Buffer.from(after));
        expect(found).toEqual({ uuid: 'u1', replyType: 1, content, finished: finish });
      }),
      { numRuns: 500 },
    );
  });

  it('survives being cut at every byte', () => {
    const whole = frame('u1', 'héllo 夏生 {"a":1}', { finish: true });
    for (let end = 0; end < whole.length; end++) {
      const update = read(whole.subarray(0, end));
      if (update !== undefined) expect(update.content).toBe('héllo 夏生 {"a":1}');
    }
  });
});
