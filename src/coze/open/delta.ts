/**
 * Reads the many `conversation.message.delta` events of an answer without parsing each one as JSON.
 *
 * Within one message the deltas are the same text but for the increment: what stands before it and behind it repeats. So the
 * first one is parsed and its frame is kept; the decoder then cuts the increments of those that have the same frame straight
 * out of its chunk. This is exact, not a guess: the frame is proved by parsing it with another increment in it, and an
 * increment that could end its string early holds a quote and must then parse as one JSON string. All others are parsed.
 */
import { isWire, parseJson, text, type Wire } from '../json.ts';
import type { Frame } from './sse.ts';

export const DELTA = 'conversation.message.delta';

/** The fields of a message that deltas are read for. Reused from call to call: take what you need at once. */
export interface Delta {
  readonly message: Wire;
  content: string;
  reasoning: string;
}

export interface DeltaReader {
  /** Data of a delta event. False: it is no JSON object, and passed over. */
  take(data: string): boolean;
  /** What the next delta will look like, once one has been seen. */
  readonly frame: Frame | undefined;
}

const PROBE = 'probe';
/** A stream whose frames were needed so often in vain (a field that changes each time) is parsed as it comes. */
const GIVE_UP = 8;

/** One reader for one stream; `onDelta` gets every delta in order, however it was read. */
export function createDeltaReader(onDelta: (delta: Delta) => void): DeltaReader {
  let frame: Frame | undefined;
  let parsed = 0;

  const makeFrame = (data: string, delta: Delta): Frame | undefined => {
    const isReasoning = delta.reasoning !== '';
    if (isReasoning && delta.content !== '') return undefined;
    const around = aroundField(data, isReasoning ? 'reasoning_content' : 'content');
    if (!around) return undefined;
    const again: Delta = { ...delta };
    const take = (middle: string) => {
      const value = unquote(middle);
      if (value === undefined) return false;
      parsed = 0;
      if (isReasoning) again.reasoning = value;
      else again.content = value;
      onDelta(again);
      return true;
    };
    return { name: DELTA, ...around, take };
  };

  return {
    get frame() {
      return frame;
    },
    take(data) {
      const message = parseJson(data);
      if (!isWire(message)) return false;
      const delta = { message, content: text(message.content), reasoning: text(message.reasoning_content) };
      parsed += 1;
      frame = parsed > GIVE_UP ? undefined : makeFrame(data, delta);
      onDelta(delta);
      return true;
    },
  };
}

/** The text between the quotes of a JSON string; `undefined` when it would not be one string. */
function unquote(raw: string): string | undefined {
  if (!raw.includes('\\') && !raw.includes('"')) return raw;
  const value = parseJson(`"${raw}"`);
  return typeof value === 'string' ? value : undefined;
}

/** What stands around the value of a top-level string field, if putting another value there gives just that value. */
function aroundField(data: string, field: string): { before: string; after: string } | undefined {
  const key = `"${field}":"`;
  const at = data.indexOf(key);
  if (at < 0) return undefined;
  const start = at + key.length;
  const end = closingQuote(data, start);
  if (end < 0) return undefined;
  const [before, after] = [data.slice(0, start), data.slice(end)];
  const probe = parseJson(before + PROBE + after);
  return isWire(probe) && probe[field] === PROBE ? { before, after } : undefined;
}

function closingQuote(data: string, start: number): number {
  for (let at = start; at < data.length; at += 1) {
    const unit = data.charCodeAt(at);
    if (unit === 0x22) return at;
    if (unit === 0x5c) at += 1;
  }
  return -1;
}
