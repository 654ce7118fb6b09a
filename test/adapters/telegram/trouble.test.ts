/** What the health check hears of Telegram. */
import { expect } from 'vitest';
import { test } from './scene.ts';

test('is in trouble when it has not answered for two minutes, and well when it answers again', async ({
  fake,
  house,
  ada,
}) => {
  let now = 0;
  const { telegram } = await house.start(fake, { now: () => now });
  now = 119_000;
  expect(telegram.trouble()).toBeUndefined();
  now = 185_000;
  expect(telegram.trouble()).toBe('Telegram has not answered for 3 min. The program keeps trying.');
  fake.write({ chat: ada.id, from: ada, text: 'Who are you?' });
  await fake.waitFor(() => fake.unconfirmed.length === 0);
  expect(telegram.trouble()).toBeUndefined();
});

test('tells what keeps the updates away: here the webhook of another program', async ({ fake, house, ada }) => {
  let now = 0;
  const { telegram } = await house.start(fake, { now: () => now });
  await fake.waitFor(() => fake.calls.some(({ method }) => method === 'getUpdates'));
  fake.webhook.proxies.set('other.example.com', 'http://127.0.0.1:9');
  fake.webhook.set({ url: 'https://other.example.com/bot' });
  fake.write({ chat: ada.id, from: ada, text: 'Who are you?' });
  await fake.waitFor(() => house.log.some((line) => line.includes('A webhook is set')));
  now = 185_000;
  expect(telegram.trouble()).toMatch(/^A webhook is set for this Telegram bot/);
});

test('is in trouble for good when the token is refused', async ({ fake, house, ada }) => {
  const { telegram } = await house.start(fake);
  fake.failNext('getUpdates', { status: 401, description: 'Unauthorized' });
  fake.write({ chat: ada.id, from: ada, text: 'Who are you?' });
  await telegram.ended;
  expect(telegram.trouble()).toContain('TELEGRAM_BOT_TOKEN');
});
