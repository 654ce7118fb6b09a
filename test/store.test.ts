import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMemory } from '#core/store/memory.ts';
import { openSqlite } from '#core/store/sqlite.ts';
import { openStore } from '#core/store.ts';
import { storeContract } from './contract/store.ts';
import { silent } from './engine/house.ts';

const { TEST_REDIS_URL, TEST_POSTGRES_URL } = process.env;
const run = promisify(execFile);
let folder: string;
let clock = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'real-coze-store-'));
});
afterAll(() => rm(folder, { recursive: true }));

const open = (url: string) => openStore(url, { log: silent });

storeContract('memory://', () => open('memory://'), { durable: false });
storeContract('sqlite://', () => open(`sqlite://${folder}/deep/er/store.sqlite`), { durable: true });
storeContract('redis:// (TEST_REDIS_URL)', () => open(TEST_REDIS_URL ?? ''), { durable: true, skip: !TEST_REDIS_URL });
storeContract('postgres:// (TEST_POSTGRES_URL)', () => open(TEST_POSTGRES_URL ?? ''), {
  durable: true,
  skip: !TEST_POSTGRES_URL,
});

test('refuses a URL of no store and names those there are', async () => {
  await expect(open('mysql://x/y')).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining('sqlite://'),
  });
});

test.each([
  ['memory', () => openMemory(() => clock)],
  ['sqlite', () => openSqlite(join(folder, 'swept.sqlite'), () => clock)],
])('what has expired makes room, also where nobody asks for it (%s)', async (_name, openIt) => {
  clock = 1_000;
  const backend = openIt();
  await backend.set([
    { key: 'old', value: '1', expires: 2_000 },
    { key: 'kept', value: '1', expires: 9_000 },
  ]);
  clock = 3_000;
  for (let n = 0; n < 1_000; n += 1) await backend.set([{ key: 'n', value: String(n) }]);
  // A delete tells whether anything was there.
  expect(await backend.delete(['old', 'kept'])).toEqual([false, true]);
  await backend.close();
});

test('names the file when it is no database', async () => {
  const path = join(folder, 'letter.txt');
  await writeFile(path, 'Dear reader, this is no database at all.'.repeat(50));
  await expect(open(`sqlite://${path}`)).rejects.toMatchObject({
    code: 'store',
    message: expect.stringContaining(path),
  });
});

test.runIf(existsSync('/proc/sys'))('says so where the system lets nobody make a folder', async () => {
  const script = `
    import { openStore } from ${JSON.stringify(new URL('../src/store.ts', import.meta.url).href)};
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    await openStore('sqlite:///proc/sys/x/y.sqlite', { log }).catch(({ message }) => process.stdout.write(message));
  `;
  // In a program of its own, which can be ended should it hang.
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { timeout: 4_000 });
  expect(stdout).toContain('The store sqlite:///proc/sys/x/y.sqlite failed: it could not be opened (ENOENT');
});

test('throws once it is closed, on reads and on writes', async () => {
  const store = await open(`sqlite://${folder}/closed.sqlite`);
  const keyv = store.keyv('x');
  await store.close();
  await expect(keyv.get('a')).rejects.toMatchObject({ code: 'store' });
  await expect(keyv.set('a', 1)).rejects.toMatchObject({ code: 'store' });
  await expect(keyv.getMany(['a'])).rejects.toMatchObject({ code: 'store' });
  await expect(keyv.delete('a')).rejects.toMatchObject({ code: 'store' });
  await expect(store.check()).rejects.toMatchObject({ code: 'store' });
});

test('keeps nothing of many when one cannot be written', async () => {
  const store = await open(`sqlite://${folder}/tick.sqlite`);
  const keyv = store.keyv('x');
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  await expect(
    keyv.setMany<unknown>([
      { key: 'a', value: 1 },
      { key: 'b', value: cyclic },
    ]),
  ).rejects.toMatchObject({ code: 'store' });
  expect(await keyv.getMany(['a', 'b'])).toEqual([undefined, undefined]);
  await store.close();
});

test.each(['redis', 'postgres'])(
  'a %s server that is down is told, never taken for an empty history',
  async (scheme) => {
    // A port of the system's own range that nobody listens on.
    const port = 2;
    const told: string[] = [];
    const log = { ...silent, error: (_: object, sentence: string) => told.push(sentence) };
    const store = await openStore(`${scheme}://someone:secret-word@127.0.0.1:${port}/0`, { log });
    expect(told.join()).toContain(`${scheme}://127.0.0.1:${port}`);
    expect(told.join()).not.toContain('secret-word');
    await expect(store.keyv('history').get('key')).rejects.toMatchObject({ code: 'store' });
    await expect(store.keyv('history').set('key', 1)).rejects.toMatchObject({ code: 'store' });
    const first = store.keyv('journal').iterator().next();
    await expect(first).rejects.toMatchObject({ code: 'store' });
    await store.close();
  },
);

test('what was written is there after kill -9', async () => {
  const url = `sqlite://${folder}/killed.sqlite`;
  const script = `
    import { openStore } from ${JSON.stringify(new URL('../src/store.ts', import.meta.url).href)};
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const keyv = (await openStore(${JSON.stringify(url)}, { log })).keyv('x');
    for (let n = 0; ; n++) { await keyv.set('n', n); process.stdout.write(n + '\\n'); }
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let confirmed = -1;
  child.stdout.on('data', (chunk: Buffer) => {
    confirmed = Number(String(chunk).trim().split('\n').at(-1));
    if (confirmed >= 50) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.on('close', resolve));
  const store = await open(url);
  expect(await store.keyv('x').get('n')).toBeGreaterThanOrEqual(confirmed);
  await store.close();
});

test('two programs may create the same file at once', async () => {
  const files = Array.from({ length: 60 }, (_, index) => join(folder, `both-${index}.sqlite`));
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const open = async () => {
    const worker = new Worker(new URL('./store.worker.ts', import.meta.url), { workerData: { files, gate } });
    const [failures] = await once(worker, 'message');
    return failures;
  };
  expect(await Promise.all([open(), open()])).toEqual([[], []]);
});
