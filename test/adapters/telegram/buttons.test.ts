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
