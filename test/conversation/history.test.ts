import { beforeEach, expect, test } from 'vitest';
import type { Exchange } from '#core/conversation/exchange.ts';
import { History } from '#core/conversation/history.ts';
import { openStore } from '#core/store.ts';
import { silent } from '../engine/house.ts';

const LIMITS = { keep: 'window', turns: 40, characters: 24_000, idleMinutes: 0 } as const;
let history: History;
let at = 1_000_000;
let reads = 0;

beforeEach(async () => {
  const store = await openStore('memory://', { log: silent });
  const keyv = store.keyv('history');
  const getMany = keyv.getMany.bind(keyv);
  keyv.getMany = (keys) => {
    reads += keys.length;
    return getMany(keys);
  };
  history = new History(keyv, () => at);
});

const exchange = (n: number, words = `q${n}`): Exchange => ({
  turns: [
    { role: 2, content: words, id: `id${n}` },
    { role: 1, content: `a${n}` },
  ],
});
const fill = async (count: number) => {
  for (let n = 0; n < count; n++) await history.append('key', exchange(n), { epoch: 0 });
};
const contents = async (limits: Parameters<History['window']>[1] = LIMITS) =>
  (await history.window('key', limits)).exchanges.flatMap((placed) =>
    placed.exchange.turns.map((turn) => turn.content),
  );

test('gives the newest exchanges that fit, by turns and by characters', async () => {
  await fill(5);
  expect(await contents({ ...LIMITS, turns: 5 })).toEqual(['q3', 'a3', 'q4', 'a4']);
  expect(await contents({ ...LIMITS, characters: 9 })).toEqual(['q3', 'a3', 'q4', 'a4']);
  expect(await contents({ ...LIMITS, characters: 1 })).toEqual([]);
});

test('reads no more for a long history than for a short one', async () => {
  await fill(30);
  reads = 0;
  await contents();
  const young = reads;
  await history.add(
    'key',
    Array.from({ length: 4_000 }, (_, n) => ({ role: n % 2 ? 1 : 2, content: `${n}` }) as const),
  );
  reads = 0;
  await contents();
  expect(reads).toBeLessThanOrEqual(young + 10);
});

test('forgets by itself what nobody touched for so long', async () => {
  await fill(2);
  at += 10 * 60_000;
  expect(await contents({ ...LIMITS, idleMinutes: 11 })).toHaveLength(4);
  at += 2 * 60_000;
  expect(await contents({ ...LIMITS, idleMinutes: 11 })).toEqual([]);
  expect(await history.size('key')).toBe(0);
});

test('writes an exchange once, even when it is told twice', async () => {
  await history.append('key', exchange(1), { epoch: 0 });
  await history.append('key', exchange(1), { epoch: 0 });
  expect(await history.size('key')).toBe(1);
});

test('drops an answer that comes after the history was forgotten', async () => {
  await fill(1);
  const { epoch } = await history.window('key', LIMITS);
  await history.clear('key');
  expect(await history.append('key', exchange(2), { epoch })).toBeUndefined();
  expect(await history.size('key')).toBe(0);
});

test('replaces in place, and asks with what was before', async () => {
  await fill(3);
  const before = await history.window('key', LIMITS, 2);
  expect(before.exchanges.map(({ index }) => index)).toEqual([0, 1]);
  await history.append('key', exchange(2, 'anew'), { epoch: before.epoch, replace: 2 });
  expect(await contents()).toEqual(['q0', 'a0', 'q1', 'a1', 'anew', 'a2']);
});

test('leaves failed questions out of the window and keeps them for retry', async () => {
  await fill(1);
  await history.append('key', { turns: [{ role: 2, content: 'lost', id: 'x' }], failed: true }, { epoch: 0 });
  expect(await contents()).toEqual(['q0', 'a0']);
  expect((await history.last('key'))?.exchange.turns[0]?.content).toBe('lost');
});

