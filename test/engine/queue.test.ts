import { expect, test } from 'vitest';
import { ada, bob, channel, dm, echo, gated, message, openHouse, screen } from './house.ts';

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

test.each(['before its first word', 'while its file is fetched'])(
  'what is interrupted %s is known to the next question',
  async (when) => {
    const isFile = when === 'while its file is fetched';
    const begun = Promise.withResolvers<void>();
    const hang = (signal: AbortSignal) => {
      begun.resolve();
      return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const { engine, asked } = await openHouse({
      mind: async function* (question, signal) {
        if (question.turns.length === 1) await hang(signal);
        yield* echo(question);
      },
      transport: { upload: async ({ name }) => ({ id: name, kind: 'image' }) },
      fetchAttachment: (_file, _place, signal) => hang(signal),
    });
    const { surface } = screen();
    await engine.command('settings mailbox interrupt', message(''));
    const attachments = isFile ? [{ name: 'a.png', type: 'image/png', ref: 'x' }] : [];
    const first = engine.reply(message('I am Ada.', { attachments }), surface);
    await begun.promise;
    await Promise.all([first, engine.reply(message('who am I?'), surface)]);
    expect(asked.at(-1)?.question.turns.map((turn) => turn.content)).toEqual(['I am Ada.', 'who am I?']);
    expect((await engine.command('usage', message('')))?.text).toContain(`You: ${isFile ? 1 : 2} /`);
  },
);

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
