/** Telegram from end to end: what members see when they write, press, edit, and when the program dies. */
import type { User } from 'grammy/types';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createNetwork } from '#core/network.ts';
import { createPacer } from '#core/reply/pace.ts';
import { type FakeTelegram, type Seen, startFakeTelegram } from '../../fake/telegram/server.ts';
import { type House, openHouse } from './house.ts';
import { startSocks } from './socks.ts';

let fake: FakeTelegram;
let house: House;
let ada: User;
let grace: User;

beforeEach(async () => {
  house = await openHouse();
  fake = await startFakeTelegram({ limits: 'off' });
  ada = fake.person('Ada');
  grace = fake.person('Grace');
});
afterEach(async () => {
  await house.close();
  await fake.close();
});

const says = (text: string) => ({ say: [{ type: 'answer' as const, text }] });

/** An answer is finished when its Stop button has gone. */
const isFinished = (message: Seen) => !message.buttons.includes('Stop');

function finished(chat: number, count: number, topic?: number): Promise<readonly Seen[]> {
  return fake.waitFor(() => {
    const answers = fake.answers(chat, topic);
    return answers.length >= count && answers.every(isFinished) && answers;
  });
}

/** Asks in private and waits for the whole answer. */
async function ask(user: User, text: string): Promise<Seen> {
  const before = fake.answers(user.id).length;
  fake.write({ chat: user.id, from: user, text });
  const answers = await finished(user.id, before + 1);
  const answer = answers.at(-1);
  if (!answer) throw new Error('No answer came.');
  return answer;
}

describe('a private chat', () => {
  test('is answered by one message that grows and ends with the exact whole text', async () => {
    await house.start(fake);
    const more = Promise.withResolvers<void>();
    const words = Array.from({ length: 120 }, (_, i) => `word${i}`);
    house.simulator.faults.next({ ...says(words.join(' ')), pause: { afterWords: 60, until: more.promise } });
    fake.write({ chat: ada.id, from: ada, text: 'Count.' });
    const begun = await fake.waitFor(() => fake.answers(ada.id).find(({ text }) => text.includes('word40')));
    expect(begun.buttons).toEqual(['Stop']);
    more.resolve();
    const [answer, ...others] = await finished(ada.id, 1);
    expect(others).toEqual([]);
    expect(answer?.id).toBe(begun.id);
    expect(answer?.text).toBe(words.join(' '));
    expect(answer?.shown.length).toBeGreaterThan(1);
    expect(answer?.buttons).toContain('Retry');
    expect(fake.complaints).toEqual([]);
  });

  test('keeps its history, and /new forgets it', async () => {
    await house.start(fake);
    await ask(ada, 'My name is Ada.');
    expect((await ask(ada, 'What is my name?')).text).toContain('Ada');
    await ask(ada, '/new');
    expect((await ask(ada, 'What is my name?')).text).not.toContain('Ada');
  });

  test('/bot NAME chooses at once, /bot alone shows the choice as buttons that are replaced by the result', async () => {
    await house.start(fake);
    expect((await ask(ada, '/bot pepper')).text).toContain('Pepper');
    const choice = await ask(ada, '/bot');
    expect(choice.buttons).toEqual(['nim', 'pepper']);
    fake.press({ chat: ada.id, from: ada, message: choice.id, label: 'nim' });
    const chosen = await fake.waitFor(() =>
      fake.answers(ada.id).find(({ id, edits }) => id === choice.id && edits > 0),
    );
    expect(chosen.text).toContain('Nim');
    expect(fake.answers(ada.id).length).toBe(2);
  });

  test('/start greets with the welcome and the suggested questions, and pressing one asks it', async () => {
    await house.start(fake);
    const greeting = await ask(ada, '/start');
    expect(greeting.text).toContain('Hi, I am Nim.');
    fake.press({ chat: ada.id, from: ada, message: greeting.id, label: 'What can you do?' });
    const [, answer] = await finished(ada.id, 2);
    expect(answer?.text.length).toBeGreaterThan(20);
  });

  test('a Chinese app is answered in Chinese', async () => {
    await house.start(fake);
    const wei = fake.person('Wei', { language_code: 'zh-hans' });
    expect((await ask(wei, '/new')).text).toMatch(/\p{Script=Han}/u);
    const menu = await fake.waitFor(() => fake.world.menus.get('all_private_chats:zh'));
    expect(menu.commands.find(({ command }) => command === 'new')?.description).toMatch(/\p{Script=Han}/u);
  });

  test('two people do not see each other’s history', async () => {
    await house.start(fake);
    await ask(ada, 'My name is Ada.');
    expect((await ask(grace, 'What is my name?')).text).not.toContain('Ada');
  });
});

