/** Telegram from end to end: what a member sees who writes in private. */
import { describe, expect } from 'vitest';
import { test } from './scene.ts';
import { ask, finished, halfway, isFinished, says, shown, twelveWords } from './talk.ts';

describe('a private chat', () => {
  test('is answered by one message that grows and ends with the exact whole text', async ({ fake, house, ada }) => {
    await house.start(fake);
    const more = Promise.withResolvers<void>();
    const words = Array.from({ length: 120 }, (_, i) => `word${i}`);
    house.simulator.faults.next({ ...says(words.join(' ')), pause: { afterWords: 60, until: more.promise } });
    fake.write({ chat: ada.id, from: ada, text: 'Count.' });
    const begun = await shown(fake, ada.id, 'word40');
    expect(begun.buttons).toEqual(['Stop']);
    more.resolve();
    const [answer, ...others] = await finished(fake, ada.id, 1);
    expect(others).toEqual([]);
    expect(answer?.id).toBe(begun.id);
    expect(answer?.text).toBe(words.join(' '));
    expect(answer?.shown.length).toBeGreaterThan(1);
    expect(answer?.buttons).toContain('Retry');
    expect(fake.complaints).toEqual([]);
  });

  test('keeps its history, and /new forgets it', async ({ fake, house, ada }) => {
    await house.start(fake);
    await ask(fake, ada, 'My name is Ada.');
    expect((await ask(fake, ada, 'What is my name?')).text).toContain('Ada');
    await ask(fake, ada, '/new');
    expect((await ask(fake, ada, 'What is my name?')).text).not.toContain('Ada');
  });

  test('/bot NAME chooses at once, /bot alone shows the choice as buttons that are replaced by the result', async ({
    fake,
    house,
    ada,
  }) => {
    await house.start(fake);
    expect((await ask(fake, ada, '/bot pepper')).text).toContain('Pepper');
    const choice = await ask(fake, ada, '/bot');
    expect(choice.buttons).toEqual(['Nim', 'Pepper']);
    fake.press({ chat: ada.id, from: ada, message: choice.id, label: 'Nim' });
    const chosen = await fake.waitFor(() =>
      fake.answers(ada.id).find(({ id, edits }) => id === choice.id && edits > 0),
    );
    expect(chosen.text).toContain('Nim');
    expect(fake.answers(ada.id).length).toBe(2);
  });

  test('/start greets with the welcome and the suggested questions, and pressing one asks it', async ({
    fake,
    house,
    ada,
  }) => {
    await house.start(fake);
    const greeting = await ask(fake, ada, '/start');
    expect(greeting.text).toContain('Hi, I am Nim.');
    fake.press({ chat: ada.id, from: ada, message: greeting.id, label: 'What can you do?' });
    const [, answer] = await finished(fake, ada.id, 2);
    expect(answer?.text.length).toBeGreaterThan(20);
  });

  test('a link that names a bot opens the chat with that bot', async ({ fake, house, ada }) => {
    await house.start(fake);
    expect((await ask(fake, ada, '/start pepper')).text).toContain('Pepper here.');
    expect((await ask(fake, ada, '/bot why')).text).toContain('pepper');
    expect((await ask(fake, ada, '/start nobody')).text).toContain('Pepper here.');
  });

  test('a Chinese app is answered in Chinese', async ({ fake, house }) => {
    await house.start(fake);
    const wei = fake.person('Wei', { language_code: 'zh-hans' });
    expect((await ask(fake, wei, '/new')).text).toMatch(/\p{Script=Han}/u);
    const menu = await fake.waitFor(() => fake.world.menus.get('all_private_chats:zh'));
    expect(menu.commands.find(({ command }) => command === 'new')?.description).toMatch(/\p{Script=Han}/u);
  });

  test('two people do not see each other’s history', async ({ fake, house, ada, grace }) => {
    await house.start(fake);
    await ask(fake, ada, 'My name is Ada.');
    expect((await ask(fake, grace, 'What is my name?')).text).not.toContain('Ada');
  });
});