test('empties one exchange in the middle and takes back the last', async () => {
  await fill(3);
  await history.removeQuestion('key', 1, 'id1');
  expect(await contents()).toEqual(['q0', 'a0', 'q2', 'a2']);
  await history.removeQuestion('key', 2, 'id2');
  expect(await contents()).toEqual(['q0', 'a0']);
  expect((await history.undo('key'))?.turns[0]?.content).toBe('q0');
  expect(await history.undo('key')).toBeUndefined();
});

test('takes one of several questions out, and the answer stays that of the others', async () => {
  const turns = [...exchange(1).turns, { role: 2, content: 'too', id: 'id2' }] as const;
  await history.append('key', { turns, replies: ['m'] }, { epoch: 0 });
  expect(await history.removeQuestion('key', 0, 'nobody')).toEqual({ isThere: false, isLeft: false, replies: [] });
  expect(await history.removeQuestion('key', 0, 'id2')).toEqual({ isThere: true, isLeft: true, replies: [] });
  expect(await contents()).toEqual(['q1', 'a1']);
  expect(await history.removeQuestion('key', 0, 'id1')).toEqual({ isThere: true, isLeft: false, replies: ['m'] });
  expect(await contents()).toEqual([]);
});

test('takes an import of any length, exchange by exchange', async () => {
  const turns = Array.from({ length: 1_001 }, (_, n) => ({ role: n % 2 ? 1 : 2, content: `${n}` }) as const);
  await history.add('key', turns);
  expect(await history.size('key')).toBe(501);
  const all: string[] = [];
  for await (const placed of history.all('key')) all.push(...placed.exchange.turns.map((turn) => turn.content));
  expect(all).toEqual(turns.map((turn) => turn.content));
  await history.add('key', []);
  expect(await history.size('key')).toBe(501);
});

test('keeps Coze’s conversation only until the history is changed', async () => {
  await history.append('key', exchange(0), { epoch: 0, coze: 'conv' });
  expect((await history.window('key', LIMITS)).coze).toBe('conv');
  await history.add('key', [{ role: 6, content: 'fact' }]);
  expect((await history.window('key', LIMITS)).coze).toBeUndefined();
});

test('moves to another key whole, where nothing was said yet, and forgets there what its messages were called', async () => {
  await fill(250);
  await history.append('key', { ...exchange(250), replies: ['m'] }, { epoch: 0, coze: 'conv' });
  await history.move('key', 'other');
  expect(await history.size('key')).toBe(0);
  expect(await history.size('other')).toBe(251);
  const [last] = await history.newest('other', 1);
  expect(last).toEqual({
    index: 250,
    exchange: {
      turns: [
        { role: 2, content: 'q250' },
        { role: 1, content: 'a250' },
      ],
    },
  });
  expect((await history.window('other', LIMITS)).coze).toBe('conv');
  await history.append('other', exchange(1), { epoch: 0 });
  await history.append('key', exchange(7), { epoch: 1 });
  await history.move('key', 'other');
  expect([await history.size('key'), await history.size('other')]).toEqual([1, 252]);
});

test('what takes the place of an exchange brings back no question that was deleted meanwhile', async () => {
  const asked = [
    { role: 2, content: 'one', id: 'id1' },
    { role: 2, content: 'two', id: 'id2' },
  ] as const;
  const answered = { turns: [...asked, { role: 1, content: 'anew' }] } as const;
  await history.append('key', { turns: asked }, { epoch: 0 });
  await history.removeQuestion('key', 0, 'id1');
  expect(await history.append('key', answered, { epoch: 0, replace: 0 })).toBe(0);
  expect(await contents()).toEqual(['two', 'anew']);
  await history.removeQuestion('key', 0, 'id2');
  expect(await history.append('key', answered, { epoch: 0, replace: 0 })).toBeUndefined();
  await history.append('key', exchange(3), { epoch: 0 });
  expect(await history.append('key', answered, { epoch: 0, replace: 0 })).toBeUndefined();
  expect(await contents()).toEqual(['q3', 'a3']);
});
