/**
 * The frames of the playground's WebSocket: a binary envelope of unknown layout around one JSON object
 * (coze-protocol: most likely a protobuf frame whose payload is the JSON). The object is found, not the envelope read.
 */

/** A chat update. Other events of the socket are of no use here. */
export interface Update {
  /** The `push_uuid` of the question it answers. */
  readonly uuid: string;
  /** 1 answer, 2 suggestion, 3 plugin question, 4 plugin answer, 5 dataset, 6 knowledge query, 7 intermediate, 100 verbose, 101 placeholder. */
  readonly replyType: number;
  /** The whole text so far of the message of this reply type, not an increment. */
  readonly content: string;
  /** This message of this reply type is complete. Absent on the wire means no. */
  readonly finished: boolean;
}

/** Frames above this many UTF-16 units are not looked at. */
export const FRAME_LIMIT = 8 * 1024 * 1024;

/** A hostile envelope full of braces must not cost quadratic time: only so many of them are tried. */
const MAX_CANDIDATES = 64;

/** The update in a frame; `undefined` for heartbeats, acknowledgements, other events and noise. Never throws. */
export function readFrame(data: string | ArrayBuffer): Update | undefined {
  const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
  if (text.length > FRAME_LIMIT || !text.includes('"event_type"')) return undefined;
  const event = findEvent(text);
  return event === undefined ? undefined : readUpdate(event);
}

/** The first balanced object that parses and has an `event_type`. */
function findEvent(text: string): Record<string, unknown> | undefined {
  let start = text.indexOf('{');
  for (let tried = 0; start >= 0 && tried < MAX_CANDIDATES; tried++) {
    const end = endOfObject(text, start);
    const parsed = end === undefined ? undefined : parseObject(text.slice(start, end));
    if (parsed !== undefined && 'event_type' in parsed) return parsed;
    // A balanced object that is not ours is skipped whole; a stray brace only by itself.
    start = text.indexOf('{', parsed === undefined || end === undefined ? start + 1 : end);
  }
  return undefined;
}

/** Index after the brace that closes the one at `start`, braces inside strings not counted. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let i = start; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (quoted) {
      if (c === 0x5c /* \ */) i++;
      else if (c === 0x22 /* " */) quoted = false;
    } else if (c === 0x22) quoted = true;
    else if (c === 0x7b /* { */) depth++;
    else if (c === 0x7d /* } */ && --depth === 0) return i + 1;
  }
  return undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return asRecord(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function readUpdate(event: Record<string, unknown>): Update | undefined {
  const message = asRecord(event.message);
  const ext = asRecord(message?.ext);
  const uuid = ext?.PushUuid;
  if (Number(event.event_type) !== 1 || message === undefined || typeof uuid !== 'string') return undefined;
  const { content, reply_type: replyType } = message;
  return {
    uuid,
    replyType: Number(replyType),
    content: typeof content === 'string' ? content : '',
    finished: String(ext?.is_finish) === '1',
  };
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
