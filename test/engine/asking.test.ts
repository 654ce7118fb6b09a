import { expect, test } from 'vitest';
import { ada, bob, bot, channel, echo, message, openHouse, read, screen, thread } from './house.ts';

test('brings in a quotation that the history does not hold', async () => {
  const { engine, asked } = await openHouse();
  const { surface, messages } = screen();
  const first = message('one', { place: channel });
  await engine.reply(first, surface);
  const last = () => asked.at(-1)?.question.turns.at(-1)?.content;
  await engine.reply(
    message('and?', { place: channel, quote: { id: messages[0]?.id ?? '', author: 'Nim', text: 'You said: one' } }),
    surface,
  );
  expect(last()).toBe('Ada: and?');
  await engine.reply(
    message('so?', { place: channel, quote: { id: 'old', author: 'Eve', text: 'two\nlines' } }),
    surface,
  );
  expect(last()).toBe('Ada: > Eve: two\n> lines\n\nso?');
});

test('names no member to Coze, and the same member always the same', async () => {
  const { engine, asked } = await openHouse();
  for (const author of [ada, bob, ada]) await read(engine.answer(message('hi', { place: thread, author })));
  const [first, second, third] = asked.map(({ question }) => question.user);
  expect(first).toMatch(/^[0-9a-f]{24}$/);
  expect([first === third, first === second]).toEqual([true, false]);
});

test('brings a workflow’s question to the member, and their next message resumes it', async () => {
  const { engine, asked } = await openHouse({
    mind: async function* (question) {
      question.onChat?.({ conversationId: 'conv', chatId: 'chat' });
      const isAnswered = question.conversationId === 'conv';
      yield { type: 'delta', text: isAnswered ? 'Rain in Oslo.' : 'Which city?' };
      yield { type: 'done', finish: isAnswered ? 'stop' : 'interrupt' };
    },
  });
  const { surface, texts } = screen();
  for (const words of ['The weather?', 'Oslo', 'Thanks']) await engine.reply(message(words), surface);
  expect(texts()).toEqual(['Which city?', 'Rain in Oslo.', 'Which city?']);
  expect(asked.map(({ question }) => question.conversationId)).toEqual([undefined, 'conv', undefined]);
});

test('asks a history that the caller keeps and stores nothing', async () => {
  const { engine, asked } = await openHouse();
  const turns = [
    { role: 2, content: 'a' },
    { role: 1, content: 'b' },
    { role: 2, content: 'c' },
  ] as const;
  expect(await read(engine.answer(message('c'), undefined, { turns, bot: 'ari' }))).toBe('You said: c');
  expect(asked.at(-1)?.question.subscribe).toEqual(['reasoning']);
  expect(asked[0]).toMatchObject({ bot: 'ari', question: { turns } });
  expect((await engine.command('history', message('')))?.text).toContain('is empty');
  await expect(read(engine.answer(message('c'), undefined, { turns, bot: 'no' }))).rejects.toMatchObject({
    code: 'invalid',
  });
  const wrong = [{ role: 9, content: 'c' }] as unknown as typeof turns;
  await expect(read(engine.answer(message(''), undefined, { turns: wrong }))).rejects.toMatchObject({
    code: 'invalid',
  });
});

test('lets Coze keep the context where the bot says so', async () => {
  const keeper = bot('nim', { context: { keep: 'coze', turns: 40, characters: 24_000, idleMinutes: 0 } });
  const { engine, asked } = await openHouse({
    bots: [keeper],
    mind: async function* (question) {
      question.onChat?.({ conversationId: 'conv', chatId: 'chat' });
      yield* echo(question);
    },
  });
  await read(engine.answer(message('one')));
  await read(engine.answer(message('two')));
  expect(asked[1]?.question).toMatchObject({ conversationId: 'conv', turns: [{ content: 'two' }] });
  await engine.command('undo', message(''));
  await read(engine.answer(message('three')));
  expect(asked[2]?.question.conversationId).toBeUndefined();
  expect(asked[2]?.question.turns.map((turn) => turn.content)).toEqual(['one', 'You said: one', 'three']);
});

test('keeps what was heard when the reader leaves early', async () => {
  const { engine } = await openHouse();
  for await (const event of engine.answer(message('one'))) if (event.type === 'delta') break;
  expect((await engine.command('history', message('')))?.text).toContain('You said:');
});

test.each(['retry', 'edit'])('what is asked again (%s) after the history lay idle is remembered', async (how) => {
  let at = 1_700_000_000_000;
  const context = { keep: 'window', turns: 40, characters: 24_000, idleMinutes: 5 } as const;
  const { engine, asked } = await openHouse({ bots: [bot('nim', { context })], now: () => at });
  const { surface, surfaceFor, texts } = screen();
  const two = message('two');
  for (const incoming of [message('one'), two]) await engine.reply(incoming, surface);
  at += 10 * 60_000;
  if (how === 'retry') await engine.reply(message('/retry'), surface);
  else await engine.edited({ ...two, text: 'dos' }, surfaceFor);
  const words = how === 'retry' ? 'two' : 'dos';
  expect(texts()).toEqual(['You said: one', `You said: ${words}`]);
  await engine.reply(message('three'), surface);
  expect(asked.at(-1)?.question.turns.map((turn) => turn.content)).toEqual([words, `You said: ${words}`, 'three']);
});
