import { expect, test } from 'vitest';
import { createJournal } from '#core/conversation/journal.ts';
import type { ReplyEvent } from '#core/coze/transport.ts';
import { RealCozeError } from '#core/errors.ts';
import { openStore } from '#core/store.ts';
import { ada, bot, echo, message, openHouse, read, screen, silent } from './house.ts';

const failing = (error: Error, words = '') =>
  async function* (): AsyncGenerator<ReplyEvent> {
    if (words) yield { type: 'delta', text: words };
    throw error;
  };

test('leaves the words that came, with a note, and lets one retry', async () => {
  let works = false;
  const broken = failing(new RealCozeError('network', 'Secret host refused.'), 'Half an ans');
  const { engine, asked } = await openHouse({ mind: (question) => (works ? echo(question) : broken()) });
  const { surface, messages, texts } = screen();
  await engine.reply(message('one'), surface);
  expect(messages[0]?.content).toMatchObject({
    text: 'Half an ans',
    note: 'The answer breaks off here: No connection to Coze.',
    buttons: [{ command: 'retry' }],
  });
  works = true;
  await engine.reply(message('/retry'), surface);
  expect(texts()).toEqual(['You said: one']);
  expect(asked.at(-1)?.question.turns.map((turn) => turn.content)).toEqual(['one']);
});

test('speaks the reader’s language', async () => {
  const { engine } = await openHouse({ mind: failing(new RealCozeError('quota', 'x')) });
  const { surface, messages } = screen();
  await engine.reply(message('one', { language: 'zh-CN' }), surface);
  expect(messages[0]?.content.note).toBe('此机器人的 Coze 额度已用完。');
});

test.for([
  ['moderated', 'The moderation of this place does not let the rest of the answer through.'],
  ['invalid', 'The rest of the answer could not be shown here: the platform does not take it.'],
] as const)(
  'ends with a sentence, and remembers what could be seen, where the words are refused as %s',
  async ([code, note]) => {
    const { engine, asked } = await openHouse();
    const { surface, messages } = screen();
    const refused = new RealCozeError(code, 'Refused.');
    const strict = {
      ...surface,
      post: async (...[content, key]: Parameters<typeof surface.post>) => {
        if (content.text !== '') throw refused;
        return surface.post(content, key);
      },
    };
    await engine.reply(message('bad words'), strict);
    expect(messages[0]?.content).toMatchObject({
      text: '',
      note,
      buttons: [{ command: 'retry' }],
    });
    await engine.reply(message('two'), surface);
    expect(asked.at(-1)?.question.turns.map(({ content }) => content)).toEqual(['two']);
  },
);

test('lets the fallback answer with the same history and files while the credits are used up', async () => {
  const context = { keep: 'coze', turns: 40, characters: 24_000, idleMinutes: 0 } as const;
  const nim = bot('nim', { name: '客服', fallback: 'ari', context });
  let hasCredits = true;
  const uploads: string[] = [];
  const { engine, asked } = await openHouse({
    bots: [nim, bot('ari', { fallback: 'nim' })],
    mind: async function* (question, _signal, name) {
      if (!hasCredits && name === 'nim') throw new RealCozeError('quota', 'No credits.');
      question.onChat?.({ conversationId: `conversation of ${name}`, chatId: '1' });
      yield* echo(question);
    },
    transport: {
      upload: async ({ name }) => {
        uploads.push(name);
        return { kind: 'file', id: String(uploads.length), name };
      },
    },
    fetchAttachment: async () => new Uint8Array([1, 2, 3, 0]),
  });
  const { surface, messages, texts } = screen();
  await engine.reply(message('one'), surface);
  hasCredits = false;
  const attachments = [{ name: 'a.pdf', type: 'application/pdf', ref: 'x' }];
  await engine.reply(message('two', { attachments }), surface);
  expect(texts().at(-1)).toContain('You said: two');
  expect(messages.at(-1)?.content.note).toBe('“客服” has no Coze credits left; “ari” answered instead.');
  const used = (await engine.command('usage', message('', { author: ada })))?.text;
  expect(used).toContain('客服: 1 / 1 questions');
  expect(used).toContain('ari: 1 / 1 questions');
  expect(uploads).toEqual(['a.pdf', 'a.pdf']);
  const { question } = asked.at(-1) ?? {};
  expect(question?.conversationId).toBeUndefined();
  expect(question?.turns.map(({ content }) => content)).toEqual([
    'one',
    'You said: one',
    expect.stringContaining('two'),
  ]);
  hasCredits = true;
  await engine.reply(message('three'), surface);
  expect(asked.at(-1)).toMatchObject({ bot: 'nim', question: { turns: { length: 5 } } });
  expect(asked.at(-1)?.question.conversationId).toBeUndefined();
});

test('says that the credits are used up where the fallback has none either, or words are there already', async () => {
  const nim = bot('nim', { fallback: 'ari' });
  let words = '';
  const { engine, asked } = await openHouse({
    bots: [nim, bot('ari', { fallback: 'nim' })],
    mind: () => failing(new RealCozeError('quota', 'x'), words)(),
  });
  const { surface, messages } = screen();
  await engine.reply(message('one'), surface);
  expect(messages[0]?.content.note).toBe('The Coze quota of this bot is used up.');
  expect(asked.map((one) => one.bot)).toEqual(['nim', 'ari']);
  words = 'Half';
  await engine.reply(message('two'), surface);
  expect(messages[1]?.content).toMatchObject({ text: 'Half', note: expect.stringContaining('breaks off') });
  expect(asked.map((one) => one.bot)).toEqual(['nim', 'ari', 'nim']);
});

