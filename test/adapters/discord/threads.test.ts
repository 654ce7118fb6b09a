import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Channel, Message, User } from '../../fake/discord/memory.ts';
import { type FakeDiscord, startFakeDiscord } from '../../fake/discord/server.ts';
import { type House, noLimits, openHouse } from './house.ts';
import { type Views, viewsOf } from './talk.ts';

let fake: FakeDiscord;
let house: House;
let alice: User;
let ours: Views['ours'];
let finished: Views['finished'];

beforeEach(async () => {
  fake = await startFakeDiscord({ limits: noLimits, contentIntent: true });
  house = await openHouse();
  alice = fake.person('Alice');
  ({ ours, finished } = viewsOf(fake));
  await house.start(fake);
  await fake.waitFor(() => fake.commands().length > 0);
});
afterEach(async () => {
  await house.close();
  await fake.close();
});

const ask = (content: string, channel: Channel = fake.channel) =>
  fake.say({ channel, author: alice, content, mention: channel === fake.channel });

/** A moderator sets it for the channel. */
async function setThreads(more: Readonly<Record<string, string>> = {}): Promise<void> {
  const user = fake.person('Mo', { moderator: true });
  for (const [name, value] of Object.entries({ threads: 'on', ...more })) {
    fake.slash({ channel: fake.channel, user, name: 'settings', options: { name, value } });
    await fake.waitFor(() => fake.visible(fake.channel, user).some(({ content }) => content.includes(`**${name}**`)));
  }
}

function threadOf({ id }: Message): Promise<Channel> {
  return fake.waitFor(() => fake.memory.channels.get(id));
}

describe('a channel where questions open threads', () => {
  it('answers each in its own, which is named by it, needs no mention and has its own history', async () => {
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

  it('follows the question that opened it when it is changed or deleted', async () => {
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

  it('answers where it was asked when it may open none, and greets without one', async () => {
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

it('greets in no thread that a question has opened, though every message is answered there', async () => {
  await setThreads({ answer: 'all' });
  const thread = await threadOf(fake.say({ channel: fake.channel, author: alice, content: 'Echo: one' }));
  await finished(thread);
  ask('Echo: two', thread);
  await finished(thread, 2);
  expect(ours(thread).map(({ content }) => content)).toEqual(['one', 'two']);
});

it('opens no thread where nobody asked for that', async () => {
  const question = ask('Echo: here');
  await fake.waitFor(() => ours(fake.channel).some(({ content }) => content === 'here'));
  expect(fake.memory.channels.has(question.id)).toBe(false);
});
