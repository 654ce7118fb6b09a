/**
 * Reads the many `conversation.message.delta` events of an answer without parsing each one as JSON.
 *
 * Within one message the deltas are the same text but for the increment: what stands before it and behind it repeats. So the
 * first one is parsed, its frame is remembered, and a later one that has the same frame gives its increment by cutting. This is
 * exact, not a guess: the frame was proved by parsing it with another increment in it, and an increment that could end the
 * string early holds a quote and is parsed as the JSON string it must then be. Everything else takes the ordinary way.
 */
import { isWire, parseJson, type Wire } from './json.ts';

/** The fields of a message that deltas are read for. The object is reused: read it before the next call. */
export interface Delta {
  readonly message: Wire;
  content: string;
  reasoning: string;
}

interface Frame {
  readonly before: string;
  readonly after: string;
  readonly delta: Delta;
}

const PROBE = 'probe';
/** Frames that miss so often in a row (a field that changes each time) are not worth making. */
const GIVE_UP = 8;

export type ReadDelta = (data: string) => Delta | undefined;

/** One reader for one stream. Answers `undefined` for data that is not a JSON object. */
export function createDeltaReader(): ReadDelta {
  let content: Frame | undefined;
  let reasoning: Frame | undefined;
  let misses = 0;

  return (data) => {
    const hit = cut(content, data, 'content') ?? cut(reasoning, data, 'reasoning');
    if (hit) {
      misses = 0;
      return hit;
    }
    const message = parseJson(data);
    if (!isWire(message)) return undefined;
    const delta: Delta = {
      message,
      content: asText(message.content),
      reasoning: asText(message.reasoning_content),
    };
    misses += 1;
    if (misses <= GIVE_UP) {
      if (delta.reasoning === '') content = frame(data, 'content', delta);
      else if (delta.content === '') reasoning = frame(data, 'reasoning_content', delta);
    }
    return delta;
  };
}

/** Compares by slices: V8 compares two strings several times faster than it does `startsWith` and `endsWith`. */
function cut(frame: Frame | undefined, data: string, field: 'content' | 'reasoning'): Delta | undefined {
  if (!frame) return undefined;
  const { before, after } = frame;
  const end = data.length - after.length;
  if (end < before.length || data.slice(end) !== after || data.slice(0, before.length) !== before) return undefined;
  const value = unquote(data.slice(before.length, end));
  if (value === undefined) return undefined;
  frame.delta[field] = value;
  return frame.delta;
}

/** The text between the quotes of a JSON string; `undefined` when it would not be one string. */
function unquote(raw: string): string | undefined {
  if (!raw.includes('\\') && !raw.includes('"')) return raw;
  const value = parseJson(`"${raw}"`);
  return typeof value === 'string' ? value : undefined;
}

/** What stands around the value of a top-level string field, if putting another value there gives just that value. */
function frame(data: string, field: string, delta: Delta): Frame | undefined {
  const key = `"${field}":"`;
  const at = data.indexOf(key);
  if (at < 0) return undefined;
  const start = at + key.length;
  const end = closingQuote(data, start);
  if (end < 0) return undefined;
  const [before, after] = [data.slice(0, start), data.slice(end)];
  const probe = parseJson(before + PROBE + after);
  return isWire(probe) && probe[field] === PROBE ? { before, after, delta: { ...delta } } : undefined;
}

function closingQuote(data: string, start: number): number {
  for (let at = start; at < data.length; at += 1) {
    const unit = data.charCodeAt(at);
    if (unit === 0x22) return at;
    if (unit === 0x5c) at += 1;
  }
  return -1;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
