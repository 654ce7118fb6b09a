/** The methods that send, change and delete messages. */
import type { InlineKeyboardButton, Message, MessageEntity } from 'grammy/types';
import type { Call } from './call.ts';
import { detect, format, isUnseen } from './entities.ts';
import { badRequest } from './refusal.ts';
import { readRich, toldBlocks } from './rich.ts';
import type { StoredChat, StoredMessage, World } from './world.ts';

const knownChatActions = new Set(['typing', 'upload_photo', 'upload_document', 'record_voice', 'upload_voice']);

/** What the methods work with. */
export interface MessageTools {
  readonly world: World;
  /** Seconds since the epoch. */
  readonly date: () => number;
  /** Counts a call against the windows of the chat. @throws Refusal 429. */
  readonly spend: (chat: StoredChat, kind: 'message' | 'action') => void;
  /** Notes what the real server would have put right in silence. */
  readonly complain: (words: readonly string[]) => void;
}

/** One method of the Bot API. @throws Refusal */
export type Method = (call: Call) => unknown;

/** By name, as the Bot API spells them. */
export function messageMethods(tools: MessageTools): Readonly<Record<string, Method>> {
  const { world } = tools;
  return {
    sendMessage: (call) => send(tools, call, text(tools, call.params)),
    sendRichMessage: (call) => send(tools, call, rich(call.params)),
    sendPhoto: (call) => send(tools, call, upload(tools, call, 'photo')),
    sendMediaGroup: (call) => album(tools, call),
    sendDocument: (call) => send(tools, call, upload(tools, call, 'document')),
    editMessageText: (call) => edit(tools, call, textOrRich(tools, call.params)),
    editMessageReplyMarkup: (call) => edit(tools, call, {}),
    deleteMessage: ({ params }) => {
      const chat = world.writable(params.chat_id);
      if (!chat.messages.delete(Number(params.message_id))) throw badRequest('message to delete not found');
      return true;
    },
    sendChatAction: ({ params }) => {
      const chat = world.writable(params.chat_id);
      if (!knownChatActions.has(String(params.action))) throw badRequest('wrong parameter action in request');
      topicOf(chat, params);
      tools.spend(chat, 'action');
      return true;
    },
    sendMessageDraft: ({ params }) => {
      const shown = params.text ? format(String(params.text), entitiesOf(params)) : { text: '', entities: [] };
      return draft(tools, params, { text: shown.text, entities: shown.entities });
    },
    sendRichMessageDraft: ({ params }) => draft(tools, params, rich(params, 'draft')),
  };
}

type Body = Partial<Pick<StoredMessage, 'text' | 'entities' | 'rich' | 'file' | 'previewOff' | 'preview'>>;

/** Checked before it is counted, as messages are. @throws Refusal */
function draft(tools: MessageTools, params: Call['params'], { text = '', entities = [], rich }: Body): true {
  const chat = tools.world.writable(params.chat_id);
  if (chat.chat.type !== 'private') throw badRequest('TEXTDRAFT_PEER_INVALID');
  if (!Number(params.draft_id)) throw badRequest('DRAFT_ID_INVALID');
  tools.spend(chat, 'action');
  const canStop = params.can_stop === true;
  tools.world.drafts.set(chat.chat.id, { id: Number(params.draft_id), text, entities, rich, canStop });
  return true;
}

function send(tools: MessageTools, { params }: Call, body: Body): Message {
  const chat = tools.world.writable(params.chat_id);
  const topic = topicOf(chat, params);
  const keyboard = keyboardOf(params);
  const replyTo = replyOf(chat, params);
  tools.spend(chat, 'message');
  const message: StoredMessage = {
    id: chat.nextMessage++,
    from: tools.world.me,
    date: tools.date(),
    topic,
    replyTo,
    text: '',
    entities: [],
    previewOff: false,
    preview: undefined,
    file: undefined,
    ...body,
    keyboard,
    edits: 0,
    shown: [body.text ?? ''],
  };
  chat.messages.set(message.id, message);
  tools.world.drafts.delete(chat.chat.id);
  return apiMessage(chat, message);
}

function edit(tools: MessageTools, { params }: Call, body: Body): Message {
  const chat = tools.world.writable(params.chat_id);
  const message = chat.messages.get(Number(params.message_id));
  if (!message) throw badRequest('message to edit not found');
  if (message.from.id !== tools.world.me.id) throw badRequest("message can't be edited");
  const { text, entities, rich, preview } = message;
  const next = { text, entities, rich, preview, ...body, keyboard: keyboardOf(params) };
  if (same(next, message))
    throw badRequest(
      'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
    );
  tools.spend(chat, 'message');
  if (body.text !== undefined && body.text !== message.text) message.shown.push(body.text);
  Object.assign(message, next, { edits: message.edits + 1 });
  return apiMessage(chat, message);
}

