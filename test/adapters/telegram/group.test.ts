/** Groups and topics from end to end. */
import { describe, expect } from 'vitest';
import { createPacer } from '#core/reply/pace/pace.ts';
import { telegramLimits } from '../../fake/telegram/windows.ts';
import { test } from './scene.ts';
import { finished, isFinished, says, shown } from './talk.ts';

describe('a group', () => {
  test('is answered where the bot is called, as a reply; topics do not share a history', async ({
    fake,
    house,
    ada,
    grace,
  }) => {
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada, grace], forum: true });
    const [one, two] = [fake.topic(chat, 'one'), fake.topic(chat, 'two')];
    const question = fake.write({ chat, from: ada, topic: one, text: '@real_coze_bot My name is Ada.' });
    const [answer] = await finished(fake, chat, 1, one);
    expect(answer).toMatchObject({ topic: one, replyTo: question });
    fake.write({ chat, from: ada, topic: two, text: '@real_coze_bot What is my name?' });
    const [other] = await finished(fake, chat, 1, two);
    expect(other?.text).not.toContain('Ada.');
    fake.write({ chat, from: ada, topic: one, text: '@real_coze_bot What is my name?' });
    const [, again] = await finished(fake, chat, 2, one);
    expect(again?.text).toContain('Ada');
  });

  test('only an administrator chooses the bot, and a refusal says so', async ({ fake, house, ada, grace }) => {
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada], admins: [grace] });
    fake.write({ chat, from: ada, text: '/bot@real_coze_bot pepper' });
    const [refused] = await finished(fake, chat, 1);
    expect(refused?.text).not.toContain('Pepper here.');
    fake.write({ chat, from: grace, text: '/bot@real_coze_bot pepper' });
    const [, chosen] = await finished(fake, chat, 2);
    expect(chosen?.text).toContain('Pepper here.');
  });

  test('that becomes a supergroup keeps its bot and its history', async ({ fake, house, ada, grace }) => {
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada], admins: [grace], basic: true });
    fake.write({ chat, from: grace, text: '/bot@real_coze_bot pepper' });
    await finished(fake, chat, 1);
    fake.write({ chat, from: ada, text: '@real_coze_bot My name is Ada.' });
    await finished(fake, chat, 2);
    const after = fake.upgrade(chat);
    fake.write({ chat: after, from: ada, text: '@real_coze_bot What is my name?' });
    const [answer] = await finished(fake, after, 1);
    expect(answer?.text).toContain('Ada');
    fake.write({ chat: after, from: ada, text: '/bot@real_coze_bot why' });
    const [, why] = await finished(fake, after, 2);
    expect(why?.text).toContain('pepper');
    expect(fake.complaints).toEqual([]);
  });

  test('a question does not wait for the list of administrators', async ({ fake, house, ada }) => {
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada] });
    fake.write({ chat, from: ada, text: '@real_coze_bot hello' });
    await finished(fake, chat, 1);
    expect(fake.calls.map(({ method }) => method)).not.toContain('getChatAdministrators');
  });

  test('every message is answered where the settings say so', async ({ fake, house, ada, grace }) => {
    fake.world.me.can_read_all_group_messages = true;
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada], admins: [grace] });
    fake.write({ chat, from: ada, text: 'nobody is asked' });
    fake.write({ chat, from: grace, text: '/settings answer all' });
    await finished(fake, chat, 1);
    fake.write({ chat, from: ada, text: 'and now?' });
    const answers = await finished(fake, chat, 2);
    expect(answers.length).toBe(2);
  });

  test('talk that is older than an hour when it is heard is let be, questions are answered', async ({
    fake,
    house,
    ada,
    grace,
  }) => {
    fake.world.me.can_read_all_group_messages = true;
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada], admins: [grace] });
    fake.write({ chat, from: grace, text: '/settings answer all' });
    await finished(fake, chat, 1);
    const ago = (minutes: number) => ({ chat, from: ada, date: Math.floor(Date.now() / 1000) - minutes * 60 });
    fake.write({ ...ago(90), text: 'old talk' });
    const question = fake.write({ ...ago(89), text: '@real_coze_bot old question' });
    const talk = fake.write({ ...ago(50), text: 'newer talk' });
    const [, ...answers] = await finished(fake, chat, 3);
    expect(answers.map(({ replyTo }) => replyTo)).toEqual([question, talk]);
  });

  test('where Telegram keeps most messages from the bot, answering all of them is explained', async ({
    fake,
    house,
    grace,
  }) => {
    await house.start(fake);
    const chat = fake.group('Lab', { admins: [grace] });
    fake.write({ chat, from: grace, text: '/settings answer all' });
    const [explained] = await finished(fake, chat, 1);
    expect(explained?.text).toContain('privacy mode');
    const other = fake.group('Hall', { admins: [grace, fake.world.me] });
    fake.write({ chat: other, from: grace, text: '/settings answer all' });
    const [bare] = await finished(fake, other, 1);
    expect(bare?.text).not.toContain('privacy mode');
  });

  test('where every message is answered, a denied member is told so only when they call the bot', async ({
    fake,
    house,
    ada,
    grace,
  }) => {
    fake.world.me.can_read_all_group_messages = true;
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada], admins: [grace] });
    fake.write({ chat, from: grace, text: '/settings answer all' });
    fake.write({ chat, from: grace, text: `/settings deny user:${ada.id}` });
    await finished(fake, chat, 2);
    fake.write({ chat, from: ada, text: 'I was only talking.' });
    const call = fake.write({ chat, from: ada, text: '@real_coze_bot and now?' });
    const [, , refused, ...others] = await finished(fake, chat, 3);
    expect(refused).toMatchObject({ text: expect.stringContaining('You may not ask'), replyTo: call });
    expect(others).toEqual([]);
  });

  test('is greeted when the bot is added, and when it is called without words', async ({ fake, house, ada }) => {
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada] });
    fake.invite(chat, ada);
    const [greeting] = await finished(fake, chat, 1);
    expect(greeting?.text).toContain('Hi, I am Nim.');
    expect(greeting?.buttons).toContain('What can you do?');
    fake.write({ chat, from: ada, text: '@real_coze_bot' });
    const [, again] = await finished(fake, chat, 2);
    expect(again?.text).toContain('Hi, I am Nim.');
  });

  test('is greeted once when the bot is added by a link, and again when somebody asks for it', async ({
    fake,
    house,
    ada,
  }) => {
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada] });
    fake.invite(chat, ada, '1');
    fake.write({ chat, from: ada, text: '/bots@real_coze_bot' });
    const [greeting, list] = await finished(fake, chat, 2);
    expect(greeting?.text).toContain('Hi, I am Nim.');
    expect(list?.text).toContain('pepper');
    fake.write({ chat, from: ada, text: '/start@real_coze_bot' });
    const [, , again] = await finished(fake, chat, 3);
    expect(again?.text).toContain('Hi, I am Nim.');
    const other = fake.group('Hall', { members: [ada] });
    fake.invite(other, ada);
    fake.write({ chat: other, from: ada, text: '/start@real_coze_bot' });
    expect((await finished(fake, other, 2)).length).toBe(2);
  });

  test('answers who adds the call to a message afterwards, once', async ({ fake, house, ada }) => {
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada] });
    const id = fake.write({ chat, from: ada, text: 'My name is Ada.' });
    fake.edit({ chat, message: id, text: '@real_coze_bot My name is Ada.' });
    fake.edit({ chat, message: id, text: '@real_coze_bot My name is Ada.' });
    const [answer] = await finished(fake, chat, 1);
    expect(answer?.replyTo).toBe(id);
    fake.write({ chat, from: ada, text: '@real_coze_bot What is my name?' });
    const [, next, ...others] = await finished(fake, chat, 2);
    expect(next?.text).toContain('Ada');
    expect(others).toEqual([]);
  });

  test('asks the new words of a changed /chat, and nothing when a command is changed', async ({ fake, house, ada }) => {
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada] });
    const id = fake.write({ chat, from: ada, text: '/chat My name is Bob.' });
    await finished(fake, chat, 1);
    house.simulator.faults.next(says('Hello Ada.'));
    fake.edit({ chat, message: id, text: '/chat My name is Ada.' });
    await shown(fake, chat, 'Hello Ada.');
    expect(JSON.stringify(house.simulator.requests)).not.toContain('/chat My');
    const command = fake.write({ chat, from: ada, text: '/bots@real_coze_bot' });
    await finished(fake, chat, 2);
    fake.edit({ chat, message: command, text: '/bot@real_coze_bot' });
    fake.edit({ chat, message: id, text: '/new@real_coze_bot' });
    fake.write({ chat, from: ada, text: '@real_coze_bot What is my name?' });
    const [, , answer, ...others] = await finished(fake, chat, 3);
    expect(answer?.text).toContain('Ada');
    expect(others).toEqual([]);
  });

  test('a command of another bot is left alone', async ({ fake, house, ada }) => {
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada] });
    fake.write({ chat, from: ada, text: '/weather' });
    fake.write({ chat, from: ada, text: '@real_coze_bot hello' });
    expect((await finished(fake, chat, 1)).length).toBe(1);
  });
});

