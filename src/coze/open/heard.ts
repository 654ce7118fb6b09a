/**
 * Splits the raw text of one answer message, as it grows, into what a member sees and what they do not: leading
 * `<think>…</think>` blocks (some models write their reasoning into the answer), and answers that are not prose at all but
 * JSON of Coze's own (`{"msg_type":…}`, cards), which must never be shown raw. The outcome does not depend on how the text was cut.
 */
import { readable } from './content.ts';

export interface Heard {
  answer: string;
  reasoning: string;
}

export interface Hearing {
  /** True once everything that comes is plain answer, so that `push` would only hand it back. */
  readonly plain: boolean;
  push(raw: string): Heard;
  /** No more comes: what was held back is decided. */
  end(): Heard;
}

const OPEN = '<think>';
const CLOSE = '</think>';
/** First keys of objects that Coze sends as answers and that are no prose. */
const MACHINE_KEYS = new Set(['msg_type', 'card_type', 'x_properties', 'template_url', 'template_id', 'response_type']);
const FIRST_KEY = /^\{\s*"([^"]{0,32})"/;
/** `{` and then so many units without a first key: it is prose or code after all. */
const KEY_WITHIN = 64;

/** `contentType` as Coze names it. Cards are held until they are whole; what anything else is, is found out from its first units. */
export function createHearing(contentType: string): Hearing {
  const isText = contentType === '' || contentType === 'text';
  let state: 'head' | 'think' | 'plain' | 'machine' = contentType === 'card' ? 'machine' : 'head';
  let held = '';
  let thought = false;

  const head = (heard: Heard, last: boolean) => {
    const start = held.trimStart();
    // Of the kinds that are no text (`object_string`, Studio's `mix`), JSON is what it looks like.
    const isJson = !isText && /^[[{]/.test(start);
    const kind = isJson ? 'machine' : last && start !== '' ? lastGuess(start) : firstGuess(start);
    if (kind === 'wait') return;
    if (kind === 'think') {
      state = 'think';
      held = start.slice(OPEN.length);
      return think(heard);
    }
    state = kind;
    if (kind === 'machine') return;
    heard.answer += thought ? start : held;
    held = '';
  };

  const think = (heard: Heard) => {
    const end = held.indexOf(CLOSE);
    const upTo = end >= 0 ? end : held.length - tailOverlap(held);
    heard.reasoning += held.slice(0, upTo);
    held = held.slice(upTo);
    if (end < 0) return;
    held = held.slice(CLOSE.length);
    thought = true;
    state = 'head';
    head(heard, false);
  };

  return {
    get plain() {
      return state === 'plain';
    },
    push(raw) {
      if (state === 'plain') return { answer: raw, reasoning: '' };
      const heard: Heard = { answer: '', reasoning: '' };
      held += raw;
      if (state === 'head') head(heard, false);
      else if (state === 'think') think(heard);
      return heard;
    },
    end() {
      const heard: Heard = { answer: '', reasoning: '' };
      if (state === 'head') head(heard, true);
      if (state === 'think') heard.reasoning += held;
      if (state === 'machine') heard.answer = readable(held, isText ? 'text' : contentType);
      held = '';
      return heard;
    },
  };
}

type Guess = 'wait' | 'think' | 'machine' | 'plain';

function firstGuess(start: string): Guess {
  if (start === '' || (start.length < OPEN.length && OPEN.startsWith(start))) return 'wait';
  if (start.startsWith(OPEN)) return 'think';
  if (!start.startsWith('{')) return 'plain';
  const key = FIRST_KEY.exec(start)?.[1];
  if (key !== undefined) return MACHINE_KEYS.has(key) ? 'machine' : 'plain';
  return start.length < KEY_WITHIN ? 'wait' : 'plain';
}

function lastGuess(start: string): Guess {
  const guess = firstGuess(start);
  return guess === 'wait' ? 'plain' : guess;
}

/** How many units at the end of `text` could be the start of `</think>`. */
function tailOverlap(text: string): number {
  for (let size = Math.min(CLOSE.length - 1, text.length); size > 0; size -= 1) {
    if (CLOSE.startsWith(text.slice(-size))) return size;
  }
  return 0;
}
