/** Telegram's chats and topics as the places of the core, and back. */
import type { Chat, Message } from 'grammy/types';
import type { Level, Place } from '#core/message.ts';

/** `Place.platform` of everything here. */
export const platform = 'telegram';

/** A chat is a `channel`; a topic of a forum or of a private chat is a `thread` in it. The General topic is the chat itself. */
export function placeOf(
  account: string,
  message: Pick<Message, 'chat' | 'message_thread_id' | 'is_topic_message'>,
): Place {
  const { chat, message_thread_id: topic, is_topic_message: inTopic } = message;
  const channel: Level = { kind: 'channel', id: String(chat.id), name: titleOf(chat) };
  const thread: Level[] = inTopic && topic !== undefined ? [{ kind: 'thread', id: String(topic) }] : [];
  return { platform, account, levels: [channel, ...thread], direct: chat.type === 'private' };
}

/** What people call a chat: its title, or the person's first name. */
export function titleOf(chat: Chat): string {
  return chat.type === 'private' ? chat.first_name : (chat.title ?? '');
}

/** A chat and, where it has topics, the topic. */
export interface Target {
  readonly chat: number;
  readonly topic: number | undefined;
}

/** Where to write to reach a place again. */
export function targetOf(place: Place): Target {
  const find = (kind: Level['kind']) => place.levels.find((level) => level.kind === kind)?.id;
  const topic = find('thread');
  return { chat: Number(find('channel')), topic: topic === undefined ? undefined : Number(topic) };
}
