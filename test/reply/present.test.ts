import { describe, expect, it } from 'vitest';
import type { ReplyEvent } from '#core/coze/transport.ts';
import { RealCozeError } from '#core/errors.ts';
import { createPacer } from '#core/reply/pace/pace.ts';
import { type Presented, type PresentOptions, present } from '#core/reply/present.ts';
import type { Content, Receipt, Surface } from '#core/surface.ts';
import { type Clock, createClock } from './clock.ts';
import { createMemorySurface, type MemoryOptions, type MemorySurface } from './surface.ts';

const done: ReplyEvent = { type: 'done', finish: 'stop' };

function setUp(options: Partial<MemoryOptions> = {}): { clock: Clock; surface: MemorySurface } {
  const clock = createClock();
  return { clock, surface: createMemorySurface({ clock, ...options }) };
}

function show(
  { clock, surface }: { clock: Clock; surface: Surface },
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

  it('lets an edit that is due leave with the piece of text that comes next', async () => {
    const place = setUp();
    const words = Array.from({ length: 40 }, (_, index) => `number ${index}, `);
    const came: number[] = [];
    async function* source(): AsyncGenerator<ReplyEvent> {
      for (const text of words) {
        await place.clock.sleep(150);
        came.push(place.clock.now());
        yield { type: 'delta', text };
      }
      yield done;
    }
    await show(place, source());
    const edits = place.surface.calls.filter((call) => call.kind === 'edit');
    expect(edits.length).toBeGreaterThan(3);
    for (const { at } of edits) expect(came).toContain(at);
  });

  it('shows something new with every call, also where one message ends and the next begins', async () => {
    const place = setUp({ budget: 'telegram-private', limit: 4096, roundTripMs: 60 });
    const paragraphs = Array.from({ length: 60 }, (_, index) => `${`word${index} `.repeat(25).trimEnd()}.\n\n`);
    const pieces = paragraphs.join('').match(/.{1,4}/gs) ?? [];
    await show(place, deltas(place.clock, pieces, 1000 / 60));
    expect(place.surface.messages.length).toBeGreaterThan(2);
    const lengths = new Map<string, number>();
    const shown = place.surface.calls.map((call) => {
      lengths.set(call.id || `m${lengths.size + 1}`, call.content?.text.length ?? 0);
      return [...lengths.values()].reduce((sum, length) => sum + length, 0);
    });
    for (const [index, length] of shown.slice(1).entries()) expect(length).toBeGreaterThan(shown[index] ?? 0);
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

  it('shows the newest text though an older post had landed unheard', async () => {
    const place = setUp();
    place.surface.faults.push({ error: new RealCozeError('timeout', 'No answer in time.'), on: 'post', after: true });
    await show(place, deltas(place.clock, ['Enough words to be shown at once, ', 'and the rest.'], 100));
    expect(place.surface.messages.map((message) => message.content)).toEqual([
      { text: 'Enough words to be shown at once, and the rest.', final: true },
    ]);
  });

  it('shows refused content as plain text', async () => {
    const place = setUp();
    place.surface.faults.push({ error: new RealCozeError('invalid', 'Cannot parse.'), on: 'post' });
    await show(place, deltas(place.clock, ['Some **bold** words']));
    expect(place.surface.text()).toBe('Some \\*\\*bold\\*\\* words');
  });

  it.each([
    ['what was seen last', 2000, 'Words that everybody may see, and then', /^Words that everybody may see, and then$/],
    ['nothing', 2000, '', /^$/],
    ['the messages before the refused one', 100, 'word '.repeat(24), /^(?:word ){10,}word(?: word)*$/],
  ])('ends with %s where the platform lets nobody see the rest', async (_what, limit, seen, expected) => {
    const place = setUp({ limit });
    const refusing = async (content: Content, call: () => Promise<Receipt>) => {
      if (content.text.includes('forbidden')) throw new RealCozeError('moderated', 'Not here.');
      return call();
    };
    const surface: Surface = {
      ...place.surface,
      post: (content, key) => refusing(content, () => place.surface.post(content, key)),
      edit: (id, content) => refusing(content, () => place.surface.edit(id, content)),
    };
    async function* source(): AsyncGenerator<ReplyEvent> {
      if (seen) yield { type: 'delta', text: seen };
      await place.clock.sleep(5000);
      yield { type: 'delta', text: ' the forbidden word, and more.' };
      await place.clock.sleep(5000);
      yield { type: 'done', finish: 'stop' };
    }
    const note = (presented: Presented) => (presented.isCut ? 'Not all of it.' : undefined);
    const presented = await show(place, source(), { surface, note, running: [{ label: 'Stop', command: 'stop' }] });
    expect(presented).toMatchObject({ finish: 'failed', isCut: true, text: expect.stringMatching(expected) });
    const last = place.surface.messages.at(-1);
    expect(last?.content).toMatchObject({ note: 'Not all of it.', final: true });
    expect(last?.content.buttons).toBeUndefined();
    expect(place.surface.text()).not.toContain('forbidden');
  });

  it('asks ever less often whether refused words may be seen by now', async () => {
    const place = setUp();
    const asked: number[] = [];
    const refused = (): never => {
      asked.push(place.clock.now());
      throw new RealCozeError('moderated', 'Not here.');
    };
    const surface: Surface = { ...place.surface, edit: async () => refused() };
    await show(place, deltas(place.clock, ['Words that everybody may see. ', ...Array(500).fill('more ')], 100), {
      surface,
    });
    expect(asked.at(-1)).toBeGreaterThan(50_000);
    expect(asked.length).toBeLessThan(10);
  });

  it('makes shorter parts where the platform counts differently', async () => {
    const place = setUp({ limit: 200 });
    place.surface.faults.push({ error: new RealCozeError('too_large', 'Message is too long.'), on: 'post' });
    const words = Array.from({ length: 45 }, (_, index) => `w${index}`);
    await show(place, deltas(place.clock, [words.join(' ')]));
    expect(place.surface.text().split(/\s+/)).toEqual(words);
    for (const message of place.surface.messages) expect(message.content.text.length).toBeLessThanOrEqual(160);
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

  it('drafts while it runs, posts once at the end, and never drafts after that', async () => {
    const place = setUp({ drafts: true, budget: 'telegram-draft', limit: 4096 });
    const words = Array.from({ length: 300 }, (_, index) => `w${index} `);
    await show(place, deltas(place.clock, words, 30));
    const kinds = place.surface.calls.map((call) => call.kind);
    expect(kinds.slice(0, -1).every((kind) => kind === 'draft')).toBe(true);
    expect(kinds.length).toBeGreaterThan(5);
    expect(kinds.at(-1)).toBe('post');
    expect(place.surface.text()).toBe(words.join('').trimEnd());
  });

  it('drafts the end of an answer while its last message must wait for the one before', async () => {
    let waited = 0;
    for (let count = 70; count < 110; count++) {
      const place = setUp({ drafts: true, budget: 'telegram-draft', limit: 400 });
      const words = Array.from({ length: count }, (_, index) => `w${index} `);
      await show(place, deltas(place.clock, words, 30));
      const ends = place.surface.calls.filter(({ content }) => content?.text.endsWith(`w${count - 1}`));
      expect(ends[0]?.at).toBeLessThanOrEqual(count * 30 + 100);
      expect(ends.map((call) => call.kind)).toEqual(ends.length > 1 ? ['draft', 'post'] : ['post']);
      expect(place.surface.text().split(/\s/)).toEqual(words.map((word) => word.trim()));
      if (ends.length > 1) waited++;
    }
    expect(waited).toBeGreaterThan(5);
  });

  it('keeps a draft alive during a long pause', async () => {
    const place = setUp({ drafts: true, budget: 'telegram-draft' });
    async function* source(): AsyncGenerator<ReplyEvent> {
      yield { type: 'delta', text: 'Let me look that up; it may take a while.' };
      await place.clock.sleep(70_000);
      yield { type: 'delta', text: ' Here.' };
      yield done;
    }
    await show(place, source());
    const times = place.surface.calls.map((call) => call.at);
    for (const [index, at] of times.slice(1).entries()) expect(at - (times[index] ?? 0)).toBeLessThan(25_000);
  });

  it('waits in peace when nothing is left of what it drafted', async () => {
    const place = setUp({ drafts: true, budget: 'telegram-draft' });
    async function* source(): AsyncGenerator<ReplyEvent> {
      yield { type: 'tool', name: 'search', state: 'running' };
      await place.clock.sleep(3000);
      yield { type: 'tool', name: 'search', state: 'done' };
      await place.clock.sleep(60_000);
      yield { type: 'delta', text: 'Here.' };
      yield done;
    }
    const pacer = createPacer(place.clock);
    let asked = 0;
    const now = () => {
      if (++asked > 1000) throw new Error('It asks for the time over and over.');
      return pacer.now();
    };
    await show(place, source(), { pacer: { ...pacer, now } });
    expect(place.surface.calls.map((call) => call.kind)).toEqual(['draft', 'post']);
    expect(place.surface.text()).toBe('Here.');
  });

  it('falls back to messages when drafts do not work there', async () => {
    const place = setUp({ drafts: true, budget: 'telegram-draft' });
    place.surface.faults.push({ error: new RealCozeError('unsupported', 'No drafts here.'), on: 'draft' });
    await show(place, deltas(place.clock, ['Enough words to be shown at once, ', 'and ', 'then ', 'some more.'], 2000));
    expect(place.surface.calls.filter((call) => call.kind === 'draft')).toHaveLength(1);
    expect(place.surface.calls.filter((call) => call.kind === 'edit').length).toBeGreaterThan(0);
    expect(place.surface.text()).toBe('Enough words to be shown at once, and then some more.');
  });

  it('sends an answer of too many parts as a file', async () => {
    const place = setUp({ limit: 100, files: true });
    await show(
      place,
      deltas(
        place.clock,
        Array.from({ length: 400 }, (_, index) => `w${index} `),
      ),
    );
    expect(place.surface.messages).toHaveLength(8);
    expect(place.surface.calls.filter((call) => call.kind === 'file')).toHaveLength(1);
  });

  it('posts a finished answer anew when its message was deleted meanwhile', async () => {
    const place = setUp();
    async function* source(): AsyncGenerator<ReplyEvent> {
      yield { type: 'delta', text: 'The first half of the answer is here. ' };
      await place.clock.sleep(300);
      place.surface.messages.length = 0;
      yield { type: 'delta', text: 'And the rest.' };
      yield done;
    }
    const presented = await show(place, source());
    expect(place.surface.text()).toBe('The first half of the answer is here. And the rest.');
    expect(presented).toMatchObject({ finish: 'stop', ids: ['m2'] });
  });

  it('posts a new message when the one begun before a restart is gone', async () => {
    const place = setUp();
    const posted: (readonly string[])[] = [];
    await show(place, deltas(place.clock, ['An answer that is long enough to be shown.']), {
      replyIds: ['deleted'],
      onPosted: (ids) => void posted.push(ids),
    });
    expect(place.surface.text()).toBe('An answer that is long enough to be shown.');
    expect(posted.at(-1)).toEqual(['m1']);
  });

  it('stops asking when it may not write there', async () => {
    const place = setUp();
    const error = new RealCozeError('forbidden', 'The bot may not write in this channel.');
    place.surface.faults.push({ error, on: 'post' });
    const presented = await show(
      place,
      deltas(
        place.clock,
        Array.from({ length: 100 }, () => 'word '),
        1000,
      ),
    );
    expect(presented).toMatchObject({ finish: 'gone', error });
    expect(place.clock.now()).toBeLessThan(10_000);
  });

  it('shows running buttons while it runs and finished ones at the end, on the last part only', async () => {
    const place = setUp({ limit: 120 });
    await show(
      place,
      deltas(
        place.clock,
        Array.from({ length: 60 }, (_, index) => `w${index} `),
        100,
      ),
      {
        running: [{ label: 'Stop', command: 'stop' }],
        finished: () => [{ label: 'Retry', command: 'retry' }],
      },
    );
    const [first] = place.surface.calls;
    expect(first?.content?.buttons).toEqual([{ label: 'Stop', command: 'stop' }]);
    const buttons = place.surface.messages.map((message) => message.content.buttons?.[0]?.label);
    expect(buttons.at(-1)).toBe('Retry');
    expect(buttons.slice(0, -1).every((label) => label === undefined)).toBe(true);
  });

  it('says what happened even when not a word of the answer came', async () => {
    const place = setUp();
    async function* source(): AsyncGenerator<ReplyEvent> {
      yield { type: 'usage', input: 5, output: 0 };
      throw new RealCozeError('quota', 'No credits are left.');
    }
    await show(place, source());
    expect(place.surface.messages.map((message) => message.content)).toEqual([
      { text: '', note: '(failed)', final: true },
    ]);
  });

  it('shows the newest reasoning and the running tool until the answer begins', async () => {
    const place = setUp();
    async function* source(): AsyncGenerator<ReplyEvent> {
      yield { type: 'reasoning', text: 'The member asks about *stars*.' };
      yield { type: 'tool', name: 'search', state: 'running' };
      await place.clock.sleep(3000);
      yield { type: 'tool', name: 'search', state: 'done' };
      yield { type: 'delta', text: 'Here is what I found about them.' };
      yield { type: 'suggest', text: 'More?' };
      yield { type: 'usage', input: 3, output: 7 };
      yield done;
    }
    const presented = await show(place, source(), { showReasoning: true });
    const [first] = place.surface.calls;
    expect(first?.content?.text).toBe('> The member asks about \\*stars\\*.');
    expect(first?.content?.note).toContain('search');
    expect(place.surface.text()).toBe('Here is what I found about them.');
    expect(presented).toMatchObject({ suggestions: ['More?'], tools: ['search'], usage: { input: 3, output: 7 } });
  });

  it('waits out a long 429 with its last edit', async () => {
    const place = setUp();
    place.surface.faults.push({
      error: new RealCozeError('rate_limited', 'Slow down.', { retryAfterMs: 126_000 }),
      on: 'edit',
    });
    await show(place, deltas(place.clock, ['Thirty characters and then some,', ' and the end.'], 200));
    expect(place.surface.text()).toBe('Thirty characters and then some, and the end.');
    expect(place.clock.now()).toBeGreaterThan(126_000);
  });
});
