import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPacer } from '#core/reply/pace.ts';
import type { Channel, User } from '../../fake/discord/memory.ts';
import { type FakeDiscord, startFakeDiscord } from '../../fake/discord/server.ts';
import { type House, noLimits, openHouse } from './house.ts';

let fake: FakeDiscord;
let house: House;
let alice: User;

beforeEach(async () => {
  fake = await startFakeDiscord({ limits: noLimits, contentIntent: true });
  house = await openHouse();
  alice = fake.person('Alice');
});
afterEach(async () => {
  await house.close();
  await fake.close();
});

const says = (text: string) => ({ say: [{ type: 'answer' as const, text }] });
const never = new Promise<void>(() => {});
const words = (count: number) => Array.from({ length: count }, (_, n) => `word${n}`);
const ours = (channel: Channel, user?: User) =>
  fake.visible(channel, user).filter(({ author }) => author === 'realcoze');
const isFinished = ({ buttons }: { buttons: readonly { label: string }[] }) =>
  buttons.every(({ label }) => label !== 'Stop');
const finished = (channel: Channel, count = 1) =>
  fake.waitFor(() => {
    const found = ours(channel);
    return found.length >= count && found.every(isFinished) ? found : undefined;
  });
const begun = (channel: Channel, text: string) =>
  fake.waitFor(() => ours(channel).find(({ content }) => content.includes(text)));

