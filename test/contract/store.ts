/** What every store promises, held against each kind for real. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { History } from '#core/conversation/history.ts';
import type { Store } from '#core/store.ts';

/** Runs the suite. `reopen` closes the store and opens what is left of it. */
export function storeContract(
  name: string,
  open: () => Promise<Store>,
  options: { durable: boolean; skip?: boolean },
): void {
  describe.skipIf(options.skip ?? false)(`the store ${name}`, () => {
    // A server may be shared and keep what older runs wrote, so each run has names of its own.
    const space = `test-${randomUUID()}`;
    let store: Store;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    test('gives back what it took, of any JSON shape and script', async () => {
      const keyv = store.keyv(space);
      for (const value of ['', 'a', 0, false, null, [1, 'x'], { 深: ['🎲', { n: 1.5 }] }, 'x'.repeat(300_000)]) {
        await keyv.set('value', value);
        expect(await keyv.get('value')).toEqual(value);
      }
    });

    test('answers a missing key with undefined and a repeated delete with false', async () => {
      const keyv = store.keyv(space);
      expect(await keyv.get('nobody')).toBeUndefined();
      await keyv.set('gone', 1);
      expect([await keyv.delete('gone'), await keyv.delete('gone')]).toEqual([true, false]);
      expect(await keyv.get('gone')).toBeUndefined();
    });

    test('writes over what was there', async () => {
      const keyv = store.keyv(space);
      await keyv.set('over', 1);
      await keyv.set('over', 2);
      expect(await keyv.get('over')).toBe(2);
    });

    test('reads and writes many in order', async () => {
      const keyv = store.keyv(space);
      const keys = Array.from({ length: 150 }, (_, n) => `many-${n}`);
      await keyv.setMany(keys.map((key, value) => ({ key, value })));
      expect(await keyv.getMany([...keys, 'none'])).toEqual([...keys.keys(), undefined]);
      expect(await keyv.getMany([])).toEqual([]);
    });

    test('keeps namespaces apart, also where one begins like another', async () => {
      const [one, two] = [store.keyv(`${space}-a`), store.keyv(`${space}-ab`)];
      await one.set('key', 1);
      await two.set('key', 2);
      expect([await one.get('key'), await two.get('key')]).toEqual([1, 2]);
      expect(await entries(one)).toEqual([['key', 1]]);
    });

    test('takes keys with every character that an id may have', async () => {
      const keyv = store.keyv(space);
      const keys = ["o'clock", 'a%_b', 'a/b=c#1', 'ключ', '*?[x]', `long-${'k'.repeat(600)}`];
      for (const key of keys) await keyv.set(key, key);
      expect(await keyv.getMany(keys)).toEqual(keys);
    });

    test('lists a namespace over many pages', async () => {
      const keyv = store.keyv(`${space}-list`);
      await keyv.setMany(Array.from({ length: 450 }, (_, n) => ({ key: `k${String(n).padStart(3, '0')}`, value: n })));
      const found = await entries(keyv);
      expect(new Set(found.map(([, value]) => value)).size).toBe(450);
    });

    test('forgets what has expired', async () => {
      const keyv = store.keyv(space);
      await keyv.set('short', 1, 1);
      await keyv.set('long', 1, 60_000);
      await expect.poll(() => keyv.get('short')).toBeUndefined();
      expect(await keyv.get('long')).toBe(1);
    });

    test('loses no write of many at once', async () => {
      const history = new History(store.keyv(`${space}-history`));
      const exchanges = Array.from({ length: 30 }, (_, n) => ({
        turns: [{ role: 2 as const, content: `${n}`, id: `${n}` }],
      }));
      await Promise.all(exchanges.map((exchange) => history.append('same', exchange, { epoch: 0 })));
      expect(await history.size('same')).toBe(30);
    });

    test('tells the names that begin so, and no others', async () => {
      const keyv = store.keyv(`${space}-names`);
      const names = ['a/1', 'a/1#0', 'a/12', 'a%/1', 'A/1', 'b/a/1'];
      for (const name of names) await keyv.set(name, name);
      await store.keyv(`${space}-names2`).set('a/13', 1);
      const found: string[] = [];
      for await (const name of store.keys(`${space}-names`, 'a/1')) found.push(name);
      expect(found.sort()).toEqual(['a/1', 'a/1#0', 'a/12']);
    });

    test('is well, and says so', async () => {
      await expect(store.check()).resolves.toBeUndefined();
    });

    test.runIf(options.durable)('keeps everything when it is closed and opened again', async () => {
      await store.keyv(space).set('kept', 'so');
      await store.close();
      store = await open();
      expect(await store.keyv(space).get('kept')).toBe('so');
    });
  });
}

async function entries(keyv: ReturnType<Store['keyv']>): Promise<[string, unknown][]> {
  const found: [string, unknown][] = [];
  for await (const entry of keyv.iterator()) found.push(entry);
  return found;
}