describe('the comments of a channel', () => {
  test('hold all of a long answer, and its sources', async ({ fake, house, ada }) => {
    await house.start(fake);
    const chat = fake.group('Talk', { members: [ada] });
    const post = fake.post(chat, 'News', 'It rains.');
    const text = Array.from({ length: 1500 }, (_, i) => `word${i}`).join(' ');
    house.simulator.faults.next({
      say: [
        { type: 'knowledge', document: 'papers', excerpts: ['Paper one. '.repeat(30)] },
        { type: 'answer', text },
      ],
    });
    const question = fake.write({ chat, from: ada, text: '@real_coze_bot why?', replyTo: post });
    const answers = await fake.waitFor(() => {
      const all = fake.answers(chat);
      return all.at(-1)?.buttons.includes('Sources') && all;
    });
    expect(answers.length).toBeGreaterThan(1);
    fake.press({ chat, from: ada, message: answers.at(-1)?.id ?? 0, label: 'Sources' });
    const sources = await fake.waitFor(() => fake.answers(chat)[answers.length]);
    const read = fake.comments(chat, post).map(({ id }) => id);
    expect(read).toEqual([question, ...answers.map(({ id }) => id), sources.id]);
  });

  test('are not all replies elsewhere: later parts of an answer follow the first', async ({ fake, house, ada }) => {
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada] });
    house.simulator.faults.next(says(Array.from({ length: 1500 }, (_, i) => `word${i}`).join(' ')));
    const question = fake.write({ chat, from: ada, text: '@real_coze_bot Count.' });
    const answers = await fake.waitFor(() => {
      const all = fake.answers(chat);
      return all.at(-1)?.text.endsWith('word1499') && all;
    });
    expect(answers.map(({ replyTo }) => replyTo)).toEqual([question, ...answers.slice(1).map(() => undefined)]);
  });
});

