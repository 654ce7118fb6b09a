/** Reading whole bodies: JSON in any of Coze's envelopes, and everything that is no JSON at all. Bounded. */
import { RealCozeError } from '../../errors.ts';
import { toError } from '../failure.ts';
import { id, isWire, parseJson, text, type Wire, wire } from '../json.ts';

/** Most characters of a JSON body; Coze's are a few KB, a message list of a long answer may be more. */
const BODY_LIMIT = 32 * 1024 * 1024;

/** Reads the rest of a body as text. `head` was read from it already. @throws RealCozeError `too_large` */
export async function readText(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  head: readonly Uint8Array[] = [],
  limit = BODY_LIMIT,
): Promise<string> {
  const utf8 = new TextDecoder();
  let read = head.map((bytes) => utf8.decode(bytes, { stream: true })).join('');
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return read + utf8.decode();
    read += utf8.decode(value, { stream: true });
    if (read.length > limit) {
      await reader.cancel().catch(() => {});
      throw new RealCozeError('too_large', 'Coze answered with more data than can be read. Ask again.');
    }
  }
}

/** The body of a response as text, whether it has one or not. */
export async function textOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  return reader ? readText(reader) : '';
}

export interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly host: string;
}

/**
 * Opens Coze's envelope. Success is `code` 0 or no code at all (Studio answers some calls bare).
 * @throws RealCozeError for a fault in any of the shapes Coze, Studio and gateways have for one.
 */
export function openBody(body: string, told: Told): Wire {
  const value = parseJson(body);
  if (!isWire(value)) throw notJson(body, told);
  const code = id(value.code) || id(value.error_code);
  if ((code === '' || code === '0') && told.status < 400) return value;
  throw toError({
    status: told.status,
    code: code === '0' ? '' : code,
    message: messageOf(value),
    logid: logidOf(value) || logidFrom(told.headers),
    retryAfterMs: retryAfter(told.headers),
    host: told.host,
  });
}

/** `data` of an envelope; Studio puts some under other names, or answers bare. */
export function dataOf(body: Wire): Wire {
  for (const key of ['data', 'ConversationData', 'ChatV3ChatDetail']) {
    const value = body[key];
    if (isWire(value)) return value;
  }
  return body;
}

/** The list of an envelope: `data`, Studio's `Messages`, or `data.messages`. */
export function listOf(body: Wire): readonly Wire[] {
  const data = body.data;
  const lists = [data, body.Messages, isWire(data) ? data.messages : undefined];
  const list = lists.find((value) => Array.isArray(value));
  return Array.isArray(list) ? list.filter(isWire) : [];
}

/** Coze's words, under whichever name. */
export function messageOf(body: Wire): string {
  return text(body.msg) || text(body.message) || text(body.error_message);
}

/** Coze's id of a failed request, from a body. */
export function logidOf(body: Wire): string {
  return text(wire(body.detail).logid) || text(wire(body.error).logid);
}

function notJson(body: string, { status, headers, host }: Told): RealCozeError {
  const logid = logidFrom(headers);
  if (status >= 400) return toError({ status, message: body, logid, retryAfterMs: retryAfter(headers), host });
  if (/^\s*</.test(body)) {
    // Studio's nginx answers every path it does not know with the page of its web interface and status 200.
    const sentence = `${host} answered with a web page instead of the API. The owner must check the address (\`COZE_API_BASE\`).`;
    return new RealCozeError('config', sentence, { logid });
  }
  return new RealCozeError('protocol', 'Coze answered with something that is not its protocol. Try again.', { logid });
}

/** coze.com and coze.cn: `x-tt-logid`; Coze Studio: `X-Log-ID`. */
function logidFrom(headers: Headers): string | undefined {
  return headers.get('x-tt-logid') ?? headers.get('x-log-id') ?? undefined;
}

/** Seconds or an HTTP date (RFC 9110), in milliseconds from now. */
function retryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after');
  if (value === null || value.trim() === '') return undefined;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : undefined;
}