describe('native drafts', () => {
  test('grow instead of a message, and the answer is one message at the end', async () => {
    await house.start(fake, { drafts: true });
    const more = Promise.withResolvers<void>();
    const text = 'One two three four five six seven eight nine ten eleven twelve.';
    house.simulator.faults.next({ ...says(text), pause: { afterWords: 8, until: more.promise } });
    fake.write({ chat: ada.id, from: ada, text: 'Count.' });
    await fake.waitFor(() => fake.draft(ada.id)?.includes('five'));
    expect(fake.answers(ada.id)).toEqual([]);
    more.resolve();
    const [answer, ...others] = await finished(ada.id, 1);
    expect(answer?.text).toBe(text);
    expect(others).toEqual([]);
    expect(fake.draft(ada.id)).toBeUndefined();
  });

  test('stop where their own button is pressed', async () => {
    await house.start(fake, { drafts: true });
    const never = new Promise<void>(() => {});
    const text = 'One two three four five six seven eight nine ten eleven twelve.';
    house.simulator.faults.next({ ...says(text), pause: { afterWords: 8, until: never } });
    fake.write({ chat: ada.id, from: ada, text: 'Count.' });
    await fake.waitFor(() => fake.draft(ada.id)?.includes('five'));
    fake.stopDraft(ada);
    const [answer] = await finished(ada.id, 1);
    expect(answer?.text).toMatch(/five[\s\S]*Stopped\.$/);
  });
});

describe('buttons', () => {
  test('Stop ends the answer where it is, with a note', async () => {
    await house.start(fake);
    const never = new Promise<void>(() => {});
    house.simulator.faults.next({
      ...says('One two three four five six seven eight nine ten eleven twelve.'),
      pause: { afterWords: 8, until: never },
    });
    fake.write({ chat: ada.id, from: ada, text: 'Count.' });
    const begun = await fake.waitFor(() => fake.answers(ada.id).find(({ text }) => text.includes('five')));
    const press = fake.press({ chat: ada.id, from: ada, message: begun.id, label: 'Stop' });
    const [answer] = await finished(ada.id, 1);
    expect(answer?.text).toMatch(/five[\s\S]*Stopped\.$/);
    expect(answer?.text).not.toContain('twelve');
    expect(fake.answered(press)).toBeDefined();
    expect(fake.answers(ada.id).length).toBe(1);
  });

  test('Retry writes the new answer into the same message', async () => {
    await house.start(fake);
    house.simulator.faults.next(says('First try.'));
    const first = await ask(ada, 'Tell me something.');
    house.simulator.faults.next(says('Second try.'));
    fake.press({ chat: ada.id, from: ada, message: first.id, label: 'Retry' });
    const answer = await fake.waitFor(() => fake.answers(ada.id).find(({ text }) => text === 'Second try.'));
    expect(answer.id).toBe(first.id);
    expect(fake.answers(ada.id).length).toBe(1);
  });

  test('Stop of somebody else’s answer does nothing and says so, an administrator’s stops it', async () => {
    await house.start(fake);
    const boss = fake.person('Boss');
    const chat = fake.group('Lab', { members: [ada, grace], admins: [boss] });
    const never = new Promise<void>(() => {});
    house.simulator.faults.next({
      ...says('One two three four five six seven eight nine ten.'),
      pause: { afterWords: 8, until: never },
    });
    fake.write({ chat, from: ada, text: '@real_coze_bot Count.' });
    const begun = await fake.waitFor(() => fake.answers(chat).find(({ text }) => text.includes('five')));
    const refused = fake.press({ chat, from: grace, message: begun.id, label: 'Stop' });
    expect((await fake.waitFor(() => fake.answered(refused))).text).toBeTruthy();
    expect(fake.answers(chat)[0]?.buttons).toEqual(['Stop']);
    fake.press({ chat, from: boss, message: begun.id, label: 'Stop' });
    const [answer] = await finished(chat, 1);
    expect(answer?.text).toContain('Stopped.');
  });

  test('a suggested question too long for a button is asked whole', async () => {
    await house.start(fake);
    const question = `Why ${'very '.repeat(20)}long?`;
    house.simulator.faults.next({
      say: [
        { type: 'answer', text: 'Sure.' },
        { type: 'suggest', text: question },
      ],
    });
    const first = await ask(ada, 'Hello.');
    house.simulator.faults.next(says('Because.'));
    fake.press({ chat: ada.id, from: ada, message: first.id, label: /^Why/ });
    const [, second] = await finished(ada.id, 2);
    expect(second?.text).toBe('Because.');
    expect(JSON.stringify(house.simulator.requests.at(-1))).toContain(question);
  });

  test('Sources are shown when asked for, folded', async () => {
    await house.start(fake);
    const excerpts = [`Paper one. ${'Details follow. '.repeat(30)}`];
    house.simulator.faults.next({
      say: [
        { type: 'knowledge', document: 'papers', excerpts },
        { type: 'answer', text: 'As the papers say.' },
      ],
    });
    const first = await ask(ada, 'What do the papers say?');
    fake.press({ chat: ada.id, from: ada, message: first.id, label: 'Sources' });
    const [, sources] = await finished(ada.id, 2);
    expect(sources?.text).toContain('Paper one.');
    expect(sources?.entities.map(({ type }) => type)).toContain('expandable_blockquote');
  });
});

