/**
 * The frames of the playground's WebSocket: a binary envelope of unknown layout around one JSON object
 * (most likely a protobuf frame whose payload is the JSON). The object is found, not the envelope read.
 */
import { number, parseWire, text, type Wire, wire } from '../json.ts';

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
const FRAME_LIMIT = 8 * 1024 * 1024;

/** A hostile envelope full of braces must not cost quadratic time: only so many of them are tried. */
const MAX_CANDIDATES = 64;

/** The update in a frame; `undefined` for heartbeats, acknowledgements, other events and noise. Never throws. */
export function readFrame(data: string | ArrayBuffer): Update | undefined {
  const content = typeof data === 'string' ? data : new TextDecoder().decode(data);
  if (content.length > FRAME_LIMIT || !content.includes('"event_type"')) return undefined;
  const event = findEvent(content);
  return event === undefined ? undefined : readUpdate(event);
}

/** The first balanced object that parses and has an `event_type`. */
function findEvent(frame: string): Wire | undefined {
  let start = frame.indexOf('{');
  for (let tried = 0; start >= 0 && tried < MAX_CANDIDATES; tried++) {
    const end = endOfObject(frame, start);
    const parsed = end === undefined ? undefined : parseWire(frame.slice(start, end));
    if (parsed !== undefined && 'event_type' in parsed) return parsed;
    // A balanced object that is not ours is skipped whole; a stray brace only by itself.
    start = frame.indexOf('{', parsed === undefined || end === undefined ? start + 1 : end);
  }
  return undefined;
}

/** Index after the brace that closes the one at `start`, braces inside strings not counted. */
function endOfObject(frame: string, start: number): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let i = start; i < frame.length; i++) {
    const c = frame.charCodeAt(i);
    if (quoted) {
      if (c === 0x5c /* \ */) i++;
      else if (c === 0x22 /* " */) quoted = false;
    } else if (c === 0x22) quoted = true;
    else if (c === 0x7b /* { */) depth++;
    else if (c === 0x7d /* } */ && --depth === 0) return i + 1;
  }
  return undefined;
}

function readUpdate(event: Wire): Update | undefined {
  const message = wire(event.message);
  const ext = wire(message.ext);
  if (number(event.event_type) !== 1 || typeof ext.PushUuid !== 'string') return undefined;
  return {
    uuid: ext.PushUuid,
    replyType: number(message.reply_type) ?? 0,
    content: text(message.content),
    finished: String(ext.is_finish) === '1',
  };
}
