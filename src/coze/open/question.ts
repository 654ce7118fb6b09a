/**
 * Makes the body of `/v3/chat` (or `/v1/workflows/chat`) from a question. Coze docs "chat_v3", "workflow_chat":
 * roles are only user and assistant, content is always text, files are parts of an `object_string`.
 */
import type { OpenBot } from '../../bots/bot.ts';
import { RealCozeError } from '../../errors.ts';
import type { Turn } from '../../message.ts';
import { partsOf } from '../carried.ts';
import { isWire, parseJson, parseWire, text, type Wire, wires } from '../json.ts';
import type { Question, UploadedFile } from '../transport.ts';

/** Coze docs: most messages of one request. */
const MOST_MESSAGES = 100;
const MOST_WORKFLOW_MESSAGES = 50;

/** One entry of `additional_messages`. */
export interface EnterMessage {
  readonly role: 'user' | 'assistant';
  readonly type: 'question' | 'answer';
  readonly content: string;
  readonly content_type: 'text' | 'object_string';
}

export interface ChatRequest {
  readonly path: '/v3/chat' | '/v1/workflows/chat';
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly json: object;
}

/** @throws RealCozeError `invalid` when there is nothing to ask, `too_large` for more meta data than Coze takes. */
export function chatRequest(bot: OpenBot, question: Question, selfHosted: boolean): ChatRequest {
  checkMetaData(question.metaData ?? {});
  const variables = { ...bot.variables, ...question.variables };
  if (bot.workflowId) return workflowRequest(bot, bot.workflowId, question, variables, selfHosted);
  return {
    path: '/v3/chat',
    query: { conversation_id: question.conversationId },
    json: {
      bot_id: bot.botId,
      user_id: question.user,
      stream: true,
      auto_save_history: true,
      additional_messages: messagesOf(question, MOST_MESSAGES),
      ...(Object.keys(variables).length > 0 && { custom_variables: variables }),
      ...(question.metaData && { meta_data: question.metaData }),
      ...(question.parameters && { parameters: question.parameters }),
      ...(question.shortcut && {
        shortcut_command: { command_id: question.shortcut.id, parameters: question.shortcut.parameters ?? {} },
      }),
    },
  };
}

/** Coze docs "chat_v3"; Coze itself answers 4003. Characters are counted generously: an emoji is one. */
const META_DATA = { pairs: 16, key: 64, value: 512 };

function checkMetaData(metaData: Readonly<Record<string, string>>): void {
  const pairs = Object.entries(metaData);
  const fits = (words: string, most: number) => words !== '' && [...words].length <= most;
  const wrong = pairs.find(([key, value]) => !fits(key, META_DATA.key) || !fits(value, META_DATA.value));
  if (pairs.length <= META_DATA.pairs && !wrong) return;
  const which = wrong ? `the pair "${wrong[0].slice(0, META_DATA.key)}" is not` : `there are ${pairs.length} pairs`;
  throw new RealCozeError(
    'too_large',
    `Coze takes up to ${META_DATA.pairs} pairs of \`metaData\`, keys of 1 to ${META_DATA.key} and values of 1 to ${META_DATA.value} characters; ${which}.`,
  );
}

function workflowRequest(
  bot: OpenBot,
  workflowId: string,
  question: Question,
  variables: Readonly<Record<string, string>>,
  selfHosted: boolean,
): ChatRequest {
  // Studio wants either a conversation or a name for one; coze.com makes a new one by itself.
  const named = selfHosted && !question.conversationId ? { CONVERSATION_NAME: crypto.randomUUID() } : {};
  return {
    path: '/v1/workflows/chat',
    query: {},
    json: {
      workflow_id: workflowId,
      bot_id: bot.botId,
      additional_messages: messagesOf(question, MOST_WORKFLOW_MESSAGES),
      parameters: { ...named, ...variables, ...question.parameters },
      ext: { user_id: question.user },
      ...(question.conversationId && { conversation_id: question.conversationId }),
    },
  };
}