function same(
  a: Pick<StoredMessage, 'text' | 'entities' | 'rich' | 'keyboard' | 'preview'>,
  b: StoredMessage,
): boolean {
  const seen = ({ text, entities, rich, keyboard, preview }: typeof a) =>
    JSON.stringify([text, entities, rich, keyboard, preview]);
  return seen(a) === seen(b);
}

function text(tools: MessageTools, params: Call['params']): Body {
  if (params.parse_mode) throw badRequest('this server of the tests knows entities only: leave parse_mode out');
  const shown = format(String(params.text ?? ''), entitiesOf(params));
  tools.complain(shown.corrected);
  const preview = params.link_preview_options as { is_disabled?: boolean; url?: string } | undefined;
  const previewOff = preview?.is_disabled === true;
  const more = { previewOff, preview: previewOff ? undefined : preview?.url, rich: undefined };
  return { text: shown.text, entities: shown.entities, ...more };
}

function textOrRich(tools: MessageTools, params: Call['params']): Body {
  if (params.rich_message === undefined) return text(tools, params);
  if (params.text !== undefined) throw badRequest('exactly one of text and rich_message must be used');
  return rich(params);
}

function rich(params: Call['params'], kind?: 'draft'): Body {
  const given = (params.rich_message ?? {}) as { blocks?: readonly unknown[]; skip_entity_detection?: boolean };
  const text = readRich(params.rich_message, kind);
  const entities = given.skip_entity_detection ? [] : detect(text, []);
  return { text, rich: given.blocks, entities, preview: undefined };
}

/** Two to ten messages, or none. */
function album(tools: MessageTools, { params }: Call): Message[] {
  const media = (Array.isArray(params.media) ? params.media : []) as { type?: string; media?: string }[];
  if (media.length < 2 || media.length > 10) throw badRequest('there must be 2-10 items in the album');
  const bodies = media.map(({ type, media: address }) => {
    if (type !== 'photo') throw badRequest('this server of the tests knows albums of photos only');
    return fetched(tools, String(address));
  });
  return bodies.map((body) => send(tools, { method: 'sendPhoto', params, files: new Map() }, body));
}

/** A picture that Telegram fetches. */
function fetched({ world }: MessageTools, address: string): Body {
  if (!/^https?:\/\/[^/]+\./.test(address)) throw badRequest('wrong HTTP URL specified');
  if (world.unreachable.has(address)) throw badRequest('failed to get HTTP URL content');
  const id = `sent-${world.serial()}`;
  const name = address.split('/').at(-1) ?? '';
  const file = { id, path: `photos/${id}`, name, type: 'image/jpeg', bytes: new Uint8Array(), size: 1 };
  world.files.set(id, file);
  return { file: { ...file, kind: 'photo' } };
}

function upload(tools: MessageTools, call: Call, kind: 'photo' | 'document'): Body {
  const reference = String(call.params[kind] ?? '');
  if (kind === 'photo' && /^https?:/.test(reference)) return fetched(tools, reference);
  const sent = call.files.get(reference.replace('attach://', ''));
  if (!sent) throw badRequest(`there is no ${kind} in the request`);
  if (kind === 'photo' && sent.bytes.length > 10_000_000) throw badRequest('file is too big');
  const caption = call.params.caption ? format(String(call.params.caption), entitiesOf(call.params), 1024) : undefined;
  const id = `sent-${tools.world.serial()}`;
  const file = { id, path: `${kind}s/${id}`, ...sent, size: sent.bytes.length };
  tools.world.files.set(id, file);
  return { text: caption?.text ?? '', entities: caption?.entities ?? [], file: { ...file, kind } };
}

function entitiesOf(params: Call['params']): MessageEntity[] {
  const given = params.entities ?? params.caption_entities ?? [];
  if (!Array.isArray(given)) throw badRequest("can't parse entities: expected an Array of MessageEntity");
  return given;
}

