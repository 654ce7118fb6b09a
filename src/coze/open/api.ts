/** One way to call Coze: address, token, deadline, envelope and typed failures for every request of this transport. */
import { abortError } from '../../async.ts';
import { isRealCozeError, RealCozeError } from '../../errors.ts';
import type { Fetch } from '../../web.ts';
import { cureFor } from '../failure.ts';
import type { Wire } from '../json.ts';
import { deadline } from '../signals.ts';
import { openBody, textOf } from './body.ts';

/** Gives the token to use. `refused` is one that Coze has just refused: a source that can make another one does. */
export type TokenSource = (refused?: string) => Promise<string>;

export interface Call {
  readonly method?: 'GET' | 'POST';
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly json?: object | undefined;
  /** Sent as it is, with its type. */
  readonly bytes?: { readonly type: string; readonly body: Uint8Array<ArrayBuffer> };
  readonly signal: AbortSignal;
  /** Milliseconds for the whole of a `call`, or until the headers of a `send`. */
  readonly timeoutMs?: number;
  /** Told the token that the request goes out with, for `renew`. */
  readonly onToken?: (token: string) => void;
}

export interface Api {
  /** Host of the base address, for sentences. */
  readonly host: string;
  /** True for Coze Studio and everything else that is neither coze.com nor coze.cn. */
  readonly selfHosted: boolean;
  /**
   * Whatever comes back, once its headers are there; its body ends with `call.signal`, which must be one of our own
   * (`signals.ts`), for the response keeps following it. @throws RealCozeError `network`, `timeout`, `aborted`, and the token source's own.
   */
  send(path: string, call: Call): Promise<Response>;
  /** A JSON answer with its envelope opened. A refused token is renewed once. @throws RealCozeError */
  call(path: string, call: Call): Promise<Wire>;
  /** Has the token source make another token than the one that was refused. False when it cannot. */
  renew(refused: string): Promise<boolean>;
}

export interface ApiOptions {
  /** E.g. `https://api.coze.com`; a path is kept, a slash at the end is not. */
  readonly base: string;
  readonly token: string | TokenSource;
  readonly fetch: Fetch;
}

/** Coze docs: most MB (10^6 bytes) of a body. */
const BODY_LIMIT = 15;
const WORKFLOW_BODY_LIMIT = 20;
const CALL_TIMEOUT = 30_000;

export function createApi(options: ApiOptions): Api {
  const base = options.base.replace(/\/+$/, '');
  const host = hostOf(base);
  const { fetch, token: source } = options;

  const send = async (path: string, call: Call): Promise<Response> => {
    const token = checked(typeof source === 'string' ? bare(source) : await source());
    call.onToken?.(token);
    const url = new URL(base + path);
    for (const [key, value] of Object.entries(call.query ?? {})) if (value) url.searchParams.set(key, value);
    const until = deadline(call.signal, call.timeoutMs ?? CALL_TIMEOUT);
    try {
      const response = await fetch(url, requestInit(path, call, token, until.signal));
      until.met();
      return response;
    } catch (error) {
      until.stop();
      throw connectionError(error, host, until.signal);
    }
  };

  const once = async (path: string, call: Call): Promise<Wire> => {
    const until = deadline(call.signal, call.timeoutMs ?? CALL_TIMEOUT);
    try {
      const response = await send(path, { ...call, signal: until.signal });
      return openBody(await textOf(response), { status: response.status, headers: response.headers, host });
    } catch (error) {
      throw isRealCozeError(error) ? error : connectionError(error, host, until.signal);
    } finally {
      until.stop();
    }
  };

  const renew = async (refused: string) => typeof source !== 'string' && (await source(refused)) !== refused;

  return {
    host,
    selfHosted: !/(^|\.)coze\.(com|cn)$/.test(host),
    send,
    renew,
    async call(path, call) {
      let used = '';
      try {
        return await once(path, { ...call, onToken: (token) => (used = token) });
      } catch (error) {
        if (!isRealCozeError(error) || cureFor(error) !== 'token' || !(await renew(used))) throw error;
        return once(path, call);
      }
    },
  };
}

/**
 * People paste tokens with white space around them, or the whole value of the header (Coze Studio takes `Bearer` only once);
 * Docker hands on the quotes that stand in its file of variables.
 */
function bare(token: string): string {
  const unquoted = token.trim().replace(/^(["'])(.*)\1$/, '$2');
  return unquoted.trim().replace(/^Bearer\s+/i, '');
}

/** What cannot stand in a header is told here: the runtime's own words for it would quote the token. */
function checked(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new RealCozeError(
    'config',
    'The access token of this bot is empty or holds spaces or characters that no token has. Its owner must copy it from Coze again.',
  );
}

function hostOf(base: string): string {
  try {
    return new URL(base).hostname;
  } catch {
    throw new RealCozeError(
      'config',
      `The address of Coze's API is not a URL: "${base}". Set \`COZE_API_BASE\`, e.g. https://api.coze.com.`,
    );
  }
}

function requestInit(path: string, call: Call, token: string, signal: AbortSignal): RequestInit {
  const headers: Record<string, string> = { Authorization: `Bearer ${token}` };
  const method = call.method ?? 'POST';
  if (call.bytes) {
    headers['Content-Type'] = call.bytes.type;
    return { method, headers, body: call.bytes.body, signal };
  }
  if (!call.json) return { method, headers, signal };
  headers['Content-Type'] = 'application/json';
  const body = JSON.stringify(call.json);
  checkSize(body, path.startsWith('/v1/workflow') ? WORKFLOW_BODY_LIMIT : BODY_LIMIT);
  return { method, headers, body, signal };
}

/** Coze counts bytes, of which a UTF-16 unit has three at most: a body that is far smaller need not be encoded to know. */
function checkSize(body: string, most: number): void {
  const limit = most * 1_000_000;
  if (body.length * 3 <= limit || new TextEncoder().encode(body).length <= limit) return;
  throw new RealCozeError(
    'too_large',
    `The question and its history are over the ${most} MB that Coze takes. Start a new conversation.`,
  );
}

/** What a `fetch` that threw means. `upstreamCode` is the runtime's own word, e.g. `ECONNREFUSED`. */
export function connectionError(error: unknown, host: string, signal: AbortSignal): RealCozeError {
  if (signal.aborted) return abortError(signal);
  if (isRealCozeError(error)) return error;
  const code = systemCode(error);
  return new RealCozeError(
    'network',
    `No connection to Coze (${host}). Try again; its owner can check the network and \`PROXY\`.`,
    {
      cause: error,
      upstreamCode: code,
    },
  );
}

/** The `code` of an error or of the causes inside it. */
function systemCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
}
