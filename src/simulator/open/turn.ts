/** One turn of an Open API chat: what the bot does becomes messages, and messages become events. */
import type { Fault } from '../faults.ts';
import { now } from '../ids.ts';
import type { Thought } from '../mind/thought.ts';
import { createPacing, type Pacing, TurnFailure, words } from '../pacing.ts';
import { recalled } from '../recall.ts';
import { type Chat, type ChatStatus, keepMessage, type Message, type World } from '../world.ts';
import { chatObject } from './shapes.ts';

/** Takes one event to whoever listens; nobody does in a chat that is not streamed, or once the reader has gone. */
export type Send = (event: string, data: unknown) => Promise<void>;

interface Turn {
  readonly world: World;
  readonly chat: Chat;
  readonly send: Send;
  readonly pacing: Pacing;
  readonly fault: Fault | undefined;
  /** The id that reasoning shares with the answer behind it. */
  nextId: string;
}

/**
 * Lives through the thoughts to the end of the turn, whether or not anybody still reads, as Coze does.
 * The conversation is free again when it returns, unless local tools are waited for.
 */
export async function runTurn(
  o: { world: World; chat: Chat; fault: Fault | undefined; send: Send },
  thoughts: readonly Thought[],
): Promise<void> {
  const turn: Turn = { ...o, pacing: createPacing(o.world, o.fault), nextId: o.world.newId() };
  try {
    if (o.chat.status === 'created') o.chat.status = 'in_progress';
    await announce(turn, 'in_progress');
    await live(turn, thoughts);
  } catch (error) {
    await fail(turn, error);
  } finally {
    if (turn.chat.waitingFor?.type !== 'action') turn.chat.conversation.running = undefined;
  }
}

async function live(turn: Turn, thoughts: readonly Thought[]): Promise<void> {
  const suggestions = thoughts.filter((thought) => thought.type === 'suggest');
  for (const [index, thought] of thoughts.entries()) {
    if (thought.type === 'suggest') continue;
    if (thought.type === 'action') return await waitForTools(turn, thought, thoughts.slice(index + 1));
    if (thought.type === 'ask') return await askBack(turn, thought);
    await act(turn, thought);
  }
  await verbose(turn, 'generate_answer_finish', { finish_reason: 0, FinData: '' });
  for (const { text } of suggestions.slice(0, 3)) await complete(turn, { type: 'follow_up', content: text });
  await end(turn, 'completed');
}

type Act = Exclude<Thought, { type: 'suggest' | 'action' | 'ask' }>;

async function act(turn: Turn, thought: Act): Promise<void> {
  switch (thought.type) {
    case 'reasoning':
      return await speak(turn, thought.text, 'reasoning');
    case 'answer':
      return await answer(turn, thought.text, 'text');
    case 'card':
      return await answer(turn, thought.content, 'card');
    case 'knowledge':
      return await recall(turn, thought);
    case 'tool':
      return await callTool(turn, thought);
  }
}

async function speak(turn: Turn, text: string, as: 'answer' | 'reasoning'): Promise<void> {
  for (const word of words(text)) {
    await turn.pacing.next();
    const said = as === 'answer' ? { content: word } : { content: '', reasoning_content: word };
    const { created_at: _, updated_at: __, ...delta } = message(turn, { type: 'answer', ...said, id: turn.nextId });
    await turn.send('conversation.message.delta', delta);
  }
  turn.chat.outputTokens += tokens(text);
}

async function answer(turn: Turn, content: string, contentType: 'text' | 'card'): Promise<void> {
  if (contentType === 'text') await speak(turn, content, 'answer');
  await complete(turn, { type: 'answer', content, content_type: contentType, id: turn.nextId });
  turn.nextId = turn.world.newId();
}

async function recall(turn: Turn, thought: Extract<Thought, { type: 'knowledge' }>): Promise<void> {
  const type = turn.world.flavour === 'studio' ? 'knowledge' : 'verbose';
  await complete(turn, { type, content: verboseContent('knowledge_recall', recalled(thought, turn.world.newId())) });
}

