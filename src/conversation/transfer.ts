/** Histories as JSON files: Coze's role numbers out; Coze's or OpenAI's in. */
import { RealCozeError } from '../errors.ts';
import type { Role, Turn } from '../message.ts';

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
 * @throws RealCozeError `invalid` that names the turn and the field, `too_large` beyond 20,000 turns.
 */
export function readTurns(json: string): Turn[] {
  const list = listOf(parse(json));
  if (list.length > MAX_TURNS)
    throw new RealCozeError(
      'too_large',
      `The file has ${list.length} turns; at most ${MAX_TURNS} can be imported. Split it.`,
    );
  return list.map(readTurn);
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
export function readRole(value: unknown, where: string): Role {
  const role = ROLES.get(String(value));
  if (role === undefined)
    throw new RealCozeError(
      'invalid',
      `${where}: role ${JSON.stringify(value) ?? 'is missing'}. Use 1 or "assistant", 2 or "user", 6 or "knowledge".`,
    );
  return role;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new RealCozeError('invalid', 'The file is not JSON. Export a history to see the shape that is read.', {
      cause,
    });
  }
}

function listOf(data: unknown): unknown[] {
  const list = Array.isArray(data) ? data : isRecord(data) ? (data.turns ?? data.messages) : undefined;
  if (Array.isArray(list)) return list;
  throw new RealCozeError(
    'invalid',
    'The file holds no turns. It must be an array, or an object with "turns" or "messages".',
  );
}

function readTurn(value: unknown, index: number): Turn {
  const where = `Turn ${index + 1}`;
  if (!isRecord(value)) throw new RealCozeError('invalid', `${where} is not an object with "role" and "content".`);
  const { contentType, name, at } = value;
  if (contentType !== undefined && contentType !== 1 && contentType !== 6 && contentType !== 9)
    throw new RealCozeError('invalid', `${where}: contentType must be 1 (text), 6 (images) or 9 (files).`);
  return {
    role: readRole(value.role, where),
    content: readContent(value.content, where),
    ...(contentType === undefined ? {} : { contentType }),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof at === 'number' ? { at } : {}),
  };
}

function readContent(content: unknown, where: string): string {
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? content.filter(isRecord).map((part) => part.text) : [];
  const texts = parts.filter((text) => typeof text === 'string');
  if (texts.length === 0) throw new RealCozeError('invalid', `${where}: content must be text.`);
  return texts.join('\n');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