test('never sends a quota notice that came as an answer back to Coze', async () => {
  let notice = true;
  const { engine, asked } = await openHouse({
    mind: async function* (question) {
      if (!notice) return yield* echo(question);
      yield { type: 'delta', text: 'Your daily limit is reached.' };
      yield { type: 'done', finish: 'notice' };
    },
  });
  const { surface, texts } = screen();
  await engine.reply(message('one'), surface);
  notice = false;
  await engine.reply(message('two'), surface);
  expect(texts()).toEqual(['Your daily limit is reached.', 'You said: two']);
  expect(asked.at(-1)?.question.turns.map((turn) => turn.content)).toEqual(['two']);
});

test.each([
  ['en', 'The bot finished without an answer.'],
  ['zh-CN', '机器人没有给出回答。'],
  ['zh-TW', '機器人沒有給出回答。'],
] as const)('says in %s that there was no answer, and keeps none', async (language, sentence) => {
  const { engine, asked } = await openHouse({
    mind: async function* () {
      yield { type: 'done', finish: 'notice' };
    },
  });
  const { surface, messages } = screen();
  await engine.reply(message('one', { language }), surface);
  expect(messages[0]?.content.note).toBe(sentence);
  expect(await read(engine.answer(message('two', { language })))).toBe(sentence);
  await read(engine.answer(message('three', { language })));
  expect(asked.at(-1)?.question.turns.map((turn) => turn.role)).toEqual([2]);
  const own = { turns: [{ role: 2, content: 'Mine' }] } as const;
  expect(await read(engine.answer(message('', { language }), undefined, own))).toBe(sentence);
});

test('tells the member when the store is away, and asks Coze nothing', async () => {
  const store = await openStore('memory://', { log: silent });
  const { engine, asked } = await openHouse({ store });
  store.keyv('journal').set = () => Promise.reject(new RealCozeError('store', 'The disk is full.'));
  const { surface, messages } = screen();
  let written = 0;
  await engine.reply(message('one'), surface, {
    onWritten: () => {
      written += 1;
    },
  });
  expect(messages[0]?.content.note).toContain('could not be read or written');
  expect([asked.length, written]).toEqual([0, 1]);
});

test('says so to readers of events, without where the store lies', async () => {
  const store = await openStore('memory://', { log: silent });
  const { engine } = await openHouse({ store });
  store.keyv('places').getMany = () =>
    Promise.reject(new RealCozeError('store', 'sqlite:///home/owner/secret failed.'));
  await expect(read(engine.answer(message('one')))).rejects.toMatchObject({
    code: 'store',
    message: expect.not.stringContaining('secret'),
  });
  expect((await engine.command('help', message('')))?.text).toContain('could not be read or written');
});

test('says when an answer cannot be remembered, and remembers it at the next start', async () => {
  const store = await openStore('memory://', { log: silent });
  const { engine } = await openHouse({ store });
  const history = store.keyv('history');
  const setMany = history.setMany.bind(history);
  history.setMany = () => Promise.reject(new RealCozeError('store', 'The disk is full.'));
  const { surface, surfaceFor, messages } = screen();
  await engine.reply(message('one'), surface);
  expect(messages.map(({ content }) => content.note ?? content.text)).toEqual([
    'You said: one',
    expect.stringContaining('could not be remembered yet'),
  ]);
  history.setMany = setMany;
  const next = await openHouse({ store });
  await next.engine.resume('telegram', 'bot', surfaceFor);
  expect(next.asked).toEqual([]);
  expect((await next.engine.command('history', message('')))?.text).toContain('You said: one');
});

test.each([
  ['comes back', 'You said: one'],
  ['does not come back before the end', undefined],
])('what was left unfinished waits for a store that is away at the start and %s', async (_what, answer) => {
  const store = await openStore('memory://', { log: silent });
  const journal = createJournal({ open: store.keyv('journal'), done: store.keyv('done') });
  await journal.open(message('one'));
  const open = store.keyv('journal');
  const iterator = open.iterator.bind(open);
  const asked = Promise.withResolvers<void>();
  let tries = 0;
  open.iterator = () => {
    tries += 1;
    if (tries === 2) asked.resolve();
    if (answer && tries > 2) return iterator();
    throw new RealCozeError('store', 'Nobody answers.');
  };
  const { engine } = await openHouse({ store });
  const { surfaceFor, texts } = screen();
  const resumed = engine.resume('telegram', 'bot', surfaceFor);
  await asked.promise;
  if (!answer) await engine.close();
  await resumed;
  expect(texts()).toEqual(answer ? [answer] : []);
});

test('retry of nothing, an empty message and an unknown command are answered', async () => {
  const { engine } = await openHouse();
  const { surface, messages } = screen();
  await engine.reply(message('/retry'), surface);
  await engine.reply(message(''), surface);
  await engine.reply(message('/etc/passwd?'), surface);
  expect(messages.map(({ content }) => content.note ?? content.text)).toEqual([
    'There is no question to ask again.',
    'There is nothing to answer: the message has no text and no file that can be taken.',
    'You said: /etc/passwd?',
  ]);
});

test('says which bot answers instead of one that is gone', async () => {
  const { engine, catalog } = await openHouse();
  const { surface, messages } = screen();
  await engine.command('bot ari', message(''));
  catalog.bots.pop();
  await engine.reply(message('one'), surface);
  expect(messages[0]?.content).toMatchObject({
    text: 'You said: one',
    note: '“ari” is no longer here; “nim” answers instead.',
  });
});
