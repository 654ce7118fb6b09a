import { expect, test } from 'vitest';
import { RealCozeError } from '#core/errors.ts';
import { openStore } from '#core/store.ts';
import { echo, gated, message, openHouse, screen, silent } from './house.ts';

const zoe = { id: 'zoe', name: 'Zoe', moderator: false };

/** "one" is answered while "two" and "three" come, which are asked together and answered up to `upTo`. */
async function joined(upTo: 'running' | 'answered') {
  const { mind, release, begun } = gated();
  const house = await openHouse({ mind });
  const shown = screen();
  for (const line of ['settings mailbox join', 'settings deny user:zoe']) await house.engine.command(line, message(''));
  const [one, two, three] = [message('one'), message('two'), message('three')];
  const first = house.engine.reply(one, shown.surface);
  await begun('one');
  const rest = [two, three].map((incoming) => house.engine.reply(incoming, shown.surface));
  // Refused behind them: both wait now.
  await house.engine.reply(message('me too', { author: zoe }), screen().surface);
  release('one');
  await begun('three');
  if (upTo === 'answered') {
    release('three');
    await Promise.all([first, ...rest]);
  } else await expect.poll(() => shown.messages.length).toBe(2);
  const last = () => house.asked.at(-1)?.question.turns.map((turn) => turn.content);
  return { ...house, ...shown, release, begun, last, two, three };
}

test.each(['running', 'answered'] as const)(
  'changing one of several questions that were asked together asks all of them again in the same reply (%s)',
  async (upTo) => {
    const { engine, texts, release, last, two, three, surfaceFor } = await joined(upTo);
    release('three');
    await engine.edited({ ...two, text: 'dos' }, surfaceFor);
    expect(texts()).toEqual(['You said: one', 'You said: three']);
    expect(last()).toEqual(['one', 'You said: one', 'dos', 'three']);
    release('tres');
    await engine.edited({ ...three, text: 'tres' }, surfaceFor);
    expect(texts()).toEqual(['You said: one', 'You said: tres']);
    expect(last()).toEqual(['one', 'You said: one', 'dos', 'tres']);
    expect((await engine.command('history', message('')))?.text).toContain('the last 2 of 2');
  },
);

test('deleting one of several questions while they are answered asks the others without it, in the same reply', async () => {
  const { engine, texts, release, begun, last, three, surfaceFor } = await joined('running');
  release('two');
  await engine.deleted(three.place, three.id, surfaceFor);
  await begun('two');
  await expect.poll(texts).toEqual(['You said: one', 'You said: two']);
  expect(last()).toEqual(['one', 'You said: one', 'two']);
});

test('deleting one of several questions leaves none of the others waiting when the store fails just then', async () => {
  const { engine, store, texts, surface, release, three, surfaceFor } = await joined('running');
  const done = store.keyv('done');
  const set = done.set.bind(done);
  done.set = async (key, ...rest) => {
    if (key.endsWith(`message=${three.id}`)) throw new RealCozeError('store', 'It is full.');
    return set(key, ...rest);
  };
  for (const words of ['two', 'four']) release(words);
  await engine.deleted(three.place, three.id, surfaceFor);
  await engine.reply(message('four'), surface);
  expect(texts()).toEqual(['You said: one', 'You said: two', 'You said: four']);
});

test('deleting the first of several questions while they are answered takes its reply away and asks the others', async () => {
  const { engine, texts, release, begun, last, two, surfaceFor } = await joined('running');
  release('three');
  await engine.deleted(two.place, two.id, surfaceFor);
  await begun('three');
  await expect.poll(texts).toEqual(['You said: one', 'You said: three']);
  expect(last()).toEqual(['one', 'You said: one', 'three']);
});

test('deleting one of several questions afterwards forgets its words and leaves the answer to the others', async () => {
  const { engine, texts, release, last, two, three, surfaceFor } = await joined('answered');
  await engine.deleted(two.place, two.id, surfaceFor);
  expect(texts()).toEqual(['You said: one', 'You said: three']);
  release('four');
  await engine.reply(message('four'), screen().surface);
  expect(last()).toEqual(['one', 'You said: one', 'three', 'You said: three', 'four']);
  await engine.deleted(three.place, three.id, surfaceFor);
  expect(texts()).toEqual(['You said: one']);
});

test('two changes that come at once end with the words of the last', async () => {
  const { mind, release, begun } = gated();
  const { engine } = await openHouse({ mind });
  const { surface, surfaceFor, texts } = screen();
  const first = message('one');
  const running = engine.reply(first, surface);
  await begun('one');
  for (const words of ['uno', 'eins']) release(words);
  await Promise.all(['uno', 'eins'].map((text) => engine.edited({ ...first, text }, surfaceFor)));
  await running;
  expect(texts()).toEqual(['You said: eins']);
  expect((await engine.command('history', message('')))?.text).toContain('the last 1 of 1');
});

test('a changed message of another bot’s conversation changes nothing in this one', async () => {
  const { engine, asked } = await openHouse();
  const { surface, surfaceFor, texts } = screen();
  const first = message('one');
  await engine.reply(first, surface);
  await engine.command('bot ari', message(''));
  await engine.reply(message('two'), surface);
  await engine.edited({ ...first, text: 'uno' }, surfaceFor);
  expect(texts()).toEqual(['You said: one', 'You said: two']);
  expect(asked).toHaveLength(2);
});

