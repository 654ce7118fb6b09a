/** Starts, ends and kills of the program, and the way to Telegram. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { User } from 'grammy/types';
import { describe, expect } from 'vitest';
import { createNetwork } from '#core/network.ts';
import type { FakeTelegram } from '../../fake/telegram/server.ts';
import type { House } from './house.ts';
import { test } from './scene.ts';
import { startSocks } from './socks.ts';
import { ask, finished, halfway, says, shown } from './talk.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Takes four seconds to be said by `spawnSlowly`. */
const slowText = Array.from({ length: 130 }, (_, i) => `word${i}`).join(' ');

const slow = test.extend({ wordMs: 30 });

/** The program in a process of its own, about to be told `slowText`. */
function spawnSlowly(house: House, fake: FakeTelegram, port?: number) {
  house.simulator.faults.next(says(slowText));
  return house.spawn(fake, port);
}

/** Telegram has no key against a second send, so the program knows the id of its message for sure only once it has edited it. */
const edited = (fake: FakeTelegram, ada: User) =>
  fake.waitFor(() => fake.answers(ada.id).find(({ edits }) => edits > 0));

describe('when the program dies', () => {
  slow('the answer is finished after a kill, in the message that was begun, once', async ({ ada, fake, house }) => {
    const killed = spawnSlowly(house, fake);
    fake.write({ chat: ada.id, from: ada, text: 'Count.' });
    const begun = await edited(fake, ada);
    await killed.kill();
    house.spawn(fake);
    const [answer, ...others] = await finished(fake, ada.id, 1);
    expect(answer?.text).toBe(slowText);
    expect(answer?.id).toBe(begun.id);
    expect(others).toEqual([]);
  });

  slow(
    'so it is where Telegram delivers, and what was written meanwhile is brought to the next one',
    async ({ ada, fake, house }) => {
      const port = await freePort();
      const killed = spawnSlowly(house, fake, port);
      fake.write({ chat: ada.id, from: ada, text: 'Count.' });
      const begun = await edited(fake, ada);
      await killed.kill();
      fake.write({ chat: ada.id, from: ada, text: 'And then?' });
      await fake.waitFor(() => fake.webhook.deliveries.some(({ outcome }) => outcome === 'Connection refused'));
      house.spawn(fake, port);
      const [answer, next, ...others] = await finished(fake, ada.id, 2);
      expect(answer).toMatchObject({ id: begun.id, text: slowText });
      expect(next?.text).not.toBe('');
      expect(others).toEqual([]);
      expect(fake.calls.some(({ method }) => method === 'getUpdates')).toBe(false);
    },
  );

  test('a message that was heard but not written down before the kill is answered', async ({ fake, house, ada }) => {
    const pending = fake.write({ chat: ada.id, from: ada, text: 'Hello?' });
    const killed = house.spawn(fake);
    await fake.waitFor(() => fake.calls.some(({ method }) => method === 'getUpdates'));
    await killed.kill();
    house.spawn(fake);
    const answers = await finished(fake, ada.id, 1);
    expect(pending).toBeLessThan(answers[0]?.id ?? 0);
    expect(answers.length).toBe(1);
  });

  test('a message that was sent meanwhile is answered, once', async ({ fake, house, ada }) => {
    fake.write({ chat: ada.id, from: ada, text: 'Are you there?' });
    await house.start(fake);
    await finished(fake, ada.id, 1);
    const second = await ask(fake, ada, 'And now?');
    expect(fake.answers(ada.id).length).toBe(2);
    expect(second.text).not.toBe('');
  });

  test('the token is nowhere in the log', async ({ fake, house, ada }) => {
    fake.failNext('sendMessage', 'drop');
    await house.start(fake);
    await ask(fake, ada, 'Hello.');
    expect(house.log.join('\n')).not.toContain(fake.token);
  });

  slow(
    'Ctrl-C ends a running answer with a last edit, and the next start finishes it',
    async ({ ada, fake, house }) => {
      const program = spawnSlowly(house, fake);
      fake.write({ chat: ada.id, from: ada, text: 'Count.' });
      const begun = await edited(fake, ada);
      expect(await program.kill('SIGTERM')).toBe(0);
      const left = fake.answers(ada.id);
      expect(left.map(({ buttons }) => buttons)).toEqual([[]]);
      expect(left[0]?.text).toContain('Restarting');
      house.simulator.faults.next(says(slowText));
      house.spawn(fake);
      const answer = await fake.waitFor(() => fake.answers(ada.id).find(({ text }) => text === slowText));
      expect(answer.id).toBe(begun.id);
      expect(fake.answers(ada.id).length).toBe(1);
    },
  );

  test('closing ends a running answer with a last edit', async ({ fake, house, ada }) => {
    const program = await house.start(fake);
    house.simulator.faults.next(halfway());
    fake.write({ chat: ada.id, from: ada, text: 'Count.' });
    await shown(fake, ada.id, 'five');
    await program.close();
    const [answer] = fake.answers(ada.id);
    expect(answer?.buttons).toEqual([]);
    expect(answer?.text).toContain('five');
  });
});
describe('the way to Telegram', () => {
  test('leads through a SOCKS proxy that resolves its name, files included', async ({ fake, house, ada }) => {
    const socks = await startSocks(Number(new URL(fake.url).port));
    const network = createNetwork({ proxy: socks.url });
    const program = await house.start(fake, { network, apiUrl: 'http://telegram.invalid' });
    const bytes = new TextEncoder().encode('The secret word is pineapple.');
    const file = { kind: 'document' as const, name: 'note.txt', type: 'text/plain', bytes };
    fake.write({ chat: ada.id, from: ada, text: 'What is the secret word?', file });
    await finished(fake, ada.id, 1);
    expect(JSON.stringify(house.simulator.requests.at(-1))).toContain('pineapple');
    expect(new Set(socks.asked)).toEqual(new Set(['telegram.invalid:80']));
    await program.close();
    await network.close();
    await socks.close();
  });

  test('may be down for a moment at the start', async ({ fake, house, ada }) => {
    fake.failNext('getMe', 'drop');
    await house.start(fake);
    expect((await ask(fake, ada, 'Hello.')).text).not.toBe('');
  });

  test('is refused with a sentence when the token is bad', async ({ fake, house }) => {
    const sentence = { code: 'auth', message: expect.stringContaining('TELEGRAM_BOT_TOKEN') };
    for (const token of ['nonsense', '1:AAanother-token-of-the-tests_0123456789abc'])
      await expect(house.start(fake, { token })).rejects.toMatchObject(sentence);
  });
});
