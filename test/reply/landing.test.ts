/** Whatever goes wrong on the way, the answer lands whole, in its messages and no others. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ReplyEvent } from '#core/coze/transport.ts';
import { RealCozeError } from '#core/errors.ts';
import { createPacer } from '#core/reply/pace/pace.ts';
import { present } from '#core/reply/present.ts';
import { createClock } from './clock.ts';
import { type Call, createMemorySurface, type MemorySurface } from './surface.ts';

const kind = fc.constantFrom<Call['kind']>('post', 'edit', 'spare', 'remove', 'draft');
/** A post that lands unheard is known again by its key. */
const unheard = fc
  .record({ on: kind, after: fc.boolean(), code: fc.constantFrom('network', 'timeout', 'server') })
  .map(({ code, ...how }) => ({ ...how, error: new RealCozeError(code, 'Not heard.') }));
const tooMany = fc
  .record({ on: kind, retryAfterMs: fc.integer({ min: 1, max: 20_000 }) })
  .map(({ on, retryAfterMs }) => ({ on, error: new RealCozeError('rate_limited', 'Slow down.', { retryAfterMs }) }));
const event: fc.Arbitrary<ReplyEvent> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.integer({ min: 1, max: 12 }).map((n) => ({ type: 'delta' as const, text: 'word '.repeat(n) })),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'replace', text: 'another ' }) },
  { weight: 1, arbitrary: fc.constant({ type: 'tool', name: 'search', state: 'running' }) },
  { weight: 2, arbitrary: fc.constant({ type: 'tool', name: 'search', state: 'done' }) },
);
const pause = fc.oneof({ weight: 9, arbitrary: fc.nat(300) }, { weight: 3, arbitrary: fc.nat(60_000) });
const place = fc.constantFrom(
  { budget: 'discord-channel', limit: 200 },
  { budget: 'discord-interaction', limit: 400, spare: true },
  { budget: 'telegram-group', limit: 200 },
  { budget: 'telegram-private', limit: 200, drafts: true },
  { budget: 'telegram-private', limit: 400 },
) satisfies fc.Arbitrary<object>;

/** No call leaves on a road that was told to wait. */
function checkCalls({ calls }: MemorySurface, told: readonly { at: number; until: number; on: string }[]): void {
  for (const { at, until, on } of told) {
    const early = calls.filter((call) => call.at > at && call.at < until && road(call.kind) === road(on));
    expect(early, `told to wait from ${at} to ${until}`).toEqual([]);
  }
}

function road(on: string): string {
  return on === 'spare' || on === 'draft' ? on : 'own';
}

it('lands whole, however often calls fail or must wait', async () => {
  await fc.assert(
    fc.asyncProperty(
      place,
      fc.array(fc.oneof(unheard, tooMany), { maxLength: 12 }),
      fc.array(fc.tuple(pause, event), { maxLength: 60 }),
      async (where, faults, steps) => {
        const clock = createClock();
        const surface = createMemorySurface({ clock, roundTripMs: 80, ...where });
        const told: { at: number; until: number; on: string }[] = [];
        surface.faults.push(...faults);
        const watched = watch(surface, (on, error) => {
          if (error.code === 'rate_limited')
            told.push({ at: clock.now(), until: clock.now() + (error.retryAfterMs ?? 0), on });
        });
        async function* source(): AsyncGenerator<ReplyEvent> {
          for (const [ms, next] of steps) {
            await clock.sleep(ms);
            yield next;
          }
          yield { type: 'done', finish: 'stop' };
        }
        const pacer = createPacer(clock);
        const asking = bounded(pacer.now);
        const presented = await clock.run(
          present(source(), {
            surface: watched,
            pacer: { ...pacer, now: asking },
            signal: new AbortController().signal,
            key: 'turn',
            note: () => undefined,
          }),
        );
        expect(presented.finish).toBe('stop');
        expect(presented.ids).toEqual(surface.messages.map(({ id }) => id));
        expect(surface.messages.every(({ content }) => content.final)).toBe(true);
        expect(surface.text().split(/\s+/)).toEqual(presented.text.trim().split(/\s+/));
        checkCalls(surface, told);
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);

/** Who asks for the time without end does nothing else. */
function bounded(now: () => number): () => number {
  let asked = 0;
  return () => {
    if (++asked > 20_000) throw new Error('It asks for the time over and over.');
    return now();
  };
}

function watch(surface: MemorySurface, heard: (on: string, error: RealCozeError) => void): MemorySurface {
  const hear =
    <A extends unknown[], R>(on: string, call: (...given: A) => Promise<R>) =>
    (...given: A) =>
      call(...given).catch((error: RealCozeError) => {
        heard(on, error);
        throw error;
      });
  const { spare, remove, draft } = surface;
  return {
    ...surface,
    post: hear('post', surface.post),
    edit: hear('edit', surface.edit),
    ...(remove ? { remove: hear('remove', remove) } : {}),
    ...(draft ? { draft: hear('draft', draft) } : {}),
    spare: spare && { ...spare, edit: hear('spare', spare.edit) },
  };
}