describe('an answer on Discord', () => {
  it('grows in one message and ends with the exact whole text', async () => {
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

  it('stops where it is when the asker says so, and for nobody else', async () => {
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

  it('longer than a message becomes several that hold all of it', async () => {
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

  it('to /chat goes on in messages below the question', async () => {
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

  it('never shows half a table, and draws the whole one in a code block', async () => {
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

  it('pings nobody, whatever the model writes', async () => {
    await house.start(fake);
    house.simulator.faults.next(says(`Wake up @everyone and <@${alice.id}>!`));
    fake.say({ channel: fake.channel, author: alice, content: 'Ping.', mention: true });
    await finished(fake.channel);
    expect([fake.post.pings, fake.post.unguarded]).toEqual([[], 0]);
  });

  it('is no longer asked for when its message is deleted', async () => {
    await house.close();
    house = await openHouse({ wordMs: 5 });
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

  it('takes files that came with the question to Coze', async () => {
    await house.start(fake);
    const png = new Uint8Array(Buffer.from('iVBORw0KGgo=', 'base64'));
    const files = [new File([png], 'leaf.png', { type: 'image/png' })];
    fake.say({ channel: fake.channel, author: alice, content: 'What is this?', mention: true, files });
    await finished(fake.channel);
    expect(house.simulator.requests.some(({ path }) => path.includes('/files/upload'))).toBe(true);
  });
});

describe('who is answered', () => {
  it('is everybody where the settings say so', async () => {
    await house.start(fake);
    await fake.waitFor(() => fake.commands().length > 0);
    const boss = fake.person('Boss', { moderator: true });
    const options = { name: 'answer', value: 'all' };
    fake.slash({ channel: fake.channel, user: boss, name: 'settings', options });
    await fake.waitFor(() => ours(fake.channel, boss).length > 0);
    fake.say({ channel: fake.otherChannel, author: alice, content: 'Nobody calls you here.' });
    house.simulator.faults.next(says('I am all ears.'));
    fake.say({ channel: fake.channel, author: alice, content: 'Hello everybody.' });
    await begun(fake.channel, 'I am all ears.');
    expect(ours(fake.otherChannel)).toEqual([]);
  });

  it('keeps the order in which people wrote', async () => {
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

  it('gets a greeting for a mention without a word', async () => {
    await house.start(fake);
    fake.say({ channel: fake.channel, author: alice, content: '', mention: true });
    const greeting = await begun(fake.channel, 'Hi, I am **Nim**.');
    expect(greeting.buttons.map(({ label }) => label)).toContain('What can you do?');
  });

  it('is greeted in a new thread of a place where every message is answered', async () => {
    await house.start(fake);
    await fake.waitFor(() => fake.commands().length > 0);
    const boss = fake.person('Boss', { moderator: true });
    const quiet = fake.thread(fake.otherChannel, 'quiet');
    fake.slash({ channel: fake.channel, user: boss, name: 'settings', options: { name: 'answer', value: 'all' } });
    await fake.waitFor(() => ours(fake.channel, boss).length > 0);
    await begun(fake.thread(fake.channel, 'tea'), 'Hi, I am **Nim**.');
    expect(ours(quiet)).toEqual([]);
  });

  it('is told in private where the bot may not write, and Coze is not asked', async () => {
    await house.start(fake);
    fake.permit(fake.channel, 50013);
    fake.say({ channel: fake.channel, author: alice, content: 'Hello?', mention: true });
    const told = await begun(fake.direct(alice), `<#${fake.channel.id}>`);
    expect(told.content).toContain('Send Messages');
    expect(house.simulator.requests.some(({ path }) => path.endsWith('/v3/chat'))).toBe(false);
  });

  it('is told when Discord hides what they wrote', async () => {
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

describe('the limits of Discord', () => {
  it('are kept by eight replies in one channel, and every answer lands whole', async () => {
    const strict = await startFakeDiscord();
    const people = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'].map((name) => strict.person(name));
    const program = await house.start(strict, { pacer: createPacer() });
    await strict.waitFor(() => strict.commands().length > 0);
    const { channel } = strict;
    for (const { username } of people) house.simulator.faults.next(says(`To ${username}: ${'and so on '.repeat(60)}`));
    for (const author of people.slice(0, 5)) strict.say({ channel, author, content: 'hello', mention: true });
    for (const user of people.slice(5)) strict.slash({ channel, user, name: 'chat', options: { text: 'hello' } });
    const answers = await strict.waitFor(() => {
      const found = strict.visible(channel).filter(({ content }) => content.startsWith('To '));
      return found.length === 8 && found.every(isFinished) ? found : undefined;
    });
    expect(answers.every(({ content }) => content.endsWith('and so on'))).toBe(true);
    expect(strict.refusals()).toBe(0);
    await program.close();
    await strict.close();
  });
});

describe('when something breaks', () => {
  it('lands the whole answer though Discord fails, limits and cuts in between', async () => {
    await house.start(fake);
    fake.fail(/POST .*messages/, 500, 2);
    fake.fail(/PATCH .*messages/, { retryAfterMs: 1000 });
    fake.fail(/PATCH .*messages/, 'cut', 2);
    house.simulator.faults.next(says(words(200).join(' ')));
    fake.say({ channel: fake.channel, author: alice, content: 'Count.', mention: true });
    await begun(fake.channel, 'word199');
    const [answer, ...others] = await finished(fake.channel);
    expect(answer?.content).toBe(words(200).join(' '));
    expect(others).toEqual([]);
  });

  it('finishes the answer after a kill, in the message that was begun, once', async () => {
    const killed = house.spawn(fake);
    await fake.waitFor(() => fake.gateway.connected);
    const more = Promise.withResolvers<void>();
    const text = words(100).join(' ');
    house.simulator.faults.next({ ...says(text), pause: { afterWords: 60, until: more.promise } });
    fake.say({ channel: fake.channel, author: alice, content: 'Count.', mention: true });
    const first = await begun(fake.channel, 'word');
    await killed.kill();
    more.resolve();
    house.spawn(fake);
    const [answer, ...others] = await finished(fake.channel);
    expect(answer).toMatchObject({ id: first.id, content: text });
    expect(others).toEqual([]);
  });

  it('ends a running answer with a last edit when the program closes, and goes on with it at the next start', async () => {
    const program = await house.start(fake);
    house.simulator.faults.next({ ...says(words(40).join(' ')), pause: { afterWords: 12, until: never } });
    fake.say({ channel: fake.channel, author: alice, content: 'Count.', mention: true });
    const first = await begun(fake.channel, 'word8');
    await program.close();
    const [closed] = ours(fake.channel);
    expect(closed).toMatchObject({ id: first.id, buttons: [] });
    expect(closed?.content).toContain('word8');
    house.simulator.faults.next(says(words(40).join(' ')));
    await house.start(fake);
    const answer = await begun(fake.channel, 'word39');
    expect(answer.id).toBe(first.id);
  });

  it('starts as soon as Discord can be reached', async () => {
    fake.fail(/GET .applications.@me/, 'cut', 2);
    await house.start(fake);
    expect(house.log.join('\n')).toContain('Discord is not reached yet');
  });

  it('says what to do when Discord no longer takes the token', async () => {
    await house.start(fake);
    fake.gateway.drop({ code: 4004 });
    await fake.waitFor(() => !fake.gateway.connected);
    fake.memory.changed();
    await expect.poll(() => house.log.join('\n')).toContain('Discord no longer takes DISCORD_BOT_TOKEN');
  });

  it('closes though Discord cannot be reached', async () => {
    const lost = await startFakeDiscord({ limits: noLimits });
    const program = await house.start(lost);
    await lost.close();
    await program.close();
    expect(lost.gateway.connected).toBe(false);
  });

  it('writes its token nowhere', async () => {
    fake.fail(/POST .*messages/, 'cut', 2);
    await house.start(fake);
    fake.say({ channel: fake.channel, author: alice, content: 'Hello.', mention: true });
    await finished(fake.channel);
    expect(house.log.join('\n')).not.toContain(fake.token);
  });
});
