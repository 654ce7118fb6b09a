/** What the engine owes to the place it answers in: it does not chatter, keeps to its budget, and leaves when nobody can see it. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RealCozeError } from '#core/errors.ts';
import type { Incoming, Place } from '#core/message.ts';
import { openStore } from '#core/store.ts';
import type { Content } from '#core/surface.ts';
import { ada, bob, channel, dm, echo, gated, message, openHouse, read, screen, silent, thread } from './house.ts';

describe('where every message is answered', () => {
  let at = 0;
  const open = async (...lines: string[]) => {
    const house = await openHouse({ now: () => at });
    for (const line of ['settings answer all', ...lines])
      await house.engine.command(line, message('', { place: channel }));
    const { surface, messages } = screen();
    const notes = async (change: Partial<Incoming>) => {
      await house.engine.reply(message('hi', { place: channel, author: bob, ...change }), surface);
      return messages.splice(0).map(({ content }) => content.note ?? content.text);
    };
    return { ...house, notes };
  };

  test('a denied member who calls the bot is told so once an hour, and who does not call it is not answered', async () => {
    const { notes, asked } = await open('settings deny user:bob server');
    expect(await notes({ overheard: true })).toEqual([]);
    expect(await notes({})).toEqual(['You may not ask the bot here.']);
    expect(await notes({})).toEqual([]);
    expect(await notes({ place: thread })).toEqual(['You may not ask the bot here.']);
    at += 3_600_000;
    expect(await notes({})).toEqual(['You may not ask the bot here.']);
    expect(await notes({ author: ada })).toEqual(['You said: Ada: hi']);
    expect(asked).toHaveLength(1);
  });

  test('a limit is told once an hour', async () => {
    const { notes } = await open('settings member-turns 1');
    expect(await notes({ overheard: true })).toEqual(['You said: Bob: hi']);
    expect(await notes({ overheard: true })).toEqual([expect.stringContaining('each member here is 1.')]);
    expect(await notes({ overheard: true })).toEqual([]);
    expect(await notes({})).toEqual([]);
  });
});

test('where the bot must be called, every call that is refused is told so', async () => {
  const { engine } = await openHouse();
  const { surface, messages } = screen();
  await engine.command('settings deny user:bob', message('', { place: channel }));
  for (let n = 0; n < 2; n++) await engine.reply(message('hi', { place: channel, author: bob }), surface);
  expect(messages).toHaveLength(2);
});

test('a denied member does not stop the others who ask meanwhile', async () => {
  const { mind, release, begun } = gated();
  const { engine, asked } = await openHouse({ mind });
  const { surface, texts } = screen();
  const there = { place: channel };
  for (const line of ['settings mailbox join', 'settings deny user:bob'])
    await engine.command(line, message('', there));
  const first = engine.reply(message('one', there), surface);
  await begun('Ada: one');
  const second = engine.reply(message('two', there), surface);
  await engine.reply(message('me too', { ...there, author: bob }), surface);
  release('Ada: one');
  release('Ada: two');
  await Promise.all([first, second]);
  expect(texts()).toEqual(['You said: Ada: one', '', 'You said: Ada: two']);
  expect(asked).toHaveLength(2);
});

test('who asks together with others is counted and limited like them', async () => {
  const { mind, release, begun } = gated();
  const { engine } = await openHouse({ mind });
  const { surface, messages } = screen();
  const there = { place: channel };
  for (const line of ['settings mailbox join', 'settings member-turns 1', 'settings deny user:zoe'])
    await engine.command(line, message('', there));
  const first = engine.reply(message('one', there), surface);
  await begun('Ada: one');
  const eve = { id: 'eve', name: 'Eve', moderator: false };
  const rest = [eve, bob].map((author) => engine.reply(message('me too', { ...there, author }), surface));
  // Refused behind them: both wait now.
  await engine.reply(message('and I', { ...there, author: { ...eve, id: 'zoe' } }), screen().surface);
  release('Ada: one');
  release('Bob: me too');
  await Promise.all([first, ...rest]);
  await engine.reply(message('again', { ...there, author: bob }), surface);
  expect(messages.map(({ content }) => content.note ?? content.text)).toEqual([
    'You said: Ada: one',
    'You said: Bob: me too',
    expect.stringContaining('each member here is 1.'),
  ]);
  expect((await engine.command('usage', message('', { ...there, author: bob })))?.text).toContain(
    'You: 1 / 1 questions',
  );
});

test('the program’s own sentences are paid from the budget of their place, and wait as long as the platform asks', async () => {
  const { engine } = await openHouse();
  const { surface, messages } = screen();
  let refusals = 0;
  const busy: typeof surface = {
    ...surface,
    async post(content, key) {
      if (refusals++ % 2 === 0) throw new RealCozeError('rate_limited', 'Slowly.', { retryAfterMs: 1 });
      return surface.post(content, key);
    },
  };
  await engine.reply(message('/about'), busy);
  await engine.reply(message('/retry'), busy);
  expect(messages.map(({ content }) => content.note ?? content.text)).toEqual([
    expect.stringContaining('nim'),
    'There is no question to ask again.',
  ]);
});

test('Coze is left at once when the message of the answer is deleted', async () => {
  let reason: unknown;
  const { engine } = await openHouse({
    mind: async function* (_question, signal) {
      yield { type: 'delta', text: 'The beginning of a long answer that goes on and on.' };
      yield { type: 'delta', text: '\nAnd on, far enough for another edit.' };
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      reason = signal.reason;
    },
  });
  const { surface } = screen();
  const left = expect.poll(() => reason, { timeout: 5_000 }).toMatchObject({ code: 'aborted' });
  await engine.reply(message('one'), {
    ...surface,
    edit: async () => {
      throw new RealCozeError('gone', 'The message was deleted.');
    },
  });
  await left;
});

test('a button that is pressed before the platform has told of the last edit finds the answer', async () => {
  const { engine } = await openHouse({
    mind: async function* (question) {
      yield { type: 'knowledge', excerpts: ['Water boils at 100 °C.'] };
      yield* echo(question);
    },
  });
  const { surface, messages } = screen();
  const told = Promise.withResolvers<void>();
  const slow: typeof surface = {
    ...surface,
    async post(content, key) {
      const receipt = await surface.post(content, key);
      if (content.final) await told.promise;
      return receipt;
    },
  };
  await engine.command('settings streaming off', message(''));
  const question = message('hot?');
  const reply = engine.reply(question, slow);
  await expect.poll(() => messages.length).toBe(1);
  const pressed = ['history', `sources ${question.id}`, 'undo'].map((line) => engine.command(line, message('')));
  told.resolve();
  const texts = (await Promise.all(pressed)).map((notice) => notice?.text);
  expect(texts).toEqual([
    expect.stringContaining('the last 1 of 1'),
    expect.stringContaining('Water boils'),
    expect.stringContaining('hot?'),
  ]);
  await reply;
});

describe('on a platform that cannot be reached', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  test('the end of the program does not wait for ever, and the turn goes on at the next start', async () => {
    const store = await openStore('memory://', { log: silent });
    const first = await openHouse({ store });
    const { surface, surfaceFor, texts } = screen();
    const reached = Promise.withResolvers<Content>();
    const post: typeof surface.post = (content) => {
      reached.resolve(content);
      return new Promise(() => {});
    };
    void first.engine.reply(message('one'), { ...surface, post });
    await reached.promise;
    const closed = first.engine.close();
    await vi.advanceTimersByTimeAsync(10_000);
    await closed;
    const second = await openHouse({ store });
    await second.engine.resume('telegram', 'bot', surfaceFor);
    expect(texts()).toEqual(['You said: one']);
  });
});

test('a history that the caller keeps is refused and counted as others are', async () => {
  const { engine, asked } = await openHouse({ owner: { deny: ['user:bob'], memberTurns: 1 } });
  const turns = [{ role: 2, content: 'hi' }] as const;
  await expect(read(engine.answer(message('hi', { author: bob }), undefined, { turns }))).rejects.toMatchObject({
    code: 'forbidden',
  });
  await read(engine.answer(message('hi'), undefined, { turns }));
  expect((await engine.command('usage', message('')))?.text).toContain('1 / 1 questions, 5 / 5 tokens');
  await expect(read(engine.answer(message('hi'), undefined, { turns }))).rejects.toMatchObject({ code: 'quota' });
  expect(asked).toHaveLength(1);
});

test('in scope user nobody exports, takes back or reads the sources of what another asked', async () => {
  const { engine } = await openHouse({
    mind: async function* (question) {
      yield { type: 'knowledge', excerpts: ['Known to Ada only.'] };
      yield* echo(question);
    },
  });
  const { surface } = screen();
  await engine.command('settings scope user', message('', { place: channel }));
  const secret = message('my secret', { place: channel, author: ada });
  await engine.reply(secret, surface);
  const bobs = { place: channel, author: bob };
  for (const line of ['history', 'history export', 'undo', 'sources', `sources ${secret.id}`]) {
    const notice = await engine.command(line, message('', bobs));
    const shown = (notice?.text ?? '') + new TextDecoder().decode(notice?.file?.bytes);
    expect(shown, line).not.toMatch(/secret|Known to Ada/);
  }
  const own = await engine.command('history export', message('', { place: channel, author: ada }));
  expect(new TextDecoder().decode(own?.file?.bytes)).toContain('my secret');
});

test.each(['looks for names', 'cannot look for names'])(
  'a group with another id keeps everybody’s own history (a store that %s)',
  async (what) => {
    const { keyv, keys } = await openStore('memory://', { log: silent });
    const store = what === 'looks for names' ? { keyv, keys } : { keyv };
    const { engine, asked } = await openHouse({ store });
    const group = (id: string): Place => ({ ...dm, levels: [{ kind: 'channel', id }], direct: false });
    const [from, to, other] = [group('-1'), group('-1001'), group('-10')];
    for (const place of [from, other]) await engine.command('settings scope user', message('', { place }));
    const ask = (text: string, place: Place, author = ada) => read(engine.answer(message(text, { place, author })));
    await ask('I am Ada.', from);
    await ask('I am Bob.', from, bob);
    await ask('I am elsewhere.', other);
    await engine.moved(from, to);
    await engine.moved(from, to);
    for (const [author, words] of [
      [ada, 'I am Ada.'],
      [bob, 'I am Bob.'],
    ] as const) {
      await ask('who?', to, author);
      expect(asked.at(-1)?.question.turns.map(({ content }) => content)).toEqual([
        `${author.name}: ${words}`,
        expect.stringContaining(words),
        `${author.name}: who?`,
      ]);
    }
    await ask('who?', other);
    expect(asked.at(-1)?.question.turns).toHaveLength(3);
    await ask('who?', from);
    expect(asked.at(-1)?.question.turns).toHaveLength(1);
  },
);
