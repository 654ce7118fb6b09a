import { expect } from 'vitest';
import { test } from './scene.ts';

const menus = ['all_private_chats', 'all_group_chats', 'all_chat_administrators'].flatMap((scope) => [
  `${scope}:-`,
  `${scope}:zh`,
]);

test('every menu is set, also where Telegram asks to wait or does not answer once', async ({ fake, house }) => {
  fake.failNext('setMyCommands', { status: 429, description: 'Too Many Requests: retry after 1', retryAfter: 1 });
  fake.failNext('getMyCommands', 'drop');
  await house.start(fake);
  await fake.waitFor(() => menus.every((menu) => fake.world.menus.has(menu)));
  const names = (menu: string) => fake.world.menus.get(menu)?.commands.map(({ command }) => command);
  expect(names('all_private_chats:-')).not.toContain('chat');
  expect(names('all_group_chats:zh')).not.toContain('settings');
  expect(names('all_chat_administrators:-')).toContain('settings');
});

test('what Telegram has is not set again', async ({ fake, house }) => {
  const first = await house.start(fake);
  await fake.waitFor(() => menus.every((menu) => fake.world.menus.has(menu)));
  await first.close();
  const before = fake.calls.length;
  await house.start(fake);
  await fake.waitFor(() => fake.calls.slice(before).filter(({ method }) => method === 'getMyCommands').length === 6);
  expect(fake.calls.slice(before).map(({ method }) => method)).not.toContain('setMyCommands');
});

test('a menu that Telegram refuses is said, and the bot answers all the same', async ({ fake, house, ada }) => {
  fake.failNext('setMyCommands', { status: 400, description: 'Bad Request: BOT_COMMAND_INVALID' });
  await house.start(fake);
  await fake.waitFor(() => house.log.some((line) => line.includes('command menu')));
  fake.write({ chat: ada.id, from: ada, text: 'Hello.' });
  await fake.waitFor(() => fake.answers(ada.id).length > 0);
});
