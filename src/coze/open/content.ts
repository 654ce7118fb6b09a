/**
 * Turns an answer's content that is not plain text (cards, lists of parts, Studio's `mix`, `image`, `file`) into markdown
 * that a person can read. Raw JSON never gets out.
 * Shapes: Coze docs "message object", coze-js chat-sdk (cards), Coze Studio chat (mix and image messages).
 */
import { isWire, parseJson, parseWire, text, type Wire, wires } from '../json.ts';

const UNSUPPORTED = '(The bot sent a card that cannot be shown here.)';
const UNSUPPORTED_KIND = '(The bot sent something that cannot be shown here.)';
/** Message kinds that no chat shows as text. */
const SILENT = new Set(['audio', 'music', 'time_capsule']);

/** Markdown for `content` of the given `content_type`; `''` when there is nothing to show. */
export function readable(content: string, contentType: string): string {
  if (SILENT.has(contentType)) return '';
  const value = /^\s*[[{]/.test(content) ? parseJson(content) : undefined;
  if (contentType === 'card') return readCard(content, value);
  if (Array.isArray(value)) return contentType === 'object_string' ? readParts(wires(value)) : content;
  if (!isWire(value)) return content;
  if ('msg_type' in value) return '';
  if (isCard(value)) return readCard(content, value);
  return contentType === 'text' || contentType === '' ? content : readMix(value) || UNSUPPORTED_KIND;
}

function isCard(value: Wire): boolean {
  return 'x_properties' in value || 'template_url' in value || 'template_id' in value || value.response_type === 'card';
}

/** A card's words in reading order, its options as a list. */
function readCard(content: string, value: unknown): string {
  if (!isWire(value) && !Array.isArray(value)) return content.trim() === '' ? '' : content;
  const inner = isWire(value) && isWire(value.x_properties) ? value.x_properties.workflow_card_info : undefined;
  const lines: string[] = [];
  collect(parseWire(text(inner)) ?? value, lines, 0);
  return lines.length > 0 ? lines.join('\n') : UNSUPPORTED;
}

const WORDS = new Set(['title', 'text', 'content', 'question', 'description', 'desc', 'label', 'subtitle', 'summary']);
const LISTS = new Set(['options', 'choices', 'buttons', 'input_card_data']);
const DEPTH = 8;

function collect(value: unknown, lines: string[], depth: number): void {
  if (depth > DEPTH) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, lines, depth + 1);
    return;
  }
  if (!isWire(value)) return;
  for (const [key, item] of Object.entries(value)) {
    const name = key.toLowerCase();
    if (typeof item === 'string') collectText(name, item, lines, depth);
    else if (LISTS.has(name) && Array.isArray(item)) for (const option of item) addOption(option, lines);
    else collect(item, lines, depth + 1);
  }
}

/** Cards nest JSON in strings; what is no JSON is words, where the field is one for words. */
function collectText(name: string, item: string, lines: string[], depth: number): void {
  const nested = /^\s*[[{]/.test(item) ? parseJson(item) : undefined;
  const words = item.trim();
  if (nested !== undefined) collect(nested, lines, depth + 1);
  else if (WORDS.has(name) && words !== '' && !lines.includes(words)) lines.push(words);
}

function addOption(option: unknown, lines: string[]): void {
  const label = typeof option === 'string' ? option : optionLabel(option);
  if (label.trim() !== '') lines.push(`- ${label.trim()}`);
}

function optionLabel(option: unknown): string {
  if (!isWire(option)) return '';
  const fields = new Map(Object.entries(option).map(([key, value]) => [key.toLowerCase(), value]));
  for (const key of ['name', 'label', 'text', 'title', 'content', 'value']) {
    const found = text(fields.get(key));
    if (found !== '') return found;
  }
  return '';
}

/** `object_string`: a list of text, image and file parts. */
function readParts(parts: readonly Wire[]): string {
  return parts.map(readPart).filter(Boolean).join('\n\n');
}

function readPart(part: Wire): string {
  const url = text(part.file_url);
  const name = text(part.name) || text(part.file_name);
  switch (part.type) {
    case 'text':
      return text(part.text);
    case 'image':
      return url ? `![${name || 'image'}](${url})` : '';
    case 'file':
      return url ? `[${name || 'file'}](${url})` : name;
    default:
      return '';
  }
}

/** Studio: `{item_list:[{type, text | image | file}]}`, `{image_list:[…]}`, `{file_list:[…]}`, one medium by itself. */
function readMix(value: Wire): string {
  const items = wires(value.item_list).map((item) =>
    item.type === 'text' ? text(item.text) : readMedia(isWire(item[text(item.type)]) ? item[text(item.type)] : item),
  );
  const media = [...wires(value.image_list), ...wires(value.file_list)].map(readMedia);
  return [...items, ...media, readMedia(value)].filter(Boolean).join('\n\n');
}

function readMedia(value: unknown): string {
  if (!isWire(value)) return '';
  for (const key of ['image_ori', 'image_thumb']) {
    const image = value[key];
    if (isWire(image) && text(image.url)) return `![image](${text(image.url)})`;
  }
  const url = text(value.file_url) || text(value.url);
  const name = text(value.file_name) || text(value.name);
  return url ? `[${name || 'file'}](${url})` : name;
}
