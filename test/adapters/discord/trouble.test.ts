import { describe, expect } from 'vitest';
import { createPacer } from '#core/reply/pace/pace.ts';
import { startFakeDiscord } from '../../fake/discord/server.ts';
import { noLimits } from './house.ts';
import { it as base } from './scene.ts';
import { isFinished, never, says, words } from './talk.ts';

const it = base.extend({ contentIntent: true });

describe('the limits of Discord', () => {
  it('are kept by an answer of more messages than a window allows', async ({ house }) => {
    const strict = await startFakeDiscord();
    const program = await house.start(strict, { pacer: createPacer() });
    house.simulator.faults.next(says(words(1500).join(' ')));
    strict.say({ channel: strict.channel, author: strict.person('A'), content: 'Count.', mention: true });
    const parts = await strict.waitFor(() => {
      const found = strict.visible(strict.channel).filter(({ author }) => author === 'realcoze');
      return found.at(-1)?.content.endsWith('word1499') && found.every(isFinished) && found;
    });
    expect(
      parts
        .map(({ content }) => content)
        .join(' ')
        .split(/\s+/),
    ).toEqual(words(1500));
    expect(strict.refusals()).toBe(0);
    await program.close();
    await strict.close();
  });

  it('are kept by eight replies in one channel, and every answer lands whole', async ({ house }) => {
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
  it('lands the whole answer though Discord fails, limits and cuts in between', async ({
    fake,
    house,
    alice,
    finished,
    begun,
  }) => {
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

  it('finishes the answer after a kill, in the message that was begun, once', async ({
    fake,
    house,
    alice,
    finished,
    begun,
  }) => {
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

  it('ends a running answer with a last edit when the program closes, and goes on with it at the next start', async ({
    fake,
    house,
    alice,
    ours,
    begun,
  }) => {
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

  it('says that it thinks when a command takes longer than Discord waits, then answers', async ({
    fake,
    house,
    alice,
    ours,
  }) => {
    const ready = Promise.withResolvers<void>();
    await house.start(fake, { commandsWaitFor: ready.promise });
    await fake.waitFor(() => fake.commands().length > 0);
    const interaction = fake.slash({ channel: fake.channel, user: alice, name: 'bots' });
    await fake.waitFor(() => interaction.state === 'thinking');
    ready.resolve();
    await fake.waitFor(() => ours(fake.channel, alice).some(({ content }) => content.includes('pepper')));
    expect(interaction.state).toBe('answered');
  });

  it('starts as soon as Discord can be reached', async ({ fake, house }) => {
    fake.fail(/GET .applications.@me/, 'cut', 2);
    await house.start(fake);
    expect(house.log.join('\n')).toContain('Discord is not reached yet');
  });

  it('is known to the health check when Discord has been away for a minute, until it is back', async ({
    fake,
    house,
  }) => {
    let now = 0;
    const { discord } = await house.start(fake, { now: () => now });
    fake.gateway.drop();
    await fake.waitFor(() => fake.gateway.resumes === 1);
    now = 500_000;
    await expect.poll(() => discord.trouble()).toBeUndefined();
    await fake.close();
    await expect
      .poll(() => {
        now += 59_000;
        return discord.trouble();
      })
      .toMatch(/Discord has not been heard for \d+ min/);
  });

  it('says what to do when Discord no longer takes the token', async ({ fake, house }) => {
    const { discord } = await house.start(fake);
    expect(discord.trouble()).toBeUndefined();
    fake.gateway.drop({ code: 4004 });
    await fake.waitFor(() => !fake.gateway.connected);
    fake.memory.changed();
    await expect.poll(() => house.log.join('\n')).toContain('Discord no longer takes DISCORD_BOT_TOKEN');
    expect(discord.trouble()).toContain('DISCORD_BOT_TOKEN');
  });

  it('closes though Discord cannot be reached', async ({ house }) => {
    const lost = await startFakeDiscord({ limits: noLimits });
    const program = await house.start(lost);
    await lost.close();
    await program.close();
    expect(lost.gateway.connected).toBe(false);
  });

  it('writes no token anywhere, neither its own nor that of an interaction', async ({
    fake,
    house,
    alice,
    finished,
  }) => {
    await house.start(fake);
    await fake.waitFor(() => fake.commands().length > 0);
    fake.fail(/POST .*messages/, 'cut', 2);
    fake.fail(/POST .*webhooks/, 400, 2);
    fake.fail(/PATCH .*webhooks/, 404, 2);
    const { token } = fake.slash({ channel: fake.channel, user: alice, name: 'chat', options: { text: 'hi' } });
    fake.say({ channel: fake.otherChannel, author: alice, content: 'Hello.', mention: true });
    await finished(fake.otherChannel);
    const late = fake.slash({ channel: fake.channel, user: alice, name: 'bots' });
    fake.lapse();
    await expect.poll(() => house.log.join('\n')).toContain('too old to be answered');
    for (const secret of [fake.token, token, late.token]) expect(house.log.join('\n')).not.toContain(secret);
  });
});
