/** Crashes at the seams that the kill test does not reach: joined, changed and repeated questions. A crash is a Coze that never answers and an engine that is left behind. */
import { beforeEach, expect, test } from 'vitest';
import type { Question, ReplyEvent } from '#core/coze/transport.ts';
import type { Incoming, Place } from '#core/message.ts';
import { openStore, type Store } from '#core/store.ts';
import { channel, echo, message, openHouse, screen, silent } from './house.ts';

let store: Store;
beforeEach(async () => {
  store = await openStore('memory://', { log: silent });
});

/** Answers until the words are asked that nobody lives to hear the answer of. */
function mortal(last: string) {
  const reached = Promise.withResolvers<void>();
  async function* mind(question: Question): AsyncGenerator<ReplyEvent> {
    if (question.turns.at(-1)?.content !== last) return yield* echo(question);
    yield { type: 'delta', text: 'The first words of an answer that is cut off by a crash.' };
    reached.resolve();
    await new Promise(() => {});
  }
  return { mind, reached: reached.promise };
}

test('messages that were asked together are answered together after a crash', async () => {
  const { mind, reached } = mortal('three');
  const first = await openHouse({ store, mind });
  const { surface, surfaceFor, messages, texts } = screen();
  await first.engine.command('settings mailbox join', message(''));
  for (const words of ['one', 'two', 'three']) void first.engine.reply(message(words), surface);
  await reached;
  await expect.poll(() => messages.length).toBe(2);
  const second = await openHouse({ store });
  await second.engine.resume('telegram', 'bot', surfaceFor);
  expect(texts()).toEqual(['You said: one', 'You said: three']);
  expect(second.asked.map(({ question }) => question.turns.map((turn) => turn.content))).toEqual([
    ['one', 'You said: one', 'two', 'three'],
  ]);
});

test('a changed message is answered in its words after a crash', async () => {
  const { mind, reached } = mortal('uno');
  const first = await openHouse({ store, mind });
  const { surface, surfaceFor, texts } = screen();
  const question = message('one');
  await first.engine.reply(question, surface);
  void first.engine.edited({ ...question, text: 'uno' }, surfaceFor);
  await reached;
  const second = await openHouse({ store });
  await second.engine.resume('telegram', 'bot', surfaceFor);
  expect(texts()).toEqual(['You said: uno']);
  expect((await second.engine.command('history', message('')))?.text).toContain('the last 1 of 1');
});

test('a retry goes on after a crash, in the same message and the same place of the history', async () => {
  let dies = false;
  const { mind, reached } = mortal('one');
  const first = await openHouse({ store, mind: (question) => (dies ? mind(question) : echo(question)) });
  const { surface, surfaceFor, texts } = screen();
  await first.engine.reply(message('one'), surface);
  dies = true;
  void first.engine.reply(message('/retry'), surface);
  await reached;
  const second = await openHouse({ store });
  await second.engine.resume('telegram', 'bot', surfaceFor);
  expect(texts()).toEqual(['You said: one']);
  expect((await second.engine.command('history', message('')))?.text).toContain('the last 1 of 1');
});

test('new messages wait behind what a crash left unfinished', async () => {
  const { mind, reached } = mortal('one');
  const first = await openHouse({ store, mind });
  const { surface, texts } = screen();
  void first.engine.reply(message('one'), surface);
  void first.engine.reply(message('two'), surface);
  await reached;
  const second = await openHouse({ store });
  const found = Promise.withResolvers<void>();
  const resumed = second.engine.resume('telegram', 'bot', async () => {
    await found.promise;
    return surface;
  });
  const written = Promise.withResolvers<void>();
  const third = second.engine.reply(message('three'), surface, { onWritten: written.resolve });
  await written.promise;
  found.resolve();
  await Promise.all([resumed, third]);
  expect(texts()).toEqual(['You said: one', 'You said: two', 'You said: three']);
});

test('a place that is gone is forgotten, and the others are answered', async () => {
  const { mind, reached } = mortal('one');
  const first = await openHouse({ store, mind });
  const { surface, texts, messages } = screen();
  const gone = {
    platform: 'telegram',
    account: 'bot',
    levels: [{ kind: 'channel', id: 'gone' }],
    direct: true,
  } as const;
  void first.engine.reply(message('one'), surface);
  void first.engine.reply(message('one', { place: gone }), surface);
  await reached;
  await expect.poll(() => messages.length).toBe(2);
  const second = await openHouse({ store });
  const find = async ({ place }: { place: { levels: readonly { id: string }[] } }) =>
    place.levels[0]?.id === 'gone' ? undefined : surface;
  await second.engine.resume('telegram', 'bot', find);
  expect(texts()).toContain('You said: one');
  expect(second.asked).toHaveLength(1);
  await second.engine.resume('telegram', 'bot', find);
  expect(second.asked).toHaveLength(1);
});

