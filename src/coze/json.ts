/** Reading what Coze sends as JSON, tolerant of the shapes that `coze.com`, `coze.cn` and Coze Studio disagree about. */

export type Wire = Readonly<Record<string, unknown>>;

const LONG_NUMBER = /[:[,]\s*-?\d{16,}/;

/**
 * `JSON.parse` that answers `undefined` for broken text and keeps every digit of a bare integer that does not fit a double:
 * Coze's ids have up to 19 digits, and some gateways write them without quotes.
 */
export function parseJson(text: string): unknown {
  try {
    return LONG_NUMBER.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** ES2025 "JSON.parse source text access": the third argument has the number as it was written. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || !Number.isInteger(value)) return value;
  return context?.source ?? value;
}

/** The value as an object; anything else (null, text, a list) as an empty one. */
export function wire(value: unknown): Wire {
  return isWire(value) ? value : {};
}

export function isWire(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text parsed to an object, `undefined` when it is not one. */
export function parseWire(text: string): Wire | undefined {
  const value = parseJson(text);
  return isWire(value) ? value : undefined;
}

/** A text field; null, absent and other types are `''`. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** An id, which may come as a number; `''` when there is none. */
export function id(value: unknown): string {
  return typeof value === 'number' ? String(value) : text(value);
}

/** A number that may come as text; `undefined` for null, absent, blank or nonsense. */
export function number(value: unknown): number | undefined {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return undefined;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** The objects of a list; anything that is no list is an empty one. */
export function wires(value: unknown): readonly Wire[] {
  return Array.isArray(value) ? value.filter(isWire) : [];
}

/** Text as it is, anything else as JSON. */
export function asJson(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? {});
}