describe('a group', () => {
  test('is answered where the bot is called, as a reply; topics do not share a history', async () => {
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada, grace], forum: true });
    const [one, two] = [fake.topic(chat, 'one'), fake.topic(chat, 'two')];
    const question = fake.write({ chat, from: ada, topic: one, text: '@real_coze_bot My name is Ada.' });
    const [answer] = await finished(chat, 1, one);
    expect(answer).toMatchObject({ topic: one, replyTo: question });
    fake.write({ chat, from: ada, topic: two, text: '@real_coze_bot What is my name?' });
    const [other] = await finished(chat, 1, two);
    expect(other?.text).not.toContain('Ada.');
    fake.write({ chat, from: ada, topic: one, text: '@real_coze_bot What is my name?' });
    const [, again] = await finished(chat, 2, one);
    expect(again?.text).toContain('Ada');
  });

  test('only an administrator chooses the bot, and a refusal says so', async () => {
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada], admins: [grace] });
    fake.write({ chat, from: ada, text: '/bot@real_coze_bot pepper' });
    const [refused] = await finished(chat, 1);
    expect(refused?.text).not.toContain('Pepper here.');
    fake.write({ chat, from: grace, text: '/bot@real_coze_bot pepper' });
    const [, chosen] = await finished(chat, 2);
    expect(chosen?.text).toContain('Pepper here.');
  });

  test('every message is answered where the settings say so', async () => {
    fake.world.me.can_read_all_group_messages = true;
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada], admins: [grace] });
    fake.write({ chat, from: ada, text: 'nobody is asked' });
    fake.write({ chat, from: grace, text: '/settings answer all' });
    await finished(chat, 1);
    fake.write({ chat, from: ada, text: 'and now?' });
    const answers = await finished(chat, 2);
    expect(answers.length).toBe(2);
  });

  test('a command of another bot is left alone', async () => {
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada] });
    fake.write({ chat, from: ada, text: '/weather' });
    fake.write({ chat, from: ada, text: '@real_coze_bot hello' });
    expect((await finished(chat, 1)).length).toBe(1);
  });

  test('five replies at once in five topics grow and stay under the limit of the group', async () => {
    await house.close();
    house = await openHouse({ wordMs: 20 });
    const strict = await startFakeTelegram();
    const from = strict.person('Ada');
    const chat = strict.group('Lab', { members: [from], forum: true });
    await house.start(strict, { pacer: createPacer() });
    const text = `Hello, ${'and so on '.repeat(40)}and done.`;
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      house.simulator.faults.next(says(text));
      strict.write({ chat, from, topic: strict.topic(chat, name), text: '@real_coze_bot hello' });
    }
    const answers = await strict.waitFor(() => {
      const all = strict.answers(chat);
      return all.length === 5 && all.every(isFinished) && all;
    }, 19_000);
    expect(answers.map((answer) => answer.text)).toEqual(answers.map(() => text));
    expect(answers.every(({ edits }) => edits >= 1)).toBe(true);
    expect(strict.tooManyRequests).toBe(0);
    await strict.close();
  });
});

