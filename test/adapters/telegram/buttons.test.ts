import { Keyv } from 'keyv';
import { expect, test } from 'vitest';
import { createButtons } from '../../../adapters/telegram/buttons.ts';

const data = (markup: Awaited<ReturnType<ReturnType<typeof createButtons>['keyboard']>>) =>
  markup.inline_keyboard.flat().map((button) => ('callback_data' in button ? button.callback_data : ''));

test('a long question fits a button and comes back whole, also after a restart', async () => {
  const store = new Keyv<string>();
  const command = `ask ${'多么长的问题啊'.repeat(20)}?`;
  const [kept = ''] = data(await createButtons(store).keyboard([{ label: 'Long', command }], 'answer'));
  expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(64);
  expect(await createButtons(store).pressed(kept)).toEqual({ under: 'answer', command });
});

test('a short command needs no store', async () => {
  const buttons = createButtons(new Keyv<string>());
  const [short = ''] = data(await buttons.keyboard([{ label: 'Nim', command: 'bot nim' }], 'notice'));
  expect(await createButtons(new Keyv<string>()).pressed(short)).toEqual({ under: 'notice', command: 'bot nim' });
});

test('a command is kept for ninety days after it was last shown', async () => {
  let now = 0;
  const kept = new Map<string, number>();
  const store = {
    get: async (key: string) => ((kept.get(key) ?? 0) > now ? 'there' : undefined),
    set: async (key: string, _: string, ttlMs: number) => void kept.set(key, now + ttlMs),
  };
  const buttons = createButtons(store, () => now);
  const show = () => buttons.keyboard([{ label: 'Long', command: `ask ${'x'.repeat(99)}` }], 'answer');
  const day = 24 * 3_600_000;
  await show();
  now = 85 * day;
  const [shown = ''] = data(await show());
  now = 100 * day;
  expect(await buttons.pressed(shown)).toBeDefined();
});

test('a button whose command was forgotten is not known', async () => {
  const buttons = createButtons(new Keyv<string>());
  const [kept = ''] = data(await buttons.keyboard([{ label: 'Long', command: `ask ${'x'.repeat(99)}` }], 'answer'));
  expect(await createButtons(new Keyv<string>()).pressed(kept)).toBeUndefined();
});

test('suggested questions have a row each, short buttons share one', async () => {
  const { inline_keyboard: rows } = await createButtons(new Keyv<string>()).keyboard(
    [
      { label: 'Why is the sky blue?', command: 'ask Why is the sky blue?' },
      { label: 'And at night?', command: 'ask And at night?' },
      { label: 'Retry', command: 'retry' },
      { label: 'Sources', command: 'sources 5' },
    ],
    'answer',
  );
  expect(rows.map((row) => row.map(({ text }) => text))).toEqual([
    ['Why is the sky blue?'],
    ['And at night?'],
    ['Retry', 'Sources'],
  ]);
});
