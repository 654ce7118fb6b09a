import { expect, test } from 'vitest';
import { createMailbox, type Letter, type MailboxMode, MOST_WAITING } from '#core/conversation/mailbox.ts';

import { RealCozeError } from '#core/errors.ts';

const letter = (mode: MailboxMode = 'wait'): Letter & { joined: Letter[] } => ({
  mode,
  stop: new AbortController(),
  joined: [],
});
const full = () => new RealCozeError('busy', 'It is full.');

test('grants turns in the order of arrival, one at a time', async () => {
  const mailbox = createMailbox();
  const order: number[] = [];
  let running = 0;
  const turn = async (n: number) => {
    const slot = mailbox.enter('key', letter(), full);
    await slot.granted;
    running += 1;
    expect(running).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    order.push(n);
    running -= 1;
    slot.release();
  };
  await Promise.all([0, 1, 2, 3, 4].map(turn));
  expect(order).toEqual([0, 1, 2, 3, 4]);
  expect(mailbox.busy('key')).toBe(false);
});

test('lets different conversations run at once', async () => {
  const mailbox = createMailbox();
  expect(await mailbox.enter('a', letter(), full).granted).toBe(true);
  expect(await mailbox.enter('b', letter(), full).granted).toBe(true);
});

test('says when it is full, and has room again after a turn', async () => {
  const mailbox = createMailbox();
  const first = mailbox.enter('key', letter(), full);
  for (let n = 0; n < MOST_WAITING; n++) mailbox.enter('key', letter(), full);
  expect(() => mailbox.enter('key', letter(), full)).toThrow('It is full.');
  first.release();
  expect(() => mailbox.enter('key', letter(), full)).not.toThrow();
});

test('lets in again what was in before a crash, however many', () => {
  const mailbox = createMailbox();
  for (let n = 0; n < MOST_WAITING * 3; n++) mailbox.enter('key', { ...letter(), readmitted: true }, full);
  expect(() => mailbox.enter('key', letter(), full)).toThrow('It is full.');
});

test('takes out who is stopped while waiting, and nobody else', async () => {
  const mailbox = createMailbox();
  const first = mailbox.enter('key', letter(), full);
  const stopped = letter();
  const second = mailbox.enter('key', stopped, full);
  const third = mailbox.enter('key', letter(), full);
  stopped.stop.abort(new Error('enough'));
  await expect(second.granted).rejects.toThrow('enough');
  second.release();
  first.release();
  expect(await third.granted).toBe(true);
});

test('interrupts the one that runs, and joins those that wait behind it', async () => {
  const mailbox = createMailbox();
  const running = letter('interrupt');
  const first = mailbox.enter('key', running, full);
  const next = letter('interrupt');
  const second = mailbox.enter('key', next, full);
  expect(running.stop.signal.aborted).toBe(true);
  const third = mailbox.enter('key', letter('interrupt'), full);
  first.release();
  expect([await second.granted, await third.granted]).toEqual([true, false]);
  expect(next.joined).toHaveLength(1);
  expect(next.stop.signal.aborted).toBe(false);
});

test('joins what comes while an answer runs', async () => {
  const mailbox = createMailbox();
  const running = letter('join');
  const first = mailbox.enter('key', running, full);
  const leader = letter('join');
  const second = mailbox.enter('key', leader, full);
  const third = mailbox.enter('key', letter('join'), full);
  const fourth = mailbox.enter('key', letter('join'), full);
  first.release();
  expect([await second.granted, await third.granted, await fourth.granted]).toEqual([true, false, false]);
  expect(leader.joined).toHaveLength(2);
  expect(running.joined).toEqual([]);
});