/** The window as Coze's messages, the newest `most` of them. A conversation that Coze keeps gets only what is new. */
export function messagesOf(question: Question, most: number): readonly EnterMessage[] {
  const turns = question.conversationId ? sinceLastAnswer(question.turns) : question.turns;
  const messages: EnterMessage[] = [];
  let knowledge: string[] = [];
  turns.forEach((turn, at) => {
    if (turn.role === 6) {
      if (turn.content.trim() !== '') knowledge.push(turn.content);
      return;
    }
    if (turn.role === 1 && knowledge.length > 0) messages.push(asked(quoted(knowledge, ''), []));
    const files = at === turns.length - 1 ? (question.files ?? []) : [];
    const message = turn.role === 1 ? answered(turn) : askedTurn(turn, knowledge, files);
    knowledge = [];
    if (message) messages.push(message);
  });
  if (knowledge.length > 0) messages.push(asked(quoted(knowledge, ''), []));
  if (messages.at(-1)?.role !== 'user') {
    throw new RealCozeError(
      'invalid',
      'There is nothing to ask: the last turn must be a question with text or a file.',
    );
  }
  return messages.slice(-most);
}

function sinceLastAnswer(turns: readonly Turn[]): readonly Turn[] {
  const last = turns.findLastIndex((turn) => turn.role === 1);
  return turns.slice(last + 1);
}

/** An answer of the past: text only, for Coze Studio refuses parts in answers. */
function answered(turn: Turn): EnterMessage | undefined {
  const content = plainText(turn);
  return content.trim() === '' ? undefined : { role: 'assistant', type: 'answer', content, content_type: 'text' };
}

function askedTurn(turn: Turn, knowledge: readonly string[], files: readonly UploadedFile[]): EnterMessage | undefined {
  const parts = [...partsIn(turn), ...files.map((file) => ({ type: file.kind, file_id: file.id }))];
  const words = plainText(turn).trim() === '' ? '' : named(turn, plainText(turn));
  const content = knowledge.length > 0 ? quoted(knowledge, words) : words;
  if (content === '' && parts.length === 0) return undefined;
  return asked(content, parts, turn.name);
}

function named(turn: Turn, words: string): string {
  return turn.name ? `${turn.name}: ${words}` : words;
}

/** Coze has no role for background knowledge: it is quoted above the question it belongs to. */
function quoted(knowledge: readonly string[], words: string): string {
  const quote = knowledge
    .join('\n\n')
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
  return words === '' ? quote : `${quote}\n\n${words}`;
}

/** Coze docs: files alone are refused (4000), so that a text part goes with each. */
function asked(content: string, parts: readonly object[], name?: string): EnterMessage {
  if (parts.length === 0) return { role: 'user', type: 'question', content, content_type: 'text' };
  const caption = content || (name ? `${name}: (attachment)` : '(attachment)');
  const list = [{ type: 'text', text: caption }, ...parts];
  return { role: 'user', type: 'question', content: JSON.stringify(list), content_type: 'object_string' };
}

/** Words of a turn; of the playground's image and file turns only that there was something. */
function plainText(turn: Turn): string {
  if (turn.contentType === undefined || turn.contentType === 1) return turn.content;
  const value = parseJson(turn.content);
  if (Array.isArray(value))
    return wires(value)
      .map((part) => text(part.text))
      .filter(Boolean)
      .join('\n');
  if (!isWire(value)) return turn.content;
  return turn.contentType === 6 ? '(image)' : '(file)';
}

/** File parts that a turn of the past still carries, in Coze's own form or in the playground's with the id of a file here. */
function partsIn(turn: Turn): readonly Wire[] {
  const parts = partsOf(turn);
  if (parts) return parts.filter((part) => part.type !== 'text' && (text(part.file_id) || text(part.file_url)));
  if (turn.contentType !== 6 && turn.contentType !== 9) return [];
  const lists = parseWire(turn.content) ?? {};
  return [...idsIn(lists.image_list, 'image'), ...idsIn(lists.file_list, 'file')];
}

/** The files of a playground list that were uploaded here: an id is all digits, which no store URI of the playground's is. */
function idsIn(list: unknown, type: 'image' | 'file'): readonly Wire[] {
  const keys = wires(list).map((item) => text(item.key));
  return keys.filter((key) => /^\d+$/.test(key)).map((key) => ({ type, file_id: key }));
}
