import { describe, expect, it } from 'vitest';
import { fetchAttachment } from '../../../adapters/discord/attachments.ts';
import { listen } from './listen.ts';

describe('reading a Discord message', () => {
  it('takes a mention for a call, takes the mention out and names the others', async () => {
    const { fake, hear } = await listen();
    const [alice, bob] = [fake.person('Alice', { moderator: true }), fake.person('Bob')];
    const content = `what does <@${bob.id}> mean in <#${fake.otherChannel.id}>?`;
    const { id } = fake.say({ channel: fake.channel, author: alice, content, mention: true });
    const { call, incoming } = await hear(id);
    expect(call).toBe('mention');
    expect(incoming).toMatchObject({
      id,
      text: 'what does @Bob mean in #other?',
      author: { id: alice.id, name: 'Alice', moderator: true },
      place: { platform: 'discord', account: fake.bot.id, direct: false },
    });
    expect(incoming.place.levels).toEqual([
      { kind: 'server', id: fake.guild.id, name: 'Tea house' },
      { kind: 'category', id: fake.channel.parentId, name: 'talk' },
      { kind: 'channel', id: fake.channel.id, name: 'general' },
    ]);
  });

  it('keeps the numbers of people, roles and channels in settings', async () => {
    const { fake, hear } = await listen();
    const content = `/settings deny <@${fake.bot.id}> <@&${fake.guild.moderatorRole}><#${fake.channel.id}>`;
    const author = fake.person('Alice');
    const { incoming } = await hear(fake.say({ channel: fake.channel, author, content, mention: true }).id);
    expect(incoming.text.split(/\s+/)).toEqual([
      '/settings',
      'deny',
      `role:${fake.guild.moderatorRole}`,
      `channel:${fake.channel.id}`,
    ]);
  });

  it('leaves alone what is not for us, and what it cannot read', async () => {
    const { fake, hear } = await listen();
    const { id } = fake.say({ channel: fake.channel, author: fake.person('Alice'), content: 'hi all' });
    const { call, incoming } = await hear(id);
    expect([call, incoming.text, incoming.author.moderator]).toEqual([undefined, '', false]);
  });

  it('takes every direct message for a call; there everybody decides for themselves', async () => {
    const { fake, hear } = await listen();
    const alice = fake.person('Alice');
    const channel = fake.direct(alice);
    const { call, incoming } = await hear(fake.say({ channel, author: alice, content: 'hi' }).id);
    expect([call, incoming.text, incoming.author.moderator]).toEqual(['direct', 'hi', true]);
    expect(incoming.place).toMatchObject({ direct: true, levels: [{ kind: 'channel', id: channel.id }] });
  });

  it('takes a reply to us for a call and brings the answered words along', async () => {
    const { fake, hear } = await listen();
    const alice = fake.person('Alice');
    const ours = fake.post.create(fake.channel, fake.bot, { content: 'green or black tea?' });
    const { call, incoming } = await hear(
      fake.say({ channel: fake.channel, author: alice, content: 'green', reply: ours }).id,
    );
    expect([call, incoming.text]).toEqual(['reply', 'green']);
    expect(incoming.quote).toMatchObject({ id: ours.id, text: 'green or black tea?' });
  });

  it('says that it cannot read a reply whose ping is off', async () => {
    const { fake, hear } = await listen();
    const ours = fake.post.create(fake.channel, fake.bot, { content: 'tea?' });
    const author = fake.person('Alice');
    const { id } = fake.say({ channel: fake.channel, author, content: 'yes', reply: ours, ping: false });
    expect((await hear(id)).call).toBe('unreadable');
  });

  it('names thread, forum and category apart, and hears a thread it is part of where it may read', async () => {
    const { fake, hear } = await listen({ contentIntent: true });
    const alice = fake.person('Alice');
    const post = fake.thread(fake.forum, 'How hot?');
    const { call, incoming } = await hear(fake.say({ channel: post, author: alice, content: 'the water' }).id);
    expect(call).toBe('thread');
    expect(incoming.place.levels.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'server Tea house',
      'category talk',
      'channel questions',
      'thread How hot?',
    ]);
  });

  it.each([
    ['announcements', 5],
    ['a voice channel', 2],
    ['a stage', 13],
  ] as const)('hears in the chat of %s', async (_, type) => {
    const { fake, hear } = await listen();
    const channel = fake.open(type, 'more');
    const { call, incoming } = await hear(
      fake.say({ channel, author: fake.person('Alice'), content: 'hi', mention: true }).id,
    );
    expect([call, incoming.text, incoming.place.levels.at(-1)?.name]).toEqual(['mention', 'hi', 'more']);
  });

  it('leaves members alone who talk to each other in such a thread', async () => {
    const { fake, hear } = await listen({ contentIntent: true });
    const [alice, bob] = [fake.person('Alice'), fake.person('Bob')];
    const channel = fake.thread(fake.forum, 'How hot?');
    const own = fake.say({ channel, author: alice, content: 'the water' });
    const callOf = async (content: string, reply?: typeof own) =>
      (await hear(fake.say({ channel, author: alice, content, ...(reply && { reply }) }).id)).call;
    const his = fake.say({ channel, author: bob, content: 'boiling' });
    expect(await callOf('are you sure?', his)).toBeUndefined();
    expect(await callOf(`<@${bob.id}> are you sure?`)).toBeUndefined();
    expect(await callOf('for green tea', own)).toBe('thread');
    expect(await callOf(`is <@${bob.id}> right?`)).toBe('thread');
    expect(await callOf(`<@${fake.bot.id}> is he right?`, his)).toBe('mention');
  });

  it('hears every message only where the settings say so', async () => {
    const { fake, hear } = await listen({
      contentIntent: true,
      answersAll: ({ levels }) => levels.some(({ name }) => name === 'other'),
    });
    const author = fake.person('Alice');
    expect((await hear(fake.say({ channel: fake.channel, author, content: 'a' }).id)).call).toBeUndefined();
    expect((await hear(fake.say({ channel: fake.otherChannel, author, content: 'a' }).id)).call).toBe('everything');
  });

  it('brings files along, with their type and where to fetch them', async () => {
    const { fake, hear } = await listen();
    const alice = fake.person('Alice');
    const files = [new File(['leaf'], 'leaf.txt', { type: 'text/plain' })];
    const { call, incoming } = await hear(
      fake.say({ channel: fake.direct(alice), author: alice, content: '', files }).id,
    );
    expect(call).toBe('direct');
    expect(incoming.attachments).toMatchObject([{ name: 'leaf.txt', type: 'text/plain', size: 4 }]);
    expect(await (await fetch(incoming.attachments[0]?.ref ?? '')).text()).toBe('leaf');
  });
});