test('what another program with the same store answers for is left to it', async () => {
  const { mind, reached } = mortal('Ada: one');
  const first = await openHouse({ store, mind });
  const { surface, surfaceFor, messages } = screen();
  const serverOf = (place: Place) => place.levels.find(({ kind }) => kind === 'server')?.id;
  const inServer = (id: string): Place => ({
    ...channel,
    levels: [{ kind: 'server', id }, ...channel.levels.slice(1)],
  });
  const places = [inServer('s1'), inServer('s2')] as const;
  for (const place of places) void first.engine.reply(message('one', { place }), surface);
  await reached;
  await expect.poll(() => messages.length).toBe(2);
  const journal = store.keyv('journal');
  const written = async () => {
    const entries: unknown[] = [];
    for await (const entry of journal.iterator()) entries.push(entry);
    return entries as [string, { incoming: Incoming }][];
  };
  // The other program is in the middle of asking its own question again: answered before, and open.
  const its = (await written()).find(([, { incoming }]) => serverOf(incoming.place) === 's2');
  await store.keyv('done').set(its?.[0] ?? '', {});

  const second = await openHouse({ store });
  await second.engine.resume('discord', 'app', surfaceFor, (place) => serverOf(place) === 's1');
  expect(second.asked).toHaveLength(1);
  expect((await written()).map(([key]) => key)).toEqual([its?.[0]]);

  await store.keyv('done').delete(its?.[0] ?? '');
  const third = await openHouse({ store });
  await third.engine.resume('discord', 'app', surfaceFor, (place) => serverOf(place) === 's2');
  expect(third.asked).toHaveLength(1);
  expect(await written()).toEqual([]);
});

test('deleting a message whose answer others wait for asks theirs alone', async () => {
  const { mind, reached } = mortal('three');
  const { engine, asked } = await openHouse({ store, mind: stoppable(mind) });
  const { surface, surfaceFor, texts } = screen();
  await engine.command('settings mailbox join', message(''));
  const two = message('two');
  const replies = [message('one'), two, message('three')].map((incoming) => engine.reply(incoming, surface));
  await reached;
  await engine.deleted(two.place, two.id, surfaceFor);
  await Promise.all(replies);
  await expect
    .poll(() => asked.at(-1)?.question.turns.map((turn) => turn.content))
    .toEqual(['one', 'You said: one', 'three']);
  expect(texts()[0]).toBe('You said: one');
  await engine.close();
});

test.each([
  { what: 'changed', answered: ['one', 'You said: one', 'dos', 'three'] },
  { what: 'deleted', answered: ['one', 'You said: one', 'three'] },
])(
  'what is left of joined questions after one was $what is asked together after a crash',
  async ({ what, answered }) => {
    const { mind, reached } = mortal('three');
    const first = await openHouse({ store, mind: stoppable(mind) });
    const { surface, surfaceFor, texts, messages } = screen();
    await first.engine.command('settings mailbox join', message(''));
    const two = message('two');
    for (const incoming of [message('one'), two, message('three')]) void first.engine.reply(incoming, surface);
    await reached;
    await expect.poll(() => messages.length).toBe(2);
    if (what === 'deleted') await first.engine.deleted(two.place, two.id, surfaceFor);
    else void first.engine.edited({ ...two, text: 'dos' }, surfaceFor);
    await expect.poll(() => first.asked.at(-1)?.question.turns.map((turn) => turn.content)).toEqual(answered);
    const second = await openHouse({ store });
    await second.engine.resume('telegram', 'bot', surfaceFor);
    expect(second.asked.map(({ question }) => question.turns.map((turn) => turn.content))).toEqual([answered]);
    expect(texts()).toEqual(['You said: one', 'You said: three']);
    expect((await second.engine.command('history', message('')))?.text).toContain('the last 2 of 2');
  },
);

/** A mind that ends when it is told to. */
function stoppable(mind: (question: Question) => AsyncGenerator<ReplyEvent>) {
  return async function* (question: Question, signal: AbortSignal): AsyncGenerator<ReplyEvent> {
    const stopped = Promise.withResolvers<never>();
    stopped.promise.catch(() => {});
    signal.addEventListener('abort', () => stopped.reject(signal.reason));
    const events = mind(question);
    for (;;) {
      const { done, value } = await Promise.race([events.next(), stopped.promise]);
      if (done) return;
      yield value;
    }
  };
}

test('what was remembered just before a crash is neither shown nor counted again, and can still be deleted', async () => {
  const done = store.keyv('done');
  const set = done.set.bind(done);
  const reached = Promise.withResolvers<void>();
  done.set = () => {
    reached.resolve();
    return new Promise(() => {});
  };
  const first = await openHouse({ store });
  const { surface, surfaceFor, texts } = screen();
  const one = message('one');
  void first.engine.reply(one, surface);
  await reached.promise;
  done.set = set;
  const second = await openHouse({ store });
  let found = 0;
  await second.engine.resume('telegram', 'bot', async () => {
    found += 1;
    return surface;
  });
  expect([found, second.asked.length]).toEqual([0, 0]);
  expect((await second.engine.command('usage', message('')))?.text).toContain('You: 1 / 1 questions');
  await second.engine.deleted(one.place, one.id, surfaceFor);
  expect(texts()).toEqual([]);
  expect((await second.engine.command('history', message('')))?.text).toContain('is empty');
});
