/**
 * The one family of errors. Whoever catches a failure branches on `code`; whoever shows it prints `message`,
 * which is a sentence a member may read. Tokens, cookies and URLs that hold them never get into one.
 */

/** Every way in which something can go wrong. Closed on purpose: a test asserts that nothing else is thrown. */
export type ErrorCode =
  /** The request made no sense: bad role, unknown bot, wrong JSON. The caller must change it. */
  | 'invalid'
  /** A setting or a bot's config is wrong or missing. The owner must change it. */
  | 'config'
  /** A token or cookie was refused or has expired. */
  | 'auth'
  /** The account may not do this: missing permission, unpublished bot, blocked by the other side. */
  | 'forbidden'
  /** The service refuses this region. */
  | 'region'
  | 'not_found'
  /** Too many requests; `retryAfterMs` says how long to wait. */
  | 'rate_limited'
  /** Coze credits, quota or a limit of this program are used up. */
  | 'quota'
  /** The conversation already has a running chat (Coze 4016), or a bounded queue is full. */
  | 'busy'
  /** The bot or the platform refuses this content. */
  | 'moderated'
  /** Text, file or history is over a limit. */
  | 'too_large'
  /** No answer in time. */
  | 'timeout'
  /** The caller's signal fired, or a member pressed Stop. */
  | 'aborted'
  /** No connection, or it broke. */
  | 'network'
  /** What came back was not in the protocol. */
  | 'protocol'
  /** The other side failed. */
  | 'server'
  /** Coze wants an action (tool output) that nobody here can give. */
  | 'action_required'
  /** The store did not take or give a value. */
  | 'store'
  /** The message that was to be edited is gone. */
  | 'gone'
  /** A feature that this transport, platform or account does not have. */
  | 'unsupported';

export interface ErrorDetails {
  /** Milliseconds to wait before trying again, where the other side said so. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
  /** Coze's id of the failed request (`x-tt-logid`, `detail.logid`); for the owner, never shown to members. */
  readonly logid?: string | undefined;
  /** The other side's own number for the fault, e.g. Coze 4016 or Discord 50007. */
  readonly upstreamCode?: string | undefined;
}

export class RealCozeError extends Error {
  override readonly name = 'RealCozeError';
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly logid: string | undefined;
  readonly upstreamCode: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retryAfterMs = details.retryAfterMs;
    this.logid = details.logid;
    this.upstreamCode = details.upstreamCode;
  }
}

/** True for our own errors, also for those of a second copy of this module. */
export function isRealCozeError(error: unknown): error is RealCozeError {
  return error instanceof Error && error.name === 'RealCozeError' && 'code' in error;
}

/** The code of any thrown value; what is not ours is `server`, an abort is `aborted`. */
export function errorCode(error: unknown): ErrorCode {
  if (isRealCozeError(error)) return error.code;
  if (error instanceof Error && error.name === 'AbortError') return 'aborted';
  if (error instanceof Error && error.name === 'TimeoutError') return 'timeout';
  return 'server';
}
