/** Histories as JSON files: Coze's role numbers out; Coze's or OpenAI's in. */
import { RealCozeError } from '../errors.ts';
import type { Language, Role, Turn } from '../message.ts';
import { type TextKey, text } from '../texts.ts';

const MAX_TURNS = 20_000;
const ROLES: ReadonlyMap<unknown, Role> = new Map<unknown, Role>([
  ...(['1', 'assistant', 'bot', 'model'] as const).map((name) => [name, 1] as const),
  ...(['2', 'user', 'human'] as const).map((name) => [name, 2] as const),
  ...(['6', 'knowledge', 'tool', 'system', 'developer'] as const).map((name) => [name, 6] as const),
]);

/** One line a turn, so that a person can read and change it; `readTurns` takes it back. */
export function writeTurns(bot: string, turns: readonly Turn[]): string {
  const lines = turns.map((turn) => `    ${JSON.stringify(turn)}`);
  return `{\n  "bot": ${JSON.stringify(bot)},\n  "turns": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

/**
 * Reads what `writeTurns` wrote, a bare array of turns, or an OpenAI-style `{"messages": [{"role": "user", "content": …}]}`
 * (content as text or as parts). System messages become knowledge turns. Platform ids are not taken over.
 * @throws RealCozeError `invalid` that names the turn and the field, `too_large` beyond 20,000 turns; in the reader's language.
 */
export function readTurns(json: string, language: Language): Turn[] {
  const list = listOf(parse(json, language), language);
  const n = list.length;
  if (n > MAX_TURNS) throw new RealCozeError('too_large', text('importTooMany', language, { n, most: MAX_TURNS }));
  return list.map((value, index) => readTurn(value, text('importTurn', language, { n: index + 1 }), language));
}

/** The turns in exchanges: each turn of the member begins a new one. */
export function grouped(turns: readonly Turn[]): Turn[][] {
  const groups: Turn[][] = [];
  for (const turn of turns) {
    const current = groups.at(-1);
    const answered = current?.some((t) => t.role === 1) ?? true;
    if (!current || turn.role === 2 || (answered && turn.role !== 1)) groups.push([turn]);
    else current.push(turn);
  }
  return groups;
}

/** The role behind a number or a name. @throws RealCozeError `invalid`. */
export function readRole(value: unknown, where: string, language: Language): Role {
  const role = ROLES.get(String(value));
  if (role === undefined) throw invalid('importRole', language, { where, role: JSON.stringify(value) ?? '–' });
  return role;
}

function parse(json: string, language: Language): unknown {
  try {
    return JSON.parse(json.replace(/^\ufeff/, ''));
  } catch {
    throw invalid('importNoJson', language);
  }
}

function listOf(data: unknown, language: Language): unknown[] {
  const list = Array.isArray(data) ? data : isRecord(data) ? (data.turns ?? data.messages) : undefined;
  if (Array.isArray(list)) return list;
  throw invalid('importNoTurns', language);
}

function readTurn(value: unknown, where: string, language: Language): Turn {
  if (!isRecord(value)) throw invalid('importNoObject', language, { where });
  const { contentType, name, at } = value;
  if (contentType !== undefined && contentType !== 1 && contentType !== 6 && contentType !== 9)
    throw invalid('importContentType', language, { where });
  return {
    role: readRole(value.role, where, language),
    content: readContent(value.content, where, language),
    ...(contentType === undefined ? {} : { contentType }),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof at === 'number' ? { at } : {}),
  };
}

function readContent(content: unknown, where: string, language: Language): string {
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? content.filter(isRecord).map((part) => part.text) : [];
  const texts = parts.filter((part) => typeof part === 'string');
  if (texts.length === 0) throw invalid('importContent', language, { where });
  return texts.join('\n');
}

function invalid(key: TextKey, language: Language, values?: Readonly<Record<string, string>>): RealCozeError {
  return new RealCozeError('invalid', text(key, language, values));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