describe('the way to Telegram', () => {
  test('leads through a SOCKS proxy that resolves its name, files included', async () => {
    const socks = await startSocks(Number(new URL(fake.url).port));
    const network = createNetwork({ proxy: socks.url });
    await house.start(fake, { network, apiUrl: 'http://telegram.invalid' });
    const bytes = new TextEncoder().encode('The secret word is pineapple.');
    const file = { kind: 'document' as const, name: 'note.txt', type: 'text/plain', bytes };
    fake.write({ chat: ada.id, from: ada, text: 'What is the secret word?', file });
    await finished(ada.id, 1);
    expect(JSON.stringify(house.simulator.requests.at(-1))).toContain('pineapple');
    expect(new Set(socks.asked)).toEqual(new Set(['telegram.invalid:80']));
    await network.close();
    await socks.close();
  });

  test('may be down for a moment at the start', async () => {
    fake.failNext('getMe', 'drop');
    await house.start(fake);
    expect((await ask(ada, 'Hello.')).text).not.toBe('');
  });

  test('is refused with a sentence when the token is bad', async () => {
    const sentence = { code: 'auth', message: expect.stringContaining('TELEGRAM_BOT_TOKEN') };
    for (const token of ['nonsense', '1:AAanother-token-of-the-tests_0123456789abc'])
      await expect(house.start(fake, { token })).rejects.toMatchObject(sentence);
  });
});

