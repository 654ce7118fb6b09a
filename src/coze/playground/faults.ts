/** What Coze's web host says when it refuses, turned into the one family of errors. */
import { type ErrorDetails, RealCozeError } from '../../errors.ts';
import { toError } from '../failure.ts';
import { id, text as textOf, type Wire } from '../json.ts';

export interface Refusal {
  readonly response: Response;
  readonly text: string;
  readonly envelope: Wire | undefined;
  readonly base: string;
}

type Details = Pick<ErrorDetails, 'upstreamCode' | 'logid' | 'retryAfterMs'>;

/** Codes that the Open API has for a bad token and this host for a bad cookie. */
const SESSION_CODES = ['4100', '700012006'];
const SESSION = /\b(log ?in|session|unauthori[sz]ed)\b/i;
const REGION = /regional? restrict|not (available|supported) in your (region|country)/i;

/** The fault in an answer, or `undefined` when the call succeeded. */
export function faultOf(refusal: Refusal): RealCozeError | undefined {
  const { response, envelope, text, base } = refusal;
  if (envelope === undefined) return notJson(response, text, base);
  const code = id(envelope.code) || '0';
  if (code === '0' && response.ok) return undefined;
  const message = textOf(envelope.msg) || textOf(envelope.message) || textOf(envelope.error_message);
  const details = detailsOf(response, code);
  if (REGION.test(message)) return region(base, details);
  if (SESSION_CODES.includes(code) || response.status === 401 || SESSION.test(message)) return loginPage(base, details);
  return toError({ ...details, status: response.status, code: code === '0' ? '' : code, message });
}

function detailsOf(response: Response, code = '0'): Details {
  return {
    upstreamCode: code === '0' ? `HTTP ${response.status}` : code,
    logid: response.headers.get('x-tt-logid') ?? undefined,
    retryAfterMs: retryAfter(response),
  };
}

/** The host no longer knows the cookie. */
export function loginPage(base: string, details: Details = {}): RealCozeError {
  const { host } = new URL(base);
  const sentence = `${host} wants a login: the Coze session has expired or was refused. Log in at ${host} in a browser, copy the value of the cookie \`sessionid\`, and set COZE_SESSION_ID to it.`;
  return new RealCozeError('auth', sentence, details);
}

/** No connection at all. The cause stays with the error, for the log. */
export function unreachable(base: string, cause: unknown): RealCozeError {
  return new RealCozeError(
    'network',
    `${new URL(base).host} cannot be reached. Check the connection, and PROXY where one is needed.`,
    { cause },
  );
}

/** A page instead of JSON: the login page, a gateway's error, or a challenge. */
function notJson(response: Response, text: string, base: string): RealCozeError {
  const details = detailsOf(response);
  const { status } = response;
  const { host } = new URL(base);
  if (REGION.test(text)) return region(base, details);
  if (status === 404)
    return new RealCozeError('not_found', `${host} has no playground at this address. Check COZE_WEB_BASE.`, details);
  if (status === 429 || status >= 500) return toError({ ...details, status });
  if (/<(!doctype|html|head|body)\b/i.test(text) || status === 401 || status === 403) return loginPage(base, details);
  return new RealCozeError(
    'protocol',
    `${host} answered with something that is not JSON. Try again, or check COZE_WEB_BASE.`,
    details,
  );
}

function region(base: string, details: Details): RealCozeError {
  return new RealCozeError(
    'region',
    `${new URL(base).host} does not serve this region. Set PROXY to a proxy in a region that it serves.`,
    details,
  );
}

/** `Retry-After` in milliseconds, given in seconds or as a date. */
function retryAfter(response: Response): number | undefined {
  const value = response.headers.get('retry-after');
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}
