/** What Telegram does to a text and its entities before it shows them (tdlib MessageEntity.cpp, Bot API "Formatting options"). */
import type { MessageEntity } from 'grammy/types';
import { badRequest } from './refusal.ts';

/** The server keeps the first hundred formatted entities and drops the rest without a word (tdlib MAX_USER_ENTITY_COUNT). */
const mostEntities = 100;
const splittable = new Set(['bold', 'italic', 'underline', 'strikethrough', 'spoiler']);
const quotes = new Set(['blockquote', 'expandable_blockquote']);
const found = new Set(['mention', 'hashtag', 'bot_command', 'url', 'email', 'cashtag', 'phone_number']);

/** Control characters, tabs among them, become spaces (tdlib misc.cpp, clean_input_string). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const control = /[\u0000-\u0009\u000b\u000c\u000e-\u001f]/g;
/** These are taken out, so that what stood around them stands together (likewise). */
const dropped = /[\r\u2028-\u202e]|\u0333|\u033f|\u030a/g;
/** A text of nothing else counts as empty (likewise, strip_empty_characters). */
const unseen = /^(?:[\s\u180e\u200b\u200c\u200e\u200f\u202e\u2800\ufffc]|\u200d)*$/;

/** A text as it will be shown. */
export interface Formatted {
  readonly text: string;
  readonly entities: MessageEntity[];
  /** What the real server would have corrected in silence: ours should never need it. */
  readonly corrected: string[];
}

/** @throws Refusal where the real server refuses: offsets inside a surrogate pair, unknown type, empty or over-long text. */
export function format(sent: string, given: readonly MessageEntity[], most = 4096): Formatted {
  const corrected: string[] = [];
  for (const entity of given) refuseBroken(sent, entity);
  const raw = cleaned(sent);
  const moved = given.map((entity) => {
    const offset = cleaned(sent.slice(0, entity.offset)).length;
    return { ...entity, offset, length: cleaned(sent.slice(0, entity.offset + entity.length)).length - offset };
  });
  const kept = moved.filter((e) => !found.has(e.type)).slice(0, mostEntities);
  if (given.length > mostEntities) corrected.push(`${given.length} entities, only ${mostEntities} are shown`);
  const fitting = kept.filter((entity) => {
    const end = entity.offset + entity.length;
    if (entity.length <= 0 || end > raw.length) {
      corrected.push(`${entity.type} at ${entity.offset} reaches to ${end} of ${raw.length}`);
      return false;
    }
    const rival = kept.find((other) => other !== entity && !mayMeet(entity, other));
    if (rival) corrected.push(`${entity.type} at ${entity.offset} cannot meet ${rival.type} at ${rival.offset}`);
    return !rival || kept.indexOf(rival) > kept.indexOf(entity);
  });
  const trimmed = trim(raw, fitting);
  if (isUnseen(trimmed.text) && trimmed.text !== '') throw badRequest('text must be non-empty');
  if (trimmed.text === '') throw badRequest(most === 4096 ? 'message text is empty' : 'caption is empty');
  if ([...trimmed.text].length > most)
    throw badRequest(most === 4096 ? 'message is too long' : 'message caption is too long');
  return { ...trimmed, entities: sort([...trimmed.entities, ...detect(trimmed.text, trimmed.entities)]), corrected };
}

export function isUnseen(text: string): boolean {
  return unseen.test(text);
}

function cleaned(text: string): string {
  return text.replaceAll(control, ' ').replaceAll(dropped, '');
}

function refuseBroken(text: string, { type, offset, length }: MessageEntity): void {
  if (typeof type !== 'string' || !Number.isInteger(offset) || !Number.isInteger(length))
    throw badRequest("can't parse entities: field must have integer offset and length");
  if (insidePair(text, offset))
    throw badRequest(`entity begins in a middle of a UTF-16 symbol at byte offset ${offset}`);
  if (insidePair(text, offset + length))
    throw badRequest(`entity beginning at UTF-16 offset ${offset} ends in a middle of a UTF-16 symbol`);
}

function insidePair(text: string, at: number): boolean {
  return /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) && /[\uDC00-\uDFFF]/.test(text.charAt(at));
}

/** Two entities are apart, or one holds the other and the kinds allow it. */
function mayMeet(a: MessageEntity, b: MessageEntity): boolean {
  const [first, second] = a.offset <= b.offset ? [a, b] : [b, a];
  const firstEnd = first.offset + first.length;
  const secondEnd = second.offset + second.length;
  if (firstEnd <= second.offset) return true;
  const nested = firstEnd >= secondEnd || (first.offset === second.offset && secondEnd >= firstEnd);
  if (!nested) return false;
  const kinds = [a.type, b.type];
  if (kinds.every((kind) => quotes.has(kind))) return false;
  if (kinds.some((kind) => quotes.has(kind)))
    return a.length === b.length || quotes.has((a.length > b.length ? a : b).type);
  if (kinds.some((kind) => kind === 'pre' || kind === 'code')) return false;
  return kinds.some((kind) => splittable.has(kind)) && a.type !== b.type;
}

/** The server takes white space off both ends, on the left only as far as no entity begins. */
function trim(raw: string, entities: readonly MessageEntity[]): { text: string; entities: MessageEntity[] } {
  const firstEntity = Math.min(raw.length, ...entities.map((e) => e.offset));
  const blank = /^[ \n]*/.exec(raw)?.[0].length ?? 0;
  const cut = Math.min(blank, firstEntity);
  const text = raw.slice(cut).trimEnd();
  const moved = entities
    .map((e) => ({ ...e, offset: e.offset - cut, length: Math.min(e.length, text.length - (e.offset - cut)) }))
    .filter((e) => e.length > 0);
  return { text, entities: moved };
}

const patterns: readonly [MessageEntity['type'], RegExp][] = [
  ['url', /\b(?:https?:\/\/)[^\s<>"]+[^\s<>".,;:!?)\]}'。，；：！？）]/g],
  ['mention', /(?<![\p{L}\p{N}_])@(?:\w{4,32}|gif|nft|pic|ufc|vid)(?![\p{L}\p{N}_])/giu],
  ['bot_command', /(?<![\w/<>])\/[A-Za-z0-9_]{1,32}(?:@\w{4,32})?\b(?!\/)/g],
  ['hashtag', /(?<![\w&/])#[\p{L}\p{N}_]*[\p{L}_][\p{L}\p{N}_]*/gu],
];

/** Links, mentions, commands and hashtags that the server finds by itself, outside code and existing links. */
export function detect(text: string, given: readonly MessageEntity[]): MessageEntity[] {
  const closed = given.filter((e) => e.type === 'pre' || e.type === 'code' || e.type === 'text_link');
  const all: MessageEntity[] = [];
  for (const [type, pattern] of patterns)
    for (const match of text.matchAll(pattern)) {
      const entity = { type, offset: match.index, length: match[0].length } as MessageEntity;
      const taken = [...closed, ...all].some(
        (e) => e.offset < entity.offset + entity.length && entity.offset < e.offset + e.length,
      );
      if (!taken) all.push(entity);
    }
  return all;
}

function sort(entities: MessageEntity[]): MessageEntity[] {
  return entities.sort((a, b) => a.offset - b.offset || b.length - a.length);
}