function topicOf(chat: StoredChat, params: Call['params']): number | undefined {
  if (chat.muted) throw badRequest('have no write access to the chat');
  if (params.message_thread_id === undefined) return undefined;
  const topic = Number(params.message_thread_id);
  if (!chat.forum && chat.chat.type !== 'private') return undefined;
  if (!chat.topics.has(topic)) throw badRequest('message thread not found');
  if (chat.closed.has(topic)) throw badRequest('TOPIC_CLOSED');
  return topic;
}

function replyOf(chat: StoredChat, params: Call['params']): number | undefined {
  const reply = params.reply_parameters as { message_id?: number; allow_sending_without_reply?: boolean } | undefined;
  if (!reply) return undefined;
  if (chat.messages.has(Number(reply.message_id))) return Number(reply.message_id);
  if (reply.allow_sending_without_reply) return undefined;
  throw badRequest('message to be replied not found');
}

/** Rows and buttons as the real server checks them: text, exactly one action, data of 1 to 64 bytes, at most 100 buttons. */
function keyboardOf(params: Call['params']): InlineKeyboardButton[][] {
  const markup = params.reply_markup as { inline_keyboard?: InlineKeyboardButton[][] } | undefined;
  const rows = markup?.inline_keyboard ?? [];
  if (rows.flat().length > 100) throw badRequest('reply markup is too long');
  if (rows.some((row) => row.length > 8)) throw badRequest('BUTTON_COUNT_INVALID');
  for (const button of rows.flat()) {
    if (isUnseen(button.text ?? ''))
      throw badRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
    const data = 'callback_data' in button ? button.callback_data : undefined;
    if (data === undefined && !('url' in button)) throw badRequest('inline keyboard button must have an action');
    const bytes = new TextEncoder().encode(data ?? 'x').length;
    if (bytes < 1 || bytes > 64) throw badRequest('BUTTON_DATA_INVALID');
  }
  return rows.filter((row) => row.length > 0);
}

/** The message at the head of a chain of replies; in supergroups such a chain is a thread. */
export function rootOf(chat: StoredChat, message: StoredMessage): StoredMessage {
  const replied = message.replyTo === undefined ? undefined : chat.messages.get(message.replyTo);
  return replied ? rootOf(chat, replied) : message;
}

function threadOf(chat: StoredChat, message: StoredMessage): object {
  if (message.topic !== undefined) return { message_thread_id: message.topic, is_topic_message: true };
  const root = rootOf(chat, message);
  return chat.chat.type === 'supergroup' && root !== message ? { message_thread_id: root.id } : {};
}

/** A stored message as the Bot API tells it. */
export function apiMessage(chat: StoredChat, message: StoredMessage, depth = 0): Message {
  const replied = message.replyTo === undefined ? undefined : chat.messages.get(message.replyTo);
  const caption = message.file !== undefined;
  return {
    message_id: message.id,
    from: message.from,
    chat: chat.chat,
    date: message.date,
    ...threadOf(chat, message),
    ...(message.postOf && { sender_chat: message.postOf, is_automatic_forward: true }),
    ...(replied && depth === 0 ? { reply_to_message: apiMessage(chat, replied, 1) } : {}),
    ...(message.text === '' || message.rich ? {} : { [caption ? 'caption' : 'text']: message.text }),
    ...(message.rich ? { rich_message: { blocks: toldBlocks(message.rich) } } : {}),
    ...(message.entities.length === 0 ? {} : { [caption ? 'caption_entities' : 'entities']: message.entities }),
    ...(message.keyboard.length === 0 ? {} : { reply_markup: { inline_keyboard: message.keyboard } }),
    ...(message.edits === 0 ? {} : { edit_date: message.date }),
    ...(message.location && { location: message.location }),
    ...(message.albumId === undefined ? {} : { media_group_id: message.albumId }),
    ...forwardOf(message),
    ...fileOf(message),
  } as Message;
}

function forwardOf(message: StoredMessage): object {
  if (message.forwardedFrom === undefined) return {};
  return { forward_origin: { type: 'hidden_user', sender_user_name: message.forwardedFrom, date: message.date } };
}

function fileOf({ file }: StoredMessage): object {
  if (!file) return {};
  const common = { file_id: file.id, file_unique_id: `u${file.id}`, file_size: file.size };
  if (file.kind === 'photo')
    return {
      photo: [
        { ...common, file_id: `${file.id}-small`, width: 90, height: 90, file_size: 900 },
        { ...common, width: 800, height: 800 },
      ],
    };
  if (file.kind === 'voice') return { voice: { ...common, duration: 3, mime_type: file.type } };
  return { document: { ...common, file_name: file.name, mime_type: file.type } };
}
