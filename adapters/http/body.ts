/** Reading what a client sent: bounded, JSON, and refused with a sentence that says what is wrong and where. */
import { RealCozeError } from '#core/errors.ts';
import type { Role, Turn } from '#core/message.ts';

/** Most bytes of a request body or WebSocket message: thousands of turns. */
export const bodyLimit = 4 * 1024 * 1024;
/** Most bytes of a body with files in it: one of 20 MiB, as base64. */
export const filesLimit = 28 * 1024 * 1024;

interface Expected {
  /** Shown to who sends something else. */
  readonly example?: string;
  /** Bytes; default `bodyLimit`. */
  readonly limit?: number;
}

/**
 * The body as JSON.
 * @throws RealCozeError `too_large` or `invalid`; what is too large is not read to its end.
 */
export async function readJson(request: Request, { example, limit = bodyLimit }: Expected = {}): Promise<unknown> {
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooLarge(limit);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return parseJson(Buffer.concat(chunks).toString('utf8'), 'The body', example);
}

export function parseJson(text: string, what: string, example = historyExample): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RealCozeError('invalid', `${what} is not JSON. Send UTF-8 JSON, for example ${example}.`);
  }
}

function tooLarge(limit: number): RealCozeError {
  const less = limit > bodyLimit ? 'smaller files' : 'fewer or shorter turns';
  return new RealCozeError('too_large', `The body is larger than ${limit / 1024 / 1024} MiB. Send ${less}.`);
}

const historyExample = '[{"role": 2, "content": "Hello"}]';
const roles: readonly unknown[] = [1, 2, 6] satisfies Role[];
const contentTypes: readonly unknown[] = [1, 6, 9];

/**
 * A history in the original's form: an array of `{role, content, contentType?}`, the last one being the question.
 * @throws RealCozeError `invalid` naming the index and what is allowed there.
 */
export function readHistory(value: unknown): [Turn, ...Turn[]] {
  if (!Array.isArray(value))
    throw new RealCozeError(
      'invalid',
      `The history is not an array. Send the whole conversation, for example ${historyExample}.`,
    );
  const [first, ...rest] = value.map(readTurn);
  if (!first)
    throw new RealCozeError(
      'invalid',
      `The history is empty. Send at least the question, for example ${historyExample}.`,
    );
  return [first, ...rest];
}

function readTurn(value: unknown, index: number): Turn {
  const at = `Turn ${index} of the history (counted from 0)`;
  if (typeof value !== 'object' || value === null)
    throw new RealCozeError('invalid', `${at} is not an object. A turn looks like {"role": 2, "content": "Hello"}.`);
  const { role, content, contentType } = value as Record<string, unknown>;
  if (!isRole(role)) {
    const found = JSON.stringify(role) ?? 'missing';
    throw new RealCozeError(
      'invalid',
      `${at} has the role ${found.slice(0, 40)}. Roles are 1 (assistant), 2 (user) and 6 (knowledge).`,
    );
  }
  if (typeof content !== 'string') throw new RealCozeError('invalid', `${at} has no "content" of type string.`);
  if (contentType === undefined) return { role, content };
  if (!isContentType(contentType))
    throw new RealCozeError('invalid', `${at} has an unknown contentType. It is 1 (text), 6 (image) or 9 (file).`);
  return { role, content, contentType };
}

function isRole(value: unknown): value is Role {
  return roles.includes(value);
}

function isContentType(value: unknown): value is 1 | 6 | 9 {
  return contentTypes.includes(value);
}
