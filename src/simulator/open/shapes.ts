/** The Open API's objects as they look on the wire (Coze docs: chat object, conversation object). */
import type { Fields } from '../exchange.ts';
import type { Chat, Conversation, World } from '../world.ts';

/** A chat. Studio leaves out usage, errors and required actions, and spells `cancelled` with two l. */
export function chatObject(world: World, chat: Chat): Fields {
  const studio = world.flavour === 'studio';
  return {
    id: chat.id,
    conversation_id: chat.conversation.id,
    bot_id: chat.botId,
    created_at: chat.createdAt,
    completed_at: chat.status === 'completed' ? chat.endedAt : 0,
    failed_at: chat.status === 'failed' ? chat.endedAt : 0,
    status: studio && chat.status === 'canceled' ? 'cancelled' : chat.status,
    section_id: chat.sectionId,
    ...(studio ? {} : cloudOnly(chat)),
  };
}

/** A chat as the retrieve call gives it: Studio tells the usage here and not in the stream. */
export function chatWithUsage(world: World, chat: Chat): Fields {
  return { ...chatObject(world, chat), usage: usage(chat) };
}

function cloudOnly(chat: Chat): Fields {
  return {
    meta_data: chat.meta,
    last_error: chat.error,
    usage: usage(chat),
    required_action: requiredAction(chat),
  };
}

function usage(chat: Chat): Fields {
  if (chat.endedAt === 0) return { token_count: 0, output_count: 0, input_count: 0 };
  return {
    token_count: chat.inputTokens + chat.outputTokens,
    output_count: chat.outputTokens,
    input_count: chat.inputTokens,
  };
}

/** Present in every chat, and empty unless the caller has something to do. */
function requiredAction(chat: Chat): Fields {
  const waiting = chat.waitingFor;
  if (waiting === undefined) return { type: '', submit_tool_outputs: { tool_calls: [] } };
  const calls =
    waiting.type === 'ask'
      ? [
          {
            id: chat.id,
            type: 'reply_message',
            function: { name: 'question', arguments: JSON.stringify({ question: waiting.text }) },
          },
        ]
      : waiting.calls.map((call) => ({
          id: call.id,
          type: 'function',
          function: { name: call.name, arguments: call.arguments },
        }));
  return { type: 'submit_tool_outputs', submit_tool_outputs: { tool_calls: calls } };
}

/** A conversation; everything here belongs to one made-up creator. Studio misspells that field, and knows no names. */
export function conversationObject(world: World, conversation: Conversation): Fields {
  const creator = '7300000000000000001';
  return {
    id: conversation.id,
    meta_data: conversation.meta,
    connector_id: '1024',
    created_at: conversation.createdAt,
    last_section_id: conversation.sectionId,
    ...(world.flavour === 'studio'
      ? { creator_d: creator }
      : { creator_id: creator, name: conversation.name, updated_at: conversation.updatedAt }),
  };
}
