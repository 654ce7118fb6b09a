/** The rules for the messages that a caller hands in, and how the mind hears them (Coze docs: chat_v3, EnterMessage). */
import { badParameter, type Fields, isFields, parseJson, Refusal } from '../exchange.ts';
import type { Heard, HeardFile } from '../mind/thought.ts';
import type { World } from '../world.ts';

/** A message as a caller hands it in, checked. */
export interface EnterMessage {
  readonly role: 'user' | 'assistant';
  readonly type: string;
  readonly content: string;
  readonly contentType: 'text' | 'object_string';
  readonly meta: Readonly<Record<string, string>>;
}

/** Reads a list of messages. @throws Refusal 4004 for too many, 4000 for a bad one. */
export function readEnterMessages(value: unknown, o: { field: string; most: number; saved: boolean }): EnterMessage[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw badParameter(o.field, 'must be a list');
  if (value.length > o.most)
    throw new Refusal(4004, `${o.field} holds ${value.length} messages; at most ${o.most} are allowed.`);
  const messages = value.map((item, index) => readEnterMessage(item, `${o.field}[${index}]`, o.saved));
  checkNeighbours(messages, o.field);
  return messages;
}

/** Reads one message. @throws Refusal 4000 that names the field. */
export function readEnterMessage(item: unknown, at: string, saved: boolean): EnterMessage {
  if (!isFields(item)) throw badParameter(at, 'must be an object');
  const { role, content } = item;
  if (role !== 'user' && role !== 'assistant') throw badParameter(`${at}.role`, 'must be "user" or "assistant"');
  if (typeof content !== 'string') throw badParameter(`${at}.content`, 'must be a string');
  const contentType = item.content_type ?? 'text';
  if (contentType !== 'text' && contentType !== 'object_string')
    throw badParameter(`${at}.content_type`, 'must be "text" or "object_string"');
  if (contentType === 'object_string') readParts(content, `${at}.content`);
  return { role, content, contentType, type: readType(item.type, role, at, saved), meta: readMeta(item.meta_data, at) };
}

function readType(type: unknown, role: 'user' | 'assistant', at: string, saved: boolean): string {
  if (type === undefined || type === '') return role === 'user' ? 'question' : 'answer';
  if (type === 'question' && role === 'user') return type;
  if (type === 'answer') return type;
  const ofTools = type === 'function_call' || type === 'tool_output' || type === 'tool_response';
  if (ofTools && !saved) return type;
  throw badParameter(`${at}.type`, 'does not fit the role, or needs auto_save_history to be false');
}

/** At most 16 pairs, keys up to 64 and values up to 512 characters. @throws Refusal 4003. */
export function readMeta(value: unknown, at: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isFields(value)) throw badParameter(`${at}.meta_data`, 'must be an object');
  const pairs = Object.entries(value);
  const fits = ([key, text]: [string, unknown]) =>
    key.length > 0 && key.length <= 64 && typeof text === 'string' && text.length > 0 && text.length <= 512;
  if (pairs.length > 16 || !pairs.every(fits)) throw new Refusal(4003, `${at}.meta_data is over its limits.`);
  return Object.fromEntries(pairs.map(([key, text]) => [key, String(text)]));
}

/** A message of files alone must stand beside a plain text message. */
function checkNeighbours(messages: readonly EnterMessage[], field: string): void {
  for (const [index, message] of messages.entries()) {
    if (message.contentType !== 'object_string' || hasText(message.content)) continue;
    const beside = [messages[index - 1], messages[index + 1]];
    if (!beside.some((other) => other?.contentType === 'text'))
      throw badParameter(`${field}[${index}].content`, 'holds only files and stands beside no text message');
  }
}

function hasText(content: string): boolean {
  return readParts(content, 'content').some((part) => part.type === 'text');
}

/** The parts of an `object_string`. @throws Refusal 4000. */
function readParts(content: string, at: string): readonly Fields[] {
  const parts = parseJson(content);
  if (!Array.isArray(parts) || parts.length === 0 || !parts.every(isFields))
    throw badParameter(at, 'must be the JSON text of a list of objects');
  if (parts.filter((part) => part.type === 'text').length > 1) throw badParameter(at, 'holds more than one text part');
  if (parts.every((part) => part.type === 'text')) throw badParameter(at, 'holds a text part but no file or image');
  for (const part of parts) checkPart(part, at);
  return parts;
}

function checkPart(part: Fields, at: string): void {
  if (part.type === 'text') {
    if (typeof part.text !== 'string') throw badParameter(at, 'holds a text part without text');
    return;
  }
  if (part.type !== 'image' && part.type !== 'file' && part.type !== 'audio')
    throw badParameter(at, 'holds a part of an unknown type');
  const url = part.file_url;
  if (typeof part.file_id === 'string' && part.file_id !== '') return;
  if (typeof url !== 'string' || !/^https?:\/\//.test(url))
    throw badParameter(at, 'holds a file part without file_id or file_url');
}

/** True where a message holds audio, which only a streamed answer may follow. */
export function holdsAudio(message: EnterMessage): boolean {
  return (
    message.contentType === 'object_string' &&
    readParts(message.content, 'content').some((part) => part.type === 'audio')
  );
}

/** What the mind hears of a message. @throws Refusal 4000 for a file that this account did not upload. */
export function hear(
  world: Pick<World, 'files'>,
  account: string,
  message: Pick<EnterMessage, 'role' | 'content'> & { readonly contentType: string },
): Heard {
  if (message.contentType !== 'object_string') return { role: message.role, text: message.content, files: [] };
  const parts = readParts(message.content, 'content');
  const text = parts.find((part) => part.type === 'text')?.text;
  const files = parts.filter((part) => part.type !== 'text').map((part) => hearFile(world, account, part));
  return { role: message.role, text: typeof text === 'string' ? text : '', files };
}

function hearFile(world: Pick<World, 'files'>, account: string, part: Fields): HeardFile {
  const kind = part.type === 'image' || part.type === 'audio' ? part.type : 'file';
  if (typeof part.file_id !== 'string') return { kind, name: String(part.file_url) };
  const file = world.files.get(part.file_id);
  if (!file || file.account !== account) throw badParameter('file_id', `${part.file_id} is not a file of this account`);
  return { kind, name: file.name, bytes: file.bytes };
}
