/** What tests from end to end begin with: a Telegram, people in it, and a house. All of it ends with the test. */
import type { User } from 'grammy/types';
import { test as base } from 'vitest';
import { type FakeTelegram, type FakeTelegramOptions, startFakeTelegram } from '../../fake/telegram/server.ts';
import { type House, openHouse } from './house.ts';

export interface Scene {
  /** Off, unless a file extends the test with others. */
  readonly limits: NonNullable<FakeTelegramOptions['limits']>;
  /** How slowly bots speak. */
  readonly wordMs: number;
  readonly fake: FakeTelegram;
  readonly ada: User;
  readonly grace: User;
  readonly house: House;
}

export const test = base.extend<Scene>({
  limits: 'off',
  wordMs: 0,
  fake: async ({ limits }, use) => {
    const fake = await startFakeTelegram({ limits });
    await use(fake);
    await fake.close();
  },
  ada: ({ fake }, use) => use(fake.person('Ada')),
  grace: ({ fake }, use) => use(fake.person('Grace')),
  // Telegram is there for as long as its programs.
  house: async ({ fake: _, wordMs }, use) => {
    const house = await openHouse({ wordMs });
    await use(house);
    await house.close();
  },
});
