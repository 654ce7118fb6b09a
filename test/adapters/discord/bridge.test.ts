import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Channel, User } from '../../fake/discord/memory.ts';
import { type FakeDiscord, startFakeDiscord } from '../../fake/discord/server.ts';
import { type House, noLimits, openHouse, type Program } from './house.ts';

let fake: FakeDiscord;
let house: House;
let program: Program;
let alice: User;
let boss: User;

beforeEach(async () => {
  fake = await startFakeDiscord({ limits: noLimits });
  house = await openHouse();
  program = await house.start(fake);
  await fake.waitFor(() => fake.commands().length > 0);
  alice = fake.person('Alice');
  boss = fake.person('Boss', { moderator: true });
});
afterEach(async () => {
  await house.close();
  await fake.close();
});

/** Finished answers of ours in a channel: those that offer to be retried. */
const answers = (channel: Channel) =>
  fake.visible(channel).filter(({ buttons }) => buttons.some(({ label }) => label === 'Retry'));
const answered = (channel: Channel, count = 1) =>
  fake.waitFor(() => {
    const found = answers(channel);
    return found.length >= count ? found : undefined;
  });
const ours = (channel: Channel, user?: User) =>
  fake.visible(channel, user).filter(({ author }) => author === 'realcoze');

describe('talking to a bot on Discord', () => {
  it('answers a mention in one message that replies to it', async () => {
    const asked = fake.say({ channel: fake.channel, author: alice, content: 'Hello there', mention: true });
    const [answer] = await answered(fake.channel);
    expect(answer).toMatchObject({ replyTo: asked.id, private: false });
    expect(answer?.content.length).toBeGreaterThan(20);
    expect(ours(fake.channel)).toHaveLength(1);
    expect([fake.post.pings, fake.post.unguarded]).toEqual([[], 0]);
  });

  it('answers a direct message, and keeps the two apart', async () => {
    const direct = fake.direct(alice);
    fake.say({ channel: direct, author: alice, content: 'My name is Clementine.' });
    await answered(direct);
    fake.say({ channel: fake.channel, author: alice, content: 'What have I told you before?', mention: true });
    const [answer] = await answered(fake.channel);
    expect(answer?.content).not.toContain('Clementine');
  });

  it('shows what /chat was asked and by whom, and answers below', async () => {
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

  it('answers in the channel when Discord no longer knows the interaction', async () => {
    fake.slash({ channel: fake.channel, user: alice, name: 'chat', options: { text: 'Hello there' } });
    fake.lapse();
    await answered(fake.channel);
    expect(ours(fake.channel)).toHaveLength(1);
  });

  it('chooses a bot by autocomplete and answers with it from then on', async () => {
    const here = { channel: fake.channel, user: boss };
    const choices = await fake.autocomplete({ ...here, name: 'bot', option: 'name', typed: 'pep' });
    expect(choices).toEqual([{ name: 'pepper', value: 'pepper' }]);
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

  it('reads the options of a command in their order, whichever was filled in first, and none behind a gap', async () => {
    const here = { channel: fake.channel, user: boss };
    fake.slash({ ...here, name: 'bot', options: { level: 'server', name: 'pepper' } });
    await fake.waitFor(() => ours(fake.channel, boss).some(({ content }) => content.includes('Pepper here.')));
    fake.slash({ ...here, channel: fake.otherChannel, name: 'bot', options: { level: 'channel' } });
    const choice = await fake.waitFor(() => ours(fake.otherChannel, boss)[0]);
    expect(choice.content).toMatch(/pepper.*server/i);
  });

  it('takes a file along that came with /chat', async () => {
    const files = { file: new File(['oolong'], 'tea.txt', { type: 'text/plain' }) };
    fake.slash({ channel: fake.channel, user: alice, name: 'chat', options: { text: 'What is this?' }, files });
    await answered(fake.channel);
    const [question] = fake.visible(fake.channel);
    expect(question?.content).toContain('📎 [tea.txt](');
    expect(JSON.stringify(house.simulator.requests.at(-1))).toContain('oolong');
  });

  it('lets only who may manage the channel choose its bot', async () => {
    fake.slash({ channel: fake.channel, user: alice, name: 'bot', options: { name: 'pepper' } });
    const [refusal] = await fake.waitFor(() => {
      const found = ours(fake.channel, alice);
      return found.length > 0 ? found : undefined;
    });
    expect(refusal?.private).toBe(true);
    expect(fake.visible(fake.channel, boss)).toEqual([]);
  });

  it('offers the bots as buttons that choose one', async () => {
    fake.slash({ channel: fake.channel, user: boss, name: 'bot' });
    await fake.waitFor(() => ours(fake.channel, boss).some(({ buttons }) => buttons.length > 0));
    fake.press({ channel: fake.channel, user: boss, label: /pepper/i });
    await fake.waitFor(() => ours(fake.channel, boss).some(({ content }) => content.includes('Pepper here.')));
  });

  it('forgets with /new', async () => {
    const direct = fake.direct(alice);
    fake.say({ channel: direct, author: alice, content: 'My name is Clementine.' });
    await answered(direct);
    fake.slash({ channel: direct, user: alice, name: 'new' });
    await fake.waitFor(() => ours(direct, alice).length === 2);
    fake.say({ channel: direct, author: alice, content: 'What have I told you before?' });
    const found = await answered(direct, 2);
    expect(found.at(-1)?.content).not.toContain('Clementine');
  });

  it('keeps a history of its own in each thread', async () => {
    const [one, two] = [fake.thread(fake.channel, 'one'), fake.thread(fake.channel, 'two')];
    fake.say({ channel: one, author: alice, content: 'My name is Clementine.', mention: true });
    await answered(one);
    for (const channel of [one, two])
      fake.say({ channel, author: alice, content: 'What have I told you before?', mention: true });
    const [inOne, inTwo] = [await answered(one, 2), await answered(two)];
    expect(inOne.at(-1)?.content).toContain('Clementine');
    expect(inTwo.at(-1)?.content).not.toContain('Clementine');
  });

  it('asks a suggestion for whoever presses it, and shows what was asked', async () => {
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

  it('retries in the message of the answer before', async () => {
    fake.say({ channel: fake.channel, author: alice, content: 'Hello there', mention: true });
    const [first] = await answered(fake.channel);
    fake.press({ channel: fake.channel, user: alice, label: 'Retry' });
    await fake.waitFor(() => {
      const [again] = answers(fake.channel);
      return again !== undefined && again.edits > (first?.edits ?? 0);
    });
    expect(ours(fake.channel)).toHaveLength(1);
  });

  it('is asked and asked again by commands where the bot does not see the channel', async () => {
    fake.permit(fake.channel, 50001);
    const here = { channel: fake.channel, user: alice };
    fake.slash({ ...here, name: 'chat', options: { text: 'Hello there' } });
    const [first] = await answered(fake.channel);
    fake.press({ ...here, label: 'Retry' });
    await fake.waitFor(() => (answers(fake.channel)[0]?.edits ?? 0) > (first?.edits ?? 0));
    fake.slash({ ...here, name: 'retry' });
    await answered(fake.channel, 2);
    expect(ours(fake.channel).map(({ content }) => content)).toContain('-# Alice\n> /retry');
    expect(ours(fake.channel, alice).filter((message) => message.private)).toEqual([]);
  });

  it('answers an edited question again in the same message, and takes the answer of a deleted one away', async () => {
    const question = fake.say({ channel: fake.channel, author: alice, content: 'Hello there', mention: true });
    const [first] = await answered(fake.channel);
    fake.change(question, `<@${fake.bot.id}> Tell me about tea`);
    await fake.waitFor(() => answers(fake.channel).some(({ content }) => /tea/i.test(content)));
    expect(ours(fake.channel).map(({ id }) => id)).toEqual([first?.id]);
    fake.erase(question);
    await fake.waitFor(() => ours(fake.channel).length === 0);
  });

  it('takes the answers away when a moderator removes many questions at once', async () => {
    const questions = ['one', 'two'].map((content) =>
      fake.say({ channel: fake.channel, author: alice, content, mention: true }),
    );
    await answered(fake.channel, 2);
    fake.purge(fake.channel, questions);
    await fake.waitFor(() => fake.visible(fake.channel).length === 0);
  });

  it('asks about a message from its menu, though it may not read the channel', async () => {
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

  it('asks about what another bot has written in an embed', async () => {
    const embeds = [{ title: 'Weather', description: 'Rain on Clementine Street.' }];
    const target = fake.post.create(fake.channel, fake.memory.addUser('News', true), { embeds });
    const form = fake.menu({ channel: fake.channel, user: boss, name: 'Ask …', target });
    await fake.waitFor(() => form.modal);
    fake.submit({ channel: fake.channel, user: boss, form, values: { words: 'Shall I go?' } });
    await answered(fake.channel);
    expect(JSON.stringify(house.simulator.requests.at(-1))).toContain('Rain on Clementine Street.');
  });

  it('asks the message itself when the form is left empty', async () => {
    const target = fake.say({ channel: fake.channel, author: alice, content: 'What is my name?' });
    const form = fake.menu({ channel: fake.channel, user: boss, name: 'Ask …', target });
    await fake.waitFor(() => form.modal);
    fake.submit({ channel: fake.channel, user: boss, form });
    await answered(fake.channel);
    expect(JSON.stringify(house.simulator.requests.at(-1))).toContain('What is my name?');
  });

  it('exports the history as a file for who asks', async () => {
    const direct = fake.direct(alice);
    fake.say({ channel: direct, author: alice, content: 'My name is Clementine.' });
    await answered(direct);
    fake.say({ channel: direct, author: alice, content: 'Thanks.' });
    await answered(direct, 2);
    fake.slash({ channel: direct, user: alice, name: 'history', options: { action: 'export' } });
    const { files } = await fake.waitFor(() => ours(direct, alice).find((message) => message.files.length > 0));
    expect(await (await fetch(files[0]?.url ?? '')).text()).toContain('My name is Clementine.');
  });

  it('speaks Chinese to who uses Discord in Chinese', async () => {
    fake.slash({ channel: fake.channel, user: alice, name: 'help', locale: 'zh-CN' });
    const [help] = await fake.waitFor(() => {
      const found = ours(fake.channel, alice);
      return found.length > 0 ? found : undefined;
    });
    expect(help?.content).toContain('向机器人提问');
    const chat = fake.commands().find(({ name }) => name === 'chat');
    expect(chat?.description_localizations?.['zh-TW']).toBe('向機器人提問');
  });

  it('speaks Chinese to who writes Chinese, or lives in a Chinese server', async () => {
    fake.say({ channel: fake.channel, author: alice, content: '你好，请介绍一下你自己', mention: true });
    await fake.waitFor(() => ours(fake.channel).some(({ buttons }) => buttons.some(({ label }) => label === '重试')));
  });

  it('shows sources to who asks for them only', async () => {
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

  it('explains why every message cannot be heard where the intent is missing', async () => {
    const options = { name: 'answer', value: 'all' };
    fake.slash({ channel: fake.channel, user: boss, name: 'settings', options });
    await fake.waitFor(() =>
      ours(fake.channel, boss).some(({ content }) => content.includes('Message Content Intent')),
    );
  });

  it('registers its commands only when they have changed', async () => {
    const puts = () => fake.calls.filter(({ method }) => method === 'PUT').length;
    expect(puts()).toBe(1);
    await program.close();
    await house.start(fake);
    await fake.waitFor(() => fake.calls.filter(({ path }) => path.endsWith('/commands')).length >= 3);
    expect(puts()).toBe(1);
  });
});
