import { describe, expect } from 'vitest';
import type { Channel, Message } from '../../fake/discord/memory.ts';
import { whileRunning } from './scene.ts';

interface Threads {
  ask(content: string, channel?: Channel): Message;
  /** A moderator sets it for the channel. */
  setThreads(more?: Readonly<Record<string, string>>): Promise<void>;
  threadOf(question: { readonly id: string }): Promise<Channel>;
}

const it = whileRunning.extend({ contentIntent: true }).extend<Threads>({
  ask: ({ fake, alice }, use) =>
    use((content, channel = fake.channel) =>
      fake.say({ channel, author: alice, content, mention: channel === fake.channel }),
    ),
  setThreads: ({ fake, boss }, use) =>
    use(async (more) => {
      const isSet = (name: string) =>
        fake.visible(fake.channel, boss).some(({ content }) => content.includes(`**${name}**`));
      for (const [name, value] of Object.entries({ threads: 'on', ...more })) {
        fake.slash({ channel: fake.channel, user: boss, name: 'settings', options: { name, value } });
        await fake.waitFor(() => isSet(name));
      }
    }),
  threadOf: ({ fake }, use) => use(({ id }) => fake.waitFor(() => fake.memory.channels.get(id))),
});

describe('a channel where questions open threads', () => {
  it('answers each in its own, which is named by it, needs no mention and has its own history', async ({
    fake,
    ours,
    finished,
    ask,
    setThreads,
    threadOf,
  }) => {
    await setThreads();
    const before = ours(fake.channel).length;
    const question = ask(`My name is Ada and I would like to know ${'really '.repeat(20)}everything`);
    const thread = await threadOf(question);
    expect(thread.name).toMatch(/^My name is Ada and I would like to know really( really)*…$/);
    expect(thread.name?.length).toBeLessThanOrEqual(80);
    await finished(thread);
    ask('What is my name?', thread);
    const [, second] = await finished(thread, 2);
    expect(second?.content).toContain('Ada');
    const other = await threadOf(ask('What is my name?'));
    const [stranger] = await finished(other);
    expect(stranger?.content).not.toContain('Ada');
    expect(ours(fake.channel)).toHaveLength(before);
  });

  it('does so for what was asked by a command, below what shows the question', async ({
    fake,
    alice,
    ours,
    setThreads,
    threadOf,
    finished,
  }) => {
    await setThreads();
    const before = ours(fake.channel).length;
    fake.slash({ channel: fake.channel, user: alice, name: 'chat', options: { text: 'Echo: one' } });
    const question = await fake.waitFor(() => ours(fake.channel)[before]);
    expect(question.content).toBe('-# Alice\n> Echo: one');
    const thread = await threadOf(question);
    expect(thread.name).toBe('Echo: one');
    const [answer] = await finished(thread);
    expect(answer?.content).toBe('one');
    expect(ours(fake.channel)).toHaveLength(before + 1);
  });

  it('does so among announcements, too', async ({ fake, alice, boss, finished }) => {
    const news = fake.open(5, 'news');
    fake.slash({ channel: news, user: boss, name: 'settings', options: { name: 'threads', value: 'on' } });
    await fake.waitFor(() => fake.visible(news, boss).length > 0);
    const question = fake.say({ channel: news, author: alice, content: 'Echo: one', mention: true });
    const thread = await fake.waitFor(() => fake.memory.channels.get(question.id));
    expect(thread.type).toBe(10);
    await finished(thread);
  });

  it('follows the question that opened it when it is changed or deleted', async ({
    fake,
    ours,
    finished,
    ask,
    setThreads,
    threadOf,
  }) => {
    await setThreads();
    const question = ask('Echo: one');
    const thread = await threadOf(question);
    await finished(thread);
    fake.change(question, `<@${fake.bot.id}> Echo: two`);
    await fake.waitFor(() => ours(thread)[0]?.content === 'two');
    expect(ours(thread)).toHaveLength(1);
    fake.erase(question);
    await fake.waitFor(() => ours(thread).length === 0);
  });

  it('answers there where the bot may write in threads only', async ({
    fake,
    alice,
    ask,
    setThreads,
    threadOf,
    finished,
  }) => {
    await setThreads();
    fake.permit(fake.channel, 'posts');
    const files = [new File(['x'], 'leaf.png', { type: 'image/png' })];
    const picture = fake.say({ channel: fake.channel, author: alice, content: '', mention: true, files });
    const thread = await threadOf(picture);
    expect(thread.name).toBe('leaf.png');
    await finished(thread);
    await finished(await threadOf(ask('Echo: one')));
  });

  it('waits a moment when Discord asks to open threads more slowly', async ({
    fake,
    ask,
    setThreads,
    threadOf,
    finished,
  }) => {
    await setThreads();
    fake.fail(/POST .*threads/, { retryAfterMs: 200 });
    const [answer] = await finished(await threadOf(ask('Echo: one')));
    expect(answer?.content).toBe('one');
    fake.fail(/POST .*threads/, { retryAfterMs: 60_000 });
    ask('Echo: here');
    await fake.waitFor(() => fake.visible(fake.channel).some(({ content }) => content === 'here'));
  });

  it('answers where it was asked when it may open none, and greets without one', async ({
    fake,
    alice,
    ours,
    finished,
    ask,
    setThreads,
  }) => {
    await setThreads();
    const before = ours(fake.channel).length;
    fake.say({ channel: fake.channel, author: alice, content: '', mention: true });
    await finished(fake.channel, before + 1);
    fake.fail(/POST .*threads/, 403);
    const question = ask('Echo: here');
    await fake.waitFor(() => ours(fake.channel).some(({ content }) => content === 'here'));
    expect(fake.memory.channels.has(question.id)).toBe(false);
  });
});