describe('long and changing answers', () => {
  test('a long answer becomes several messages that hold all of it', async ({ fake, house, ada }) => {
    await house.start(fake);
    const words = Array.from({ length: 1500 }, (_, i) => `word${i}`);
    house.simulator.faults.next(says(words.join(' ')));
    fake.write({ chat: ada.id, from: ada, text: 'Count far.' });
    const all = await fake.waitFor(() => {
      const answers = fake.answers(ada.id);
      return answers.at(-1)?.text.endsWith('word1499') && answers.every(isFinished) && answers;
    });
    expect(all.length).toBeGreaterThan(1);
    expect(
      all
        .map(({ text }) => text)
        .join(' ')
        .split(/\s+/),
    ).toEqual(words);
    expect(all.slice(0, -1).every(({ buttons }) => buttons.length === 0)).toBe(true);
  });

  test('an answer full of code is split before Telegram would drop formatting', async ({ fake, house, ada }) => {
    await house.start(fake);
    const names = Array.from({ length: 250 }, (_, i) => `fn${i}`);
    house.simulator.faults.next(says(`${names.map((name) => `- call \`${name}\``).join('\n')}\n\ndone`));
    fake.write({ chat: ada.id, from: ada, text: 'List them.' });
    const all = await fake.waitFor(() => {
      const answers = fake.answers(ada.id);
      return answers.at(-1)?.text.endsWith('done') && answers.every(isFinished) && answers;
    });
    const code = all.flatMap(({ text, entities }) =>
      entities.map(({ offset, length }) => text.slice(offset, offset + length)),
    );
    expect(code).toEqual(names);
    expect(fake.complaints).toEqual([]);
  });

  test('editing the last question answers it again in the same message', async ({ fake, house, ada }) => {
    await house.start(fake);
    house.simulator.faults.next(says('About cats.'));
    const id = fake.write({ chat: ada.id, from: ada, text: 'Tell me about cats.' });
    const [first] = await finished(fake, ada.id, 1);
    house.simulator.faults.next(says('About dogs.'));
    fake.edit({ chat: ada.id, message: id, text: 'Tell me about dogs.' });
    const answer = await shown(fake, ada.id, 'About dogs.');
    expect(answer.id).toBe(first?.id);
  });

  test('a live location is a question once, however often it moves', async ({ fake, house, ada }) => {
    await house.start(fake);
    const location = { latitude: 48.1, longitude: 11.5, live_period: 3600 };
    const id = fake.write({ chat: ada.id, from: ada, location });
    await finished(fake, ada.id, 1);
    fake.move(ada.id, id, { ...location, latitude: 48.2 });
    await ask(fake, ada, 'Where am I?');
    const asked = JSON.stringify(house.simulator.requests);
    expect(asked).toContain('48.1');
    expect(asked).not.toContain('48.2');
  });

  test('others are answered, and Stop is heard, while a changed message is answered again', async ({
    fake,
    house,
    ada,
    grace,
  }) => {
    await house.start(fake);
    house.simulator.faults.next(says('About cats.'));
    const id = fake.write({ chat: ada.id, from: ada, text: 'Tell me about cats.' });
    await finished(fake, ada.id, 1);
    house.simulator.faults.next(halfway());
    fake.edit({ chat: ada.id, message: id, text: 'Count to twelve.' });
    const begun = await shown(fake, ada.id, 'seven');
    expect((await ask(fake, grace, 'Hello there')).text).not.toBe('');
    fake.press({ chat: ada.id, from: ada, message: begun.id, label: 'Stop' });
    const [answer] = await finished(fake, ada.id, 1);
    expect(answer?.text).toContain('Stopped.');
  });

  test('a long notice becomes several messages', async ({ fake, house, ada }) => {
    await house.start(fake);
    for (let i = 0; i < 6; i += 1) await ask(fake, ada, `Question ${i}: ${'why '.repeat(100)}`);
    for (let i = 0; i < 20; i += 1) await ask(fake, ada, `/history add user ${i} ${'more '.repeat(60)}`);
    const before = fake.answers(ada.id).length;
    fake.write({ chat: ada.id, from: ada, text: '/history show 50' });
    const after = await fake.waitFor(() => {
      const notices = fake.answers(ada.id).slice(before);
      return notices.length > 1 && notices;
    });
    expect(after.every(({ text }) => text.length <= 4096)).toBe(true);
  });

  test('a result waits out the limit of the chat', async ({ fake, house, ada }) => {
    await house.start(fake);
    fake.failNext('sendMessage', { status: 429, description: 'Too Many Requests: retry after 1', retryAfter: 1 });
    expect((await ask(fake, ada, '/bots')).text).toContain('pepper');
  });

  test('a picture goes to Coze with its caption', async ({ fake, house, ada }) => {
    await house.start(fake);
    const bytes = new Uint8Array(Buffer.from('iVBORw0KGgo=', 'base64'));
    fake.write({ chat: ada.id, from: ada, text: 'What is this?', file: { kind: 'photo', bytes } });
    await finished(fake, ada.id, 1);
    expect(house.simulator.requests.some(({ path }) => path.includes('/files/upload'))).toBe(true);
  });
});

describe('rich messages', () => {
  test('hold the answers, with Stop while they grow, and not what the program itself says', async ({
    fake,
    house,
    ada,
  }) => {
    await house.start(fake, { rich: true });
    const more = Promise.withResolvers<void>();
    const table = '| city | people |\n|---|---|\n| Bern | 134000 |';
    const words = Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ');
    house.simulator.faults.next({ ...says(`${words}\n\n${table}`), pause: { afterWords: 30, until: more.promise } });
    fake.write({ chat: ada.id, from: ada, text: 'Table, please.' });
    const begun = await shown(fake, ada.id, 'word8');
    expect(begun.rich).toBeDefined();
    expect(begun.buttons).toEqual(['Stop']);
    more.resolve();
    const [answer] = await finished(fake, ada.id, 1);
    expect(answer?.id).toBe(begun.id);
    expect(answer?.text).toBe(`${words}\ncity | people\nBern | 134000`);

    fake.write({ chat: ada.id, from: ada, text: '/help' });
    const help = await shown(fake, ada.id, '/bot');
    expect(help.rich).toBeUndefined();

    const chat = fake.group('Lab', { members: [ada] });
    fake.write({ chat, from: ada, text: '@real_coze_bot hello' });
    const [greeting] = await finished(fake, chat, 1);
    expect(greeting?.rich).toBeDefined();
  });
});

describe('native drafts', () => {
  test('grow instead of a message, and the answer is one message at the end', async ({ fake, house, ada }) => {
    await house.start(fake, { drafts: true });
    const more = Promise.withResolvers<void>();
    house.simulator.faults.next(halfway(more.promise));
    fake.write({ chat: ada.id, from: ada, text: 'Count.' });
    await fake.waitFor(() => fake.draft(ada.id)?.includes('five'));
    expect(fake.answers(ada.id)).toEqual([]);
    more.resolve();
    const [answer, ...others] = await finished(fake, ada.id, 1);
    expect(answer?.text).toBe(twelveWords);
    expect(others).toEqual([]);
    expect(fake.draft(ada.id)).toBeUndefined();
  });

  test('stop where their own button is pressed', async ({ fake, house, ada }) => {
    await house.start(fake, { drafts: true });
    house.simulator.faults.next(halfway());
    fake.write({ chat: ada.id, from: ada, text: 'Count.' });
    await fake.waitFor(() => fake.draft(ada.id)?.includes('five'));
    fake.stopDraft(ada);
    const [answer] = await finished(fake, ada.id, 1);
    expect(answer?.text).toMatch(/five[\s\S]*Stopped\.$/);
  });
});
