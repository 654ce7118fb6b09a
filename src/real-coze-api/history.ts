/** The history as the original's callers write it, and what it becomes inside. */
import { RealCozeError } from '../errors.ts';
import type { Turn } from '../message.ts';

/**
 * One turn. `role`: 1 assistant, 2 user, 6 knowledge. `contentType`: 1 text (default), 6 images, 9 files; for the last two `content` is
 * what `generateChatHistory` makes, or JSON of Coze's parts, `[{"type": "image", "file_url": "data:image/png;base64,…"}]`.
 */
export interface HistoryItem {
  readonly role: number;
  readonly content: string;
  readonly contentType?: number | undefined;
}

export type HistoryKind = 'text' | 'image' | 'file';

const ROLES = [1, 2, 6] as const;
const CONTENT_TYPES = [1, 6, 9] as const;

/**
 * One turn as a list, ready to be pushed onto a history. `content` is the words, or for `image` and `file` the key that
 * `uploadFile` gave. Any other kind is text, as in the original.
 */
export function historyItem(content: string, kind?: string | null, by?: number | null): HistoryItem[] {
  const role = by || 2;
  if (kind === 'image') return [{ role, content: JSON.stringify({ image_list: [{ key: content }] }), contentType: 6 }];
  if (kind === 'file') return [{ role, content: JSON.stringify({ file_list: [{ key: content }] }), contentType: 9 }];
  return [{ role, content, contentType: 1 }];
}

/** Checks a history that came from a caller. @throws RealCozeError `invalid` naming the first item that is wrong. */
export function toTurns(history: readonly HistoryItem[]): Turn[] {
  if (!Array.isArray(history) || history.length === 0)
    throw invalid('The history must be a list with at least one turn, e.g. [{ role: 2, content: "Hello" }].');
  return history.map(toTurn);
}

function toTurn(item: HistoryItem, index: number): Turn {
  const { role, content, contentType = 1 } = item ?? {};
  const known = { role: ROLES.find((r) => r === role), type: CONTENT_TYPES.find((t) => t === contentType) };
  if (known.role === undefined)
    throw invalid(`history[${index}].role must be 1 (assistant), 2 (user) or 6 (knowledge), got ${shown(role)}.`);
  if (typeof content !== 'string') throw invalid(`history[${index}].content must be a string, got ${shown(content)}.`);
  if (known.type === undefined)
    throw invalid(
      `history[${index}].contentType must be 1 (text), 6 (images) or 9 (files), got ${shown(contentType)}.`,
    );
  return { role: known.role, content, contentType: known.type };
}

const shown = (value: unknown) => (typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value));

const invalid = (sentence: string) => new RealCozeError('invalid', sentence);
