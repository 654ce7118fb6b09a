/** Telegram's messages as the core reads them, and the question whether they are for us. */
import type { Message, MessageEntity, User, UserFromGetMe } from 'grammy/types';
import type { Attachment, Incoming, Language, Person } from '#core/message.ts';
import { attachmentsOf } from './attachments.ts';
import { placeOf } from './place.ts';
import type { Albums, Messages } from './updates.ts';
import { bodyOf, markedUp } from './words.ts';

/** A message as the core takes it, and whom it is for. */
export interface Read {
  readonly incoming: Incoming;
  /**
   * `us`: private, mention, reply to us, or a command with our name. `anyone`: a bare command in a group, which every bot
   * there gets: it is ours only if we have such a command. `nobody`: talk in a group, answered only where its settings say so.
   */
  readonly addressed: 'us' | 'anyone' | 'nobody';
}

/** Who reads. */
export interface ReadOptions {
  readonly me: Pick<UserFromGetMe, 'id' | 'username'>;
  /** Whether the author may decide for the chat. */
  readonly moderator: boolean;
  /** The album of a message; default: the message alone. */
  readonly whole?: Albums['whole'];
}

/** The messages of an album (or one message) as one; `undefined` when they are another bot's, a channel's, or say nothing. */
export function read(messages: Messages, options: ReadOptions): Read | undefined {
  const { me } = options;
  const [first] = messages;
  if (first.from?.is_bot && !first.sender_chat) return undefined;
  // The direct messages of a channel, which its administrators answer, all come in one chat.
  if ('is_direct_messages' in first.chat && first.chat.is_direct_messages) return undefined;
  const addressed = addressee(messages, me);
  if (!addressed) return undefined;
  const told = messages.map((message) => withOrigin(message, withoutUs(message, me)));
  const text = told.filter((words) => words !== '').join('\n\n');
  const attachments = filesOf(messages, options);
  if (text === '' && attachments.length === 0 && (addressed !== 'us' || isService(first))) return undefined;
  return { addressed, incoming: incomingOf(first, text, attachments, options) };
}

/** Its own files, or, when it has none, those of the message it replies to, here or in another chat: "what is this?" under somebody's picture. */
function filesOf(messages: Messages, { me, whole = (one) => [one] }: ReadOptions): Attachment[] {
  const own = messages.flatMap(attachmentsOf);
  const { reply_to_message: replied, external_reply: elsewhere, message_id } = messages[0];
  if (own.length > 0) return own;
  if (elsewhere) return attachmentsOf({ message_id, ...elsewhere } as unknown as Message);
  return replied && replied.from?.id !== me.id ? whole(replied as Message).flatMap(attachmentsOf) : own;
}

function incomingOf(
  message: Message,
  text: string,
  attachments: readonly Attachment[],
  options: ReadOptions,
): Incoming {
  return {
    id: String(message.message_id),
    place: placeOf(String(options.me.id), message),
    author: authorOf(message, options.moderator),
    text,
    attachments,
    quote: quoteOf(message),
    language: languageOf(message.from),
    at: message.date * 1000,
  };
}

function addressee(messages: readonly Message[], me: ReadOptions['me']): Read['addressed'] | undefined {
  const command = messages.map(commandOf).find((found) => found !== undefined);
  if (messages[0]?.chat.type === 'private') return 'us';
  if (command?.to !== undefined) return command.to === me.username.toLowerCase() ? 'us' : undefined;
  if (messages.some((message) => mentionsOf(message, me).length > 0 || repliesTo(message, me))) return 'us';
  return command ? 'anyone' : 'nobody';
}

/** A command at the very start, with the bot it names, if any. */
function commandOf(message: Message): { to: string | undefined } | undefined {
  const { text } = bodyOf(message);
  const match = /^\/\w+(?:@(\w+))?/.exec(text);
  return match ? { to: match[1]?.toLowerCase() } : undefined;
}

/** The first message of a topic counts as replied to by every message in it; that is no reply to us. */
function repliesTo(message: Message, me: ReadOptions['me']): boolean {
  const replied = message.reply_to_message;
  return replied?.from?.id === me.id && replied.forum_topic_created === undefined;
}

function mentionsOf(message: Message, me: ReadOptions['me']): MessageEntity[] {
  const { text, entities } = bodyOf(message);
  return entities.filter((entity) => {
    if (entity.type === 'text_mention') return entity.user.id === me.id;
    const words = text.slice(entity.offset, entity.offset + entity.length).toLowerCase();
    return entity.type === 'mention' && words === `@${me.username.toLowerCase()}`;
  });
}

/** The text without our mention and without our name behind a command. */
function withoutUs(message: Message, me: ReadOptions['me']): string {
  const text = markedUp(bodyOf(message), mentionsOf(message, me)).trim();
  return text.replace(/^(\/\w+)@\w+/, '$1');
}

function withOrigin(message: Message, text: string): string {
  const origin = message.forward_origin;
  if (!origin || text === '') return text;
  return `Forwarded from ${originName(origin)}:\n\n${text}`;
}

function originName(origin: NonNullable<Message['forward_origin']>): string {
  switch (origin.type) {
    case 'user':
      return nameOf(origin.sender_user);
    case 'hidden_user':
      return origin.sender_user_name;
    case 'chat':
      return 'title' in origin.sender_chat ? (origin.sender_chat.title ?? 'a chat') : 'a chat';
    case 'channel':
      return origin.chat.title;
  }
}

/** Joins, pins, new titles: nothing that a bot should answer. */
function isService(message: Message): boolean {
  return bodyOf(message).text === '' && attachmentsOf(message).length === 0;
}

function quoteOf(message: Message): Incoming['quote'] {
  const { reply_to_message: replied, external_reply: elsewhere, quote } = message;
  if (elsewhere && quote) {
    const id = `${elsewhere.chat?.id}/${elsewhere.message_id}`;
    return { id, author: originName(elsewhere.origin), text: quoted(quote) };
  }
  if (!replied || replied.forum_topic_created) return undefined;
  const text = quote ? quoted(quote) : markedUp(bodyOf(replied as Message));
  if (text === '') return undefined;
  return { id: String(replied.message_id), author: authorOf(replied as Message, false).name, text };
}

function quoted({ text, entities = [] }: NonNullable<Message['quote']>): string {
  return markedUp({ text, entities });
}

/** Anonymous administrators and channels write in the name of a chat. */
function authorOf(message: Message, moderator: boolean): Person {
  const chat = message.sender_chat;
  if (chat) {
    const anonymous = chat.id === message.chat.id;
    return { id: String(chat.id), name: ('title' in chat && chat.title) || 'somebody', moderator: anonymous };
  }
  return personOf(message.from, moderator);
}

/** A Telegram user as the core knows people. */
export function personOf(user: User | undefined, moderator: boolean): Person {
  return { id: String(user?.id ?? 0), name: user ? nameOf(user) : 'somebody', moderator };
}

function nameOf(user: User): string {
  return [user.first_name, user.last_name].filter(Boolean).join(' ');
}

/** The language of the member's app; `undefined` when Telegram does not tell it. */
export function languageOf(user: User | undefined): Language | undefined {
  const code = user?.language_code?.toLowerCase();
  if (!code) return undefined;
  if (!code.startsWith('zh')) return 'en';
  return /hant|tw|hk|mo/.test(code) ? 'zh-TW' : 'zh-CN';
}
