import { describe, expect } from 'vitest';
import { startFakeDiscord } from '../../fake/discord/server.ts';
import { noLimits } from './house.ts';
import { it as base } from './scene.ts';
import { isFinished, never, says, words } from './talk.ts';

const it = base.extend({ contentIntent: true });
const slowly = it.extend({ wordMs: 5 });

describe('an answer on Discord', () => {
  it('grows in one message and ends with the exact whole text', async ({ fake, house, alice, finished, begun }) => {
    await house.start(fake);
    const more = Promise.withResolvers<void>();
    house.simulator.faults.next({ ...says(words(120).join(' ')), pause: { afterWords: 60, until: more.promise } });
    fake.say({ channel: fake.channel, author: alice, content: 'Count.', mention: true });
    const first = await begun(fake.channel, 'word40');
    expect(first.buttons.map(({ label }) => label)).toEqual(['Stop']);
    more.resolve();
    const [answer, ...others] = await finished(fake.channel);
    expect(others).toEqual([]);
    expect(answer).toMatchObject({ id: first.id, content: words(120).join(' ') });
  });

  it('stops where it is when the asker says so, and for nobody else', async ({
    fake,
    house,
    alice,
    ours,
    finished,
    begun,
  }) => {
    await house.start(fake);
    house.simulator.faults.next({ ...says(words(30).join(' ')), pause: { afterWords: 12, until: never } });
    fake.say({ channel: fake.channel, author: alice, content: 'Count.', mention: true });
    await begun(fake.channel, 'word8');
    const bob = fake.person('Bob');
    fake.press({ channel: fake.channel, user: bob, label: 'Stop' });
    await fake.waitFor(() => ours(fake.channel, bob).some((message) => message.private));
    expect(ours(fake.channel).every(isFinished)).toBe(false);
    fake.press({ channel: fake.channel, user: alice, label: 'Stop' });
    const [answer] = await finished(fake.channel);
    expect(answer?.content).toMatch(/word8[\s\S]*\n-# Stopped\.$/);
    expect(answer?.content).not.toContain('word29');
  });

  it('longer than a message becomes several that hold all of it', async ({ fake, house, alice, finished, begun }) => {
    await house.start(fake);
    house.simulator.faults.next(says(words(900).join(' ')));
    fake.say({ channel: fake.channel, author: alice, content: 'Count far.', mention: true });
    await begun(fake.channel, 'word899');
    const parts = await finished(fake.channel, 3);
    const whole = parts.map(({ content }) => content).join(' ');
    expect(whole.split(/\s+/)).toEqual(words(900));
    expect(parts.every(({ content }) => content.length <= 2000)).toBe(true);
    expect(parts.slice(0, -1).every(({ buttons }) => buttons.length === 0)).toBe(true);
  });

  it('to /chat goes on in messages below the question', async ({ fake, house, alice, finished, begun }) => {
    await house.start(fake);
    await fake.waitFor(() => fake.commands().length > 0);
    house.simulator.faults.next(says(words(600).join(' ')));
    fake.slash({ channel: fake.channel, user: alice, name: 'chat', options: { text: 'Count far.' } });
    await begun(fake.channel, 'word599');
    const [, ...parts] = await finished(fake.channel, 3);
    expect(
      parts
        .map(({ content }) => content)
        .join(' ')
        .split(/\s+/),
    ).toEqual(words(600));
  });

  it('never shows half a table, and draws the whole one in a code block', async ({
    fake,
    house,
    alice,
    finished,
    begun,
  }) => {
    await house.start(fake);
    const more = Promise.withResolvers<void>();
    const text = `Here it is, in a table of its own:\n\n| a | b |\n| --- | --- |\n| one | two |\n\nThat was all.`;
    house.simulator.faults.next({ ...says(text), pause: { afterWords: 14, until: more.promise } });
    fake.say({ channel: fake.channel, author: alice, content: 'A table.', mention: true });
    const half = await begun(fake.channel, 'Here it is');
    expect(half.content).not.toContain('---');
    more.resolve();
    const [answer] = await finished(fake.channel);
    expect(answer?.content).toContain('```\na   │ b\n────┼────\none │ two\n```');
  });

  it('pings nobody, whatever the model writes', async ({ fake, house, alice, finished }) => {
    await house.start(fake);
    house.simulator.faults.next(says(`Wake up @everyone and <@${alice.id}>!`));
    fake.say({ channel: fake.channel, author: alice, content: 'Ping.', mention: true });
    await finished(fake.channel);
    expect([fake.post.pings, fake.post.unguarded]).toEqual([[], 0]);
  });

  slowly('is no longer asked for when its message is deleted', async ({ fake, house, alice, ours, begun }) => {
    await house.start(fake);
    house.simulator.faults.next(says(words(5000).join(' ')));
    fake.say({ channel: fake.channel, author: alice, content: 'Count.', mention: true });
    fake.erase(await begun(fake.channel, 'word8'));
    await fake.waitFor(() => fake.calls.some(({ path }) => path.includes('/messages/')));
    house.simulator.faults.next(says('Still here.'));
    fake.say({ channel: fake.channel, author: alice, content: 'Are you there?', mention: true });
    await begun(fake.channel, 'Still here.');
    expect(ours(fake.channel)).toHaveLength(1);
    expect(house.simulator.requests.some(({ path }) => path.includes('/chat/cancel'))).toBe(true);
  });

  it('takes files that came with the question to Coze', async ({ fake, house, alice, finished }) => {
    await house.start(fake);
    const png = new Uint8Array(Buffer.from('iVBORw0KGgo=', 'base64'));
    const files = [new File([png], 'leaf.png', { type: 'image/png' })];
    fake.say({ channel: fake.channel, author: alice, content: 'What is this?', mention: true, files });
    await finished(fake.channel);
    expect(house.simulator.requests.some(({ path }) => path.includes('/files/upload'))).toBe(true);
  });
});

describe('who is answered', () => {
  it('is everybody where the settings say so', async ({ fake, house, alice, ours, begun, boss }) => {
    await house.start(fake);
    await fake.waitFor(() => fake.commands().length > 0);
    const options = { name: 'answer', value: 'all' };
    fake.slash({ channel: fake.channel, user: boss, name: 'settings', options });
    await fake.waitFor(() => ours(fake.channel, boss).length > 0);
    fake.say({ channel: fake.otherChannel, author: alice, content: 'Nobody calls you here.' });
    house.simulator.faults.next(says('I am all ears.'));
    fake.say({ channel: fake.channel, author: alice, content: 'Hello everybody.' });
    await begun(fake.channel, 'I am all ears.');
    expect(ours(fake.otherChannel)).toEqual([]);
  });

  it('keeps the order in which people wrote', async ({ fake, house, alice, begun }) => {
    await house.start(fake);
    const lost = fake.post.create(fake.channel, fake.bot, { content: 'Tea?' });
    // The first has to look up what it replies to; the second could overtake it.
    fake.erase(lost);
    house.simulator.faults.next(says('First.'), says('Second.'));
    fake.say({ channel: fake.channel, author: alice, content: 'one', mention: true, reply: lost });
    fake.say({ channel: fake.channel, author: alice, content: 'two', mention: true });
    await begun(fake.channel, 'Second.');
    const questions = house.simulator.requests
      .filter(({ path }) => path.endsWith('/v3/chat'))
      .map(({ body }) => JSON.stringify(body));
    expect(questions[0]).toContain('one');
    expect(questions[1]).toContain('two');
  });

  it('gets a greeting for a mention without a word', async ({ fake, house, alice, begun }) => {
    await house.start(fake);
    fake.say({ channel: fake.channel, author: alice, content: '', mention: true });
    const greeting = await begun(fake.channel, 'Hi, I am **Nim**.');
    expect(greeting.buttons.map(({ label }) => label)).toContain('What can you do?');
  });

  it('is greeted in a new thread of a place where every message is answered', async ({
    fake,
    house,
    ours,
    begun,
    boss,
  }) => {
    await house.start(fake);
    await fake.waitFor(() => fake.commands().length > 0);
    const quiet = fake.thread(fake.otherChannel, 'quiet');
    fake.slash({ channel: fake.channel, user: boss, name: 'settings', options: { name: 'answer', value: 'all' } });
    await fake.waitFor(() => ours(fake.channel, boss).length > 0);
    await begun(fake.thread(fake.channel, 'tea'), 'Hi, I am **Nim**.');
    expect(ours(quiet)).toEqual([]);
  });

  it('is refused with a sentence only when the bot was called, in a thread where every message is answered', async ({
    fake,
    house,
    alice,
    ours,
    boss,
  }) => {
    await house.start(fake);
    await fake.waitFor(() => fake.commands().length > 0);
    const value = `user:${alice.id}`;
    fake.slash({ channel: fake.channel, user: boss, name: 'settings', options: { name: 'deny', value } });
    await fake.waitFor(() => ours(fake.channel, boss).length > 0);
    const post = fake.thread(fake.forum, 'How hot?');
    fake.slash({ channel: post, user: boss, name: 'settings', options: { name: 'deny', value } });
    await fake.waitFor(() => ours(post, boss).length > 0);
    const before = ours(post).length;
    fake.say({ channel: post, author: alice, content: 'I was only talking.' });
    const call = fake.say({ channel: post, author: alice, content: 'And now?', mention: true });
    const told = await fake.waitFor(() => ours(post).find(({ replyTo }) => replyTo === call.id));
    expect(told.content).toContain('You may not ask');
    expect(ours(post)).toHaveLength(before + 1);
  });

  it('is told in private where the bot may not write, and Coze is not asked', async ({ fake, house, alice, begun }) => {
    await house.start(fake);
    fake.permit(fake.channel, 50013);
    fake.say({ channel: fake.channel, author: alice, content: 'Hello?', mention: true });
    const told = await begun(fake.direct(alice), `<#${fake.channel.id}>`);
    expect(told.content).toContain('Send Messages');
    expect(house.simulator.requests.some(({ path }) => path.endsWith('/v3/chat'))).toBe(false);
  });

  it('is told in private in a thread that is locked, and Coze is not asked', async ({ fake, house, alice, begun }) => {
    await house.start(fake);
    const thread = fake.thread(fake.channel, 'tea');
    fake.lock(thread);
    fake.say({ channel: thread, author: alice, content: 'Hello?', mention: true });
    const told = await begun(fake.direct(alice), `<#${thread.id}>`);
    expect(told.content).toContain('unlock the thread');
    expect(house.simulator.requests.some(({ path }) => path.endsWith('/v3/chat'))).toBe(false);
  });

  it('is not written to in private for talk that called nobody, where the bot hears all and may not write', async ({
    fake,
    house,
    alice,
    ours,
    begun,
    boss,
  }) => {
    await house.start(fake);
    await fake.waitFor(() => fake.commands().length > 0);
    const options = { name: 'answer', value: 'all', level: 'category' };
    fake.slash({ channel: fake.channel, user: boss, name: 'settings', options });
    await fake.waitFor(() => ours(fake.channel, boss).length > 0);
    fake.permit(fake.channel, 50013);
    fake.say({ channel: fake.channel, author: alice, content: 'I am only talking.' });
    const bob = fake.person('Bob');
    fake.say({ channel: fake.channel, author: bob, content: 'And you?', mention: true });
    await begun(fake.direct(bob), 'Send Messages');
    expect(ours(fake.direct(alice))).toEqual([]);
  });

  it('is told when Discord hides what they wrote', async ({ house }) => {
    const plain = await startFakeDiscord({ limits: noLimits });
    const program = await house.start(plain);
    const ann = plain.person('Ann');
    const reply = plain.post.create(plain.channel, plain.bot, { content: 'Tea?' });
    const { id } = plain.say({ channel: plain.channel, author: ann, content: 'Yes.', reply, ping: false });
    const told = await plain.waitFor(() => plain.visible(plain.channel).find(({ replyTo }) => replyTo === id));
    expect(told.content).toContain('ping');
    await program.close();
    await plain.close();
  });
});
