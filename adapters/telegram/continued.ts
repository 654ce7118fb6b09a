/**
 * Questions that go on in the next message because the member's app wrote it so: a comment is sent before what is forwarded with it, and a text that is
 * too long for one message becomes several.
 */
import type { Message } from 'grammy/types';
import { isLong, type Messages, withChange } from './updates.ts';

/** They are sent one right after the other. Telegram counts whole seconds. */
const togetherSeconds = 2;
const mostMembers = 1_000;
const mostMessages = 2_000;

export interface Continued {
  /** The messages are being answered, as one question. */
  asked(messages: Messages): void;
  /** These messages behind what was asked just before, if they belong to it. */
  whole(messages: Messages): Messages | undefined;
  /** What was asked together with a message that is changed now; `undefined` when it was asked alone. */
  changed(message: Message): Messages | undefined;
}

export function createContinued(): Continued {
  const last = new Map<string, Messages>();
  const together = new Map<string, Messages>();
  const keyOf = ({ chat, from, sender_chat: as }: Message) => `${chat.id}:${(as ?? from)?.id}`;
  const nameOf = ({ chat, message_id: id }: Message) => `${chat.id}:${id}`;

  function asked(messages: Messages): void {
    if (last.size >= mostMembers) last.clear();
    last.set(keyOf(messages[0]), messages);
    if (messages.length === 1) return;
    if (together.size >= mostMessages) together.clear();
    for (const message of messages) together.set(nameOf(message), messages);
  }

  return {
    asked,
    whole(messages) {
      const [next] = messages;
      const before = last.get(keyOf(next));
      const end = before?.at(-1);
      last.delete(keyOf(next));
      if (!before || !end || next.date - end.date > togetherSeconds) return undefined;
      const isPart = next.text !== undefined && isLong(end);
      return next.forward_origin || isPart ? [...before, ...messages] : undefined;
    },
    changed(message) {
      const before = together.get(nameOf(message));
      if (!before) return undefined;
      const messages = withChange(before, message);
      asked(messages);
      return messages;
    },
  };
}

/** With the parts of a text as the one that it was. It goes on in a line of its own: where it was cut is not told. */
export function asOne([first, ...rest]: Messages): Messages {
  const at = rest.findIndex((message) => message.text === undefined || message.forward_origin);
  const parts = at < 0 ? rest : rest.slice(0, at);
  const isText = first.text !== undefined && !first.forward_origin;
  return isText ? [parts.reduce(joined, first), ...rest.slice(parts.length)] : [first, ...rest];
}

function joined(first: Message, next: Message): Message {
  const before = `${first.text}\n`;
  const moved = (next.entities ?? []).map((entity) => ({ ...entity, offset: before.length + entity.offset }));
  return { ...first, text: before + next.text, entities: [...(first.entities ?? []), ...moved] } as Message;
}
