/** What every surface promises, run by each platform's tests against its fake server: asserted on what a member would see. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReplyEvent } from '#core/coze/transport.ts';
import { RealCozeError } from '#core/errors.ts';
import { createPacer, type Pacer } from '#core/reply/pace/pace.ts';
import { type Presented, type PresentOptions, present } from '#core/reply/present.ts';
import type { Content, Surface } from '#core/surface.ts';

/** One place on a fake platform with a surface in it. The server must not enforce rate-limit windows by itself: the suite's clock runs fast. */
export interface SurfaceWorld {
  readonly surface: Surface;
  /** Plain text of the reply's messages in the order a member reads them, a note included, markup rendered away. */
  shown(): readonly string[] | Promise<readonly string[]>;
  /** The next `count` posts or edits are answered 429 with so many milliseconds to wait (whole seconds). */
  limit(count: number, retryAfterMs: number): void;
  /** A member deletes one message. */
  remove(id: string): void | Promise<void>;
  /** Posts and edits the server has seen. */
  calls(): number;
  close(): Promise<void>;
}

/** How much faster than the wall clock the suite lives. */
const SPEED = 50;

/** A pacer for tests with real sockets: its seconds are twenty real milliseconds. */
function fastPacer(): Pacer {
  return createPacer({
    now: () => performance.now() * SPEED,
    timer: (ms, run) => {
      const timer = setTimeout(run, ms / SPEED);
      return () => clearTimeout(timer);
    },
  });
}

export function surfaceContract(name: string, make: () => Promise<SurfaceWorld>): void {
  describe(`${name} keeps the promises of a surface`, () => {
    let world: SurfaceWorld;

    beforeEach(async () => {
      world = await make();
    });

    afterEach(() => world.close());

    const text = (markdown: string, final = true): Content => ({ text: markdown, final });

    function show(events: AsyncIterable<ReplyEvent>, more: Partial<PresentOptions> = {}): Promise<Presented> {
      return present(events, {
        surface: world.surface,
        pacer: fastPacer(),
        signal: new AbortController().signal,
        key: `turn-${name}`.slice(0, 20),
        note: (presented) => (presented.finish === 'stop' ? undefined : 'Coze did not finish.'),
        ...more,
      });
    }

    async function visible(): Promise<string> {
      return squeeze((await world.shown()).join(' '));
    }

    it('shows what is posted, then what it is edited to', async () => {
      const { id } = await world.surface.post(text('First words', false), 'key-1');
      expect(await visible()).toBe('First words');
      expect((await world.surface.edit(id, text('First words and the rest'))).id).toBe(id);
      expect(await visible()).toBe('First words and the rest');
    });

    it('takes an edit that changes nothing for a success', async () => {
      const { id } = await world.surface.post(text('The same'), 'key-1');
      await world.surface.edit(id, text('The same'));
      await world.surface.edit(id, text('The same'));
      expect(await visible()).toBe('The same');
    });

    it('throws rate_limited with the time to wait, and shows nothing of that call', async () => {
      const { id } = await world.surface.post(text('Before'), 'key-1');
      world.limit(1, 2000);
      const refused = await world.surface.edit(id, text('After')).catch((error: unknown) => error);
      expect(refused).toMatchObject({ name: 'RealCozeError', code: 'rate_limited', retryAfterMs: 2000 });
      expect(await visible()).toBe('Before');
    });

    it('throws gone for a message that was deleted', async () => {
      const { id } = await world.surface.post(text('Soon gone'), 'key-1');
      await world.remove(id);
      const refused = await world.surface.edit(id, text('Too late')).catch((error: unknown) => error);
      expect(refused).toMatchObject({ name: 'RealCozeError', code: 'gone' });
    });

    it('shows markup that a model may write without failing, and none of it as a mention', async () => {
      const answer = 'Hello @everyone, **bold**, `a < b & c`, [a link](https://example.com/?a=1&b=2) 你好 👨‍👩‍👧';
      await world.surface.post(text(answer), 'key-1');
      expect(await visible()).toContain('a < b & c');
      expect(await visible()).toContain('你好 👨‍👩‍👧');
    });

    it('shows 500 deltas in few calls, with the exact text at the end', async () => {
      const words = Array.from({ length: 500 }, (_, index) => `word${index}`);
      await show(deltas(words.map((word) => `${word} `)));
      expect((await visible()).split(' ')).toEqual(words);
      expect(world.calls()).toBeLessThan(60);
    });

    it('loses nothing to two 429s in a row', async () => {
      const words = Array.from({ length: 40 }, (_, index) => `word${index}`);
      world.limit(2, 1000);
      const presented = await show(deltas(words.map((word) => `${word} `)));
      expect((await visible()).split(' ')).toEqual(words);
      expect(presented.finish).toBe('stop');
    });

    it('ends visibly when the source fails, and keeps what was there', async () => {
      const presented = await show(failing('Half an answer, and then'));
      expect(presented.finish).toBe('failed');
      expect(await visible()).toContain('Half an answer, and then');
      expect(await visible()).toContain('Coze did not finish.');
    });

    it('splits an answer over its limit and shows all of it, in order', async () => {
      const words = Array.from({ length: Math.ceil(world.surface.limit / 4) }, (_, index) => `w${index}`);
      const presented = await show(deltas([`${words.join(' ')}`]));
      expect((await visible()).split(' ')).toEqual(words);
      expect(presented.ids.length).toBeGreaterThan(1);
    });
  });
}

async function* deltas(words: readonly string[]): AsyncGenerator<ReplyEvent> {
  for (const word of words) {
    await new Promise((resolve) => setImmediate(resolve));
    yield { type: 'delta', text: word };
  }
  yield { type: 'done', finish: 'stop' };
}

async function* failing(text: string): AsyncGenerator<ReplyEvent> {
  yield { type: 'delta', text };
  throw new RealCozeError('server', 'Coze failed.');
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
