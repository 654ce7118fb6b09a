/** `/v1/workflows/chat`: a chatflow asked directly; always a stream, with `event: x` and no bot in its objects (Coze docs: workflow_chat). */
import type { Bot } from '../../bots/bot.ts';
import { badParameter, type Exchange, type Fields, isFields, jsonBody, Refusal } from '../exchange.ts';
import type { Route } from '../routes.ts';
import type { World } from '../world.ts';
import { beginChat, deliver } from './chat.ts';
import { readEnterMessages } from './enter.ts';
import { conversationFor, stringsIn } from './request.ts';

/** The one workflow call that a chat needs. */
export function workflowRoutes(world: World): readonly Route[] {
  return [{ method: 'POST', path: '/v1/workflows/chat', asksBot: true, handle: (exchange) => chat(world, exchange) }];
}

async function chat(world: World, exchange: Exchange): Promise<void> {
  const body = jsonBody(exchange);
  const bot = botOfWorkflow(world, body.workflow_id);
  if (!isFields(body.parameters)) throw badParameter('parameters', 'is required, as an object');
  if (body.bot_id && body.app_id) throw badParameter('bot_id', 'does not go with app_id');
  if (world.flavour === 'studio') checkForStudio(body, body.parameters);
  const messages = readEnterMessages(body.additional_messages, { field: 'additional_messages', most: 50, saved: true });
  if (messages.at(-1)?.role !== 'user')
    throw badParameter('additional_messages', 'must end with a message of the user');
  const id = typeof body.conversation_id === 'string' ? body.conversation_id : null;
  const botId = typeof body.bot_id === 'string' ? body.bot_id : '';
  const conversation = conversationFor(world, exchange, id, botId);
  const request = { stream: true, saved: true, meta: {}, messages, variables: stringsIn(body.parameters) };
  const begun = beginChat(world, exchange, { bot, botId, conversation, request });
  await deliver(world, exchange, { ...begun, stream: true, spaced: true });
}

/** What a Studio insists on, and coze.com does not. */
function checkForStudio(body: Fields, parameters: Fields): void {
  if (!body.bot_id && !body.app_id) throw badParameter('bot_id', 'or app_id is required');
  if (!body.conversation_id && !parameters.CONVERSATION_NAME)
    throw badParameter('conversation_id', 'or parameters.CONVERSATION_NAME is required');
}

/** @throws Refusal 4200 for a workflow that no bot's config names, as for an unpublished one. */
function botOfWorkflow(world: World, id: unknown): Bot {
  if (typeof id !== 'string' || id === '') throw badParameter('workflow_id', 'is required, as a string');
  const bot = world.bots().find((each) => each.coze.kind === 'open' && each.coze.workflowId === id);
  if (!bot) throw new Refusal(4200, `Requested resource workflow_id=${id} does not exist or is not published.`);
  return bot;
}