describe('what a message holds besides words', () => {
  it('is read too: a forwarded message and stickers', async () => {
    const { fake, hear } = await listen();
    const alice = fake.person('Alice');
    const channel = fake.direct(alice);
    const content = `The kettle in <#${fake.otherChannel.id}> boils at noon.`;
    const forward = fake.say({ channel: fake.channel, author: alice, content });
    const forwarded = await hear(fake.say({ channel, author: alice, content: '', forward }).id);
    expect([forwarded.call, forwarded.incoming.text]).toEqual(['direct', 'The kettle in #other boils at noon.']);
    expect(forwarded.incoming.quote).toBeUndefined();
    const stickers = ['Wave'];
    const waved = await hear(fake.say({ channel, author: alice, content: '', stickers }).id);
    expect([waved.call, waved.incoming.text]).toEqual(['direct', '(Wave)']);
  });

  it('is read too: a poll with its answers, and dates, which Discord shows to each in their own time', async () => {
    const { fake, hear } = await listen();
    const alice = fake.person('Alice');
    const channel = fake.direct(alice);
    const poll = { question: 'Which tea?', answers: ['green', 'black'] };
    const asked = await hear(fake.say({ channel, author: alice, content: '', poll }).id);
    expect([asked.call, asked.incoming.text]).toEqual(['direct', 'Which tea?\n- green\n- black']);
    const when = await hear(fake.say({ channel, author: alice, content: 'At <t:1767225600:R>, or <t:60>?' }).id);
    expect(when.incoming.text).toBe('At 2026-01-01T00:00:00Z, or 1970-01-01T00:01:00Z?');
  });

  it('is no quotation when it was forwarded within a channel', async () => {
    const { fake, hear } = await listen();
    const alice = fake.person('Alice');
    const channel = fake.direct(alice);
    const forward = fake.say({ channel, author: alice, content: 'The kettle boils at noon.' });
    const { incoming } = await hear(fake.say({ channel, author: alice, content: '', forward }).id);
    expect([incoming.text, incoming.quote]).toEqual(['The kettle boils at noon.', undefined]);
  });
});

