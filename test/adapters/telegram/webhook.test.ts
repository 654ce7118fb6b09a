import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Update, User } from 'grammy/types';
import { Keyv } from 'keyv';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RealCozeError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import { createApi } from '../../../adapters/telegram/client.ts';
import { createInbox } from '../../../adapters/telegram/inbox.ts';
import { createWebhook } from '../../../adapters/telegram/webhook.ts';
import { type FakeTelegram, startFakeTelegram } from '../../fake/telegram/server.ts';

const url = 'https://bot.example.com/any/path';
const file = { kind: 'photo' as const, bytes: new Uint8Array([1]) };
const never = () => new Promise<void>(() => {});

let fake: FakeTelegram;
let ada: User;
let heard: string[][];
let said: string[];
let keyv: Keyv;
let ends: (() => unknown)[];

beforeEach(async () => {
  fake = await startFakeTelegram();
  ada = fake.person('Ada');
  heard = [];
  said = [];
  keyv = new Keyv();
  ends = [];
});
afterEach(async () => {
  for (const end of ends) await end();
  await fake.close();
});

const note = (_: object, sentence: string) => {
  said.push(sentence);
  fake.changed();
};
const log: Log = { debug: note, info: note, warn: note, error: note };

interface Options {
  readonly handle?: (updates: readonly Update[]) => Promise<void>;
  readonly token?: string;
  /** Whatever lies behind the owner's address; default: the program. */
  readonly proxy?: string;
}