describe('long and changing answers', () => {
  test('a long answer becomes several messages that hold all of it', async () => {
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

  test('editing the last question answers it again in the same message', async () => {
    await house.start(fake);
    house.simulator.faults.next(says('About cats.'));
    const id = fake.write({ chat: ada.id, from: ada, text: 'Tell me about cats.' });
    const [first] = await finished(ada.id, 1);
    house.simulator.faults.next(says('About dogs.'));
    fake.edit({ chat: ada.id, message: id, text: 'Tell me about dogs.' });
    const answer = await fake.waitFor(() => fake.answers(ada.id).find(({ text }) => text === 'About dogs.'));
    expect(answer.id).toBe(first?.id);
  });

  test('a long notice becomes several messages', async () => {
    await house.start(fake);
    for (let i = 0; i < 6; i += 1) await ask(ada, `Question ${i}: ${'why '.repeat(100)}`);
    for (let i = 0; i < 20; i += 1) await ask(ada, `/history add user ${i} ${'more '.repeat(60)}`);
    const before = fake.answers(ada.id).length;
    fake.write({ chat: ada.id, from: ada, text: '/history show 50' });
    const after = await fake.waitFor(() => {
      const notices = fake.answers(ada.id).slice(before);
      return notices.length > 1 && notices;
    });
    expect(after.every(({ text }) => text.length <= 4096)).toBe(true);
  });

  test('a result waits out the limit of the chat', async () => {
    await house.start(fake);
    fake.failNext('sendMessage', { status: 429, description: 'Too Many Requests: retry after 1', retryAfter: 1 });
    expect((await ask(ada, '/bots')).text).toContain('pepper');
  });

  test('a picture goes to Coze with its caption', async () => {
    await house.start(fake);
    const bytes = new Uint8Array(Buffer.from('iVBORw0KGgo=', 'base64'));
    fake.write({ chat: ada.id, from: ada, text: 'What is this?', file: { kind: 'photo', bytes } });
    await finished(ada.id, 1);
    expect(house.simulator.requests.some(({ path }) => path.includes('/files/upload'))).toBe(true);
  });
});

describe('when the program dies', () => {
  test('the answer is finished after a kill, in the message that was begun, once', async () => {
    await house.close();
    house = await openHouse({ wordMs: 30 });
    const killed = house.spawn(fake);
    const more = Promise.withResolvers<void>();
    const text = Array.from({ length: 100 }, (_, i) => `word${i}`).join(' ');
    house.simulator.faults.next({ ...says(text), pause: { afterWords: 60, until: more.promise } });
    fake.write({ chat: ada.id, from: ada, text: 'Count.' });
    // Telegram has no key against a second send, so the id of the message is known only once it has been edited.
    const begun = await fake.waitFor(() => fake.answers(ada.id).find(({ edits }) => edits > 0));
    await killed.kill();
    more.resolve();
    house.spawn(fake);
    const [answer, ...others] = await finished(ada.id, 1);
    expect(answer).toMatchObject({ id: begun.id, text });
    expect(others).toEqual([]);
  });

  test('a message that was heard but not written down before the kill is answered', async () => {
    const pending = fake.write({ chat: ada.id, from: ada, text: 'Hello?' });
    const killed = house.spawn(fake);
    await fake.waitFor(() => fake.calls.some(({ method }) => method === 'getUpdates'));
    await killed.kill();
    house.spawn(fake);
    const answers = await finished(ada.id, 1);
    expect(pending).toBeLessThan(answers[0]?.id ?? 0);
    expect(answers.length).toBe(1);
  });

  test('a message that was sent meanwhile is answered, once', async () => {
    fake.write({ chat: ada.id, from: ada, text: 'Are you there?' });
    await house.start(fake);
    await finished(ada.id, 1);
    const second = await ask(ada, 'And now?');
    expect(fake.answers(ada.id).length).toBe(2);
    expect(second.text).not.toBe('');
  });

  test('the token is nowhere in the log', async () => {
    fake.failNext('sendMessage', 'drop');
    await house.start(fake);
    await ask(ada, 'Hello.');
    expect(house.log.join('\n')).not.toContain(fake.token);
  });

  test('Ctrl-C ends a running answer with a last edit, and the next start finishes it', async () => {
    await house.close();
    house = await openHouse({ wordMs: 20 });
    const program = house.spawn(fake);
    const more = Promise.withResolvers<void>();
    const text = Array.from({ length: 80 }, (_, i) => `word${i}`).join(' ');
    house.simulator.faults.next({ ...says(text), pause: { afterWords: 40, until: more.promise } });
    fake.write({ chat: ada.id, from: ada, text: 'Count.' });
    const begun = await fake.waitFor(() => fake.answers(ada.id).find(({ edits }) => edits > 0));
    expect(await program.kill('SIGTERM')).toBe(0);
    const left = fake.answers(ada.id);
    expect(left.map(({ buttons }) => buttons)).toEqual([[]]);
    expect(left[0]?.text).toContain('Restarting');
    more.resolve();
    house.simulator.faults.next(says(text));
    house.spawn(fake);
    const answer = await fake.waitFor(() => fake.answers(ada.id).find((message) => message.text === text));
    expect(answer.id).toBe(begun.id);
    expect(fake.answers(ada.id).length).toBe(1);
  });

  test('closing ends a running answer with a last edit', async () => {
    const program = await house.start(fake);
    const never = new Promise<void>(() => {});
    house.simulator.faults.next({
      ...says('One two three four five six seven eight nine ten.'),
      pause: { afterWords: 8, until: never },
    });
    fake.write({ chat: ada.id, from: ada, text: 'Count.' });
    await fake.waitFor(() => fake.answers(ada.id).find(({ text }) => text.includes('five')));
    await program.close();
    const [answer] = fake.answers(ada.id);
    expect(answer?.buttons).toEqual([]);
    expect(answer?.text).toContain('five');
  });
});
