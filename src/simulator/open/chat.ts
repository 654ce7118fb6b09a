/** `/v3/chat` and what belongs to it: retrieve, message list, cancel, tool outputs (Coze docs: chat_v3 and its neighbours). */
import type { Bot } from '../../bots/bot.ts';
import {
  answer,
  badParameter,
  type Exchange,
  type Fields,
  isFields,
  jsonBody,
  Refusal,
  required,
  sendJson,
} from '../exchange.ts';
import { now } from '../ids.ts';
import { personaOf } from '../mind/persona.ts';
import { resume, think } from '../mind/think.ts';
import type { Heard, Thought } from '../mind/thought.ts';
import type { Handle, Route } from '../routes.ts';
import { openEventStream } from '../sse.ts';
import { addChat, type Chat, type Conversation, keepMessage, type World } from '../world.ts';
import { type EnterMessage, hear } from './enter.ts';
import { type ChatRequest, conversationFor, publishedBot, readChatRequest } from './request.ts';
import { chatObject, chatWithUsage } from './shapes.ts';
import { failingAsBadRequest, failingAsStream, failingAsText } from './studio.ts';
import { runTurn, tokens } from './turn.ts';

/** The calls of one chat; Studio has no tool outputs, and fails in other ways. */
export function chatRoutes(world: World): readonly Route[] {
  const ask: Handle = (exchange) => chat(world, exchange);
  const read: Handle = (exchange) => retrieve(world, exchange);
  const messages: Handle = (exchange) => list(world, exchange);
  const stop: Handle = (exchange) => cancel(world, exchange);
  if (world.flavour === 'studio')
    return [
      { method: 'POST', path: '/v3/chat', asksBot: true, handle: failingAsStream(ask) },
      { method: 'GET', path: '/v3/chat/retrieve', handle: failingAsText(read) },
      { method: 'GET', path: '/v3/chat/message/list', handle: failingAsText(messages) },
      { method: 'POST', path: '/v3/chat/cancel', handle: failingAsBadRequest(stop) },
    ];
  return [
    { method: 'POST', path: '/v3/chat', asksBot: true, handle: ask },
    // The SDKs use POST where the docs have GET; Coze takes both.
    { method: 'GET', path: '/v3/chat/retrieve', handle: read },
    { method: 'POST', path: '/v3/chat/retrieve', handle: read },
    { method: 'GET', path: '/v3/chat/message/list', handle: messages },
    { method: 'POST', path: '/v3/chat/message/list', handle: messages },
    { method: 'POST', path: '/v3/chat/cancel', handle: stop },
    {
      method: 'POST',
      path: '/v3/chat/submit_tool_outputs',
      asksBot: true,
      handle: (exchange) => submit(world, exchange),
    },
  ];
}

async function chat(world: World, exchange: Exchange): Promise<void> {
  const body = jsonBody(exchange);
  const bot = publishedBot(world, body.bot_id);
  const request = readChatRequest(world, body);
  const conversation = conversationFor(world, exchange, exchange.query.get('conversation_id'), String(body.bot_id));
  const begun = beginChat(world, exchange, { bot, botId: String(body.bot_id), conversation, request });
  await deliver(world, exchange, { ...begun, stream: request.stream, spaced: false });
}

/** Writes the question down and thinks. @throws Refusal 4000 where nothing was asked. */
export function beginChat(
  world: World,
  exchange: Exchange,
  o: { bot: Bot; botId: string; conversation: Conversation; request: ChatRequest },
): { chat: Chat; thoughts: readonly Thought[] } {
  const heard = [
    ...remembered(world, o.conversation),
    ...o.request.messages.map((m) => hear(world, exchange.account, m)),
  ];
  if (heard.length === 0) throw badParameter('additional_messages', 'is required in an empty conversation');
  const persona = personaOf(o.bot);
  const begun = addChat(world, {
    conversation: o.conversation,
    botId: o.botId,
    persona,
    meta: o.request.meta,
    saved: o.request.saved,
    inputTokens: tokens(heard.map((turn) => turn.text).join(' ') + persona.prompt),
  });
  o.conversation.running = begun.id;
  if (o.request.saved)
    for (const message of o.request.messages) keepMessage(o.conversation, entered(world, begun, message));
  const thoughts =
    exchange.fault?.say ??
    think(persona, heard, {
      imageBase: `${world.url}/images`,
      variables: o.request.variables,
    });
  return { chat: begun, thoughts };
}

/** What the bot still knows of a conversation: the messages since it was last cleared. */
function remembered(world: World, conversation: Conversation): readonly Heard[] {
  return conversation.messages
    .filter((message) => message.section_id === conversation.sectionId)
    .map((message) => hear(world, conversation.account, { ...message, contentType: message.content_type }));
}

function entered(world: World, of: Chat, message: EnterMessage) {
  const at = now();
  return {
    id: world.newId(),
    conversation_id: of.conversation.id,
    bot_id: of.botId,
    chat_id: of.id,
    section_id: of.sectionId,
    role: message.role,
    type: message.type,
    content: message.content,
    content_type: message.contentType,
    meta_data: message.meta,
    created_at: at,
    updated_at: at,
  };
}