describe('the message that somebody replies to', () => {
  it('brings its files along where the reply has none, unless it is ours', async () => {
    const { fake, hear } = await listen({ contentIntent: true });
    const [alice, bob] = [fake.person('Alice'), fake.person('Bob')];
    const { channel } = fake;
    const [leaf, cup] = [new File(['x'], 'leaf.png'), new File(['x'], 'cup.png')];
    const picture = fake.say({ channel, author: alice, content: '', files: [leaf] });
    const ask = (more: object) => fake.say({ channel, author: bob, content: 'what is this?', mention: true, ...more });
    const named = async ({ id }: { id: string }) => (await hear(id)).incoming.attachments.map(({ name }) => name);
    expect(await named(ask({ reply: picture }))).toEqual(['leaf.png']);
    expect(await named(ask({ reply: picture, files: [cup] }))).toEqual(['cup.png']);
    const ours = fake.post.create(channel, fake.bot, { content: 'My whole answer:' }, { files: [leaf] });
    expect(await named(ask({ reply: ours }))).toEqual([]);
  });

  it('is quoted with what another bot says in embeds and components', async () => {
    const { fake, hear } = await listen({ contentIntent: true });
    const [alice, news] = [fake.person('Alice'), fake.memory.addUser('News', true)];
    const { channel } = fake;
    const quoteOf = async (body: Parameters<typeof fake.post.create>[2]) => {
      const reply = fake.post.create(channel, news, body);
      const { id } = fake.say({ channel, author: alice, content: 'is that so?', mention: true, reply });
      return (await hear(id)).incoming.quote?.text;
    };
    const fields = [{ name: 'Origin', value: 'Uji' }];
    expect(await quoteOf({ embeds: [{ title: 'Tea', description: 'Green tea is late.', fields }] })).toBe(
      'Tea\n\nGreen tea is late.\n\nOrigin: Uji',
    );
    const text = { type: 10, content: 'Black tea is early.' };
    expect(await quoteOf({ components: [{ type: 17, components: [text] }], flags: 1 << 15 })).toBe(text.content);
  });
});

describe('a file that came with a message', () => {
  async function withFile() {
    const { fake, hear, rest } = await listen();
    const alice = fake.person('Alice');
    const files = [new File(['leaf'], 'leaf.txt', { type: 'text/plain' })];
    const { incoming } = await hear(fake.say({ channel: fake.direct(alice), author: alice, content: '', files }).id);
    const [file] = incoming.attachments;
    if (file === undefined) throw new Error('No file came.');
    return { fake, file, by: { fetch, rest }, signal: new AbortController().signal };
  }

  it('is fetched, also when its address has run out meanwhile', async () => {
    const { fake, file, by, signal } = await withFile();
    expect(String(await fetchAttachment(by, file, signal))).toBe('leaf');
    fake.memory.day += 1;
    expect(String(await fetchAttachment(by, file, signal))).toBe('leaf');
  });

  it('is missed with a sentence when it is gone or too large', async () => {
    const { fake, file, by, signal } = await withFile();
    fake.memory.files.clear();
    await expect(fetchAttachment(by, file, signal)).rejects.toMatchObject({ code: 'gone' });
    const huge = { ...file, size: 60 * 1024 * 1024 };
    await expect(fetchAttachment(by, huge, signal)).rejects.toMatchObject({ code: 'too_large' });
  });
});
