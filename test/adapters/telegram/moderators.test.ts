import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApi } from '../../../adapters/telegram/client.ts';
import { createModerators } from '../../../adapters/telegram/moderators.ts';
import { type FakeTelegram, startFakeTelegram } from '../../fake/telegram/server.ts';

let fake: FakeTelegram;
let now = 0;

beforeEach(async () => {
  now = 0;
  fake = await startFakeTelegram();
});
afterEach(() => fake.close());

const open = () => createModerators(createApi({ token: fake.token, apiUrl: fake.url, network: {} }), () => now);
const asked = () => fake.calls.filter(({ method }) => method === 'getChatAdministrators').length;

test('administrators are asked for once in a while', async () => {
  const [ada, boss] = [fake.person('Ada'), fake.person('Boss')];
  const chat = fake.group('Lab', { members: [ada], admins: [boss] });
  const moderators = open();
  expect(await Promise.all([moderators.has(chat, boss.id), moderators.has(chat, ada.id)])).toEqual([true, false]);
  now = 240_000;
  expect(await moderators.has(chat, boss.id)).toBe(true);
  expect(asked()).toBe(1);
  now = 301_000;
  expect(await moderators.has(chat, boss.id)).toBe(true);
  expect(asked()).toBe(2);
});

test('who has just become one is not refused for minutes', async () => {
  const ada = fake.person('Ada');
  const chat = fake.group('Lab', { members: [ada] });
  const moderators = open();
  expect(await moderators.has(chat, ada.id)).toBe(false);
  fake.promote(chat, ada);
  now = 5_000;
  expect(await moderators.has(chat, ada.id)).toBe(false);
  now = 20_000;
  expect(await moderators.has(chat, ada.id)).toBe(true);
});

test('nobody is one while Telegram does not tell, and it is asked again', async () => {
  const boss = fake.person('Boss');
  const chat = fake.group('Lab', { admins: [boss] });
  const moderators = open();
  fake.failNext('getChatAdministrators', { status: 502, description: 'Bad Gateway' });
  expect(await moderators.has(chat, boss.id)).toBe(false);
  expect(await moderators.has(chat, boss.id)).toBe(true);
});
