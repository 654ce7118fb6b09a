/** Buttons from end to end. */
import { describe, expect } from 'vitest';
import { test } from './scene.ts';
import { ask, finished, halfway, says, shown } from './talk.ts';

describe('buttons', () => {
  test('Stop ends the answer where it is, with a note', async ({ fake, house, ada }) => {
    await house.start(fake);
    house.simulator.faults.next(halfway());
    fake.write({ chat: ada.id, from: ada, text: 'Count.' });
    const begun = await shown(fake, ada.id, 'five');
    const press = fake.press({ chat: ada.id, from: ada, message: begun.id, label: 'Stop' });
    const [answer] = await finished(fake, ada.id, 1);
    expect(answer?.text).toMatch(/five[\s\S]*Stopped\.$/);
    expect(answer?.text).not.toContain('twelve');
    expect(fake.answered(press)).toBeDefined();
    expect(fake.answers(ada.id).length).toBe(1);
  });

  test('Retry writes the new answer into the same message', async ({ fake, house, ada }) => {
    await house.start(fake);
    house.simulator.faults.next(says('First try.'));
    const first = await ask(fake, ada, 'Tell me something.');
    house.simulator.faults.next(says('Second try.'));
    fake.press({ chat: ada.id, from: ada, message: first.id, label: 'Retry' });
    const answer = await shown(fake, ada.id, 'Second try.');
    expect(answer.id).toBe(first.id);
    expect(fake.answers(ada.id).length).toBe(1);
  });

  test('Stop of somebody else’s answer does nothing and says so, an administrator’s stops it', async ({
    fake,
    house,
    ada,
    grace,
  }) => {
    await house.start(fake);
    const boss = fake.person('Boss');
    const chat = fake.group('Lab', { members: [ada, grace], admins: [boss] });
    house.simulator.faults.next(halfway());
    fake.write({ chat, from: ada, text: '@real_coze_bot Count.' });
    const begun = await shown(fake, chat, 'five');
    const refused = fake.press({ chat, from: grace, message: begun.id, label: 'Stop' });
    expect((await fake.waitFor(() => fake.answered(refused))).text).toBeTruthy();
    expect(fake.answers(chat)[0]?.buttons).toEqual(['Stop']);
    fake.press({ chat, from: boss, message: begun.id, label: 'Stop' });
    const [answer] = await finished(fake, chat, 1);
    expect(answer?.text).toContain('Stopped.');
  });

  test('a suggested question too long for a button is asked whole', async ({ fake, house, ada }) => {
    await house.start(fake);
    const question = `Why ${'very '.repeat(20)}long?`;
    house.simulator.faults.next({
      say: [
        { type: 'answer', text: 'Sure.' },
        { type: 'suggest', text: question },
      ],
    });
    const first = await ask(fake, ada, 'Hello.');
    house.simulator.faults.next(says('Because.'));
    fake.press({ chat: ada.id, from: ada, message: first.id, label: /^Why/ });
    const [, second] = await finished(fake, ada.id, 2);
    expect(second?.text).toBe('Because.');
    expect(JSON.stringify(house.simulator.requests.at(-1))).toContain(question);
  });

  test('Sources are shown when asked for, folded', async ({ fake, house, ada }) => {
    await house.start(fake);
    const excerpts = [`Paper one. ${'Details follow. '.repeat(30)}`];
    house.simulator.faults.next({
      say: [
        { type: 'knowledge', document: 'papers', excerpts },
        { type: 'answer', text: 'As the papers say.' },
      ],
    });
    const first = await ask(fake, ada, 'What do the papers say?');
    fake.press({ chat: ada.id, from: ada, message: first.id, label: 'Sources' });
    const [, sources] = await finished(fake, ada.id, 2);
    expect(sources?.text).toContain('Paper one.');
    expect(sources?.entities.map(({ type }) => type)).toContain('expandable_blockquote');
  });

  test('a short result is a toast without marks', async ({ fake, house, ada }) => {
    await house.start(fake);
    house.simulator.faults.next({
      say: [
        { type: 'knowledge', document: 'papers', excerpts: ['Paper **one**.'] },
        { type: 'answer', text: 'As the papers say.' },
      ],
    });
    const first = await ask(fake, ada, 'What do the papers say?');
    const press = fake.press({ chat: ada.id, from: ada, message: first.id, label: 'Sources' });
    const toast = await fake.waitFor(() => fake.answered(press));
    expect(toast.text).toContain('Paper one.');
    expect(toast.text).not.toMatch(/[*_`>]/);
  });

  test('in a group everybody sees what was pressed and by whom, at once, and the answer hangs there', async ({
    fake,
    house,
    ada,
    grace,
  }) => {
    await house.start(fake);
    const chat = fake.group('Lab', { members: [ada, grace] });
    house.simulator.faults.next({
      say: [
        { type: 'answer', text: 'Sure.' },
        { type: 'suggest', text: 'Why *that*, @grace_h?' },
      ],
    });
    fake.write({ chat, from: ada, text: '@real_coze_bot Hello.' });
    const [first] = await finished(fake, chat, 1);
    house.simulator.faults.next(says('Because.'));
    fake.press({ chat, from: grace, message: first?.id ?? 0, label: /^Why/ });
    const [, question, answer, ...others] = await finished(fake, chat, 3);
    expect(question).toMatchObject({ text: 'Grace\n\nWhy *that*, @grace_h?', replyTo: first?.id });
    expect(question?.entities.map(({ type }) => type)).not.toContain('mention');
    expect(answer).toMatchObject({ text: 'Because.', replyTo: question?.id });
    expect(others).toEqual([]);
    expect(fake.calls.map(({ method }) => method)).not.toContain('getChatAdministrators');
  });
});
