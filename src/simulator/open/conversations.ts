/** Conversations and their messages (Coze docs: create_conversation, list_message and their neighbours). */
import {
  answer,
  badParameter,
  type Exchange,
  type Fields,
  jsonBody,
  Refusal,
  required,
  sendJson,
} from '../exchange.ts';
import { now } from '../ids.ts';
import type { Route } from '../routes.ts';
import { addConversation, type Conversation, keepMessage, type Message, type World } from '../world.ts';
import { type EnterMessage, hear, readEnterMessage, readEnterMessages, readMeta } from './enter.ts';
import { ownConversation } from './request.ts';
import { conversationObject } from './shapes.ts';

/** The calls that make, list, clear and delete conversations, and those on single messages. */
export function conversationRoutes(world: World): readonly Route[] {
  const routes: Route[] = [
    { method: 'POST', path: '/v1/conversation/create', handle: (exchange) => create(world, exchange) },
    { method: 'GET', path: '/v1/conversation/retrieve', handle: (exchange) => retrieve(world, exchange) },
    { method: 'GET', path: '/v1/conversations', handle: (exchange) => list(world, exchange) },
    { method: 'POST', path: '/v1/conversations/:id/clear', handle: (exchange) => clear(world, exchange) },
    { method: 'PUT', path: '/v1/conversations/:id', handle: (exchange) => rename(world, exchange) },
    { method: 'DELETE', path: '/v1/conversations/:id', handle: (exchange) => remove(world, exchange) },
    { method: 'POST', path: '/v1/conversation/message/list', handle: (exchange) => listMessages(world, exchange) },
  ];
  return world.flavour === 'studio' ? routes : [...routes, ...messageRoutes(world)];
}

/** What Studio does not have. */
function messageRoutes(world: World): readonly Route[] {
  return [
    { method: 'POST', path: '/v1/conversation/message/create', handle: (exchange) => createMessage(world, exchange) },
    {
      method: 'GET',
      path: '/v1/conversation/message/retrieve',
      handle: (exchange) => retrieveMessage(world, exchange),
    },
    { method: 'POST', path: '/v1/conversation/message/modify', handle: (exchange) => modifyMessage(world, exchange) },
    { method: 'POST', path: '/v1/conversation/message/delete', handle: (exchange) => deleteMessage(world, exchange) },
  ];
}

function create(world: World, exchange: Exchange): void {
  const body = jsonBody(exchange);
  const studio = world.flavour === 'studio';
  const messages = studio ? [] : readEnterMessages(body.messages, { field: 'messages', most: 16, saved: true });
  const name = typeof body.name === 'string' && !studio ? body.name : '';
  if (name.length > 100) throw badParameter('name', 'is longer than 100 characters');
  const meta = readMeta(body.meta_data, 'body');
  const botId = typeof body.bot_id === 'string' ? body.bot_id : '';
  for (const message of messages) hear(world, exchange.account, message);
  const conversation = addConversation(world, { account: exchange.account, botId, name, meta });
  for (const message of messages) keepMessage(conversation, toMessage(world, conversation, message));
  answer(exchange, conversationObject(world, conversation));
}

function retrieve(world: World, exchange: Exchange): void {
  const found = conversationObject(
    world,
    ownConversation(world, exchange, required(exchange.query, 'conversation_id')),
  );
  if (world.flavour === 'studio') sendJson(exchange.response, 200, { code: 0, msg: '', ConversationData: found });
  else answer(exchange, found);
}

function list(world: World, exchange: Exchange): void {
  const { query, account } = exchange;
  const botId = required(query, 'bot_id');
  const { page, size } = paging(query, 'page_num', 50);
  const all = [...world.conversations.values()].filter((each) => each.account === account && each.botId === botId);
  if (query.get('sort_order') !== 'ASC') all.reverse();
  const conversations = all.slice((page - 1) * size, page * size).map((each) => conversationObject(world, each));
  answer(exchange, { conversations, has_more: all.length > page * size });
}

/** A page number from 1 and a page size up to `most`. @throws Refusal 4000. */
export function paging(query: URLSearchParams, pageName: string, most: number): { page: number; size: number } {
  const page = Number(query.get(pageName) ?? 1);
  const size = Number(query.get('page_size') ?? 20);
  if (!Number.isInteger(page) || page < 1) throw badParameter(pageName, 'must be a whole number from 1');
  if (!Number.isInteger(size) || size < 1 || size > most) throw badParameter('page_size', `must be from 1 to ${most}`);
  return { page, size };
}

