/** Which updates are heard, and the albums among them. */
import type { Message, Update } from 'grammy/types';

export const heard = [
  'message',
  'edited_message',
  'callback_query',
  'my_chat_member',
  'stopped_message_generation',
] as const;

/** One update, or the updates of one album. */
export type Together = [Update, ...Update[]];

/** One message, or those of an album. */
export type Messages = readonly [Message, ...Message[]];

/** Apps split a text that is too long for one message behind a word or a line, at the latest after 4,096. */
const longPart = 3_900;

/** Whether the text may go on in the next message. */
export function isLong({ text, forward_origin: origin }: Message): boolean {
  return !origin && (text ?? '').length >= longPart;
}

/**
 * Names the album that an update is a part of. What a member forwards together, all in one second, is as good as one, and so are the parts of a text
 * that is too long for one message: asked one by one, each would take back the question before it, which Coze has begun to answer.
 */
export function albumOf(update: Update | undefined): string | undefined {
  const message: Message | undefined = update?.message;
  if (!message) return undefined;
  const { chat, from, date } = message;
  if (message.forward_origin) return `${chat.id}:forwarded:${from?.id}:${date}`;
  return isLong(message) ? `${chat.id}:long:${from?.id}` : nameOf(message);
}

function nameOf({ chat, media_group_id: id }: Message): string | undefined {
  return id === undefined ? undefined : `${chat.id}:${id}`;
}

export function chatOf({ message, edited_message: edited, callback_query: press }: Update): number | undefined {
  return (message ?? edited ?? press?.message)?.chat.id;
}

/**
 * Whether more parts of an album may be on their way: it is the last that was heard of its chat. In groups, where members forward to each other all
 * day long, what is forwarded is not waited for.
 */
export function mayGrow(updates: readonly Update[]): boolean {
  const last = new Map(updates.map((update) => [chatOf(update), update]));
  return [...last.values()].some(({ message }) => {
    if (!message) return false;
    const isForwarded = message.forward_origin !== undefined && message.chat.type === 'private';
    return message.media_group_id !== undefined || isForwarded || isLong(message);
  });
}

/** Pictures of one album arrive as one message each, with the same group id; they are one question, and so is what was forwarded together, and a long text. */
export function groupAlbums(updates: readonly Update[]): Together[] {
  const groups: Together[] = [];
  const albums = new Map<string, Update[]>();
  for (const update of updates) {
    const album = albumOf(update);
    const begun = album === undefined ? undefined : albums.get(album);
    if (begun) begun.push(update);
    else {
      const group: Together = [update];
      groups.push(group);
      if (album !== undefined) albums.set(album, group);
    }
  }
  return groups;
}

/** The messages with one of them as it is now. */
export function withChange([first, ...rest]: Messages, changed: Message): Messages {
  const now = (one: Message) => (one.message_id === changed.message_id ? changed : one);
  return [now(first), ...rest.map(now)];
}

/** Albums whose words may still be changed. */
export interface Albums {
  keep(messages: Messages): void;
  /** The whole album with a part of it as it is now, since Telegram tells only that; `undefined` where the album is not known. */
  changed(message: Message): Messages | undefined;
  /** The whole album of a message, as far as it is known. */
  whole(message: Message): Messages;
}

const mostAlbums = 200;

export function createAlbums(): Albums {
  const known = new Map<string, Messages>();
  const keep = (messages: Messages) => {
    const name = nameOf(messages[0]);
    if (name === undefined) return;
    known.set(name, messages);
    for (const old of known.keys()) if (known.size > mostAlbums) known.delete(old);
  };
  return {
    keep,
    changed(message) {
      const name = nameOf(message);
      if (name === undefined) return [message];
      const before = known.get(name);
      if (!before) return undefined;
      const messages = withChange(before, message);
      keep(messages);
      return messages;
    },
    whole: (message) => known.get(nameOf(message) ?? '') ?? [message],
  };
}
