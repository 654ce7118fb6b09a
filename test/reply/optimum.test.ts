import { describe, expect, it } from 'vitest';
import { integralRatio, measure } from '../bench/reply.ts';
import { type Cell, optimum } from '../bench/reply-optimum.ts';
import { leastMean } from '../bench/reply-unknowing.ts';

const PLACES: readonly Cell['budget'][] = [
  'discord-channel',
  'discord-interaction',
  'telegram-private',
  'telegram-group',
  'telegram-draft',
];

describe('the optimum that replies are measured by', () => {
  it('is what twenty even calls give an answer that has a minute of a group to itself', () => {
    // A gap of 3 s of which the first token takes 1 s: the oldest unseen word is then 2.06 s old when it is seen.
    const integral = (20 * 2.06 ** 2) / 2;
    const cell: Cell = { budget: 'telegram-group', replies: 1, perSecond: 1, tokens: 60 };
    expect(optimum(cell)).toBeCloseTo((integral / (60 - 1 + 0.06)) * 1000, 6);
  });

  it('is not reached by replies that do not know how long they will be, and in one place not far from it', async () => {
    for (const budget of PLACES) {
      const { ratio, refused, lastMs } = await measure({ budget, replies: 1, perSecond: 15, tokens: 400 });
      expect(ratio).toBeGreaterThan(1);
      expect(ratio).toBeLessThan(budget === 'telegram-group' ? 2 : 1.4);
      expect(refused).toBe(0);
      expect(lastMs).toBeLessThanOrEqual(80);
    }
  });

  it.each<[Cell, number]>([
    [{ budget: 'discord-channel', replies: 1, perSecond: 15, tokens: 3000 }, 1.18],
    [{ budget: 'discord-channel', replies: 3, perSecond: 15, tokens: 800 }, 1.15],
    [{ budget: 'discord-channel', replies: 5, perSecond: 60, tokens: 800 }, 1.2],
    [{ budget: 'telegram-private', replies: 1, perSecond: 15, tokens: 3000 }, 1.15],
    [{ budget: 'telegram-private', replies: 3, perSecond: 15, tokens: 3000 }, 1.2],
    [{ budget: 'telegram-group', replies: 1, perSecond: 200, tokens: 200 }, 2],
    [{ budget: 'telegram-group', replies: 1, perSecond: 200, tokens: 800 }, 1.8],
    [{ budget: 'telegram-group', replies: 5, perSecond: 15, tokens: 3000 }, 1.6],
    [{ budget: 'telegram-draft', replies: 1, perSecond: 15, tokens: 3000 }, 1.1],
  ])('is nearly reached by %o', async (cell, most) => {
    const { ratio, refused } = await measure(cell);
    expect(ratio).toBeLessThan(most);
    expect(refused).toBe(0);
  });

  it.each([
    ['discord-channel', 60],
    ['telegram-private', 60],
    ['telegram-group', 200],
    ['telegram-draft', 200],
  ] as const)(
    'is met on %s by who knows the length, and missed the more the more lengths there are',
    (budget, perSecond) => {
      const least = (...lengths: number[]) => leastMean({ budget, perSecond, lengths, keepsLast: false });
      expect(least(800)).toBeGreaterThan(0.93);
      expect(least(800)).toBeLessThan(1.1);
      expect(least(200, 800)).toBeGreaterThan((least(200) + least(800)) / 2 - 0.03);
      expect(least(200, 400, 800)).toBeGreaterThan(1.02);
    },
  );

  it('costs who always keeps a call for the end a quarter of the rate on Discord', () => {
    const lengths = [300, 420, 600, 850];
    const free = leastMean({ budget: 'discord-channel', perSecond: 15, lengths, keepsLast: false });
    const keeping = leastMean({ budget: 'discord-channel', perSecond: 15, lengths, keepsLast: true });
    expect(free).toBeLessThan(1.06);
    expect(keeping).toBeGreaterThan(1.2);
  });

  it('is never missed by less than not knowing the length costs at least', async () => {
    for (const budget of PLACES) {
      const lengths = [200, 300, 450, 700];
      const least = leastMean({ budget, perSecond: 200, lengths, keepsLast: false });
      const rows = await Promise.all(lengths.map((tokens) => measure({ budget, replies: 1, perSecond: 200, tokens })));
      expect(rows.reduce((sum, row) => sum + integralRatio(row), 0) / rows.length).toBeGreaterThan(least);
    }
  });
});
