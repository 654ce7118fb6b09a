/**
 * Questions that go on in the next message because the member's app wrote it so: a comment is sent before what is forwarded with it, and a text that is
 * too long for one message becomes several.
 */
import type { Message } from 'grammy/types';
import type { Messages } from './updates.ts';

/** They are sent one right after the other. Telegram counts whole seconds. */
const togetherSeconds = 2;
/** Apps split behind a word or a line, at the latest after 4,096. */
const longPart = 3_900;
const mostMembers = 1_000;

export interface Continued {
  /** The messages are being answered. */
  asked(messages: Messages): void;
  /** These messages behind what was asked just before, if they belong to it. */
  whole(messages: Messages): Messages | undefined;
}

export function createContinued(): Continued {
  const last = new Map<string, Messages>();
  const keyOf = ({ chat, from, sender_chat: as }: Message) => `${chat.id}:${(as ?? from)?.id}`;
  return {
    asked(messages) {
      if (last.size >= mostMembers) last.clear();
      last.set(keyOf(messages[0]), messages);
    },
    whole(messages) {
      const [next] = messages;
      const before = last.get(keyOf(next));
      const end = before?.at(-1);
      last.delete(keyOf(next));
      if (!before || !end || next.date - end.date > togetherSeconds) return undefined;
      if (next.forward_origin) return [...before, ...messages];
      const [first, ...others] = before;
      const isPart = others.length === 0 && next.text !== undefined && (first.text ?? '').length >= longPart;
      return isPart ? [joined(first, next)] : undefined;
    },
  };
}

/** The text goes on in a line of its own: where it was cut is not told. */
function joined(first: Message, next: Message): Message {
  const before = `${first.text}\n`;
  const moved = (next.entities ?? []).map((entity) => ({ ...entity, offset: before.length + entity.offset }));
  const text = before + next.text;
  return { ...first, date: next.date, text, entities: [...(first.entities ?? []), ...moved] } as Message;
}
