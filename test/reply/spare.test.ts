import { describe, expect, it } from 'vitest';
import type { ReplyEvent } from '#core/coze/transport.ts';
import { RealCozeError } from '#core/errors.ts';
import { createPacer, type Pacer } from '#core/reply/pace/pace.ts';
import { present } from '#core/reply/present.ts';
import type { Surface } from '#core/surface.ts';
import { createWorld } from '../bench/reply-world.ts';
import { type Clock, createClock } from './clock.ts';
import { createMemorySurface, type MemorySurface } from './surface.ts';

const ROUND_TRIP_MS = 30;
const EDIT = { isPost: false, isLast: false };

interface Place {
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly surface: MemorySurface;
}

function setUp(spare = true): Place {
  const clock = createClock();
  const surface = createMemorySurface({ clock, budget: 'discord-interaction', spare, roundTripMs: ROUND_TRIP_MS });
  return { clock, pacer: createPacer(clock), surface };
}

/** An answer that lasts so many words, ten a second. Gives when its last word came and when the last call was answered. */
async function show(place: Place, words: number, atEnd = () => {}): Promise<{ came: number; shown: number }> {
  const { clock, pacer, surface } = place;
  let came = 0;
  async function* source(): AsyncGenerator<ReplyEvent> {
    for (let index = 0; index < words; index++) {
      await clock.sleep(100);
      yield { type: 'delta', text: `${index} ` };
    }
    came = clock.now();
    atEnd();
    yield { type: 'done', finish: 'stop' };
  }
  const signal = new AbortController().signal;
  await clock.run(present(source(), { surface, pacer, signal, key: 'turn', note: () => undefined }));
  expect(surface.text()).toBe(
    Array.from({ length: words }, (_, index) => `${index} `)
      .join('')
      .trim(),
  );
  return { came, shown: clock.now() };
}

const kinds = (surface: MemorySurface) => surface.calls.map(({ kind }) => kind);

describe('a spare road', () => {
  it('shows the whole answer at once, whenever it ends, though its own budget keeps nothing for that', async () => {
    let spared = 0;
    for (let words = 30; words < 130; words++) {
      const place = setUp();
      const { came, shown } = await show(place, words);
      // An edit that was on its way is waited for.
      expect(shown - came).toBeLessThanOrEqual(2 * ROUND_TRIP_MS);
      const spare = kinds(place.surface).filter((kind) => kind === 'spare');
      expect(spare.length).toBeLessThanOrEqual(1);
      spared += spare.length;
    }
    expect(spared).toBeGreaterThan(5);
    expect(spared).toBeLessThan(60);
  });

  it('is what a budget without one keeps a slot for', async () => {
    const [one, other] = [setUp(true), setUp(false)];
    await show(one, 99);
    await show(other, 99);
    expect(one.surface.calls.length).toBeGreaterThan(other.surface.calls.length);
    expect(kinds(other.surface)).not.toContain('spare');
  });

  /** Calls are all spent when the answer ends. */
  const WORDS = 56;

  it.each<[string, RealCozeError]>([
    ['is closed to the bot', new RealCozeError('forbidden', 'Missing Access.')],
    ['refuses the text', new RealCozeError('invalid', 'Invalid Form Body.')],
    ['is full', new RealCozeError('rate_limited', 'Slow down.', { retryAfterMs: 60_000 })],
  ])('is left where it %s: the first one has room again soon', async (_, error) => {
    const place = setUp();
    place.surface.faults.push({ error, on: 'spare' });
    const { came, shown } = await show(place, WORDS);
    expect(kinds(place.surface).slice(-2)).toEqual(['spare', 'edit']);
    expect(shown - came).toBeLessThan(5500);
  });

  it('is tried again after a failure on the way', async () => {
    const place = setUp();
    place.surface.faults.push({ error: new RealCozeError('network', 'Reset.'), on: 'spare' });
    await show(place, WORDS);
    expect(kinds(place.surface).slice(-2)).toEqual(['spare', 'spare']);
  });

  it('posts the answer anew where that finds its message deleted', async () => {
    const place = setUp();
    await show(place, WORDS, () => place.surface.messages.splice(0));
    expect(kinds(place.surface).slice(-3)).toEqual(['spare', 'edit', 'post']);
  });

  it('is not counted on while other replies use its budget', async () => {
    const place = setUp();
    const reply = place.pacer.open({ bucket: 'memory:channel', budget: 'discord-channel' });
    await show(place, WORDS);
    expect(kinds(place.surface)).not.toContain('spare');
    reply.close();
  });

  it('is refused by nobody where replies of both kinds share a channel, and none of them ends late', async () => {
    const clock = createClock();
    const pacer = createPacer(clock);
    const channel = createWorld('discord-channel', clock);
    const worlds = Array.from({ length: 3 }, () => createWorld('discord-interaction', clock, channel.edit));
    const answer = async (surface: Surface, words: number) => {
      let came = 0;
      async function* source(): AsyncGenerator<ReplyEvent> {
        for (let index = 0; index < words; index++) {
          await clock.sleep(70);
          yield { type: 'delta', text: `${index} ` };
        }
        came = clock.now();
        yield { type: 'done', finish: 'stop' };
      }
      const signal = new AbortController().signal;
      await present(source(), { surface, pacer, signal, key: `${words}`, note: () => undefined });
      return clock.now() - came;
    };
    const nobody = () => {};
    const byInteraction = worlds.map((world, index) => ({ ...world.surface(nobody), bucket: `token ${index}` }));
    const inChannel = Array.from({ length: 2 }, () => ({ ...channel.surface(nobody), bucket: 'channel' }));
    const late = Promise.all([...byInteraction, ...inChannel].map((surface, n) => answer(surface, 70 + 31 * n)));
    expect(Math.max(...(await clock.run(late)))).toBeLessThan(300);
    expect([channel, ...worlds].map((world) => world.refused())).toEqual([0, 0, 0, 0]);
  });

  it('leaves what the replies of the channel keep for their own ends', () => {
    const { clock, pacer } = setUp();
    const channel = { bucket: 'memory:channel', budget: 'discord-channel' } as const;
    const reply = pacer.open(channel);
    const spare = pacer.open({ ...channel, isGuest: true });
    for (let call = 0; call < 4; call++) reply.sent(EDIT);
    expect(spare.wait(EDIT)).toBeGreaterThan(4000);
    reply.close();
    expect(spare.wait(EDIT)).toBe(0);
    expect(clock.now()).toBe(0);
  });
});
