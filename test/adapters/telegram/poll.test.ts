import type { Update, User } from 'grammy/types';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Log } from '#core/log.ts';
import { createApi } from '../../../adapters/telegram/client.ts';
import { poll } from '../../../adapters/telegram/poll.ts';
import { type FakeTelegram, startFakeTelegram } from '../../fake/telegram/server.ts';

let fake: FakeTelegram;
let ada: User;
let closing: AbortController;
let heard: string[][];
let said: string[];
let running: Promise<void>[];

beforeEach(async () => {
  fake = await startFakeTelegram();
  ada = fake.person('Ada');
  closing = new AbortController();
  heard = [];
  said = [];
  running = [];
});
afterEach(async () => {
  closing.abort();
  await Promise.allSettled(running);
  await fake.close();
});

const note = (_: object, sentence: string) => void said.push(sentence);
const log: Log = { debug: note, info: note, warn: note, error: note };

function start(handle?: (updates: readonly Update[]) => Promise<void>, token = fake.token): Promise<void> {
  const loop = poll({
    api: createApi({ token, apiUrl: fake.url, network: {} }),
    log,
    signal: closing.signal,
    pauseMs: 5,
    async handle(updates) {
      heard.push(updates.map((update) => update.message?.text ?? update.message?.caption ?? ''));
      fake.changed();
      await handle?.(updates);
    },
  });
  running.push(loop);
  loop.catch(() => {});
  return loop;
}

const write = (text: string) => fake.write({ chat: ada.id, from: ada, text });

test('messages are heard in order, each once', async () => {
  write('one');
  void start();
  write('two');
  await fake.waitFor(() => heard.length === 2 && fake.unconfirmed.length === 0);
  write('three');
  await fake.waitFor(() => heard.length === 3 && fake.unconfirmed.length === 0);
  expect(heard).toEqual([['one'], ['two'], ['three']]);
});

test('a message is confirmed only when it has been written down', async () => {
  const written = Promise.withResolvers<void>();
  void start(() => written.promise);
  write('precious');
  await fake.waitFor(() => fake.calls.length === 1);
  expect(fake.unconfirmed.length).toBe(1);
  written.resolve();
  await fake.waitFor(() => fake.unconfirmed.length === 0);
});

test('what a crash left unconfirmed comes again', async () => {
  write('survivor');
  void start(() => new Promise<void>(() => {}));
  await fake.waitFor(() => fake.calls.length === 1);
  void start();
  await fake.waitFor(() => fake.unconfirmed.length === 0);
  expect(heard).toEqual([['survivor'], ['survivor']]);
});

test('an update that Telegram repeats is heard once', async () => {
  write('again');
  const [update] = fake.unconfirmed;
  void start(async () => fake.repeat(update ?? 0));
  await fake.waitFor(() => fake.calls.length >= 2);
  write('next');
  await fake.waitFor(() => heard.length === 2);
  expect(heard).toEqual([['again'], ['next']]);
});

test('a lost connection and a server in trouble are waited out', async () => {
  fake.failNext('getUpdates', 'drop');
  fake.failNext('getUpdates', { status: 502, description: 'Bad Gateway' });
  void start();
  write('after the storm');
  await fake.waitFor(() => heard.length === 1);
  expect(said.at(-1)).toBe('Telegram is heard again.');
});

test('a second program on the same bot is named', async () => {
  fake.failNext('getUpdates', {
    status: 409,
    description: 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
  });
  void start();
  write('hello');
  await fake.waitFor(() => heard.length === 1);
  expect(said[0]).toMatch(/Another program reads the updates of this Telegram bot/);
});

test('a webhook that another program has set is named as such', async () => {
  void start();
  await fake.waitFor(() => fake.calls.length === 1);
  fake.webhook.proxies.set('other.example.com', 'http://127.0.0.1:9');
  fake.webhook.set({ url: 'https://other.example.com/bot' });
  write('hello');
  await fake.waitFor(() => said.length > 0);
  expect(said[0]).toMatch(/webhook is set/);
});

test('a revoked token ends the loop with a sentence that says what to do', async () => {
  await expect(start(undefined, '1:AAanother-token-of-the-tests_0123456789abc')).rejects.toMatchObject({
    code: 'auth',
    message: expect.stringContaining('TELEGRAM_BOT_TOKEN'),
  });
});

test('an album that arrives in pieces is heard as one', async () => {
  const file = { kind: 'photo' as const, bytes: new Uint8Array([1]) };
  fake.write({ chat: ada.id, from: ada, file, album: 'x', text: 'look' });
  void start();
  await fake.waitFor(() => fake.calls.length === 1);
  fake.write({ chat: ada.id, from: ada, file, album: 'x' });
  await fake.waitFor(() => heard.length === 1 && fake.unconfirmed.length === 0);
  expect(heard).toEqual([['look', '']]);
});

test('so is one that comes in pieces while others write', async () => {
  const grace = fake.person('Grace');
  const file = { kind: 'photo' as const, bytes: new Uint8Array([1]) };
  fake.write({ chat: ada.id, from: ada, file, album: 'x', text: 'look' });
  fake.write({ chat: grace.id, from: grace, text: 'hello' });
  void start();
  await fake.waitFor(() => fake.calls.length === 1);
  fake.write({ chat: ada.id, from: ada, file, album: 'x' });
  await fake.waitFor(() => heard.length === 2 && fake.unconfirmed.length === 0);
  expect(heard).toEqual([['look', ''], ['hello']]);
});

test('so is a text that is too long for one message: part by part each would be a question of its own', async () => {
  const parts = ['a', 'b'].map((letter) => letter.repeat(4000));
  write(parts[0] ?? '');
  void start();
  await fake.waitFor(() => fake.calls.length === 1);
  write(parts[1] ?? '');
  await fake.waitFor(() => heard.length > 0 && fake.unconfirmed.length === 0);
  expect(heard).toEqual([parts]);
});

test('what is forwarded in a group holds nobody up', async () => {
  const chat = fake.group('Lab', { members: [ada], admins: [fake.world.me] });
  fake.write({ chat, from: ada, text: 'a joke', forwardedFrom: 'Bo' });
  void start();
  await fake.waitFor(() => fake.unconfirmed.length === 0);
  expect(heard).toEqual([['a joke']]);
  expect(fake.calls.map(({ params }) => params.timeout)).not.toContain(0);
});

test('closing ends a poll that waits', async () => {
  const loop = start();
  await fake.waitFor(() => fake.calls.length === 1);
  closing.abort();
  await expect(loop).resolves.toBeUndefined();
});