it('greets in no thread that a question has opened, though every message is answered there', async ({
  fake,
  alice,
  ours,
  finished,
  ask,
  setThreads,
  threadOf,
}) => {
  await setThreads({ answer: 'all' });
  const thread = await threadOf(fake.say({ channel: fake.channel, author: alice, content: 'Echo: one' }));
  await finished(thread);
  ask('Echo: two', thread);
  await finished(thread, 2);
  expect(ours(thread).map(({ content }) => content)).toEqual(['one', 'two']);
});

const blindly = it.extend({ contentIntent: false });

blindly(
  'says in its thread, once, that Discord hides talk without a mention, and to who sets it so',
  async ({ fake, alice, boss, ours, ask, setThreads, threadOf, finished }) => {
    await setThreads();
    await fake.waitFor(() =>
      ours(fake.channel, boss).some(({ content }) => content.includes('Message Content Intent')),
    );
    const thread = await threadOf(ask('Echo: one'));
    await finished(thread);
    const talk = ask('and two?', thread);
    const told = await fake.waitFor(() => ours(thread)[1]);
    expect(told).toMatchObject({ replyTo: talk.id, content: expect.stringContaining('Mention me') });
    ask('and three?', thread);
    fake.say({ channel: thread, author: alice, content: 'Echo: four', mention: true });
    await finished(thread, 3);
    expect(ours(thread).map(({ content }) => content)).toEqual(['one', told.content, 'four']);
    expect(fake.calls.filter(({ body }) => body.content === told.content)).toHaveLength(1);
  },
);

blindly(
  'answers words that Discord hid when they call it after all',
  async ({ fake, alice, ours, ask, setThreads, threadOf, finished }) => {
    await setThreads();
    const thread = await threadOf(ask('Echo: one'));
    await finished(thread);
    const talk = ask('Echo: two', thread);
    await fake.waitFor(() => ours(thread)[1]);
    fake.change(talk, `<@${fake.bot.id}> Echo: two`);
    await finished(thread, 3);
    expect(ours(thread)[2]).toMatchObject({ content: 'two', replyTo: talk.id });
    const more = ask('Echo: four', thread);
    fake.say({ channel: thread, author: alice, content: 'Echo: three', mention: true });
    await finished(thread, 4);
    fake.change(more, `<@${fake.bot.id}> Echo: four`);
    await finished(thread, 5);
    fake.change(more, `<@${fake.bot.id}> Echo: five`);
    await fake.waitFor(() => ours(thread)[4]?.content === 'five');
    expect(ours(thread)).toHaveLength(5);
  },
);

it('opens no thread where nobody asked for that', async ({ fake, ours, ask }) => {
  const question = ask('Echo: here');
  await fake.waitFor(() => ours(fake.channel).some(({ content }) => content === 'here'));
  expect(fake.memory.channels.has(question.id)).toBe(false);
});
