import { Keyv } from 'keyv';
import { describe, expect, it } from 'vitest';
import { createUsage, subjects } from '#core/conversation/usage.ts';
import type { Place } from '#core/message.ts';

const place: Place = {
  platform: 'discord',
  account: 'bot',
  levels: [{ kind: 'channel', id: 'c1' }],
  direct: false,
};
const member = (personId: string) => subjects.member({ place, personId });

describe('what a question that several asked has used', () => {
  it('counts for the place once, and in equal parts for each of them', async () => {
    const usage = createUsage(new Keyv());
    const who = { place, personId: 'ada', others: ['grace', 'ada', 'alan', 'grace'] };
    await usage.record(who, 'nim', { input: 100, output: 11 }, []);
    const used = await Promise.all(['ada', 'grace', 'alan'].map((person) => usage.sums(member(person), 1)));
    expect(used).toEqual([
      { turns: 1, input: 33, output: 3 },
      { turns: 1, input: 33, output: 4 },
      { turns: 1, input: 34, output: 4 },
    ]);
    expect(await usage.sums(subjects.place(who), 1)).toEqual({ turns: 1, input: 100, output: 11 });
  });

  it('counts as a turn where the transport tells no tokens', async () => {
    const usage = createUsage(new Keyv());
    await usage.record({ place, personId: 'ada' }, 'nim', undefined, []);
    expect(await usage.sums(member('ada'), 1)).toEqual({ turns: 1, input: 0, output: 0 });
    expect(await usage.sums(member('grace'), 1)).toEqual({ turns: 0, input: 0, output: 0 });
  });
});
