import { describe, expect, test } from 'vitest';
import type { Question, ReplyEvent, UploadedFile } from '#core/coze/transport.ts';
import { RealCozeError } from '#core/errors.ts';
import type { Incoming } from '#core/message.ts';
import { openStore } from '#core/store.ts';
import { ada, bob, bot, channel, dm, echo, message, openHouse, read, screen, silent, thread } from './house.ts';

/** A mind that waits at each question until it is let go on. */
function gated() {
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const arrived = new Map<string, PromiseWithResolvers<void>>();
  const of = (map: typeof gates, key: string) => {
    const known = map.get(key) ?? Promise.withResolvers<void>();
    map.set(key, known);
    return known;
  };
  async function* mind(question: Question, signal: AbortSignal): AsyncGenerator<ReplyEvent> {
    const words = question.turns.at(-1)?.content ?? '';
    yield { type: 'delta', text: 'The first words of the answer, long enough to be shown.' };
    of(arrived, words).resolve();
    const stopped = Promise.withResolvers<never>();
    const onAbort = () => stopped.reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    stopped.promise.catch(() => {});
    await Promise.race([of(gates, words).promise, stopped.promise]);
    yield { type: 'replace', text: `You said: ${words}` };
    yield { type: 'done', finish: 'stop' };
  }
  return {
    mind,
    release: (words: string) => of(gates, words).resolve(),
    begun: (words: string) => of(arrived, words).promise,
  };
}

describe('the mailbox', () => {
  test('answers one message at a time in order, other conversations meanwhile', async () => {
    const { mind, release, begun } = gated();
    const { engine, asked } = await openHouse({ mind });
    const { surface, texts } = screen();
    const replies = ['one', 'two'].map((words) => engine.reply(message(words), surface));
    await begun('one');
    const other = { ...dm, levels: [{ kind: 'channel', id: '8' }] } as const;
    release('elsewhere');
    await engine.reply(message('elsewhere', { place: other }), screen().surface);
    expect(asked.map(({ question }) => question.turns.at(-1)?.content)).toEqual(['one', 'elsewhere']);
    release('two');
    release('one');
    await Promise.all(replies);
    expect(texts()).toEqual(['You said: one', 'You said: two']);
  });

  test('says when it is full', async () => {
    const { mind, release, begun } = gated();
    const { engine } = await openHouse({ mind });
    const { surface, messages } = screen();
    const replies = Array.from({ length: 12 }, (_, n) => engine.reply(message(`${n}`), surface));
    await begun('0');
    await replies[11];
    expect(messages.at(-1)?.content.note).toContain('10 messages wait here already');
    for (let n = 0; n < 11; n++) release(`${n}`);
    await Promise.all(replies);
    expect(messages).toHaveLength(12);
  });

  test('stop reaches a turn that waits', async () => {
    const { mind, release, begun } = gated();
    const { engine, asked } = await openHouse({ mind });
    const { surface, messages } = screen();
    const first = engine.reply(message('one', { place: channel, author: ada }), surface);
    await begun('Ada: one');
    const second = engine.reply(message('two', { place: channel, author: bob }), surface);
    await expect.poll(() => engine.stop(channel, bob)).toBe(true);
    await second;
    expect(messages.at(-1)?.content.note).toBe('Stopped.');
    release('Ada: one');
    await first;
    expect(asked).toHaveLength(1);
  });

  test('interrupt lets the newest message win and keeps what was said', async () => {
    const { mind, release, begun } = gated();
    const { engine, asked } = await openHouse({ mind });
    const { surface, messages } = screen();
    await engine.command('settings mailbox interrupt', message(''));
    const first = engine.reply(message('one'), surface);
    await begun('one');
    release('two');
    await Promise.all([first, engine.reply(message('two'), surface)]);
    expect(messages.map(({ content }) => [content.text, content.note])).toEqual([
      ['The first words of the answer, long enough to be shown.', 'Interrupted by the next message.'],
      ['You said: two', undefined],
    ]);
    expect(asked.at(-1)?.question.turns).toHaveLength(3);
  });

  test('join asks what came meanwhile as one question', async () => {
    const { mind, release, begun } = gated();
    const { engine, asked } = await openHouse({ mind });
    const { surface, texts } = screen();
    await engine.command('settings mailbox join', message(''));
    const first = engine.reply(message('one'), surface);
    await begun('one');
    const rest = ['two', 'three', 'four'].map((words) => engine.reply(message(words), surface));
    release('four');
    await expect
      .poll(async () => (await engine.command('history add', message('')))?.text)
      .toContain('An answer is running');
    release('one');
    await Promise.all([first, ...rest]);
    expect(texts()).toEqual(['You said: one', 'You said: four']);
    expect(asked.at(-1)?.question.turns.map((turn) => turn.content)).toEqual([
      'one',
      'You said: one',
      'two',
      'three',
      'four',
    ]);
  });

  test('new stops the running answer, which does not come back', async () => {
    const { mind, release, begun } = gated();
    const { engine, asked } = await openHouse({ mind });
    const { surface } = screen();
    const first = engine.reply(message('one'), surface);
    await begun('one');
    expect((await engine.command('undo', message('')))?.text).toContain('An answer is running');
    await engine.command('new', message(''));
    await first;
    release('two');
    await engine.reply(message('two'), surface);
    expect(asked.at(-1)?.question.turns.map((turn) => turn.content)).toEqual(['two']);
  });
});