test('a changed message sends the files of the others again, and its own as they are now', async () => {
  const file = (name: string) => ({ name, type: 'image/png', ref: 'data:image/png;base64,eA==' });
  const { engine, asked } = await openHouse({
    transport: { upload: async ({ name }) => ({ id: name, kind: 'image' }) },
  });
  const { surface, surfaceFor } = screen();
  const look = message('look', { attachments: [file('a.png')] });
  await engine.reply(look, surface);
  await engine.edited({ ...look, text: 'look here', attachments: [file('b.png')] }, surfaceFor);
  expect(asked.at(-1)?.question.files).toEqual([{ id: 'b.png', kind: 'image' }]);
  await engine.reply(message('/retry'), surface);
  expect(asked.at(-1)?.question.files).toEqual([{ id: 'b.png', kind: 'image' }]);
  expect(asked.at(-1)?.question.turns.at(-1)?.content).toBe('look here\n\n[image: b.png]');
});

test('a message that is deleted while its new words are answered leaves nothing behind', async () => {
  const { mind, release, begun } = gated();
  const { engine } = await openHouse({ mind });
  const { surface, surfaceFor, messages } = screen();
  const first = message('one');
  release('one');
  await engine.reply(first, surface);
  const changed = engine.edited({ ...first, text: 'uno' }, surfaceFor);
  await begun('uno');
  await engine.deleted(first.place, first.id, surfaceFor);
  await changed;
  expect(messages).toEqual([]);
  expect((await engine.command('history', message('')))?.text).toContain('is empty');
});

test.each([
  ['a paragraph less', 'Tell me a joke.\n\nAbout cats.', 'Tell me a joke.'],
  ['other words after its command', '/chat one', '/chat uno'],
])('a question that is changed to %s is answered again', async (_what, before, after) => {
  const { engine, asked } = await openHouse();
  const { surface, surfaceFor, texts } = screen();
  const first = message(before);
  await engine.reply(first, surface);
  await engine.edited({ ...first, text: after }, surfaceFor);
  expect(asked.at(-1)?.question.turns.map((turn) => turn.content)).toEqual([after.replace('/chat ', '')]);
  expect(texts()).toEqual([`You said: ${after.replace('/chat ', '')}`]);
});

test.each([
  ['the same paragraphs', 'Tell me a joke.\n\nAbout cats.', 'Tell me a joke.\n\nAbout cats.'],
  ['the same words after a command', '/ask one', '/ask one'],
  ['a command', 'one', '/new'],
  ['another command', 'one', '/retry'],
])('a question that is changed to %s is not asked again', async (_what, before, after) => {
  const { engine, asked } = await openHouse();
  const { surface, surfaceFor } = screen();
  const first = message(before);
  await engine.reply(first, surface);
  let written = 0;
  await engine.edited({ ...first, text: after }, surfaceFor, {
    onWritten: () => {
      written += 1;
    },
  });
  expect([asked.length, written]).toEqual([1, 1]);
  expect((await engine.command('history', message('')))?.text).toContain('the last 1 of 1');
});

test.each(['changed', 'deleted'] as const)(
  'a message that is %s while it is being written down is not asked as it was',
  async (what) => {
    const store = await openStore('memory://', { log: silent });
    const { engine, asked } = await openHouse({ store });
    const journal = store.keyv('journal');
    const set = journal.set.bind(journal);
    const disk = Promise.withResolvers<void>();
    journal.set = async (...row: Parameters<typeof set>) => {
      await disk.promise;
      return set(...row);
    };
    const { surface, surfaceFor, texts } = screen();
    const first = message('one');
    const reply = engine.reply(first, surface);
    const change =
      what === 'changed'
        ? engine.edited({ ...first, text: 'uno' }, surfaceFor)
        : engine.deleted(first.place, first.id, surfaceFor);
    disk.resolve();
    await Promise.all([reply, change]);
    expect(texts()).toEqual(what === 'changed' ? ['You said: uno'] : []);
    expect((await engine.command('history', message('')))?.text).not.toContain('one');
    expect(asked.length).toBeLessThanOrEqual(2);
  },
);

test('deleting a question while a retry asks it again ends that, and leaves nothing behind', async () => {
  const begun = Promise.withResolvers<void>();
  const { engine, asked } = await openHouse({
    mind: async function* (question, signal) {
      if (asked.length !== 3) return yield* echo(question);
      yield { type: 'delta', text: 'The first words of the answer, long enough to be shown.' };
      begun.resolve();
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  });
  const { surface, surfaceFor, texts } = screen();
  const two = message('two');
  for (const incoming of [message('one'), two]) await engine.reply(incoming, surface);
  const retry = engine.reply(message('/retry'), surface);
  await begun.promise;
  await engine.deleted(two.place, two.id, surfaceFor);
  await retry;
  expect(texts()).toEqual(['You said: one']);
  await engine.reply(message('three'), surface);
  expect(asked.at(-1)?.question.turns.map((turn) => turn.content)).toEqual(['one', 'You said: one', 'three']);
});

test('the last question that a limit allows can be changed while it is answered', async () => {
  const { mind, release, begun } = gated();
  const { engine } = await openHouse({ mind, owner: { memberTurns: 1 } });
  const { surface, surfaceFor, texts, messages } = screen();
  const first = message('one');
  const running = engine.reply(first, surface);
  await begun('one');
  release('uno');
  await engine.edited({ ...first, text: 'uno' }, surfaceFor);
  await running;
  expect(texts()).toEqual(['You said: uno']);
  await engine.reply(message('two'), surface);
  expect(messages.at(-1)?.content.note).toContain('each member here is 1.');
});
