/** What must hold of the side-by-side bench for its figures to mean anything. */
import { describe, expect, it } from 'vitest';
import { withGlobals } from '../bench/peers/globals.ts';
import { measurePeers, peerCells } from '../bench/peers.ts';
import { cells } from '../bench/reply.ts';
import { createClock } from './clock.ts';

/** Half a second of text that fits into one message everywhere. */
const short = { replies: 1, perSecond: 200, tokens: 100 };
const globals = () => [globalThis.setTimeout, globalThis.clearTimeout, globalThis.fetch, Date.now];

describe('the side-by-side bench', () => {
  it.each([
    { cell: { budget: 'discord-channel', ...short }, calls: ['edit', 'post'] },
    // The deferred response is edited by the interaction's token once; the rest goes by the channel's route.
    { cell: { budget: 'discord-interaction', slash: 'thread', ...short }, calls: ['edit', 'interaction edit'] },
    { cell: { budget: 'discord-interaction', slash: 'channel', ...short }, calls: ['interaction edit'] },
    { cell: { budget: 'telegram-private', ...short }, calls: ['edit', 'post'] },
    { cell: { budget: 'telegram-private', isForgiving: true, ...short }, calls: ['edit', 'post'] },
    { cell: { budget: 'telegram-group', ...short }, calls: ['edit', 'post'] },
    { cell: { budget: 'telegram-draft', ...short }, calls: ['draft', 'post'] },
  ] as const)('shows the same words on both sides, the SDK by its own calls: $cell', async ({ cell, calls }) => {
    const { runs } = await measurePeers(cell);
    expect(runs).not.toEqual([]);
    for (const { ours, theirs } of runs) {
      const whole = { lost: 0, refused: 0, rejected: 0, staleMs: expect.any(Number), lastMs: expect.any(Number) };
      expect(ours).toMatchObject(whole);
      expect(theirs).toMatchObject(whole);
      expect(Math.min(ours.staleMs, theirs.staleMs)).toBeGreaterThan(0);
      expect(Object.keys(theirs.calls).sort()).toEqual(calls);
    }
  });

  it('counts what is cut as lost, and keeps ours whole and unrefused where the SDK is refused', async () => {
    const cut = await measurePeers({ budget: 'discord-interaction', slash: 'channel', ...short, tokens: 600 });
    // 2,000 characters less "..." hold 487 words: a paragraph of sixty takes 246.
    expect(cut.runs.map(({ ours, theirs }) => [ours.lost, theirs.lost, theirs.lastMs])).toEqual([[0, 113, null]]);
    const busy = await measurePeers({ budget: 'discord-channel', replies: 3, perSecond: 60, tokens: 150 });
    for (const { ours, theirs } of busy.runs) {
      expect(ours).toMatchObject({ lost: 0, refused: 0, rejected: 0 });
      expect(theirs.refused).toBeGreaterThan(0);
      expect(theirs.lost).toBeGreaterThan(0);
      expect(theirs.rejected).toBeGreaterThan(0);
    }
  });

  it("makes the SDK's posts again that were refused before anything of the answer was read", async () => {
    const { runs } = await measurePeers({ budget: 'telegram-private', ...short, replies: 2 });
    for (const { theirs } of runs) {
      expect(theirs.calls.post).toBeGreaterThan(2);
      expect(theirs).toMatchObject({ lost: 0, rejected: 0 });
    }
  });

  it('measures the same twice, and gives the globals back', async () => {
    const before = globals();
    const cell = { budget: 'discord-interaction', slash: 'thread', ...short, replies: 3 } as const;
    expect(await measurePeers(cell)).toEqual(await measurePeers(cell));
    expect(globals()).toEqual(before);
  });

  it('gives the globals back when the work throws', async () => {
    const before = globals();
    const inside: unknown[][] = [];
    const work = async () => {
      inside.push(globals());
      throw new Error('broken');
    };
    await expect(withGlobals(createClock(), async () => new Response(), work)).rejects.toThrow('broken');
    expect(globals()).toEqual(before);
    expect(inside[0]?.map((one, index) => one === before[index])).toEqual([false, false, false, false]);
  });

  it('has every cell of the table of our own bench', () => {
    const names = (all: readonly object[]) =>
      new Set(all.map((cell) => JSON.stringify({ ...cell, slash: undefined, isForgiving: undefined })));
    expect(names(peerCells())).toEqual(names(cells()));
  });
});