async function callTool(turn: Turn, thought: Extract<Thought, { type: 'tool' }>): Promise<void> {
  const call = { name: thought.name, arguments: thought.arguments, plugin_name: thought.name, api_name: thought.name };
  await complete(turn, { type: 'function_call', content: JSON.stringify(call) });
  await complete(turn, { type: 'tool_response', content: thought.output });
}

async function waitForTools(turn: Turn, thought: Extract<Thought, { type: 'action' }>, rest: readonly Thought[]) {
  turn.chat.waitingFor = thought;
  turn.chat.rest = rest;
  await end(turn, 'requires_action');
}

/** A question node: Coze ends the turn with a required action, Studio with a plain completion; the next message resumes both. */
async function askBack(turn: Turn, thought: Extract<Thought, { type: 'ask' }>): Promise<void> {
  await answer(turn, thought.text, 'text');
  await verbose(turn, 'interrupt', { type: 2, question: thought.text });
  if (turn.world.flavour === 'studio') return await end(turn, 'completed');
  turn.chat.waitingFor = thought;
  await end(turn, 'requires_action');
}

async function verbose(turn: Turn, kind: string, data: unknown): Promise<void> {
  await complete(turn, { type: 'verbose', content: verboseContent(kind, data) });
}

function verboseContent(kind: string, data: unknown): string {
  return JSON.stringify({ msg_type: kind, data: JSON.stringify(data), from_module: null, from_unit: null });
}

type Said = Pick<Message, 'type' | 'content'> & Partial<Message>;

function message(turn: Turn, said: Said): Message {
  const at = now();
  return {
    id: turn.world.newId(),
    conversation_id: turn.chat.conversation.id,
    bot_id: turn.chat.botId,
    chat_id: turn.chat.id,
    section_id: turn.chat.sectionId,
    role: 'assistant',
    content_type: 'text',
    meta_data: {},
    created_at: at,
    updated_at: at,
    ...said,
  };
}

async function complete(turn: Turn, said: Said): Promise<void> {
  const made = message(turn, said);
  turn.chat.messages.push(made);
  const cancelled = turn.chat.status === 'canceled';
  if (turn.chat.saved && made.type === 'answer' && !cancelled) keepMessage(turn.chat.conversation, made);
  await turn.send('conversation.message.completed', made);
  if (turn.fault?.twice && made.type === 'answer') await turn.send('conversation.message.completed', made);
}

/** Ends the turn. One that was cancelled meanwhile stays so: Coze only flips its status and lets the stream run out. */
async function end(turn: Turn, status: ChatStatus): Promise<void> {
  if (turn.chat.status !== 'canceled') turn.chat.status = status;
  turn.chat.endedAt = status === 'requires_action' ? 0 : now();
  if (turn.chat.waitingFor?.type !== 'action') turn.chat.conversation.running = undefined;
  await announce(turn, turn.chat.status);
}

async function announce(turn: Turn, status: ChatStatus): Promise<void> {
  const spelled = turn.world.flavour === 'studio' && status === 'canceled' ? 'cancelled' : status;
  await turn.send(`conversation.chat.${spelled}`, chatObject(turn.world, turn.chat));
}

async function fail(turn: Turn, error: unknown): Promise<void> {
  if (!(error instanceof TurnFailure)) {
    if (turn.world.signal.aborted) return;
    throw error;
  }
  turn.chat.status = 'failed';
  turn.chat.endedAt = now();
  turn.chat.error = { code: error.code, msg: error.message };
  turn.chat.conversation.running = undefined;
  if (error.as === 'failed') return await announce(turn, 'failed');
  await turn.send('error', { code: error.code, msg: error.message });
  // Studio goes on to say that all is well.
  if (turn.world.flavour === 'studio')
    await turn.send('conversation.chat.completed', { ...chatObject(turn.world, turn.chat), status: 'completed' });
}

/** A fair guess at the tokens of a text: one for a Chinese character, one for four others. */
export function tokens(text: string): number {
  const chinese = text.match(/\p{Script=Han}/gu)?.length ?? 0;
  return chinese + Math.ceil((text.length - chinese) / 4);
}
