import { REST } from 'discord.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Content } from '#core/surface.ts';
import { createButtons } from '../../../adapters/discord/buttons.ts';
import { channelSurface, interactionSurface, type Screen } from '../../../adapters/discord/surface.ts';
import { type SurfaceWorld, surfaceContract } from '../../contract/surface.ts';
import { type FakeDiscord, startFakeDiscord } from '../../fake/discord/server.ts';

let fake: FakeDiscord;
let screen: Screen;
let now: number;

beforeEach(async () => {
  fake = await startFakeDiscord();
  now = 0;
  const rest = new REST({ api: fake.apiUrl, retries: 0, offset: 0, rejectOnRateLimit: ['/channels', '/webhooks'] });
  screen = { rest: rest.setToken(fake.token), account: fake.bot.id, buttons: createButtons(), now: () => now };
});
afterEach(() => {
  screen.rest.clearHandlerSweeper();
  screen.rest.clearHashSweeper();
  return fake.close();
});

const say = (text: string, more: Partial<Content> = {}): Content => ({ text, final: true, ...more });

describe('a reply in a channel', () => {
  it('posts below the message it answers, edits in place, and tells what is left of the window', async () => {
    const question = fake.say({ channel: fake.channel, author: fake.person('Alice'), content: 'hi' });
    const surface = channelSurface(screen, { channelId: fake.channel.id, replyTo: question.id });
    const { id } = await surface.post(say('one', { buttons: [{ label: 'Stop', command: 'stop' }] }), 'turn:0');
    const receipt = await surface.edit(id, say('one **two**', { note: 'stopped' }));
    expect(receipt).toMatchObject({ id, remaining: 4 });
    expect(receipt.resetAfterMs).toBeGreaterThan(4000);
    expect(fake.visible(fake.channel).at(-1)).toMatchObject({
      content: 'one **two**\n-# stopped',
      replyTo: question.id,
      buttons: [],
      edits: 1,
    });
  });

  it('is not lost where the bot may not read the history and so may not reply', async () => {
    const question = fake.say({ channel: fake.channel, author: fake.person('Alice'), content: 'hi' });
    fake.channel.hidesHistory = true;
    const surface = channelSurface(screen, { channelId: fake.channel.id, replyTo: question.id });
    await surface.post(say('hello'), 'k');
    expect(fake.visible(fake.channel).at(-1)).toMatchObject({ content: 'hello', replyTo: undefined });
  });

  it('posts once, however often the same post is repeated', async () => {
    const surface = channelSurface(screen, { channelId: fake.channel.id });
    const first = await surface.post(say('a'), 'turn:0');
    expect((await surface.post(say('a'), 'turn:0')).id).toBe(first.id);
    expect((await surface.post(say('b'), 'turn:1')).id).not.toBe(first.id);
    expect(fake.visible(fake.channel)).toHaveLength(2);
  });

  it('pings nobody, in creates and in edits', async () => {
    const alice = fake.person('Alice');
    const surface = channelSurface(screen, { channelId: fake.channel.id });
    const { id } = await surface.post(say(`<@${alice.id}> @everyone`), 'k');
    await surface.edit(id, say(`<@&${fake.guild.moderatorRole}> @here`));
    expect([fake.post.pings, fake.post.unguarded]).toEqual([[], 0]);
  });

  it('turns a full bucket into rate_limited with the time to wait, without troubling Discord', async () => {
    const surface = channelSurface(screen, { channelId: fake.channel.id });
    const { id } = await surface.post(say('0'), 'k');
    for (let n = 1; n <= 5; n += 1) await surface.edit(id, say(String(n)));
    const error = await surface.edit(id, say('6')).catch((e: unknown) => e);
    expect(error).toMatchObject({ name: 'RealCozeError', code: 'rate_limited' });
    expect((error as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(3000);
    expect(fake.refusals()).toBe(0);
  });

  it('says gone for a deleted message, forbidden where it may not write, invalid for refused content', async () => {
    const surface = channelSurface(screen, { channelId: fake.channel.id });
    const { id } = await surface.post(say('a'), 'k');
    fake.erase({ id });
    await expect(surface.edit(id, say('b'))).rejects.toMatchObject({ code: 'gone', upstreamCode: '10008' });
    await expect(surface.post(say('x'.repeat(2001)), 'l')).rejects.toMatchObject({ code: 'invalid' });
    fake.channel.refuse = 50013;
    await expect(surface.post(say('b'), 'm')).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('says server for a failure of Discord and network for a broken connection', async () => {
    const surface = channelSurface(screen, { channelId: fake.channel.id });
    fake.fail(/POST .*messages/, 503);
    await expect(surface.post(say('a'), 'k')).rejects.toMatchObject({ code: 'server' });
    fake.fail(/POST .*messages/, 'cut');
    await expect(surface.post(say('a'), 'k')).rejects.toMatchObject({ code: 'network' });
    expect((await surface.post(say('a'), 'k')).id).toMatch(/^\d{19}$/);
  });

  it('wakes an archived thread to land an edit', async () => {
    const thread = fake.thread(fake.channel, 'talk');
    const surface = channelSurface(screen, { channelId: thread.id });
    const { id } = await surface.post(say('a'), 'k');
    thread.archived = true;
    await surface.edit(id, say('b'));
    expect(fake.visible(thread)[0]?.content).toBe('b');
  });

  it('removes, types, and sends files', async () => {
    const surface = channelSurface(screen, { channelId: fake.channel.id });
    const { id } = await surface.post(say('a'), 'k');
    await surface.remove?.(id);
    await surface.typing?.();
    const bytes = new TextEncoder().encode('whole answer');
    await surface.file?.({ name: 'answer.md', type: 'text/markdown', bytes });
    const seen = fake.visible(fake.channel);
    expect(seen.map(({ files }) => files[0]?.filename)).toEqual(['answer.md']);
    expect(await (await fetch(seen[0]?.files[0]?.url ?? '')).text()).toBe('whole answer');
  });

  it('never sends an empty message', async () => {
    const surface = channelSurface(screen, { channelId: fake.channel.id });
    await surface.post(say('', { note: 'Coze did not answer.' }), 'k');
    await surface.post(say('', { buttons: [{ label: 'Retry', command: 'retry' }] }), 'l');
    expect(fake.visible(fake.channel).map(({ content }) => content)).toEqual(['-# Coze did not answer.', '\u200b']);
  });
});

describe('a reply to an interaction', () => {
  async function asked(isSeen = true) {
    const { interaction, ...place } = await askBySlash(fake, screen.rest);
    const surface = interactionSurface(screen, { ...place, channelId: fake.channel.id, at: now, isSeen });
    return { interaction, surface };
  }
  const shown = () => fake.visible(fake.channel).map(({ content }) => content);

  it('comes below the question and keeps to a bucket of its own', async () => {
    const { surface } = await asked();
    expect(surface).toMatchObject({ budget: 'discord-interaction', globalBucket: undefined });
    const first = await surface.post(say('one'), 'k:0');
    const second = await surface.post(say('two'), 'k:1');
    expect(await surface.edit(first.id, say('one!'))).toMatchObject({ remaining: 4 });
    await surface.edit(second.id, say('two!'));
    expect(shown()).toEqual(['question', 'one!', 'two!']);
    expect(fake.post.unguarded).toBe(0);
  });

  it('can be edited in its channel too, with a budget of its own, where the bot sees that', async () => {
    const { surface } = await asked();
    const { id } = await surface.post(say('one'), 'k:0');
    for (let n = 1; n <= 4; n++) await surface.edit(id, say(`one ${n}`));
    expect(await surface.edit(id, say('one 5'))).toMatchObject({ remaining: 0 });
    expect(await surface.spare?.edit(id, say('one at last'))).toMatchObject({ id, remaining: 4 });
    expect(shown()).toEqual(['question', 'one at last']);
    expect(surface.spare).toMatchObject({ budget: 'discord-channel', globalBucket: `discord:${fake.bot.id}` });
    now += 14 * 60_000;
    expect(surface.spare).toBeUndefined();
    expect((await asked(false)).surface.spare).toBeUndefined();
  });

  it('goes on with the token of the bot when fourteen minutes are over', async () => {
    const { surface, interaction } = await asked();
    const { id } = await surface.post(say('one'), 'k:0');
    now += 14 * 60_000;
    fake.expire(interaction);
    await surface.edit(id, say('one and more'));
    await surface.post(say('two'), 'k:1');
    expect(shown()).toEqual(['question', 'one and more', 'two']);
    expect(surface.bucket).toBe(`discord:${fake.bot.id}:channel:${fake.channel.id}`);
  });

  it('does so too when Discord says earlier that the token is over', async () => {
    const { surface, interaction } = await asked();
    const { id } = await surface.post(say('one'), 'k:0');
    fake.expire(interaction);
    await surface.edit(id, say('one and more'));
    expect(shown()).toEqual(['question', 'one and more']);
    expect(surface.budget).toBe('discord-channel');
  });

  it('finds a message whose creation was not confirmed instead of posting it twice', async () => {
    const { surface } = await asked();
    fake.loseAnswer(/POST .*webhooks/);
    await expect(surface.post(say('one'), 'k:0')).rejects.toMatchObject({ code: 'network' });
    const { id } = await surface.post(say('one'), 'k:0');
    await surface.edit(id, say('one!'));
    expect(shown()).toEqual(['question', 'one!']);
  });
});

describe('links and images of an answer', () => {
  it('grow no previews while it runs; its own images are shown when it is done', async () => {
    const surface = channelSurface(screen, { channelId: fake.channel.id });
    const text = 'See https://example.com and ![a cat](https://img.test/cat.png).';
    const { id } = await surface.post(say(text, { final: false }), 'k');
    expect(fake.visible(fake.channel)[0]?.images).toEqual([]);
    await surface.edit(id, say(text));
    expect(fake.visible(fake.channel)[0]?.images).toEqual(['https://img.test/cat.png']);
  });

  it('do not keep the answer away when Discord finds an address bad', async () => {
    const surface = channelSurface(screen, { channelId: fake.channel.id });
    const text = 'Two cats: ![a cat](https://img.test/cat.png)';
    fake.fail(/POST .*messages/, { code: 50035 });
    const { id } = await surface.post(say(text), 'k');
    fake.fail(/PATCH .*messages/, { code: 50035 });
    await surface.edit(id, say(`${text}!`));
    const [shown] = fake.visible(fake.channel);
    expect(shown).toMatchObject({ content: 'Two cats: 🖼 [a cat](<https://img.test/cat.png>)!', images: [] });
    fake.fail(/PATCH .*messages/, { code: 50035 });
    await expect(surface.edit(id, say('None.'))).rejects.toMatchObject({ code: 'invalid' });
  });

  it('lead nowhere where Discord takes one for harmful, and the answer is seen', async () => {
    const surface = channelSurface(screen, { channelId: fake.channel.id });
    const { id } = await surface.post(say('See', { final: false }), 'k');
    fake.fail(/PATCH .*messages/, { code: 240000 });
    await surface.edit(id, say('See https://bad.test/a and ![b](http://bad.test/b.png).'));
    expect(fake.visible(fake.channel)[0]).toMatchObject({
      content: 'See ht\u200btps://bad.test/a and 🖼 [b](<ht\u200btp://bad.test/b.png>).',
      images: [],
    });
    const calls = fake.calls.length;
    await surface.edit(id, { ...say('http://a.test '.repeat(100)), note: 'n'.repeat(1_000) });
    expect(fake.calls.slice(calls)).toHaveLength(1);
    const [shown] = fake.visible(fake.channel);
    expect(shown?.content).toMatch(/^ht\u200btp:.*…$/s);
    expect(shown?.content).not.toContain('http');
  });

  it('are ten at most, in galleries of four', async () => {
    const surface = channelSurface(screen, { channelId: fake.channel.id });
    const images = Array.from({ length: 12 }, (_, n) => `![${n}](https://img.test/${n}.png)`);
    const { id } = await surface.post(say(images.join('\n')), 'k');
    expect(fake.visible(fake.channel)[0]?.images).toHaveLength(10);
    const groups = fake.memory.messages.get(id)?.embeds.map(({ url }) => url);
    expect(new Set(groups).size).toBe(3);
  });
});

const openWorld = async (interaction: boolean): Promise<SurfaceWorld> => {
  const loose = { calls: 1_000_000, windowMs: 1000 };
  const limits = { post: loose, patch: loose, remove: loose, webhook: loose, global: loose };
  const server = await startFakeDiscord({ limits });
  const rest = new REST({ api: server.apiUrl, retries: 0, offset: 0, rejectOnRateLimit: ['/channels', '/webhooks'] });
  const place = { rest: rest.setToken(server.token), account: server.bot.id, buttons: createButtons(), now: Date.now };
  const channelId = server.channel.id;
  const surface = interaction
    ? interactionSurface(place, { ...(await askBySlash(server, rest)), channelId, at: Date.now(), isSeen: true })
    : channelSurface(place, { channelId });
  const isReply = ({ content }: { content: string }) => content !== 'question';
  return {
    surface,
    shown: () =>
      server
        .visible(server.channel)
        .filter(isReply)
        .map(({ content }) => content),
    limit: (count, retryAfterMs) => server.fail(/messages|POST .webhooks/, { retryAfterMs }, count),
    remove: (id) => server.erase({ id }),
    calls: () => server.calls.filter(({ path }) => /messages|webhooks/.test(path)).length,
    close() {
      rest.clearHandlerSweeper();
      rest.clearHashSweeper();
      return server.close();
    },
  };
};

surfaceContract('a Discord channel', () => openWorld(false));
surfaceContract('a Discord interaction', () => openWorld(true));

/** A slash command that already shows its question. */
async function askBySlash(server: FakeDiscord, rest: REST) {
  const { applicationId } = server;
  const registered = [{ name: 'chat', description: 'Ask', options: [] }];
  await rest.put(`/applications/${applicationId}/commands`, { body: registered });
  const interaction = server.slash({ channel: server.channel, user: server.person('Alice'), name: 'chat' });
  const { id, token } = interaction;
  const body = { type: 4, data: { content: 'question', allowed_mentions: { parse: [] } } };
  await rest.post(`/interactions/${id}/${token}/callback`, { body, auth: false });
  return { id, token, applicationId, interaction };
}