/** Streams the turn, or answers at once with the chat and lets the turn run behind. */
export async function deliver(
  world: World,
  exchange: Exchange,
  o: { chat: Chat; thoughts: readonly Thought[]; stream: boolean; spaced: boolean },
): Promise<void> {
  const { fault } = exchange;
  if (!o.stream) {
    o.chat.status = 'in_progress';
    answer(exchange, chatObject(world, o.chat));
    return await runTurn({ world, chat: o.chat, fault, send: async () => {} }, o.thoughts);
  }
  const spaced = world.flavour === 'studio' ? 'numbered' : 'spaced';
  const stream = openEventStream(exchange.response, fault, o.spaced ? spaced : 'plain');
  const send = (event: string, data: unknown) => stream.send(event, JSON.stringify(o.spaced ? withoutBot(data) : data));
  if (o.chat.status === 'created') await send('conversation.chat.created', chatObject(world, o.chat));
  if (fault?.garbage !== undefined) await stream.raw(fault.garbage);
  await runTurn({ world, chat: o.chat, fault, send }, o.thoughts);
  if (fault?.afterwards !== undefined) await stream.raw(fault.afterwards);
  await sayDone(world, o.spaced, fault?.ending, stream.send);
  stream.end();
}

/** The workflow calls know no bot. */
function withoutBot(data: unknown): unknown {
  if (!isFields(data)) return data;
  const { bot_id: _, ...rest } = data;
  return rest;
}

async function sayDone(
  world: World,
  workflow: boolean,
  asked: NonNullable<Exchange['fault']>['ending'],
  send: (event: string, data: string) => Promise<void>,
): Promise<void> {
  const usual = workflow ? 'debug_url' : world.flavour === 'studio' ? 'stream.done' : 'quoted';
  switch (asked ?? usual) {
    case 'quoted':
      return await send('done', '"[DONE]"');
    case 'bare':
      return await send('done', '[DONE]');
    case 'empty':
      return await send('done', '');
    case 'debug_url':
      return await send('done', JSON.stringify({ debug_url: `${world.url}/work_flow?execute_id=1` }));
    case 'stream.done':
      return await send('conversation.stream.done', '');
    case 'none':
      return;
  }
}

function retrieve(world: World, exchange: Exchange): void {
  answer(exchange, chatWithUsage(world, savedChat(world, exchange)));
}

/** Coze gives the messages in no particular order: here the newest comes first. Studio puts them under `Messages`. */
function list(world: World, exchange: Exchange): void {
  const messages = savedChat(world, exchange).messages.toReversed();
  if (world.flavour === 'studio') sendJson(exchange.response, 200, { code: 0, msg: '', Messages: messages });
  else answer(exchange, messages);
}

function savedChat(world: World, exchange: Exchange): Chat {
  const found = ownChat(
    world,
    exchange,
    required(exchange.query, 'conversation_id'),
    required(exchange.query, 'chat_id'),
  );
  if (!found.saved) throw new Refusal(4001, 'The chat was not kept, because auto_save_history was false.');
  return found;
}

function ownChat(world: World, exchange: Exchange, conversationId: string, chatId: string): Chat {
  const found = world.chats.get(chatId);
  if (!found || found.conversation.id !== conversationId || found.conversation.account !== exchange.account)
    throw new Refusal(4001, `Chat ${chatId} does not exist in conversation ${conversationId}.`);
  return found;
}

function cancel(world: World, exchange: Exchange): void {
  const body = jsonBody(exchange);
  const found = ownChat(world, exchange, text(body, 'conversation_id'), text(body, 'chat_id'));
  if (found.status !== 'created' && found.status !== 'in_progress')
    throw new Refusal(4104, `Chat ${found.id} is ${found.status} and cannot be cancelled.`);
  found.status = 'canceled';
  found.endedAt = now();
  const { conversation } = found;
  conversation.running = undefined;
  // A cancelled turn is not kept as context.
  conversation.messages = conversation.messages.filter((message) => message.chat_id !== found.id);
  if (world.flavour === 'studio') sendJson(exchange.response, 200, { ChatV3ChatDetail: chatObject(world, found) });
  else answer(exchange, chatObject(world, found));
}

async function submit(world: World, exchange: Exchange): Promise<void> {
  const { query } = exchange;
  const found = ownChat(world, exchange, required(query, 'conversation_id'), required(query, 'chat_id'));
  if (!found.saved) throw new Refusal(5000, 'Internal error: the chat was not kept.');
  if (found.waitingFor?.type !== 'action') throw badParameter('chat_id', 'names a chat that waits for no tool outputs');
  const body = jsonBody(exchange);
  const outputs = readOutputs(
    body.tool_outputs,
    found.waitingFor.calls.map((call) => call.id),
  );
  const thoughts = found.rest.length > 0 ? found.rest : resume(found.waitingFor.calls, outputs);
  found.waitingFor = undefined;
  found.status = 'in_progress';
  await deliver(world, exchange, { chat: found, thoughts, stream: body.stream === true, spaced: false });
}

function readOutputs(value: unknown, wanted: readonly string[]): ReadonlyMap<string, string> {
  const outputs = new Map<string, string>();
  for (const item of Array.isArray(value) ? value : []) {
    if (!isFields(item) || typeof item.tool_call_id !== 'string' || typeof item.output !== 'string')
      throw badParameter('tool_outputs', 'must hold {tool_call_id, output}, both strings');
    outputs.set(item.tool_call_id, item.output);
  }
  const missing = wanted.filter((id) => !outputs.has(id));
  if (missing.length > 0) throw badParameter('tool_outputs', `lacks the output of ${missing.join(', ')}`);
  return outputs;
}

function text(body: Fields, field: string): string {
  const value = body[field];
  if (typeof value !== 'string' || value === '') throw badParameter(field, 'is required, as a string');
  return value;
}
