/** What Telegram brings as several messages and people mean as one: albums, and what is forwarded together. */
import { describe, expect } from 'vitest';
import type { House } from './house.ts';
import { test } from './scene.ts';
import { ask, finished, halfway, says, shown } from './talk.ts';

describe('an album', () => {
  test('is asked about as a whole when its caption changes', async ({ fake, house, ada }) => {
    await house.start(fake);
    const picture = (n: number) => ({ kind: 'photo' as const, bytes: new Uint8Array([137, 80, 78, 71, n]) });
    const id = fake.write({ chat: ada.id, from: ada, text: 'Compare these.', file: picture(1), album: 'x' });
    fake.write({ chat: ada.id, from: ada, file: picture(2), album: 'x' });
    const [first] = await finished(fake, ada.id, 1);
    fake.edit({ chat: ada.id, message: id, text: 'Which is better?' });
    const answer = await shown(fake, ada.id, 'Which is better?');
    expect(answer.id).toBe(first?.id);
    expect(answer.text).toContain('photo-1');
    expect(answer.text).toContain('photo-2');
  });

  test('is brought as a whole by a reply to one picture', async ({ fake, house, ada }) => {
    await house.start(fake);
    const picture = (n: number) => ({ kind: 'photo' as const, bytes: new Uint8Array([137, 80, 78, 71, n]) });
    const id = fake.write({ chat: ada.id, from: ada, text: 'Look.', file: picture(1), album: 'x' });
    fake.write({ chat: ada.id, from: ada, file: picture(2), album: 'x' });
    await finished(fake, ada.id, 1);
    fake.write({ chat: ada.id, from: ada, text: 'Which is better?', replyTo: id });
    const [, answer] = await finished(fake, ada.id, 2);
    expect(answer?.text).toContain('photo-1');
    expect(answer?.text).toContain('photo-2');
  });
});

const asked = (house: House) => house.simulator.requests.map(({ body }) => JSON.stringify(body)).join('\n');

describe('what is forwarded', () => {
  const date = Math.floor(Date.now() / 1000);

  test('together is one question that names who said what', async ({ fake, house, ada }) => {
    await house.start(fake);
    fake.write({ chat: ada.id, from: ada, date, text: 'Tea is better.', forwardedFrom: 'Bo' });
    fake.write({ chat: ada.id, from: ada, date, text: 'Coffee is.', forwardedFrom: 'Cy' });
    await finished(fake, ada.id, 1);
    expect(asked(house)).toContain('Forwarded from Bo:\\n\\nTea is better.\\n\\nForwarded from Cy:\\n\\nCoffee is.');
    expect((await ask(fake, ada, '/bots')).text).toContain('pepper');
    expect(fake.answers(ada.id).length).toBe(2);
  });

  test('belongs to the comment that was sent with it', async ({ fake, house, ada }) => {
    await house.start(fake);
    house.simulator.faults.next(halfway());
    fake.write({ chat: ada.id, from: ada, date, text: 'Who is right?' });
    await shown(fake, ada.id, 'five');
    house.simulator.faults.next(says('Bo is.'));
    fake.write({ chat: ada.id, from: ada, date: date + 1, text: 'Tea is better.', forwardedFrom: 'Bo' });
    const answer = await shown(fake, ada.id, 'Bo is.');
    expect(asked(house)).toContain('Who is right?\\n\\nForwarded from Bo:\\n\\nTea is better.');
    expect(fake.answers(ada.id).map(({ id }) => id)).toEqual([answer.id]);
  });

  test('is asked about again when the comment changes', async ({ fake, house, ada }) => {
    await house.start(fake);
    const id = fake.write({ chat: ada.id, from: ada, date, text: 'Who is right?' });
    fake.write({ chat: ada.id, from: ada, date, text: 'Tea is better.', forwardedFrom: 'Bo' });
    await fake.waitFor(() => asked(house).includes('Tea is better.'));
    await finished(fake, ada.id, 1);
    house.simulator.faults.next(says('Bo is.'));
    fake.edit({ chat: ada.id, message: id, text: 'Who is wrong?' });
    await shown(fake, ada.id, 'Bo is.');
    expect(asked(house)).toContain('Who is wrong?\\n\\nForwarded from Bo:\\n\\nTea is better.');
  });

  test('is answered by itself where the comment has been forgotten since', async ({ fake, house, ada }) => {
    await house.start(fake);
    fake.write({ chat: ada.id, from: ada, date, text: '/new' });
    fake.write({ chat: ada.id, from: ada, date, text: 'Who is right?' });
    await finished(fake, ada.id, 2);
    fake.write({ chat: ada.id, from: ada, date: date + 1, text: '/new' });
    await finished(fake, ada.id, 3);
    house.simulator.faults.next(says('Bo is.'));
    fake.write({ chat: ada.id, from: ada, date: date + 1, text: 'Tea is better.', forwardedFrom: 'Bo' });
    expect((await shown(fake, ada.id, 'Bo is.')).id).toBeGreaterThan(fake.answers(ada.id)[2]?.id ?? 0);
  });

  test('later is a question of its own', async ({ fake, house, ada }) => {
    await house.start(fake);
    fake.write({ chat: ada.id, from: ada, date, text: 'Hello.' });
    await finished(fake, ada.id, 1);
    fake.write({ chat: ada.id, from: ada, date: date + 60, text: 'Tea is better.', forwardedFrom: 'Bo' });
    expect((await finished(fake, ada.id, 2)).length).toBe(2);
  });
});

describe('a text that is too long for one message', () => {
  test('is one question, in however many messages the app sends it', async ({ fake, house, ada }) => {
    await house.start(fake);
    const parts = ['alpha ', 'beta ', 'gamma '].map((word) => word.repeat(800).slice(0, 4000).trim());
    for (const text of [...parts, 'What is this?']) fake.write({ chat: ada.id, from: ada, text });
    await fake.waitFor(() => asked(house).includes('What is this?'));
    const answers = await finished(fake, ada.id, 1);
    expect(answers.length).toBe(1);
    const last = JSON.stringify(house.simulator.requests.at(-1));
    for (const word of ['alpha', 'beta', 'gamma']) expect(last).toContain(word);
  });

  test('is asked again as a whole when any of them changes', async ({ fake, house, ada }) => {
    await house.start(fake);
    fake.write({ chat: ada.id, from: ada, text: 'alpha '.repeat(660).trim() });
    const end = fake.write({ chat: ada.id, from: ada, text: 'What is this?' });
    await fake.waitFor(() => asked(house).includes('What is this?'));
    await finished(fake, ada.id, 1);
    house.simulator.faults.next(says('Greek.'));
    fake.edit({ chat: ada.id, message: end, text: 'Which language is this?' });
    await shown(fake, ada.id, 'Greek.');
    expect(JSON.stringify(house.simulator.requests.at(-1))).toContain('alpha\\nWhich language is this?');
    expect(fake.answers(ada.id).length).toBe(1);
  });
});