describe('under the limits of Telegram', () => {
  const strict = test.extend({ limits: telegramLimits, wordMs: 20 });

  strict('results of commands are paid from the same budget as replies', async ({ fake, house, ada }) => {
    await house.start(fake, { pacer: createPacer() });
    for (let i = 0; i < 6; i += 1) fake.write({ chat: ada.id, from: ada, text: i % 2 ? 'Hello.' : '/bots' });
    await fake.waitFor(() => fake.answers(ada.id).length === 6 && fake.answers(ada.id).every(isFinished));
    expect(fake.tooManyRequests).toBe(0);
  });

  strict('five replies at once in five topics all land', async ({ fake, house, ada }) => {
    await house.start(fake, { pacer: createPacer() });
    const chat = fake.group('Lab', { members: [ada], forum: true });
    const text = `Hello, ${'and so on '.repeat(40)}and done.`;
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      house.simulator.faults.next(says(text));
      fake.write({ chat, from: ada, topic: fake.topic(chat, name), text: '@real_coze_bot hello' });
    }
    const answers = await fake.waitFor(() => {
      const all = fake.answers(chat);
      return all.length === 5 && all.every(isFinished) && all;
    }, 19_000);
    expect(answers.map((answer) => answer.text)).toEqual(answers.map(() => text));
    expect(fake.tooManyRequests).toBe(0);
  });
});
