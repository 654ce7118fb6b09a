/** What Coze's web host says when it refuses, turned into the one family of errors. */
import { type ErrorCode, RealCozeError } from '../../errors.ts';
import { id, text as textOf, type Wire } from '../open/json.ts';

export interface Refusal {
  readonly response: Response;
  readonly text: string;
  readonly envelope: Wire | undefined;
  readonly base: string;
}

const REGION = /regional? restrict|not (available|supported) in your (region|country)/i;

/** The fault in an answer, or `undefined` when the call succeeded. */
export function faultOf(refusal: Refusal): RealCozeError | undefined {
  const { response, envelope, text, base } = refusal;
  if (envelope === undefined) return notJson(response, text, base);
  const code = id(envelope.code) || '0';
  const sentence = messageOf(envelope);
  const details = {
    upstreamCode: code === '0' ? String(response.status) : code,
    logid: response.headers.get('x-tt-logid') ?? undefined,
    retryAfterMs: retryAfter(response),
  };
  if (code === '0' && response.ok) return undefined;
  if (REGION.test(sentence)) return region(base, details);
  const kind = BY_CODE[code] ?? kindOf(response.status, sentence);
  return new RealCozeError(kind, sentenceFor(kind, sentence, base), details);
}

/** The host no longer knows the cookie. */
export function loginPage(base: string): RealCozeError {
  return new RealCozeError('auth', sessionCure(base));
}

/** No connection at all. The cause stays with the error, for the log. */
export function unreachable(base: string, cause: unknown): RealCozeError {
  return new RealCozeError(
    'network',
    `${new URL(base).host} cannot be reached. Check the connection, and PROXY where one is needed.`,
    { cause },
  );
}

/** Coze docs: `coze_error_codes`; the numbers are shared by the web host and the Open API. */
const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  4000: 'invalid',
  4008: 'quota',
  4009: 'rate_limited',
  4010: 'too_large',
  4011: 'quota',
  4013: 'rate_limited',
  4014: 'moderated',
  4016: 'busy',
  4019: 'quota',
  4020: 'rate_limited',
  4022: 'quota',
  4027: 'quota',
  4028: 'quota',
  4033: 'quota',
  4100: 'auth',
  4101: 'forbidden',
  4102: 'forbidden',
  4105: 'moderated',
  4200: 'not_found',
  700012006: 'auth',
};

function kindOf(status: number, sentence: string): ErrorCode {
  if (status === 401 || /\b(log ?in|session|unauthor)/i.test(sentence)) return 'auth';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 429 || /too many|rate limit/i.test(sentence)) return 'rate_limited';
  if (/quota|limit reached|credits/i.test(sentence)) return 'quota';
  return 'server';
}

function sentenceFor(kind: ErrorCode, sentence: string, base: string): string {
  if (kind === 'auth') return sessionCure(base);
  if (kind === 'rate_limited') return 'Coze is busy. Try again in a moment.';
  return `Coze refused: ${sentence || 'it gave no reason'}.`;
}

/** A page instead of JSON: the login page, a gateway's error, or a challenge. */
function notJson(response: Response, text: string, base: string): RealCozeError {
  const details = { upstreamCode: String(response.status), retryAfterMs: retryAfter(response) };
  if (REGION.test(text)) return region(base, details);
  const { host } = new URL(base);
  if (response.status === 429) return new RealCozeError('rate_limited', sentenceFor('rate_limited', '', base), details);
  if (response.status >= 500)
    return new RealCozeError('server', `${host} is out of order (HTTP ${response.status}).`, details);
  if (response.status === 404)
    return new RealCozeError('not_found', `${host} has no playground at this address. Check COZE_WEB_BASE.`, details);
  if (/<(!doctype|html|head|body)\b/i.test(text) || response.status === 401 || response.status === 403)
    return new RealCozeError('auth', sessionCure(base), details);
  return new RealCozeError('protocol', `${host} answered with something that is not JSON.`, details);
}

function sessionCure(base: string): string {
  const { host } = new URL(base);
  return `${host} wants a login: the Coze session has expired or was refused. Log in at ${host} in a browser, copy the value of the cookie \`sessionid\`, and set COZE_SESSION_ID to it.`;
}

function region(base: string, details: object): RealCozeError {
  return new RealCozeError(
    'region',
    `${new URL(base).host} does not serve this region. Set PROXY to a proxy in a region that it serves.`,
    details,
  );
}

/** `msg` here, `message` elsewhere; the first line only, since some servers put a stack trace into it. */
function messageOf(envelope: Wire): string {
  const said = textOf(envelope.msg) || textOf(envelope.message) || textOf(envelope.error_message);
  const line = said.trim().split(/\r?\n/)[0] ?? '';
  return (line.length > 200 ? `${line.slice(0, 200)}…` : line).replace(/[.。\s]+$/, '');
}

/** `Retry-After` in milliseconds, given in seconds or as a date. */
function retryAfter(response: Response): number | undefined {
  const value = response.headers.get('retry-after');
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}
