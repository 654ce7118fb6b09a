/** What the health check hears of Telegram. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeTelegram, startFakeTelegram } from '../../fake/telegram/server.ts';
import { type House, openHouse } from './house.ts';

let fake: FakeTelegram;
let house: House;

beforeEach(async () => {
  fake = await startFakeTelegram();
  house = await openHouse();
});
afterEach(async () => {
  await house.close();
  await fake.close();
});

it('is in trouble when it has not answered for two minutes, and well when it answers again', async () => {
  let now = 0;
  const { telegram } = await house.start(fake, { now: () => now });
  now = 119_000;
  expect(telegram.trouble()).toBeUndefined();
  now = 185_000;
  expect(telegram.trouble()).toBe('Telegram has not answered for 3 min. The program keeps trying.');
  const ada = fake.person('Ada');
  fake.write({ chat: ada.id, from: ada, text: 'Who are you?' });
  await fake.waitFor(() => fake.unconfirmed.length === 0);
  expect(telegram.trouble()).toBeUndefined();
});

it('is in trouble for good when the token is refused', async () => {
  const { telegram } = await house.start(fake);
  fake.failNext('getUpdates', { status: 401, description: 'Unauthorized' });
  const ada = fake.person('Ada');
  fake.write({ chat: ada.id, from: ada, text: 'Who are you?' });
  await telegram.ended;
  expect(telegram.trouble()).toContain('TELEGRAM_BOT_TOKEN');
});
