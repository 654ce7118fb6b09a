import { describe, expect } from 'vitest';
import { noLimits } from './house.ts';
import { whileRunning as it } from './scene.ts';

const slowly = it.extend({ limits: { ...noLimits, remove: { calls: 1, windowMs: 150 } } });

describe('talking to a bot on Discord', () => {
  it('answers a mention in one message that replies to it', async ({ fake, alice, ours, answered }) => {
    const asked = fake.say({ channel: fake.channel, author: alice, content: 'Hello there', mention: true });
    const [answer] = await answered(fake.channel);
    expect(answer).toMatchObject({ replyTo: asked.id, private: false });
    expect(answer?.content.length).toBeGreaterThan(20);
    expect(ours(fake.channel)).toHaveLength(1);
    expect([fake.post.pings, fake.post.unguarded]).toEqual([[], 0]);
  });

  it('answers a direct message, and keeps the two apart', async ({ fake, alice, answered }) => {
    const direct = fake.direct(alice);
    fake.say({ channel: direct, author: alice, content: 'My name is Clementine.' });
    await answered(direct);
    fake.say({ channel: fake.channel, author: alice, content: 'What have I told you before?', mention: true });
    const [answer] = await answered(fake.channel);
    expect(answer?.content).not.toContain('Clementine');
  });

  it('keeps a history of its own in each thread', async ({ fake, alice, answered }) => {
    const [one, two] = [fake.thread(fake.channel, 'one'), fake.thread(fake.channel, 'two')];
    fake.say({ channel: one, author: alice, content: 'My name is Clementine.', mention: true });
    await answered(one);
    for (const channel of [one, two])
      fake.say({ channel, author: alice, content: 'What have I told you before?', mention: true });
    const [inOne, inTwo] = [await answered(one, 2), await answered(two)];
    expect(inOne.at(-1)?.content).toContain('Clementine');
    expect(inTwo.at(-1)?.content).not.toContain('Clementine');
  });

  it('asks a suggestion for whoever presses it, and shows what was asked', async ({ fake, alice, answered }) => {
    fake.say({ channel: fake.channel, author: alice, content: 'Hello there', mention: true });
    const [answer] = await answered(fake.channel);
    const suggestion = answer?.buttons.find(({ customId }) => customId.includes('ask '));
    expect(suggestion).toBeDefined();
    const bob = fake.person('Bob');
    fake.press({ channel: fake.channel, user: bob, label: suggestion?.label ?? '' });
    await answered(fake.channel, 2);
    const question = fake.visible(fake.channel).find(({ content }) => content.startsWith('-# Bob'));
    expect(question?.content).toContain(suggestion?.label.slice(0, 10));
    expect(question?.replyTo).toBe(answer?.id);
  });

  it('says so when it no longer knows what a button with a long text stands for', async ({ fake, alice, ours }) => {
    const button = { type: 2, style: 2, label: 'And what about…', custom_id: 'l:0:a:1x2y3z' };
    fake.post.create(fake.channel, fake.bot, { content: 'Yes.', components: [{ type: 1, components: [button] }] });
    fake.press({ channel: fake.channel, user: alice, label: button.label });
    const told = await fake.waitFor(() => ours(fake.channel, alice).find((message) => message.private));
    expect(told.content).toContain('no longer know');
  });

  it('retries in the message of the answer before', async ({ fake, alice, ours, answers, answered }) => {
    fake.say({ channel: fake.channel, author: alice, content: 'Hello there', mention: true });
    const [first] = await answered(fake.channel);
    fake.press({ channel: fake.channel, user: alice, label: 'Retry' });
    await fake.waitFor(() => {
      const [again] = answers(fake.channel);
      return again !== undefined && again.edits > (first?.edits ?? 0);
    });
    expect(ours(fake.channel)).toHaveLength(1);
  });

  it('retries though Discord no longer knows that it was asked to', async ({ fake, alice, answers, answered }) => {
    fake.say({ channel: fake.channel, author: alice, content: 'Hello there', mention: true });
    const [first] = await answered(fake.channel);
    fake.press({ channel: fake.channel, user: alice, label: 'Retry' });
    fake.lapse();
    await fake.waitFor(() => (answers(fake.channel)[0]?.edits ?? 0) > (first?.edits ?? 0));
    const { edits } = answers(fake.channel)[0] ?? { edits: 0 };
    fake.slash({ channel: fake.channel, user: alice, name: 'retry' });
    fake.lapse();
    await fake.waitFor(() => (answers(fake.channel)[0]?.edits ?? 0) > edits);
  });

  it('answers an edited question again in the same message, and takes the answer of a deleted one away', async ({
    fake,
    alice,
    ours,
    answers,
    answered,
  }) => {
    const question = fake.say({ channel: fake.channel, author: alice, content: 'Hello there', mention: true });
    const [first] = await answered(fake.channel);
    fake.change(question, `<@${fake.bot.id}> Tell me about tea`);
    await fake.waitFor(() => answers(fake.channel).some(({ content }) => /tea/i.test(content)));
    expect(ours(fake.channel).map(({ id }) => id)).toEqual([first?.id]);
    fake.erase(question);
    await fake.waitFor(() => ours(fake.channel).length === 0);
  });

  it('answers a message when the mention that was forgotten is put in, and not again when it is changed', async ({
    fake,
    alice,
    ours,
    answered,
  }) => {
    const question = fake.say({ channel: fake.channel, author: alice, content: 'Echo: one' });
    fake.say({ channel: fake.channel, author: alice, content: 'Echo: heard', mention: true });
    await answered(fake.channel);
    fake.change(question, `<@${fake.bot.id}> Echo: one`);
    const [, answer] = await answered(fake.channel, 2);
    expect(answer).toMatchObject({ content: 'one', replyTo: question.id });
    fake.change(question, `<@${fake.bot.id}> Echo: two`);
    await fake.waitFor(() => ours(fake.channel)[1]?.content === 'two');
    expect(ours(fake.channel)).toHaveLength(2);
  });

  slowly('takes all answers away, however slowly Discord lets it', async ({ fake, alice, answered }) => {
    const questions = ['one', 'two', 'three', 'four', 'five', 'six'].map((content) =>
      fake.say({ channel: fake.channel, author: alice, content, mention: true }),
    );
    await answered(fake.channel, questions.length);
    fake.purge(fake.channel, questions);
    await fake.waitFor(() => fake.visible(fake.channel).length === 0);
  });

  it('takes the answers away when a moderator removes many questions at once', async ({ fake, alice, answered }) => {
    const questions = ['one', 'two'].map((content) =>
      fake.say({ channel: fake.channel, author: alice, content, mention: true }),
    );
    await answered(fake.channel, 2);
    fake.purge(fake.channel, questions);
    await fake.waitFor(() => fake.visible(fake.channel).length === 0);
  });

  it('speaks Chinese to who writes Chinese, or lives in a Chinese server', async ({ fake, alice, ours }) => {
    fake.say({ channel: fake.channel, author: alice, content: '你好，请介绍一下你自己', mention: true });
    await fake.waitFor(() => ours(fake.channel).some(({ buttons }) => buttons.some(({ label }) => label === '重试')));
  });

  it('shows sources to who asks for them only', async ({ fake, house, alice, ours, answered }) => {
    const excerpts = ['Green tea wants 80 degrees.'];
    const say = [
      { type: 'knowledge' as const, document: 'tea', excerpts },
      { type: 'answer' as const, text: 'At 80 degrees.' },
    ];
    house.simulator.faults.next({ say });
    fake.say({ channel: fake.channel, author: alice, content: 'How hot?', mention: true });
    await answered(fake.channel);
    // What comes next in a conversation is answered when the turn before has been kept.
    fake.say({ channel: fake.channel, author: alice, content: 'Thanks.', mention: true });
    await answered(fake.channel, 2);
    const bob = fake.person('Bob');
    fake.press({ channel: fake.channel, user: bob, label: 'Sources' });
    const sources = await fake.waitFor(() => ours(fake.channel, bob).find((message) => message.private));
    expect(sources.content).toContain('Green tea wants 80 degrees.');
    expect(ours(fake.channel)).toHaveLength(2);
  });
});
