/**
 * Server-sent events from bytes, as Coze and Coze Studio write them: with and without a space after the colon, LF, CRLF or CR,
 * comments, several data lines, names without data, a last event without its blank line. No I/O and no JSON here.
 *
 * Written by hand because it is the hottest loop of the program: lines are cut out of each chunk once and nothing else is
 * allocated (`test/bench/sse.ts` has the figures against the official SDK).
 */
import { RealCozeError } from '../../errors.ts';

/** Most characters of one event, its unfinished line included. A hostile server cannot make us keep more. */
export const EVENT_LIMIT = 1024 * 1024;

const D = 0x64;
const E = 0x65;
const SPACE = 0x20;

/** What the decoder hands its events to. */
export interface SseReader {
  /** `name` is the block's own `event:` line or, without one, the last one seen (`message` before any). */
  take(name: string, data: string): void;
  /** What the next event may look like; asked before each one. */
  readonly frame?: Frame | undefined;
}

/** An event that is known but for the middle of its data. */
export interface Frame {
  readonly name: string;
  /** What the data begins with and ends on. */
  readonly before: string;
  readonly after: string;
  /** Takes the event by its middle. False = it did not, and the event is handed out as any other. */
  take(middle: string): boolean;
}

export interface SseDecoder {
  /** Takes the next bytes and hands out every event they complete. @throws RealCozeError `too_large` past the limit. */
  feed(bytes: Uint8Array): void;
  /** The stream is over: what is left counts as an event, although its blank line never came. */
  end(): void;
}

/** Makes a decoder for one stream. `limit` is in UTF-16 units. */
export function createSseDecoder(reader: SseReader, limit = EVENT_LIMIT): SseDecoder {
  const utf8 = new TextDecoder();
  let rest = '';
  let name = 'message';
  let named = false;
  let data: string | undefined;
  let afterCr = false;
  let colon = ':';
  let framed: { readonly frame: Frame; readonly head: string; readonly tail: string } | undefined;

  const guard = (size: number) => {
    if (size > limit) {
      throw new RealCozeError('too_large', `Coze sent one event of more than ${limit} characters. Ask again.`);
    }
  };

  const dispatch = () => {
    if (data === undefined && !named) return;
    const whole = data ?? '';
    data = undefined;
    named = false;
    reader.take(name, whole);
  };

  /**
   * Takes the event that begins at `start` by its frame and answers where the next one begins; -1 when it has no such frame
   * or is not all there. Compares by slices: V8 compares two strings several times faster than it does `startsWith`.
   */
  const takeFramed = (text: string, start: number): number => {
    const frame = reader.frame;
    if (!frame) return -1;
    if (framed?.frame !== frame) {
      const head = `event${colon}${frame.name}\ndata${colon}${frame.before}`;
      framed = { frame, head, tail: `${frame.after}\n\n` };
    }
    const { head, tail } = framed;
    const from = start + head.length;
    if (text.slice(start, from) !== head) return -1;
    const end = text.indexOf('\n', from) + 2;
    const to = end - tail.length;
    if (to < from || text.slice(to, end) !== tail || !frame.take(text.slice(from, to))) return -1;
    name = frame.name;
    return end;
  };

  const take = (text: string, start: number, end: number) => {
    if (start === end) return dispatch();
    const first = text.charCodeAt(start);
    if (first === D && text.startsWith('data', start)) {
      const value = fieldValue(text, start + 4, end);
      if (value === undefined) return;
      colon = text.charCodeAt(start + 5) === SPACE ? ': ' : ':';
      data = data === undefined ? value : `${data}\n${value}`;
      guard(data.length);
    } else if (first === E && text.startsWith('event', start)) {
      const value = fieldValue(text, start + 5, end);
      if (value === undefined) return;
      name = value;
      named = true;
    }
    // Comments, `id:`, `retry:` and anything else tell a reader of Coze nothing.
  };

  /** CR and CRLF become LF; a CR at the very end waits to see whether an LF follows. */
  const normalise = (text: string): string => {
    let plain = text;
    if (afterCr && plain !== '') {
      if (plain.startsWith('\n')) plain = plain.slice(1);
      afterCr = false;
    }
    if (!plain.includes('\r')) return plain;
    afterCr = plain.endsWith('\r');
    return plain.replace(/\r\n?/g, '\n');
  };

  const scan = (text: string) => {
    let end = text.indexOf('\n');
    if (end < 0) {
      rest += text; // A rope: cheap even when the bytes come one by one.
      return guard(rest.length + (data?.length ?? 0));
    }
    let start = 0;
    if (rest !== '') {
      const line = rest + text.slice(0, end);
      rest = '';
      take(line, 0, line.length);
      start = end + 1;
    }
    for (;;) {
      const next = named || data !== undefined ? -1 : takeFramed(text, start);
      end = next < 0 ? text.indexOf('\n', start) : next - 1;
      if (end < 0) break;
      if (next < 0) take(text, start, end);
      start = end + 1;
    }
    rest = start === text.length ? '' : text.slice(start);
    guard(rest.length + (data?.length ?? 0));
  };

  return {
    feed(bytes) {
      scan(normalise(utf8.decode(bytes, { stream: true })));
    },
    end() {
      scan(normalise(utf8.decode()));
      take(rest, 0, rest.length);
      rest = '';
      dispatch();
    },
  };
}

/** What follows a field's name: nothing at all, or a colon, at most one space, and the value. Another field = `undefined`. */
function fieldValue(text: string, at: number, end: number): string | undefined {
  if (at === end) return '';
  if (text.charCodeAt(at) !== 0x3a) return undefined;
  const from = text.charCodeAt(at + 1) === SPACE && at + 1 < end ? at + 2 : at + 1;
  return text.slice(from, end);
}