/** The program with its server. */
async function start({ handle, token = fake.token, proxy }: Options = {}) {
  const closing = new AbortController();
  const { signal } = closing;
  const inbox = createInbox({
    ...{ keyv, log, signal, albumMs: 60 },
    async handle(updates) {
      heard.push(updates.map((update) => update.message?.text ?? update.message?.caption ?? ''));
      fake.changed();
      await handle?.(updates);
    },
  });
  const api = createApi({ token, apiUrl: fake.url, network: {} });
  const webhook = createWebhook({ api, token, url, inbox, log, signal, watchMs: 10, pauseMs: 5 });
  const answer = async (request: Request) => (await webhook.receive(request)) ?? new Response('page', { status: 404 });
  const server = await listening(createAdaptorServer({ fetch: answer, overrideGlobalObjects: false }) as Server);
  fake.webhook.proxies.set('bot.example.com', proxy ?? server);
  const running = webhook.run();
  running.catch(() => {});
  const close = () => closing.abort();
  ends.push(close);
  return { running, server, close, trouble: webhook.trouble };
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const write = (text: string, more: Partial<Parameters<FakeTelegram['write']>[0]> = {}) =>
  fake.write({ chat: ada.id, from: ada, text, ...more });
const isDone = () => fake.unconfirmed.length === 0;

test('messages are heard in order, each once', async () => {
  write('one');
  await start();
  write('two');
  await fake.waitFor(isDone);
  write('three');
  await fake.waitFor(isDone);
  expect(heard).toEqual([['one'], ['two'], ['three']]);
  expect(fake.webhook.deliveries.map(({ outcome }) => outcome)).toEqual([200, 200, 200]);
});

test('a message is confirmed only when it has been written down', async () => {
  const written = Promise.withResolvers<void>();
  await start({ handle: () => written.promise });
  write('precious');
  await fake.waitFor(() => heard.length === 1);
  expect(fake.unconfirmed).toHaveLength(1);
  written.resolve();
  await fake.waitFor(isDone);
});

test('what a program could not write down before it ended is brought to its successor', async () => {
  const first = await start({ handle: never });
  write('survivor');
  await fake.waitFor(() => heard.length === 1);
  first.close();
  await fake.waitFor(() => fake.webhook.deliveries.some(({ outcome }) => outcome === 503));
  await start();
  await fake.waitFor(isDone);
  expect(heard).toEqual([['survivor'], ['survivor']]);
});

test('an update that Telegram repeats is heard once', async () => {
  await start();
  write('once');
  const [update] = fake.unconfirmed;
  fake.repeat(update ?? 0);
  await fake.waitFor(isDone);
  write('next');
  await fake.waitFor(isDone);
  expect(heard).toEqual([['once'], ['next']]);
});

test('the pictures of an album are heard as one, before what is written after them', async () => {
  await start();
  write('look', { file, album: 'x' });
  write('', { file, album: 'x' });
  await fake.waitFor(() => heard.length === 1);
  write('these too', { file, album: 'y' });
  write('', { file, album: 'y' });
  write('and?');
  await fake.waitFor(isDone);
  expect(heard).toEqual([['look', ''], ['these too', ''], ['and?']]);
});

test('so are the parts of a text that is too long for one message', async () => {
  await start();
  const parts = ['a', 'b'].map((letter) => letter.repeat(4000));
  for (const part of parts) write(part);
  await fake.waitFor(isDone);
  write('and?');
  await fake.waitFor(() => heard.length > 1);
  expect(heard).toEqual([parts, ['and?']]);
});

test('an album outlives a crash between its pictures', async () => {
  const first = await start();
  write('look', { file, album: 'x' });
  await fake.waitFor(isDone);
  first.close();
  write('', { file, album: 'x' });
  await start();
  await fake.waitFor(() => heard.length === 1);
  expect(heard).toEqual([['look', '']]);
  await fake.waitFor(isDone);
  await expect.poll(() => keyv.get('parts')).toBeUndefined();
});

test('a picture that the store does not take comes again', async () => {
  const set = keyv.set.bind(keyv);
  keyv.set = async () => {
    keyv.set = set;
    throw new RealCozeError('store', 'The disk is full.');
  };
  await start();
  write('look', { file, album: 'x' });
  await fake.waitFor(() => heard.length === 1);
  expect(heard).toEqual([['look']]);
  expect(fake.webhook.deliveries.map(({ outcome }) => outcome)).toEqual([503, 200]);
});

test('only Telegram itself is heard, and other requests are left to the page', async () => {
  const { server } = await start();
  await fake.waitFor(() => said.includes(`Telegram delivers to ${url}.`));
  const post = (secret: string, body = '{"update_id": 1}') =>
    fetch(server, { method: 'POST', headers: { 'x-telegram-bot-api-secret-token': secret }, body });
  expect((await post('guess')).status).toBe(401);
  expect((await fetch(server, { method: 'POST', body: '{"update_id": 1}' })).status).toBe(404);
  const secret = String(fake.calls.find(({ method }) => method === 'setWebhook')?.params.secret_token);
  expect(secret).toMatch(/^[\w-]{43}$/);
  expect((await fetch(server, { headers: { 'x-telegram-bot-api-secret-token': secret } })).status).toBe(404);
  expect((await post(secret, 'no JSON')).status).toBe(400);
  expect((await post(secret, '{"update_id": "1"}')).status).toBe(400);
  expect(heard).toEqual([]);
  expect((await post(secret)).status).toBe(200);
  expect(heard).toEqual([['']]);
});

test('an address that Telegram does not take is named with its words, and tried until it does', async () => {
  fake.failNext('setWebhook', {
    status: 400,
    description: 'Bad Request: bad webhook: Failed to resolve host: Name or service not known',
  });
  await start();
  write('hello');
  await fake.waitFor(isDone);
  expect(said[0]).toMatch(/does not take .*bot\.example\.com.*TELEGRAM_WEBHOOK_URL.*Failed to resolve host/);
  expect(said.at(-1)).toBe(`Telegram delivers to ${url}.`);
});

test('deliveries that do not arrive are told once, and when they do again', async () => {
  const nowhere = await listening(createServer((_, response) => response.writeHead(502).end()));
  const { server, trouble } = await start({ proxy: nowhere });
  await fake.waitFor(() => said.length === 1);
  expect(trouble()).toBeUndefined();
  write('hello');
  await fake.waitFor(() => said.length === 2);
  expect(said[1]).toMatch(/cannot deliver to .*Wrong response from the webhook: 502.*SERVER_PORT/);
  expect(trouble()).toBe(said[1]);
  const looks = () => fake.calls.filter(({ method }) => method === 'getWebhookInfo').length;
  const before = looks();
  await fake.waitFor(() => looks() > before + 3);
  fake.webhook.proxies.set('bot.example.com', server);
  await fake.waitFor(() => said.length === 3);
  expect(said[2]).toBe(`Telegram delivers to ${url}.`);
  expect(trouble()).toBeUndefined();
  expect(heard).toEqual([['hello']]);
});

test('an address that another program took away is set again', async () => {
  await start();
  await fake.waitFor(() => said.length === 1);
  await createApi({ token: fake.token, apiUrl: fake.url, network: {} }).deleteWebhook();
  await fake.waitFor(() => fake.webhook.url === url);
  expect(said[1]).toMatch(/Another program took the updates/);
  write('still here?');
  await fake.waitFor(isDone);
  expect(heard).toEqual([['still here?']]);
});

test('a revoked token ends it with a sentence that says what to do', async () => {
  const { running } = await start({ token: '1:AAanother-token-of-the-tests_0123456789abc' });
  await expect(running).rejects.toMatchObject({
    code: 'auth',
    message: expect.stringContaining('TELEGRAM_BOT_TOKEN'),
  });
});
