import { describe, expect, it } from 'vitest';
import type { ReplyEvent } from '#core/coze/transport.ts';
import { RealCozeError } from '#core/errors.ts';
import { createPacer } from '#core/reply/pace.ts';
import { type Presented, type PresentOptions, present } from '#core/reply/present.ts';
import { type Clock, createClock } from './clock.ts';
import { createMemorySurface, type MemoryOptions, type MemorySurface } from './surface.ts';

const done: ReplyEvent = { type: 'done', finish: 'stop' };

function setUp(options: Partial<MemoryOptions> = {}): { clock: Clock; surface: MemorySurface } {
  const clock = createClock();
  return { clock, surface: createMemorySurface({ clock, ...options }) };
}

function show(
  { clock, surface }: { clock: Clock; surface: MemorySurface },
  events: AsyncIterable<ReplyEvent>,
  more: Partial<PresentOptions> = {},
): Promise<Presented> {
  return clock.run(
    present(events, {
      surface,
      pacer: createPacer(clock),
      signal: new AbortController().signal,
      key: 'turn',
      note: (presented) => (presented.finish === 'stop' ? undefined : `(${presented.finish})`),
      ...more,
    }),
  );
}

async function* deltas(clock: Clock, words: readonly string[], everyMs = 10): AsyncGenerator<ReplyEvent> {
  for (const text of words) {
    await clock.sleep(everyMs);
    yield { type: 'delta', text };
  }
  yield done;
}

describe('present', () => {
  it('shows 500 deltas in a handful of calls, with the exact text at the end', async () => {
    const place = setUp();
    const words = Array.from({ length: 500 }, (_, index) => `w${index} `);
    const presented = await show(place, deltas(place.clock, words));
    expect(place.surface.text().split(/\s+/)).toEqual(words.join('').trimEnd().split(' '));
    expect(place.surface.calls.length).toBeLessThan(20);
    expect(presented).toMatchObject({
      text: words.join(''),
      finish: 'stop',
      ids: place.surface.messages.map((m) => m.id),
    });
  });

  it('shows the text it has while the source pauses', async () => {
    const place = setUp();
    const seen: string[] = [];
    async function* source(): AsyncGenerator<ReplyEvent> {
      yield { type: 'delta', text: 'Hello there, this is the first half of it.' };
      await place.clock.sleep(5000);
      seen.push(place.surface.text());
      yield { type: 'delta', text: ' And the second.' };
      yield done;
    }
    await show(place, source());
    expect(seen).toEqual(['Hello there, this is the first half of it.']);
  });

  it('loses nothing to two 429s in a row', async () => {
    const place = setUp();
    place.surface.faults.push(
      { error: new RealCozeError('rate_limited', 'Slow down.', { retryAfterMs: 3000 }), on: 'edit' },
      { error: new RealCozeError('rate_limited', 'Slow down.', { retryAfterMs: 7000 }), on: 'edit' },
    );
    const words = Array.from({ length: 100 }, (_, index) => `w${index} `);
    await show(place, deltas(place.clock, words));
    expect(place.surface.text()).toBe(words.join('').trimEnd());
  });

  it('keeps the text and ends with a sentence when Coze fails', async () => {
    const place = setUp();
    const error = new RealCozeError('server', 'Coze failed.');
    async function* source(): AsyncGenerator<ReplyEvent> {
      yield { type: 'delta', text: 'Half an **answer' };
      throw error;
    }
    const presented = await show(place, source());
    expect(place.surface.messages).toHaveLength(1);
    expect(place.surface.messages[0]?.content).toEqual({ text: 'Half an **answer', note: '(failed)', final: true });
    expect(presented).toMatchObject({ finish: 'failed', error });
  });

  it('closes the source and stops when somebody deletes the answer', async () => {
    const place = setUp();
    let isClosed = false;
    async function* source(): AsyncGenerator<ReplyEvent> {
      try {
        for (let index = 0; ; index++) {
          await place.clock.sleep(50);
          if (index === 60) place.surface.messages.length = 0;
          yield { type: 'delta', text: `w${index} ` };
        }
      } finally {
        isClosed = true;
      }
    }
    const presented = await show(place, source());
    await Promise.resolve();
    expect(presented.finish).toBe('gone');
    await place.clock.run(place.clock.sleep(100));
    expect(isClosed).toBe(true);
    expect(place.surface.messages).toEqual([]);
  });

  it('splits a long answer over messages that together are the answer', async () => {
    const place = setUp({ limit: 200 });
    const words = Array.from({ length: 200 }, (_, index) => `w${index} `);
    await show(place, deltas(place.clock, words), { running: [{ label: 'Stop', command: 'stop' }] });
    expect(place.surface.messages.length).toBeGreaterThan(4);
    expect(place.surface.text().replace(/\s+/g, ' ')).toBe(words.join('').trimEnd());
    expect(place.surface.messages.every((message) => message.content.buttons === undefined)).toBe(true);
  });

  it('removes surplus messages when the answer is replaced by a shorter one', async () => {
    const place = setUp({ limit: 200 });
    async function* source(): AsyncGenerator<ReplyEvent> {
      for (let index = 0; index < 200; index++) {
        await place.clock.sleep(100);
        yield { type: 'delta', text: `w${index} ` };
      }
      yield { type: 'replace', text: 'Short after all.' };
      yield done;
    }
    const presented = await show(place, source());
    expect(place.surface.messages.map((message) => message.content.text)).toEqual(['Short after all.']);
    expect(presented.ids).toEqual(['m1']);
  });

  it('repeats a post whose outcome is unknown under the same key', async () => {
    const place = setUp();
    place.surface.faults.push({ error: new RealCozeError('timeout', 'No answer.'), on: 'post', after: true });
    await show(place, deltas(place.clock, ['All of it at once, and more than thirty characters.']));
    expect(place.surface.messages).toHaveLength(1);
    expect(place.surface.calls.filter((call) => call.kind === 'post').map((call) => call.key)).toEqual([
      'turn:0',
      'turn:0',
    ]);
  });

  it('shows refused content as plain text', async () => {
    const place = setUp();
    place.surface.faults.push({ error: new RealCozeError('invalid', 'Cannot parse.'), on: 'post' });
    await show(place, deltas(place.clock, ['Some **bold** words']));
    expect(place.surface.text()).toBe('Some \\*\\*bold\\*\\* words');
  });

  it('goes on in the messages that were begun before a restart', async () => {
    const place = setUp();
    place.surface.messages.push({ id: 'old', content: { text: 'Half', final: false } });
    const presented = await show(place, deltas(place.clock, ['Half and the other half.']), { replyIds: ['old'] });
    expect(place.surface.messages).toEqual([{ id: 'old', content: { text: 'Half and the other half.', final: true } }]);
    expect(presented.ids).toEqual(['old']);
  });

  it('ends with a last edit when it is stopped', async () => {
    const place = setUp();
    const stop = new AbortController();
    async function* source(): AsyncGenerator<ReplyEvent> {
      yield { type: 'delta', text: 'An answer that would go on for ever, were it not stopped' };
      await place.clock.sleep(2000);
      stop.abort();
      await place.clock.sleep(60_000);
      yield { type: 'delta', text: ' too late' };
    }
    const presented = await show(place, source(), { signal: stop.signal });
    expect(presented.finish).toBe('stopped');
    expect(place.surface.messages[0]?.content.note).toBe('(stopped)');
    expect(place.surface.text()).toBe('An answer that would go on for ever, were it not stopped');
  });
});
