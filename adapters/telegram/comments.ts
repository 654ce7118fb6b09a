/** What somebody writes to what they forward in a private chat: apps send it first, as a message of its own. */
import type { Message } from 'grammy/types';

/** The two are sent one right after the other. Telegram counts whole seconds. */
const togetherSeconds = 2;
const mostChats = 1_000;

export interface Comments {
  /** The message is being answered. */
  asked(message: Message): void;
  /** The comment on what is forwarded with `message`, if there was one just before it. */
  on(message: Message): Message | undefined;
}

export function createComments(): Comments {
  const last = new Map<number, Message>();
  return {
    asked(message) {
      if (last.size >= mostChats) last.clear();
      if (message.chat.type === 'private' && !message.forward_origin) last.set(message.chat.id, message);
    },
    on({ chat, date, forward_origin: origin }) {
      if (!origin) return undefined;
      const comment = last.get(chat.id);
      last.delete(chat.id);
      return comment && date - comment.date <= togetherSeconds ? comment : undefined;
    },
  };
}
