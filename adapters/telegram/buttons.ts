/** Buttons under messages. Telegram gives 64 bytes a button, so longer commands are kept in the store under a short key. */
import { createHash } from 'node:crypto';
import type { InlineKeyboardButton, InlineKeyboardMarkup } from 'grammy/types';
import type { Button } from '#core/message.ts';

/** Bot API: `callback_data`, 1 to 64 bytes. */
const mostBytes = 64;
const dayMs = 24 * 3_600_000;
const keptMs = 90 * dayMs;

/** As much of Keyv as is used here. */
export interface Keeper {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, ttlMs: number): Promise<unknown>;
}

/** Where a button stands: pressed under a `notice` the result replaces the notice, under an `answer` it is written below. */
export type Under = 'answer' | 'notice';

/** What a pressed button asks for. */
export interface Pressed {
  readonly under: Under;
  readonly command: string;
}

/** Commands to inline keyboards and back. */
export interface Buttons {
  keyboard(buttons: readonly Button[] | undefined, under: Under): Promise<InlineKeyboardMarkup>;
  /** `undefined` when the button is older than the store remembers. */
  pressed(data: string): Promise<Pressed | undefined>;
}

/** Buttons whose long commands are kept for ninety days after they were last shown, give or take a day. @throws what `store` throws. */
export function createButtons(store: Keeper, now: () => number = Date.now): Buttons {
  /** When they were written. */
  const kept = new Map<string, number>();

  /** Short commands travel in the button itself; of a long one only its digest does. */
  async function dataOf(command: string, under: Under): Promise<string> {
    const plain = `${under === 'notice' ? 'n' : 'a'}=${command}`;
    if (Buffer.byteLength(plain) <= mostBytes) return plain;
    const key = createHash('sha256').update(command).digest('base64url').slice(0, 24);
    const writtenAt = kept.get(key);
    if (writtenAt === undefined || now() - writtenAt > dayMs) {
      await store.set(key, command, keptMs);
      if (kept.size >= 1_000) kept.clear();
      kept.set(key, now());
    }
    return `${plain[0]}#${key}`;
  }

  return {
    async keyboard(buttons = [], under) {
      const drawn = await Promise.all(
        buttons.map(async (button) => ({ button, drawn: draw(button, await dataOf(button.command, under)) })),
      );
      return { inline_keyboard: rows(drawn.map(({ button, drawn }) => ({ wide: isWide(button), drawn }))) };
    },
    async pressed(data) {
      const under: Under = data.startsWith('n') ? 'notice' : 'answer';
      const rest = data.slice(2);
      const command = data[1] === '#' ? await store.get(rest) : rest;
      return command === undefined ? undefined : { under, command };
    },
  };
}

function draw(button: Button, data: string): InlineKeyboardButton {
  const style = button.style === 'danger' || button.style === 'primary' ? { style: button.style } : {};
  return { text: button.label, callback_data: data, ...style };
}

/** Suggested questions and other long labels have a row of their own; short ones share, three a row. */
function isWide(button: Button): boolean {
  return button.command.startsWith('ask ') || button.label.length > 14;
}

function rows(buttons: readonly { wide: boolean; drawn: InlineKeyboardButton }[]): InlineKeyboardButton[][] {
  const all: InlineKeyboardButton[][] = [];
  let open: InlineKeyboardButton[] | undefined;
  for (const { wide, drawn } of buttons) {
    if (!wide && open && open.length < 3) open.push(drawn);
    else {
      const row = [drawn];
      all.push(row);
      open = wide ? undefined : row;
    }
  }
  return all;
}
