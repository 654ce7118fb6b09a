import { describe, expect } from 'vitest';
import { noLimits } from './house.ts';
import { whileRunning as it } from './scene.ts';

const slowly = it.extend({ limits: { ...noLimits, webhook: { calls: 1, windowMs: 150 } } });

describe('the commands of Discord', () => {
  it('shows what /chat was asked and by whom, and answers below', async ({ fake, alice, answered }) => {
    const options = { text: 'Hello **there** @everyone' };
    const interaction = fake.slash({ channel: fake.channel, user: alice, name: 'chat', options });
    const [answer] = await answered(fake.channel);
    const [question] = fake.visible(fake.channel);
    expect(question).toMatchObject({
      id: interaction.original,
      content: '-# Alice\n> Hello **there** @\u200beveryone',
    });
    expect(answer?.id).not.toBe(question?.id);
    expect([fake.post.pings, fake.post.unguarded]).toEqual([[], 0]);
  });

  it('names people in what /chat was asked, and takes them in settings', async ({
    fake,
    house,
    alice,
    boss,
    ours,
    answered,
  }) => {
    const here = { channel: fake.channel, user: boss };
    const role = fake.guild.moderatorRole;
    fake.slash({ ...here, name: 'settings', options: { name: 'deny', value: `<@${alice.id}><@&${role}>` } });
    await fake.waitFor(() =>
      ours(fake.channel, boss).some(({ content }) => content.includes(`user:${alice.id} role:${role}`)),
    );
    fake.slash({ ...here, channel: fake.otherChannel, name: 'chat', options: { text: `Who is <@${alice.id}>?` } });
    await answered(fake.otherChannel);
    expect(fake.visible(fake.otherChannel)[0]?.content).toBe('-# Boss\n> Who is @Alice?');
    expect(JSON.stringify(house.simulator.requests.at(-1))).toContain('Who is @Alice?');
  });

  it('does not wait long for the name of somebody whom /chat was asked about', async ({ fake, alice, answered }) => {
    fake.fail(/^GET .*\/members\//, { retryAfterMs: 60_000 });
    const bob = fake.person('Bob');
    fake.slash({ channel: fake.channel, user: alice, name: 'chat', options: { text: `Who is <@${bob.id}>?` } });
    await answered(fake.channel);
    expect(fake.visible(fake.channel)[0]?.content).toContain('Who is');
  });

  it('answers in the channel when Discord no longer knows the interaction', async ({ fake, alice, ours, answered }) => {
    fake.slash({ channel: fake.channel, user: alice, name: 'chat', options: { text: 'Hello there' } });
    fake.lapse();
    await answered(fake.channel);
    expect(ours(fake.channel)).toHaveLength(1);
  });

  it('chooses a bot by autocomplete and answers with it from then on', async ({ fake, ours, boss }) => {
    const here = { channel: fake.channel, user: boss };
    const choices = await fake.autocomplete({ ...here, name: 'bot', option: 'name', typed: 'pep' });
    expect(choices).toEqual([{ name: 'Pepper', value: 'pepper' }]);
    fake.slash({ ...here, name: 'bot', options: { name: 'pepper' } });
    const [greeting] = await fake.waitFor(() => {
      const found = ours(fake.channel, boss);
      return found.length > 0 ? found : undefined;
    });
    expect(greeting?.content).toContain('Pepper');
    fake.slash({ ...here, name: 'about' });
    await fake.waitFor(() =>
      ours(fake.channel, boss).some(({ content }) => /pepper/i.test(content) && content !== greeting?.content),
    );
  });

  it('reads the options of a command in their order, whichever was filled in first, and none behind a gap', async ({
    fake,
    ours,
    boss,
  }) => {
    const here = { channel: fake.channel, user: boss };
    fake.slash({ ...here, name: 'bot', options: { level: 'server', name: 'pepper' } });
    await fake.waitFor(() => ours(fake.channel, boss).some(({ content }) => content.includes('Pepper here.')));
    fake.slash({ ...here, channel: fake.otherChannel, name: 'bot', options: { level: 'channel' } });
    const choice = await fake.waitFor(() => ours(fake.otherChannel, boss)[0]);
    expect(choice.content).toMatch(/pepper.*server/i);
  });

  it('takes a file along that came with /chat', async ({ fake, house, alice, answered }) => {
    const files = { file: new File(['oolong'], 'tea.txt', { type: 'text/plain' }) };
    fake.slash({ channel: fake.channel, user: alice, name: 'chat', options: { text: 'What is this?' }, files });
    await answered(fake.channel);
    const [question] = fake.visible(fake.channel);
    expect(question?.content).toContain('📎 [tea.txt](');
    expect(question?.images).toEqual([]);
    expect(JSON.stringify(house.simulator.requests.at(-1))).toContain('oolong');
    const picture = { file: new File(['x'], 'leaf.png', { type: 'image/png' }) };
    fake.slash({ channel: fake.channel, user: alice, name: 'chat', options: { text: 'And this?' }, files: picture });
    await answered(fake.channel, 2);
    const second = fake.visible(fake.channel).find(({ content }) => content.includes('And this?'));
    expect(second?.images).toEqual([expect.stringContaining('leaf.png')]);
  });

  it('lets only who may manage the channel choose its bot', async ({ fake, alice, ours, boss }) => {
    fake.slash({ channel: fake.channel, user: alice, name: 'bot', options: { name: 'pepper' } });
    const [refusal] = await fake.waitFor(() => {
      const found = ours(fake.channel, alice);
      return found.length > 0 ? found : undefined;
    });
    expect(refusal?.private).toBe(true);
    expect(fake.visible(fake.channel, boss)).toEqual([]);
  });

  it('lets who may manage one channel choose there, and not for the whole server', async ({ fake, alice, ours }) => {
    fake.entrust(fake.channel, alice);
    const choose = (level: string) =>
      fake.slash({ channel: fake.channel, user: alice, name: 'bot', options: { name: 'pepper', level } });
    const says = (words: string) =>
      fake.waitFor(() => ours(fake.channel, alice).some(({ content }) => content.includes(words)));
    choose('server');
    await says('Only moderators may choose this here.');
    choose('category');
    await fake.waitFor(
      () => ours(fake.channel, alice).filter(({ content }) => /Only moderators/.test(content)).length === 2,
    );
    choose('channel');
    await says('Pepper here.');
    fake.say({ channel: fake.channel, author: alice, content: '/settings answer all server', mention: true });
    await fake.waitFor(
      () => ours(fake.channel, alice).filter(({ content }) => /Only moderators/.test(content)).length === 3,
    );
    const category = fake.memory.channels.get(fake.channel.parentId ?? '');
    if (category) fake.entrust(category, alice);
    fake.say({ channel: fake.channel, author: alice, content: '/settings answer all category', mention: true });
    await fake.waitFor(() => ours(fake.channel, alice).length === 5);
    expect(ours(fake.channel, alice).filter(({ content }) => /Only moderators/.test(content))).toHaveLength(3);
  });

  it('offers the bots as buttons that choose one', async ({ fake, ours, boss }) => {
    fake.slash({ channel: fake.channel, user: boss, name: 'bot' });
    await fake.waitFor(() => ours(fake.channel, boss).some(({ buttons }) => buttons.length > 0));
    fake.press({ channel: fake.channel, user: boss, label: /pepper/i });
    await fake.waitFor(() => ours(fake.channel, boss).some(({ content }) => content.includes('Pepper here.')));
  });

  it('forgets with /new', async ({ fake, alice, ours, answered }) => {
    const direct = fake.direct(alice);
    fake.say({ channel: direct, author: alice, content: 'My name is Clementine.' });
    await answered(direct);
    fake.slash({ channel: direct, user: alice, name: 'new' });
    await fake.waitFor(() => ours(direct, alice).length === 2);
    fake.say({ channel: direct, author: alice, content: 'What have I told you before?' });
    const found = await answered(direct, 2);
    expect(found.at(-1)?.content).not.toContain('Clementine');
  });

  it('says how to add it to a server that has only its commands', async ({ fake, alice, ours }) => {
    const guildId = fake.memory.snowflake();
    const channel = fake.memory.addChannel({ type: 0, guildId, name: 'elsewhere' });
    fake.slash({ channel, user: alice, name: 'chat', options: { text: 'Hello there' }, locale: 'zh-CN' });
    const told = await fake.waitFor(() => ours(channel, alice)[0]);
    expect(told.private).toBe(true);
    expect(told.content).toMatch(/^此服务器.*<https:\/\/discord\.com\/oauth2\S+permissions=\d+\S+bot\S+>$/);
    expect(told.content).toContain(fake.applicationId);
  });

  it.for(['a channel', 'a private thread'])(
    'are answered and asked again in %s that the bot does not see',
    async (where, { fake, alice, ours, answers, answered }) => {
      const inThread = { type: 12 as const, name: 'secret', guildId: fake.guild.id, parentId: fake.channel.id };
      const channel = where === 'a channel' ? fake.channel : fake.memory.addChannel(inThread);
      if (where === 'a channel') fake.permit(channel, 50001);
      const here = { channel, user: alice };
      fake.slash({ ...here, name: 'chat', options: { text: 'Hello there' } });
      const [first] = await answered(channel);
      fake.press({ ...here, label: 'Retry' });
      await fake.waitFor(() => (answers(channel)[0]?.edits ?? 0) > (first?.edits ?? 0));
      fake.slash({ ...here, name: 'retry' });
      await answered(channel, 2);
      expect(ours(channel).map(({ content }) => content)).toContain('-# Alice\n> /retry');
      expect(ours(channel, alice).filter((message) => message.private)).toEqual([]);
    },
  );

  it('asks about a message from its menu, though it may not read the channel', async ({
    fake,
    house,
    alice,
    boss,
    answered,
  }) => {
    const target = fake.say({ channel: fake.channel, author: alice, content: 'The kettle is called Clementine.' });
    const form = fake.menu({ channel: fake.channel, user: boss, name: 'Ask …', target });
    await fake.waitFor(() => form.modal);
    fake.submit({ channel: fake.channel, user: boss, form, values: { words: 'Why that name?' } });
    await answered(fake.channel);
    const question = fake.visible(fake.channel).find(({ content }) => content.startsWith('-# Boss'));
    expect(question?.content).toContain(target.id);
    expect(question?.content).toContain('> Why that name?');
    expect(JSON.stringify(house.simulator.requests.at(-1))).toContain('The kettle is called Clementine.');
  });

  it('asks about what another bot has written in an embed', async ({ fake, house, boss, answered }) => {
    const embeds = [{ title: 'Weather', description: 'Rain on Clementine Street.' }];
    const target = fake.post.create(fake.channel, fake.memory.addUser('News', true), { embeds });
    const form = fake.menu({ channel: fake.channel, user: boss, name: 'Ask …', target });
    await fake.waitFor(() => form.modal);
    fake.submit({ channel: fake.channel, user: boss, form, values: { words: 'Shall I go?' } });
    await answered(fake.channel);
    expect(JSON.stringify(house.simulator.requests.at(-1))).toContain('Rain on Clementine Street.');
  });

  it('asks the message itself when the form is left empty', async ({ fake, house, alice, boss, answered }) => {
    const target = fake.say({ channel: fake.channel, author: alice, content: 'What is my name?' });
    const form = fake.menu({ channel: fake.channel, user: boss, name: 'Ask …', target });
    await fake.waitFor(() => form.modal);
    fake.submit({ channel: fake.channel, user: boss, form });
    await answered(fake.channel);
    expect(JSON.stringify(house.simulator.requests.at(-1))).toContain('What is my name?');
  });

  it('exports the history as a file for who asks', async ({ fake, alice, ours, answered }) => {
    const direct = fake.direct(alice);
    fake.say({ channel: direct, author: alice, content: 'My name is Clementine.' });
    await answered(direct);
    fake.say({ channel: direct, author: alice, content: 'Thanks.' });
    await answered(direct, 2);
    fake.slash({ channel: direct, user: alice, name: 'history', options: { action: 'export' } });
    const { files } = await fake.waitFor(() => ours(direct, alice).find((message) => message.files.length > 0));
    expect(await (await fetch(files[0]?.url ?? '')).text()).toContain('My name is Clementine.');
  });

  slowly('show a long history to its end, however slowly Discord takes it', async ({ fake, alice, ours, answered }) => {
    const direct = fake.direct(alice);
    for (let n = 1; n <= 12; n++) {
      fake.say({ channel: direct, author: alice, content: `Echo: ${n} ${'and so on '.repeat(30)}` });
      await answered(direct, n);
    }
    fake.slash({ channel: direct, user: alice, name: 'history', options: { action: 'show', more: '50' } });
    const shown = () => ours(direct, alice).slice(12);
    await fake.waitFor(() => shown().some(({ content }) => content.includes('Echo: 12 and')));
    expect(shown().length).toBeGreaterThan(2);
  });

  it('speaks Chinese to who uses Discord in Chinese', async ({ fake, alice, ours }) => {
    fake.slash({ channel: fake.channel, user: alice, name: 'help', locale: 'zh-CN' });
    const [help] = await fake.waitFor(() => {
      const found = ours(fake.channel, alice);
      return found.length > 0 ? found : undefined;
    });
    expect(help?.content).toContain('向机器人提问');
    const chat = fake.commands().find(({ name }) => name === 'chat');
    expect(chat?.description_localizations?.['zh-TW']).toBe('向機器人提問');
  });

  it('explains why every message cannot be heard where the intent is missing', async ({ fake, ours, boss }) => {
    const options = { name: 'answer', value: 'all' };
    fake.slash({ channel: fake.channel, user: boss, name: 'settings', options });
    await fake.waitFor(() =>
      ours(fake.channel, boss).some(({ content }) => content.includes('Message Content Intent')),
    );
  });

  it('explains that in words too when the setting was written in a message', async ({ fake, boss, ours }) => {
    const { id } = fake.say({ channel: fake.channel, author: boss, content: '/settings answer all', mention: true });
    const [done, told] = await fake.waitFor(() => ours(fake.channel).length > 1 && ours(fake.channel));
    expect(done?.content).toContain('**answer**');
    expect(told).toMatchObject({ replyTo: id, content: expect.stringContaining('Message Content Intent') });
  });

  it('explains that to nobody who may not set it', async ({ fake, alice, ours }) => {
    const options = { name: 'answer', value: 'all' };
    fake.slash({ channel: fake.channel, user: alice, name: 'settings', options });
    await fake.waitFor(() => ours(fake.channel, alice).length > 0);
    fake.slash({ channel: fake.channel, user: alice, name: 'about' });
    await fake.waitFor(() => ours(fake.channel, alice).length > 1);
    expect(
      ours(fake.channel, alice)
        .map(({ content }) => content)
        .join(),
    ).not.toContain('Message Content Intent');
  });

  it('registers its commands only when they have changed', async ({ fake, house, program }) => {
    const puts = () => fake.calls.filter(({ method }) => method === 'PUT').length;
    expect(puts()).toBe(1);
    await program.close();
    await house.start(fake);
    await fake.waitFor(() => fake.calls.filter(({ path }) => path.endsWith('/commands')).length >= 3);
    expect(puts()).toBe(1);
  });
});
