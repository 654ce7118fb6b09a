/**
 * The playground transport: a bot asked the way the site's own page asks it, with a session cookie.
 * Coze's site has refused such calls since February 2024 (README of Real-Coze-API); it serves hosts that still speak
 * the protocol, the local service above all.
 */
import { abortError } from '../../async.ts';
import type { PlaygroundBot, PlaygroundDraft, Profile } from '../../bots/bot.ts';
import { RealCozeError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Fetch, OpenWebSocket } from '../../web.ts';
import type { Cache } from '../cache.ts';
import { uploadCarried } from '../carried.ts';
import { parseJson, text, wire } from '../json.ts';
import { withoutName } from '../prologue.ts';
import { follow } from '../signals.ts';
import type { Question, ReplyEvent, Transport } from '../transport.ts';
import { cookieValue } from './call.ts';
import { leaseConnection } from './connection.ts';
import { DEFAULT_TIMING, type Timing } from './timing.ts';
import { streamTurn } from './turn.ts';
import { createUpload } from './upload.ts';

export interface PlaygroundOptions {
  readonly bot: PlaygroundBot;
  /** E.g. `https://www.coze.com`. */
  readonly base: string;
  /** Value of the cookie `sessionid`. */
  readonly session: string;
  readonly fetch: Fetch;
  /** Transports with the same function, base and session share one socket. */
  readonly openWebSocket: OpenWebSocket;
  /** Keeps the device id and the launch data between runs. */
  readonly cache?: Cache | undefined;
  readonly log?: Log | undefined;
  readonly timing?: Partial<Timing> | undefined;
}

/** The transport, and what the class `RealCozeAPI` needs beside the port. */
export interface PlaygroundTransport extends Transport {
  /** Opens the socket now instead of with the first question. @throws RealCozeError that says why it cannot. */
  connect(signal: AbortSignal): Promise<void>;
  upload: NonNullable<Transport['upload']>;
  profile: NonNullable<Transport['profile']>;
  close: NonNullable<Transport['close']>;
}

/** Nothing is sent before the first question. @throws RealCozeError `config` for an address or a session that cannot be one. */
export function createPlaygroundTransport(options: PlaygroundOptions): PlaygroundTransport {
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const { draft } = options.bot;
  checkAddress(options.base);
  const session = cookieValue(options.session);
  const { connection, release } = leaseConnection({ ...options, session, timing });
  const upload = createUpload({ ...options, call: connection.call, timeoutMs: timing.uploadMs });
  const closed = new AbortController();
  const until = async <T>(signal: AbortSignal, work: (own: AbortSignal) => Promise<T>): Promise<T> => {
    const own = follow([signal, closed.signal]);
    return work(own.signal).finally(own.stop);
  };
  return {
    async *ask(question: Question, signal: AbortSignal): AsyncGenerator<ReplyEvent> {
      if (signal.aborted) throw abortError(signal);
      const own = follow([signal, closed.signal]);
      try {
        const carried = await uploadCarried(question, upload, own.signal);
        yield* streamTurn({ connection, draft, question: carried, timing }, own.signal);
      } finally {
        own.stop();
      }
    },
    connect: (signal) => until(signal, (own) => connection.ready(own)),
    upload: (file, signal) => until(signal, (own) => upload(file, own)),
    profile: async () => profileOf(draft),
    async close() {
      if (closed.signal.aborted) return;
      closed.abort(new RealCozeError('aborted', 'The connection to Coze was closed.'));
      release();
    },
  };
}

function checkAddress(base: string): void {
  if (/^https?:$/.test(URL.parse(base)?.protocol ?? '')) return;
  const sentence = `The address of Coze's site is not a URL: "${base}". Set \`COZE_WEB_BASE\`, e.g. https://www.coze.com.`;
  throw new RealCozeError('config', sentence);
}

/** What the export itself tells; the playground has nothing else to ask. */
function profileOf(draft: PlaygroundDraft): Profile {
  // The fields of `work_info` are JSON in a string; some exports hold the object itself.
  const { onboarding } = draft.work_info;
  const opening = wire(typeof onboarding === 'string' ? parseJson(onboarding) : onboarding);
  const { suggested_questions: questions } = opening;
  return {
    name: draft.name,
    prologue: withoutName(text(opening.prologue)) || undefined,
    suggestions: Array.isArray(questions) ? questions.map(text).filter((each) => each !== '') : undefined,
  };
}
