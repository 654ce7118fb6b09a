/** One call to Coze's own web host, with the session cookie. The only place that sends the cookie, and only to `base`. */
import { abortError } from '../../async.ts';
import { RealCozeError } from '../../errors.ts';
import type { Fetch } from '../../web.ts';
import { parseWire } from '../json.ts';
import { deadline } from '../signals.ts';
import { faultOf, loginPage, unreachable } from './faults.ts';

export interface CallOptions {
  /** E.g. `https://www.coze.com`. */
  readonly base: string;
  /** Value of the `sessionid` cookie. */
  readonly session: string;
  readonly fetch: Fetch;
  /** Deadline of one call in milliseconds, its body included. */
  readonly timeoutMs: number;
}

/** Posts JSON to a path of the host; answers the `data` of Coze's envelope. @throws RealCozeError that explains. */
export type Call = (path: string, body: object, signal: AbortSignal) => Promise<unknown>;

/** Coze's web calls are made by a page in a desktop browser; other agents are turned away. */
const USER_AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';

/** Coze docs: `preparation`, "request body 15 MB". The whole history travels in every question. */
const BODY_LIMIT = 15 * 1024 * 1024;

/** Enough for any answer of these endpoints; more is not theirs. */
const ANSWER_LIMIT = 1024 * 1024;

export function createCall(options: CallOptions): Call {
  const { base, fetch } = options;
  const headers = {
    accept: 'application/json, text/plain, */*',
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
    cookie: `sessionid=${cookieValue(options.session)}`,
  };
  return async (path, body, signal) => {
    const payload = encode(body);
    const until = deadline(signal, options.timeoutMs);
    try {
      // A redirect is Coze's way to the login page. It is not followed, so the cookie goes nowhere else.
      const response = await fetch(new URL(path, base), {
        method: 'POST',
        headers,
        body: payload,
        redirect: 'manual',
        signal: until.signal,
      });
      return readEnvelope(response, await boundedText(response, ANSWER_LIMIT), base);
    } catch (error) {
      if (error instanceof RealCozeError) throw error;
      if (until.signal.aborted) throw abortError(until.signal);
      throw unreachable(base, error);
    } finally {
      until.stop();
    }
  };
}

function encode(body: object): string {
  const payload = JSON.stringify(body);
  if (payload.length <= BODY_LIMIT) return payload;
  throw new RealCozeError(
    'too_large',
    `The history and the bot's config come to ${megabytes(payload.length)} MB; Coze takes ${megabytes(BODY_LIMIT)} MB. Send fewer or shorter turns.`,
  );
}

const megabytes = (bytes: number) => Math.ceil(bytes / 1024 / 1024);

/** The value alone: people paste `sessionid=…`, or the whole cookie line. */
export function cookieValue(session: string): string {
  const value = /(?:^|;\s*)sessionid=([^;]*)/.exec(session)?.[1] ?? session;
  if (/^[\w%.~+/=-]+$/.test(value.trim())) return value.trim();
  throw new RealCozeError(
    'config',
    'The Coze session holds characters that no cookie value has. Copy the value of the cookie `sessionid` again, without quotes or spaces.',
  );
}

/** Every endpoint of the host answers `{"code":0,"msg":"","data":…}`. */
function readEnvelope(response: Response, text: string, base: string): unknown {
  if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) throw loginPage(base);
  const envelope = parseWire(text);
  const fault = faultOf({ response, text, envelope, base });
  if (fault !== undefined) throw fault;
  return envelope?.data;
}

/** Reads at most `limit` bytes of a body and closes it. */
export async function boundedText(response: Response, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    text += decoder.decode(chunk, { stream: true });
    if (size > limit)
      throw new RealCozeError('protocol', 'Coze sent an answer far larger than this call has. Check COZE_WEB_BASE.');
  }
  return text + decoder.decode();
}
