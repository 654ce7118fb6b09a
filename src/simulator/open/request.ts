/** What `/v3/chat` and `/v1/workflows/chat` are asked, checked as Coze checks it. */
import type { Bot } from '../../bots/bot.ts';
import { badParameter, type Exchange, type Fields, isFields, Refusal } from '../exchange.ts';
import { addConversation, type Conversation, type World } from '../world.ts';
import { type EnterMessage, holdsAudio, readEnterMessages, readMeta } from './enter.ts';
import { readByStudio } from './studio.ts';

/** What a chat was asked, checked. */
export interface ChatRequest {
  readonly stream: boolean;
  readonly saved: boolean;
  readonly meta: Readonly<Record<string, string>>;
  readonly messages: readonly EnterMessage[];
  readonly variables: Readonly<Record<string, string>>;
}

/** Reads the body of `/v3/chat`. @throws Refusal 4000, 4003, 4004 or 4007. */
export function readChatRequest(world: World, body: Fields): ChatRequest {
  if (typeof body.user_id !== 'string' || body.user_id === '')
    throw badParameter('user_id', 'is required, as a string');
  const studio = world.flavour === 'studio';
  const stream = readBoolean(body, 'stream', studio);
  const saved = studio || readBoolean(body, 'auto_save_history', true);
  if (!stream && !saved) throw new Refusal(4007, 'auto_save_history must be true when stream is false.');
  if (body.publish_status === 'unpublished_draft' && body.bot_version)
    throw badParameter('bot_version', 'does not go with a draft');
  for (const field of ['parameters', 'shortcut_command', 'extra_params']) checkObject(body, field);
  const variables = readVariables(body.custom_variables);
  const given = studio ? readByStudio(body.additional_messages) : body.additional_messages;
  const messages = readEnterMessages(given, { field: 'additional_messages', most: 100, saved });
  if (!stream && messages.some(holdsAudio)) throw badParameter('stream', 'must be true when a message holds audio');
  return { stream, saved, messages, variables, meta: readMeta(body.meta_data, 'body') };
}

function readBoolean(body: Fields, field: string, otherwise: boolean): boolean {
  const value = body[field];
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== 'boolean') throw badParameter(field, 'must be true or false');
  return value;
}

function checkObject(body: Fields, field: string): void {
  const value = body[field];
  if (value !== undefined && value !== null && !isFields(value)) throw badParameter(field, 'should be an object');
}

function readVariables(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  const variables = stringsIn(value);
  if (!isFields(value) || Object.keys(variables).length < Object.keys(value).length)
    throw badParameter('custom_variables', 'must map names of letters and underscores to strings');
  return variables;
}

/** The members of an object that can be variables: strings under names of letters and underscores. */
export function stringsIn(value: unknown): Record<string, string> {
  const entries = Object.entries(isFields(value) ? value : {});
  return Object.fromEntries(
    entries.flatMap(([name, text]) => (/^[A-Za-z_]+$/.test(name) && typeof text === 'string' ? [[name, text]] : [])),
  );
}

/** The published bot of that id. @throws Refusal 4000 without an id, 4015 for a draft, 4200 for an unknown one. */
export function publishedBot(world: World, id: unknown): Bot {
  if (typeof id !== 'string' || !/^\d+$/.test(id)) throw badParameter('bot_id', 'must be a decimal string');
  const bots = world.bots();
  const bot = bots.find((each) => each.coze.kind === 'open' && each.coze.botId === id);
  if (bot) return bot;
  if (bots.some((each) => each.coze.kind === 'playground' && each.coze.draft.bot_id === id))
    throw new Refusal(4015, `The bot ${id} has not been published to the channel Agent As API.`);
  throw new Refusal(4200, `Requested resource bot_id=${id} does not exist. Please check and retry.`);
}

/**
 * The conversation a call names, or a fresh one. Studio makes a new one for an unknown id, Coze refuses.
 * @throws Refusal 4002 for an unknown one, 4101 for somebody else's, 4016 while another chat runs in it.
 */
export function conversationFor(world: World, exchange: Exchange, id: string | null, botId: string): Conversation {
  const fresh = () => addConversation(world, { account: exchange.account, botId });
  if (!id) return fresh();
  if (world.flavour === 'studio' && !world.conversations.has(id)) return fresh();
  const conversation = ownConversation(world, exchange, id);
  if (conversation.running !== undefined && world.flavour === 'cloud')
    throw new Refusal(4016, `Conversation ${id} already has a chat in progress. Wait until it is done.`);
  return conversation;
}

/** A conversation of this caller. @throws Refusal 4002 or 4101. */
export function ownConversation(world: World, exchange: Exchange, id: string): Conversation {
  const conversation = world.conversations.get(id);
  if (!conversation) throw new Refusal(4002, `Conversation ${id} does not exist.`);
  if (conversation.account !== exchange.account)
    throw new Refusal(4101, 'The token you entered does not have permission to access the requested resource.');
  return conversation;
}
