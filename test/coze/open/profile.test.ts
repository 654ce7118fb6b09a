import Keyv from 'keyv';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createOpenTransport } from '#core/coze/open/transport.ts';
import { createPlaygroundTransport } from '#core/coze/playground/transport.ts';
import { json, openBot, type Scripted, startScripted } from './scripted.ts';

let server: Scripted;
const path = `/v1/bots/${openBot.coze.botId}`;

beforeEach(async () => {
  server = await startScripted();
});

afterEach(async () => {
  vi.useRealTimers();
  await server.close();
});

const open = (cache?: Keyv) =>
  createOpenTransport({ bot: openBot.coze, base: `${server.url}/`, token: 'pat_1', fetch, cache });
const read = (transport = open()) => transport.profile?.(new AbortController().signal);

const bot = {
  bot_id: openBot.coze.botId,
  name: 'Nim',
  description: 'Helps.',
  icon_url: 'https://cdn.example/nim.png',
  prompt_info: { prompt: 'SECRET' },
  onboarding_info: { prologue: 'Hi, I am Nim.', suggested_questions: ['What can you do?', '', null] },
};
const profile = {
  name: 'Nim',
  description: 'Helps.',
  avatar: 'https://cdn.example/nim.png',
  prologue: 'Hi, I am Nim.',
  suggestions: ['What can you do?'],
};

test('name, icon, prologue and questions, never the prompt', async () => {
  server.on(`GET ${path}`, json({ code: 0, data: bot }));
  expect(await read()).toEqual(profile);
  expect(server.asked[0]?.query).toEqual({ is_published: 'true' });
});

test.each([[{}], [{ onboarding_info: null }], [{ onboarding_info: { prologue: null, suggested_questions: null } }]])(
  '%o is an empty profile',
  async (more) => {
    server.on(`GET ${path}`, json({ code: 0, data: more }));
    expect(await read()).toEqual({});
  },
);

test.each([
  ['Hello, {{user_name}}! I am Nim.', 'Hello! I am Nim.'],
  ['{{ user_name }}，你好！', '你好！'],
  ['你好，{{user_name}}！', '你好！'],
  ['{{user_name}}', undefined],
  ['Hello, {{city}}!', 'Hello, {{city}}!'],
])('the prologue %j is for everybody', async (prologue, said) => {
  server.on(`GET ${path}`, json({ code: 0, data: { ...bot, onboarding_info: { prologue } } }));
  expect((await read())?.prologue).toBe(said);
  const draft = { space_id: '1', bot_id: '2', work_info: { onboarding: JSON.stringify({ prologue }) } };
  const transport = createPlaygroundTransport({
    bot: { kind: 'playground', draft },
    ...{ base: server.url, session: 's', fetch, openWebSocket: (url) => new WebSocket(url) },
  });
  expect((await transport.profile(new AbortController().signal)).prologue).toBe(said);
});

test('is asked once a day, also across restarts', async () => {
  const cache = new Keyv();
  server.on(`GET ${path}`, json({ code: 0, data: bot }));
  await read(open(cache));
  expect(await read(open(cache))).toEqual(profile);
  expect(server.asked).toHaveLength(1);
  vi.setSystemTime(Date.now() + 24 * 3600_000 + 1000);
  await read(open(cache));
  expect(server.asked).toHaveLength(2);
});

test('the older call serves where the newer is absent, bare and with its connector', async () => {
  server.on(`GET ${path}`, json({ code: 401, msg: 'missing session_key in cookie' }, 401));
  server.on('GET /v1/bot/get_online_info', json(bot));
  expect(await read()).toEqual(profile);
  expect(server.to('/v1/bot/get_online_info')[0]?.query).toEqual({ bot_id: openBot.coze.botId, connector_id: '1024' });
});

test('a token that may not read it gives an empty profile, asked for once', async () => {
  server.on(`GET ${path}`, json({ code: 4101, msg: 'no getMetadata' }));
  const transport = open();
  expect(await read(transport)).toEqual({});
  expect(await read(transport)).toEqual({});
  expect(server.asked).toHaveLength(1);
});

test('a bad token is not hidden', async () => {
  server.on(`GET ${path}`, json({ code: 4100, msg: 'bad' }, 401));
  await expect(read()).rejects.toMatchObject({ code: 'auth' });
});