describe('what goes wrong', () => {
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
});

describe('what is asked', () => {
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

  test('asks a history that the caller keeps and stores nothing', async () => {
    const { engine, asked } = await openHouse();
    const turns = [
      { role: 2, content: 'a' },
      { role: 1, content: 'b' },
      { role: 2, content: 'c' },
    ] as const;
    expect(await read(engine.answer(message('c'), undefined, { turns, bot: 'ari' }))).toBe('You said: c');
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
});

describe('files', () => {
  const file = (name: string, type: string, content: string, size = content.length) => ({
    name,
    type,
    size,
    ref: `data:${type};base64,${Buffer.from(content).toString('base64')}`,
  });
  const upload = async ({ name, type }: { name: string; type: string }): Promise<UploadedFile> => ({
    id: `up-${name}`,
    kind: type.startsWith('image/') ? 'image' : 'file',
  });
  const asking = async (change: Partial<Incoming>, takes = true) => {
    const { engine, asked } = await openHouse(takes ? { transport: { upload } } : {});
    const { surface, messages } = screen();
    await engine.reply(message('look', change), surface);
    return { question: asked[0]?.question, note: messages[0]?.content.note };
  };

  test('an album goes with its caption as one question', async () => {
    const attachments = [file('a.png', 'image/png', 'a'), file('b.png', 'image/png', 'b')];
    const { question, note } = await asking({ attachments });
    expect(question?.files).toEqual([
      { id: 'up-a.png', kind: 'image' },
      { id: 'up-b.png', kind: 'image' },
    ]);
    expect(question?.turns.at(-1)?.content).toBe('look\n\n[image: a.png] [image: b.png]');
    expect(note).toBeUndefined();
  });

  test('a text file is read into the question, in a fence that it cannot leave', async () => {
    const { question } = await asking({ attachments: [file('a.md', 'text/markdown', '```js\n1\n```')] });
    expect(question?.files).toEqual([]);
    expect(question?.turns.at(-1)?.content).toBe('look\n\na.md:\n````\n```js\n1\n```\n````');
  });

  test('what is too large or cannot be taken is named, and the rest is asked', async () => {
    const big = file('big.zip', 'application/zip', 'x', 30_000_000);
    expect((await asking({ attachments: [big] })).note).toBe('big.zip was left out: it is larger than 20 MB.');
    const sound = file('a.ogg', 'audio/ogg', 'x');
    const { question, note } = await asking({ attachments: [sound] }, false);
    expect(note).toBe('a.ogg was left out: this bot takes text files only.');
    expect(question?.turns.at(-1)?.content).toBe('look');
    expect((await asking({ attachments: [sound], text: '' }, false)).note).toContain('nothing to answer');
    const many = Array.from({ length: 12 }, (_, n) => file(`${n}.png`, 'image/png', 'x'));
    expect((await asking({ attachments: many })).note?.split('\n')).toHaveLength(2);
  });

  test('a download that fails is a sentence without its address', async () => {
    const attachments = [{ name: 'a.png', type: 'image/png', ref: 'https://10.0.0.1/secret' }];
    const { note } = await asking({ attachments });
    expect(note).toContain('a.png was left out');
    expect(note).not.toContain('10.0.0.1');
  });

  test('a retry sends the files again', async () => {
    const { engine, asked } = await openHouse({ transport: { upload } });
    const { surface } = screen();
    await engine.reply(message('look', { attachments: [file('a.png', 'image/png', 'a')] }), surface);
    await engine.reply(message('/retry'), surface);
    expect(asked[1]?.question).toEqual(asked[0]?.question && { ...asked[0].question, onChat: expect.anything() });
  });
});

describe('after an answer', () => {
  test('offers suggestions and sources, and sources of no other place', async () => {
    const { engine } = await openHouse({
      mind: async function* () {
        yield { type: 'reasoning', text: 'Let me think.' };
        yield { type: 'knowledge', excerpts: ['Water boils at 100 °C.'] };
        yield { type: 'tool', name: 'search', state: 'done' };
        yield { type: 'delta', text: 'Yes.' };
        for (const text of ['a?', 'b?', 'c?', 'd?']) yield { type: 'suggest', text };
        yield { type: 'done', finish: 'stop' };
      },
    });
    const { surface, messages } = screen();
    const question = message('hot?');
    await engine.reply(question, surface);
    expect(messages[0]?.content.buttons?.map(({ command }) => command)).toEqual([
      'retry',
      'ask a?',
      'ask b?',
      'ask c?',
      `sources ${question.id}`,
    ]);
    const text = (await engine.command(`sources ${question.id}`, message('')))?.text;
    for (const words of ['Water boils', 'search', 'Let me think.']) expect(text).toContain(words);
    const elsewhere = await engine.command(`sources ${question.id}`, message('', { place: channel }));
    expect(elsewhere?.text).toBe('This answer tells no sources.');
  });

  test('comes whole where the place wants that', async () => {
    const { engine } = await openHouse();
    const { surface, texts } = screen();
    await engine.command('settings streaming off', message(''));
    let edits = 0;
    await engine.reply(message('one'), {
      ...surface,
      edit: (...args) => {
        edits += 1;
        return surface.edit(...args);
      },
    });
    expect(texts()).toEqual(['You said: one']);
    expect(edits).toBe(0);
  });
});

test('ends with a last edit when the program closes, and goes on at the next start in the same message', async () => {
  const store = await openStore('memory://', { log: silent });
  const { mind, release, begun } = gated();
  const first = await openHouse({ mind, store });
  const { surface, surfaceFor, messages, texts } = screen();
  const running = first.engine.reply(message('one'), surface);
  const waiting = first.engine.reply(message('two'), surface);
  await begun('one');
  await first.engine.close();
  await Promise.all([running, waiting]);
  expect(messages.map(({ content }) => content.note)).toEqual(['Restarting; this answer goes on in a moment.']);
  release('one');
  const second = await openHouse({ store });
  await second.engine.resume('telegram', 'bot', surfaceFor);
  expect(texts()).toEqual(['You said: one', 'You said: two']);
  await second.engine.resume('telegram', 'bot', surfaceFor);
  expect(second.asked).toHaveLength(2);
});

test('fetches the rest of a chat that Coze still has after a crash', async () => {
  const store = await openStore('memory://', { log: silent });
  const hang: typeof echo = async function* (question) {
    question.onChat?.({ conversationId: 'conv', chatId: 'chat' });
    yield { type: 'delta', text: 'The first words of an answer that is cut off by a crash.' };
    await new Promise(() => {});
  };
  const first = await openHouse({ mind: hang, store });
  const { surface, surfaceFor, messages, texts } = screen();
  void first.engine.reply(message('one'), surface);
  await expect.poll(() => messages.length).toBe(1);
  const recovered: string[] = [];
  const second = await openHouse({
    store,
    transport: {
      async *recover(chat) {
        recovered.push(chat.chatId);
        yield { type: 'replace', text: 'The whole answer.' };
        yield { type: 'done', finish: 'stop' };
      },
    },
  });
  await second.engine.resume('telegram', 'bot', surfaceFor);
  expect(texts()).toEqual(['The whole answer.']);
  expect([recovered, second.asked.length]).toEqual([['chat'], 0]);
  await read(second.engine.answer(message('two')));
  expect(second.asked[0]?.question.turns.map((turn) => turn.content)).toEqual(['one', 'The whole answer.', 'two']);
});

test('changing a message while it is answered answers the new words in the same reply', async () => {
  const { mind, release, begun } = gated();
  const { engine, asked } = await openHouse({ mind });
  const { surface, surfaceFor, texts } = screen();
  const first = message('one');
  const running = engine.reply(first, surface);
  await begun('one');
  release('uno');
  await engine.edited({ ...first, text: 'uno' }, surfaceFor);
  await running;
  expect(texts()).toEqual(['You said: uno']);
  expect(asked.at(-1)?.question.turns.map((turn) => turn.content)).toEqual(['uno']);
});

test('deleting a message while it is answered takes the answer away', async () => {
  const { mind, begun } = gated();
  const { engine } = await openHouse({ mind });
  const { surface, surfaceFor, messages } = screen();
  const first = message('one');
  const running = engine.reply(first, surface);
  await begun('one');
  await expect.poll(() => messages.length).toBe(1);
  await engine.deleted(first.place, first.id, surfaceFor);
  await running;
  expect(messages).toEqual([]);
  expect((await engine.command('history', message('')))?.text).toContain('is empty');
});
