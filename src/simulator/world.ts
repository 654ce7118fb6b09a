/** Everything the local service remembers, in memory and bounded: conversations, chats, files, tokens. */
import type { Bot } from '../bots/bot.ts';
import { createFaults, type FaultQueue } from './faults.ts';
import { createIds, now } from './ids.ts';
import type { Persona } from './mind/persona.ts';
import type { Thought } from './mind/thought.ts';

/** A message as the Open API shows it (Coze docs: message object). */
export interface Message {
  readonly id: string;
  readonly conversation_id: string;
  readonly bot_id: string;
  readonly chat_id: string;
  readonly section_id: string;
  readonly role: 'user' | 'assistant';
  readonly type: string;
  content: string;
  content_type: string;
  meta_data: Readonly<Record<string, string>>;
  readonly reasoning_content?: string;
  readonly created_at: number;
  updated_at: number;
}

/** A conversation and all that was said in it. */
export interface Conversation {
  readonly id: string;
  readonly account: string;
  readonly botId: string;
  name: string;
  readonly meta: Readonly<Record<string, string>>;
  readonly createdAt: number;
  updatedAt: number;
  /** Changes with each clearing: what was said in an earlier section is listed but no longer known to the bot. */
  sectionId: string;
  messages: Message[];
  /** The chat that has to end before another may begin (4016). */
  running?: string | undefined;
}

/** Where a chat is; the last four are ends, `requires_action` one that can be resumed. */
export type ChatStatus = 'created' | 'in_progress' | 'completed' | 'failed' | 'requires_action' | 'canceled';

/** One turn of the Open API, running or over. */
export interface Chat {
  readonly id: string;
  readonly conversation: Conversation;
  readonly sectionId: string;
  readonly botId: string;
  readonly persona: Persona;
  readonly meta: Readonly<Record<string, string>>;
  readonly saved: boolean;
  readonly createdAt: number;
  endedAt: number;
  status: ChatStatus;
  error: { readonly code: number; readonly msg: string };
  /** What the turn made, the question left out. */
  readonly messages: Message[];
  /** What is left to do once tool outputs are in. */
  rest: readonly Thought[];
  waitingFor: Extract<Thought, { type: 'action' | 'ask' }> | undefined;
  readonly inputTokens: number;
  outputTokens: number;
}

/** An uploaded file: name and size, without its bytes. */
export interface StoredFile {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly bytes: number;
  readonly createdAt: number;
}

/** The state that all calls share. */
export interface World {
  readonly bots: () => readonly Bot[];
  readonly wordMs: number;
  /** `studio` answers as a self-hosted Coze Studio does. */
  readonly flavour: 'cloud' | 'studio';
  /** Base address, without a slash at its end. */
  readonly url: string;
  readonly newId: () => string;
  readonly faults: FaultQueue;
  /** Fires when the service closes: whatever waits, stops. */
  readonly signal: AbortSignal;
  /** Personal access tokens, all of one account. */
  readonly tokens: Set<string>;
  /** Tokens that an OAuth app was given: the account behind each, and the Unix second at which it ends. */
  readonly accounts: Map<string, { readonly account: string; readonly expiresAt: number }>;
  readonly sessions: Set<string>;
  readonly conversations: Map<string, Conversation>;
  readonly chats: Map<string, Chat>;
  readonly files: Map<string, StoredFile>;
}

const most = { conversations: 500, chats: 500, files: 500, messages: 400 };

/** A world in which nothing has happened yet. */
export function createWorld(
  options: Pick<World, 'bots' | 'wordMs' | 'flavour' | 'url' | 'signal' | 'tokens' | 'sessions'>,
): World {
  return {
    ...options,
    newId: createIds(),
    faults: createFaults(),
    accounts: new Map(),
    conversations: new Map(),
    chats: new Map(),
    files: new Map(),
  };
}

/** A new conversation; the oldest goes when there are too many. */
export function addConversation(
  world: World,
  from: { account: string; botId: string; name?: string; meta?: Readonly<Record<string, string>> },
): Conversation {
  const id = world.newId();
  const at = now();
  const conversation: Conversation = {
    id,
    account: from.account,
    botId: from.botId,
    name: from.name ?? '',
    meta: from.meta ?? {},
    createdAt: at,
    updatedAt: at,
    sectionId: id,
    messages: [],
  };
  remember(world.conversations, conversation, most.conversations);
  return conversation;
}

/** A new chat in a conversation. */
export function addChat(
  world: World,
  from: Pick<Chat, 'conversation' | 'botId' | 'persona' | 'meta' | 'saved' | 'inputTokens'>,
): Chat {
  const chat: Chat = {
    ...from,
    id: world.newId(),
    sectionId: from.conversation.sectionId,
    createdAt: now(),
    endedAt: 0,
    status: 'created',
    error: { code: 0, msg: '' },
    messages: [],
    rest: [],
    waitingFor: undefined,
    outputTokens: 0,
  };
  remember(world.chats, chat, most.chats);
  return chat;
}

/** A new file of an account. */
export function addFile(world: World, from: Pick<StoredFile, 'account' | 'name' | 'bytes'>): StoredFile {
  const file: StoredFile = { ...from, id: world.newId(), createdAt: now() };
  remember(world.files, file, most.files);
  return file;
}

/** Adds a message to what the conversation lists; the oldest go when there are too many. */
export function keepMessage(conversation: Conversation, message: Message): void {
  conversation.messages.push(message);
  conversation.updatedAt = now();
  if (conversation.messages.length > most.messages) conversation.messages.shift();
}

/** Keeps at most `limit` entries; a Map goes through its keys oldest first. */
function remember<T extends { readonly id: string }>(entries: Map<string, T>, entry: T, limit: number): void {
  entries.set(entry.id, entry);
  for (const oldest of entries.keys()) {
    if (entries.size <= limit) return;
    entries.delete(oldest);
  }
}
