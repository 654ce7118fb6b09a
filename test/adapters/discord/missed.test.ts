import { expect } from 'vitest';
import type { Channel, Message } from '../../fake/discord/memory.ts';
import { noLimits } from './house.ts';
import { it as base } from './scene.ts';

interface Talk {
  ask(content: string, channel?: Channel): Message;
  /** What the bot said. */
  answersIn(channel?: Channel): string[];
  /** The channels' messages that it asked for. */
  looked(): readonly { readonly path: string }[];
}

const it = base.extend<Talk>({
  ask: ({ fake, alice }, use) =>
    use((content, channel = fake.channel) =>
      fake.say({ channel, author: alice, content, mention: channel.guildId !== undefined }),
    ),
  answersIn: ({ fake, ours }, use) => use((channel = fake.channel) => ours(channel).map(({ content }) => content)),
  looked: ({ fake }, use) =>
    use(() => fake.calls.filter(({ method, path }) => method === 'GET' && path.endsWith('/messages'))),
});

it('answers at the next start what was asked meanwhile, each once and in order, and nothing else', async ({
  fake,
  house,
  alice,
  ours,
  finished,
  ask,
  answersIn,
}) => {
  const direct = fake.direct(alice);
  const first = await house.start(fake);
  ask('Echo: one');
  await finished(fake.channel);
  ask('Echo: before', direct);
  await finished(direct);
  await first.close();

  const two = ask('Echo: two');
  fake.say({ channel: fake.channel, author: alice, content: 'talking to somebody else' });
  ask('Echo: three');
  ask('', fake.otherChannel);
  ask('/new', direct);
  ask('Echo: four', direct);
  await house.start(fake);
  await finished(fake.channel, 3);
  await finished(direct, 2);
  expect(answersIn()).toEqual(['one', 'two', 'three']);
  expect(answersIn(direct)).toEqual(['before', 'four']);
  expect(answersIn(fake.otherChannel)).toEqual([]);
  expect(ours(fake.channel)[1]?.replyTo).toBe(two.id);
  // Whom rules allow may depend on roles, which the messages themselves do not tell.
  expect(fake.calls.map(({ path }) => path)).toContain(`/guilds/${fake.guild.id}/members/${alice.id}`);
});

it('looks at nothing that was there before the first start', async ({
  fake,
  house,
  finished,
  ask,
  answersIn,
  looked,
}) => {
  ask('an old question');
  await house.start(fake);
  ask('a new one', fake.otherChannel);
  await finished(fake.otherChannel);
  expect(looked()).toEqual([]);
  expect(answersIn()).toEqual([]);
});

it('looks only where something new was written', async ({ fake, house, finished, ask, looked }) => {
  const first = await house.start(fake);
  ask('one');
  await finished(fake.channel);
  await first.close();
  ask('two', fake.otherChannel);
  await house.start(fake);
  await finished(fake.otherChannel);
  expect(looked().filter(({ path }) => path.includes(fake.forum.id))).toEqual([]);
});

it('leaves alone what is older than an hour: whoever asked has gone on', async ({
  fake,
  house,
  alice,
  finished,
  ask,
  answersIn,
}) => {
  const first = await house.start(fake);
  ask('Echo: one');
  await finished(fake.channel);
  await first.close();
  const ago = (minutes: number) => ({ channel: fake.channel, author: alice, mention: true, ageMs: minutes * 60_000 });
  const note = house.store.keyv(`discord-heard:${fake.bot.id}:0/1`);
  expect(await note.get('heard')).toMatchObject({ at: expect.any(Number), direct: [] });
  await note.set('heard', { at: Date.now() - 24 * 3_600_000, direct: [] });
  fake.say({ ...ago(90), content: 'Echo: too old' });
  fake.say({ ...ago(30), content: 'Echo: two' });
  await house.start(fake);
  await finished(fake.channel, 2);
  expect(answersIn()).toEqual(['one', 'two']);
});

it('finds a question behind much talk', async ({ fake, house, alice, finished, ask, answersIn }) => {
  const first = await house.start(fake);
  ask('Echo: one');
  await finished(fake.channel);
  await first.close();
  for (let n = 0; n < 250; n++) fake.say({ channel: fake.channel, author: alice, content: `talk ${n}` });
  ask('Echo: two');
  await house.start(fake);
  await finished(fake.channel, 2);
  expect(answersIn()).toEqual(['one', 'two']);
});

const slowly = it.extend({ limits: { ...noLimits, list: { calls: 1, windowMs: 400 } } });

slowly(
  'goes on with much talk when Discord asks to slow down',
  async ({ fake, house, alice, finished, ask, answersIn }) => {
    const first = await house.start(fake);
    ask('Echo: one');
    await finished(fake.channel);
    await first.close();
    for (let n = 0; n < 250; n++) fake.say({ channel: fake.channel, author: alice, content: `talk ${n}` });
    ask('Echo: two');
    await house.start(fake);
    await finished(fake.channel, 2);
    expect(answersIn()).toEqual(['one', 'two']);
  },
);

it('answers what was asked while a session was lost', async ({ fake, house, finished, ask, answersIn }) => {
  await house.start(fake);
  ask('one');
  await finished(fake.channel);
  fake.gateway.drop({ forget: true });
  await fake.waitFor(() => !fake.gateway.connected);
  ask('two');
  await fake.waitFor(() => fake.gateway.identifies === 2);
  await finished(fake.channel, 2);
  expect(answersIn()).toHaveLength(2);
});
