/** What tests from end to end begin with: a Discord, people in it, and a house. All of it ends with the test. */
import { test } from 'vitest';
import type { Limits } from '../../fake/discord/limits.ts';
import type { User } from '../../fake/discord/memory.ts';
import { type FakeDiscord, startFakeDiscord } from '../../fake/discord/server.ts';
import { type House, noLimits, openHouse, type Program } from './house.ts';
import { type Views, viewsOf } from './talk.ts';

export interface Scene extends Views {
  /** Whether the application may read every message; off, unless a file extends the test. */
  readonly contentIntent: boolean;
  /** None, unless a file extends the test. */
  readonly limits: Limits;
  /** How slowly bots speak. */
  readonly wordMs: number;
  readonly fake: FakeDiscord;
  readonly alice: User;
  /** May manage the channels. */
  readonly boss: User;
  readonly house: House;
}

export const it = test.extend<Scene>({
  contentIntent: false,
  limits: noLimits,
  wordMs: 0,
  fake: async ({ contentIntent, limits }, use) => {
    const fake = await startFakeDiscord({ limits, contentIntent });
    await use(fake);
    await fake.close();
  },
  alice: ({ fake }, use) => use(fake.person('Alice')),
  boss: ({ fake }, use) => use(fake.person('Boss', { moderator: true })),
  // Discord is there for as long as its programs.
  house: async ({ fake: _, wordMs }, use) => {
    const house = await openHouse({ wordMs });
    await use(house);
    await house.close();
  },
  ours: ({ fake }, use) => use(viewsOf(fake).ours),
  finished: ({ fake }, use) => use(viewsOf(fake).finished),
  begun: ({ fake }, use) => use(viewsOf(fake).begun),
  answers: ({ fake }, use) => use(viewsOf(fake).answers),
  answered: ({ fake }, use) => use(viewsOf(fake).answered),
});

/** As `it`, with the program there before each test and its commands registered. */
export const whileRunning = it.extend<{ readonly program: Program }>({
  program: [
    async ({ fake, house }, use) => {
      const program = await house.start(fake);
      await fake.waitFor(() => fake.commands().length > 0);
      await use(program);
    },
    { auto: true },
  ],
});