/** A new section: the old messages stay listed, but the bot knows them no more. */
function clear(world: World, exchange: Exchange): void {
  const conversation = ownConversation(world, exchange, exchange.params.id ?? '');
  conversation.sectionId = world.newId();
  answer(exchange, { id: conversation.sectionId, conversation_id: conversation.id });
}

function rename(world: World, exchange: Exchange): void {
  const conversation = ownConversation(world, exchange, exchange.params.id ?? '');
  const { name } = jsonBody(exchange);
  if (typeof name !== 'string' || name.length > 100)
    throw badParameter('name', 'must be a string of up to 100 characters');
  conversation.name = name;
  answer(exchange, conversationObject(world, conversation));
}

function remove(world: World, exchange: Exchange): void {
  world.conversations.delete(ownConversation(world, exchange, exchange.params.id ?? '').id);
  answer(exchange, undefined);
}

/** `order` asc or desc (default), `limit` up to 50, and an id to start before or after. */
function listMessages(world: World, exchange: Exchange): void {
  const conversation = ownConversation(world, exchange, required(exchange.query, 'conversation_id'));
  const body = jsonBody(exchange);
  const limit = body.limit ?? 50;
  if (typeof limit !== 'number' || limit < 1 || limit > 50) throw badParameter('limit', 'must be from 1 to 50');
  const wanted = ordered(conversation.messages, body);
  const data = wanted.slice(0, limit);
  answer(exchange, data, {
    first_id: data[0]?.id ?? '',
    last_id: data.at(-1)?.id ?? '',
    has_more: wanted.length > data.length,
  });
}

function ordered(messages: readonly Message[], body: Fields): readonly Message[] {
  const ascending = body.order === 'asc';
  const all = messages.filter((message) => typeof body.chat_id !== 'string' || message.chat_id === body.chat_id);
  const sorted = ascending ? all : all.toReversed();
  const from = sorted.findIndex((message) => message.id === (ascending ? body.after_id : body.before_id));
  return sorted.slice(from + 1);
}

function createMessage(world: World, exchange: Exchange): void {
  const conversation = ownConversation(world, exchange, required(exchange.query, 'conversation_id'));
  const message = readEnterMessage(jsonBody(exchange), 'body', true);
  hear(world, exchange.account, message);
  const made = toMessage(world, conversation, message);
  keepMessage(conversation, made);
  answer(exchange, made);
}

function toMessage(world: World, conversation: Conversation, message: EnterMessage): Message {
  const at = now();
  return {
    id: world.newId(),
    conversation_id: conversation.id,
    bot_id: conversation.botId,
    chat_id: '',
    section_id: conversation.sectionId,
    role: message.role,
    type: message.type,
    content: message.content,
    content_type: message.contentType,
    meta_data: message.meta,
    created_at: at,
    updated_at: at,
  };
}

function ownMessage(world: World, exchange: Exchange): { conversation: Conversation; message: Message } {
  const conversation = ownConversation(world, exchange, required(exchange.query, 'conversation_id'));
  const id = required(exchange.query, 'message_id');
  const message = conversation.messages.find((each) => each.id === id);
  if (!message) throw new Refusal(4005, `Message ${id} does not exist.`);
  return { conversation, message };
}

function retrieveMessage(world: World, exchange: Exchange): void {
  answer(exchange, ownMessage(world, exchange).message);
}

/** The one call that gives its object under `message` instead of `data`. */
function modifyMessage(world: World, exchange: Exchange): void {
  const { message } = ownMessage(world, exchange);
  const changed = readEnterMessage({ ...message, ...jsonBody(exchange) }, 'body', true);
  hear(world, exchange.account, changed);
  message.content = changed.content;
  message.content_type = changed.contentType;
  message.meta_data = changed.meta;
  message.updated_at = now();
  answer(exchange, undefined, { message });
}

function deleteMessage(world: World, exchange: Exchange): void {
  const { conversation, message } = ownMessage(world, exchange);
  conversation.messages = conversation.messages.filter((each) => each !== message);
  answer(exchange, message);
}
