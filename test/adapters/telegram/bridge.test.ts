/** Telegram from end to end: what members see when they write, press, edit, and when the program dies. */
import type { User } from 'grammy/types';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPacer } from '#core/reply/pace.ts';
import { type FakeTelegram, type Seen, startFakeTelegram } from '../../fake/telegram/server.ts';
import { type House, openHouse } from './house.ts';

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

  test('a command of another bot is left alone', async () => {
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada] });
    fake.write({ chat, from: ada, text: '/weather' });
    fake.write({ chat, from: ada, text: '@real_coze_bot hello' });
    expect((await finished(chat, 1)).length).toBe(1);
  });

  test('five replies at once stay under the limit of a group', async () => {
    const strict = await startFakeTelegram();
    const people = ['A', 'B', 'C', 'D', 'E'].map((name) => strict.person(name));
    const chats = strict.group('Lab', { members: people });
    await house.start(strict, createPacer());
    for (const person of people)
      house.simulator.faults.next(says(`Hello ${person.first_name}, ${'and so on '.repeat(60)}`));
    for (const from of people) strict.write({ chat: chats, from, text: '@real_coze_bot hello' });
    const answers = await strict.waitFor(() => {
      const all = strict.answers(chats);
      return all.length === 5 && all.every(isFinished) && all;
    }, 19_000);
    expect(answers.every(({ text }) => text.endsWith('and so on'))).toBe(true);
    expect(strict.tooManyRequests).toBe(0);
    await strict.close();
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
