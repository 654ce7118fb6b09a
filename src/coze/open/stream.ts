/** Reads one response of Coze's into an assembly: a stream, or the body that came instead of one. */
import { abortError } from '../../async.ts';
import { RealCozeError } from '../../errors.ts';
import type { ReplyEvent } from '../transport.ts';
import type { Assembly } from './assembly.ts';
import { dataOf, openBody, readText } from './body.ts';
import { lost } from './lost.ts';
import { createSseDecoder, EVENT_LIMIT } from './sse.ts';

export interface StreamOptions {
  readonly signal: AbortSignal;
  readonly host: string;
  /** Milliseconds until the first byte, and between two. */
  readonly firstEventMs: number;
  readonly idleMs: number;
  /** Milliseconds between two events that say something: pings alone keep no answer alive. */
  readonly quietMs: number;
  /** Milliseconds that a finished stream may take to end, so that its connection can be used again. */
  readonly graceMs: number;
}

/**
 * Yields what the stream says. Ends at the end of the turn, at the end of the stream, and where it breaks or stalls: the
 * assembly's `standing` then tells which. @throws RealCozeError for a body that is a fault, a failed turn, an abort, a limit.
 */
export async function* readStream(
  response: Response,
  assembly: Assembly,
  options: StreamOptions,
): AsyncGenerator<ReplyEvent, void> {
  const reader = response.body?.getReader();
  if (!reader) return takeBody('', response, assembly, options);
  const watch = startWatch(reader, options);
  let ended = false;
  try {
    const opening = await readOpening(watch);
    if (response.status >= 400 || isBody(opening)) {
      const body = await readText(reader, opening).catch((error: unknown) => brokenBody(error, response, options));
      ended = true;
      return takeBody(body, response, assembly, options);
    }
    const decoder = createSseDecoder(assembly);
    for (const bytes of opening) decoder.feed(bytes);
    for (;;) {
      const events = assembly.drain();
      if (events.length > 0) watch.news();
      for (const event of events) yield event;
      throwFailure(assembly);
      if (ended || isOver(assembly)) break;
      const bytes = await watch.read();
      ended = bytes === undefined;
      if (bytes) decoder.feed(bytes);
      else decoder.end();
    }
    if (ended && !assembly.begun) throw watch.stalled ? lateStart() : watch.broken ? lost() : notAStream(opening);
  } finally {
    watch.stop();
    if (!ended) release(reader, isOver(assembly) ? options.graceMs : 0);
  }
}

/** After the events so far were handed out, so that nothing said before a failure is lost. */
function throwFailure(assembly: Assembly): void {
  if (assembly.standing.type === 'failed') throw assembly.standing.error;
}

function isOver(assembly: Assembly): boolean {
  return assembly.ended || assembly.standing.type !== 'running';
}

interface Watch {
  /** The next bytes; `undefined` at the end, where the connection broke, and where nothing came in time. @throws on abort. */
  read(): Promise<Uint8Array | undefined>;
  /** Something was said. */
  news(): void;
  /** Nothing came in time. */
  readonly stalled: boolean;
  /** The connection broke. */
  readonly broken: boolean;
  stop(): void;
}

/** One timer for a whole stream: at its hour it looks when bytes last came, so that a chunk costs no timer. */
function startWatch(reader: ReadableStreamDefaultReader<Uint8Array>, options: StreamOptions): Watch {
  let last = performance.now();
  let news = last;
  let begun = false;
  let stalled = false;
  let broken = false;
  let timer: ReturnType<typeof setTimeout>;
  const look = () => {
    const idle = last + (begun ? options.idleMs : options.firstEventMs);
    const left = Math.min(idle, news + options.quietMs) - performance.now();
    if (left > 0) {
      timer = setTimeout(look, left);
      return;
    }
    stalled = true;
    reader.cancel().catch(() => {});
  };
  timer = setTimeout(look, options.firstEventMs);
  return {
    get stalled() {
      return stalled;
    },
    get broken() {
      return broken;
    },
    async read() {
      try {
        const { value } = await reader.read();
        if (stalled && !begun) throw lateStart();
        last = performance.now();
        begun = true;
        return value;
      } catch (error) {
        if (options.signal.aborted) throw abortError(options.signal);
        if (error instanceof RealCozeError) throw error;
        broken = true;
        return undefined; // whether the turn can be finished is for the caller to find out.
      }
    },
    news() {
      news = performance.now();
    },
    stop: () => clearTimeout(timer),
  };
}

function lateStart(): RealCozeError {
  return new RealCozeError('timeout', 'Coze did not begin to answer in time. Try again.');
}

/** Chunks up to the one that has the first byte which is no white space. */
async function readOpening(watch: Watch): Promise<readonly Uint8Array[]> {
  const opening: Uint8Array[] = [];
  for (let size = 0; size <= EVENT_LIMIT; ) {
    const bytes = await watch.read();
    if (!bytes) return opening;
    opening.push(bytes);
    if (firstMark(bytes) !== undefined) return opening;
    size += bytes.length;
  }
  throw new RealCozeError('too_large', 'Coze sent nothing but white space. Ask again.');
}

/** Faults come as JSON or HTML with any status, sometimes even under `text/event-stream`. No SSE line starts so. */
function isBody(opening: readonly Uint8Array[]): boolean {
  const mark = opening.map(firstMark).find((byte) => byte !== undefined);
  return mark === 0x7b || mark === 0x5b || mark === 0x3c;
}

const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

function firstMark(bytes: Uint8Array): number | undefined {
  return bytes.find((byte) => !BLANK.has(byte));
}

/** A body that is no fault is the chat itself: Coze did not stream, and the rest is to be fetched as after a lost connection. */
function takeBody(body: string, response: Response, assembly: Assembly, options: StreamOptions): void {
  const told = { status: response.status, headers: response.headers, host: options.host };
  assembly.takeChat({ ...dataOf(openBody(body, told)), status: '' });
  if (!assembly.chat) throw new RealCozeError('protocol', 'Coze answered without a chat. Try again.');
}

/** The connection broke inside a body: the status of a refusal says enough by itself. */
function brokenBody(error: unknown, response: Response, { signal }: StreamOptions): string {
  if (signal.aborted) throw abortError(signal);
  if (error instanceof RealCozeError) throw error;
  if (response.status < 400) throw lost(error);
  return '';
}

function notAStream(opening: readonly Uint8Array[]): RealCozeError {
  return opening.length > 0
    ? new RealCozeError('protocol', 'Coze answered with something that is not its protocol. Try again.')
    : new RealCozeError('network', 'Coze closed the connection without an answer. Try again.');
}

/** Reads on for a moment so that the connection ends by itself and can be used again, then cuts it. */
function release(reader: ReadableStreamDefaultReader<Uint8Array>, graceMs: number): void {
  if (graceMs === 0) {
    reader.cancel().catch(() => {});
    return;
  }
  const timer = setTimeout(() => reader.cancel().catch(() => {}), graceMs);
  const drain = async () => {
    while (!(await reader.read()).done);
  };
  drain()
    .catch(() => {})
    .finally(() => clearTimeout(timer));
}
