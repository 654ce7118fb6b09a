import { expect, test } from 'vitest';
import { ada, bob, channel, echo, message, openHouse, read, screen } from './house.ts';

test('answers in one message and remembers both turns', async () => {
  const { engine, asked } = await openHouse();
  const { surface, texts } = screen();
  await engine.reply(message('one'), surface);
  await engine.reply(message('two'), surface);
  expect(texts()).toEqual(['You said: one', 'You said: two']);
  expect(asked[1]?.question.turns.map((turn) => turn.content)).toEqual(['one', 'You said: one', 'two']);
});

test('answers through events with the same history', async () => {
  const { engine, asked } = await openHouse();
  expect(await read(engine.answer(message('one')))).toBe('You said: one');
  expect(await read(engine.answer(message('two')))).toBe('You said: two');
  expect(asked[1]?.question.turns).toHaveLength(3);
  expect(await read(engine.answer(message('/new')))).toContain('Exchanges forgotten: 2');
});

test('names the speakers in a group and not in a private chat', async () => {
  const { engine, asked } = await openHouse();
  const { surface } = screen();
  await engine.reply(message('hi', { place: channel, author: bob }), surface);
  await engine.reply(message('hi'), surface);
  expect(asked.map(({ question }) => question.turns.at(-1)?.content)).toEqual(['Bob: hi', 'hi']);
});

test('tells when the message is written down, before Coze is asked', async () => {
  const order: string[] = [];
  const { engine } = await openHouse({
    mind: async function* (question) {
      order.push('asked');
      yield* echo(question);
    },
  });
  await engine.reply(message('one'), screen().surface, { onWritten: () => order.push('written') });
  expect(order).toEqual(['written', 'asked']);
});

test('offers to stop while it runs, and retry and suggestions afterwards', async () => {
  const seen: string[][] = [];
  const { engine } = await openHouse({
    mind: async function* (question) {
      yield* echo({ ...question, turns: question.turns });
    },
  });
  const { surface, messages } = screen();
  const post = surface.post.bind(surface);
  const watched = {
    ...surface,
    post: (...args: Parameters<typeof post>) => {
      seen.push((args[0].buttons ?? []).map((button) => button.command));
      return post(...args);
    },
  };
  await engine.reply(message('one'), watched);
  expect(messages[0]?.content.buttons?.map((button) => button.command)).toEqual(['retry']);
});

test('answers a redelivered message once', async () => {
  const { engine, asked } = await openHouse();
  const { surface, messages } = screen();
  const incoming = message('one');
  await Promise.all([engine.reply(incoming, surface), engine.reply(incoming, surface)]);
  await engine.reply(incoming, surface);
  expect(messages).toHaveLength(1);
  expect(asked).toHaveLength(1);
});

test('runs commands that are written as messages', async () => {
  const { engine } = await openHouse();
  const { surface, texts } = screen();
  await engine.reply(message('/bot ari'), surface);
  await engine.reply(message('hello'), surface);
  expect(texts()[0]).toContain('ari greets you.');
  expect(texts()[1]).toBe('You said: hello');
});

test('shows the whole result of a command in as many messages as it needs, the buttons under the last', async () => {
  const { engine } = await openHouse();
  const { surface, texts, messages } = screen();
  for (let n = 0; n < 12; n += 1) await read(engine.answer(message(`Question ${n}: ${'why '.repeat(60)}`)));
  await engine.reply(message('/history show 12'), surface);
  expect(messages.length).toBeGreaterThan(1);
  for (let n = 0; n < 12; n += 1) expect(texts().join('\n')).toContain(`You said: Question ${n}:`);
  await engine.reply(message('/bot'), surface);
  expect(messages.at(-1)?.content.buttons).toHaveLength(2);
});

test('asks the last question again in the same message', async () => {
  let n = 0;
  const { engine, asked } = await openHouse({
    mind: async function* () {
      n += 1;
      yield { type: 'delta', text: `answer ${n}` };
      yield { type: 'done', finish: 'stop' };
    },
  });
  const { surface, texts } = screen();
  await engine.reply(message('one'), surface);
  await engine.reply(message('/retry'), surface);
  expect(texts()).toEqual(['answer 2']);
  await engine.reply(message('two'), surface);
  expect(asked.at(-1)?.question.turns.map((turn) => turn.content)).toEqual(['one', 'answer 2', 'two']);
});

test('answers a changed message again in the same reply, and withdraws the answer of a deleted one', async () => {
  const { engine, asked } = await openHouse();
  const { surface, surfaceFor, texts, messages } = screen();
  const first = message('one');
  await engine.reply(first, surface);
  await engine.edited({ ...first, text: 'uno' }, surfaceFor);
  expect(texts()).toEqual(['You said: uno']);
  expect(asked).toHaveLength(2);
  await engine.deleted(first.place, first.id, surfaceFor);
  expect(messages).toEqual([]);
  await engine.reply(message('two'), surface);
  expect(asked.at(-1)?.question.turns.map((turn) => turn.content)).toEqual(['two']);
});

test('stops for the asker and for a moderator, not for anybody else', async () => {
  const started = Promise.withResolvers<void>();
  const { engine } = await openHouse({
    mind: async function* (_question, signal) {
      yield { type: 'delta', text: 'The beginning of a long answer that goes on and on.' };
      started.resolve();
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  });
  const { surface, messages } = screen();
  const reply = engine.reply(message('go', { place: channel, author: ada }), surface);
  await started.promise;
  expect(await engine.stop(channel, bob)).toBe(false);
  expect(await engine.stop(channel, { ...bob, moderator: true })).toBe(true);
  await reply;
  expect(messages[0]?.content).toMatchObject({
    text: 'The beginning of a long answer that goes on and on.',
    note: 'Stopped.',
  });
});
