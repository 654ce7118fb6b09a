/** Failures in the words of the one who reads them. */
import { type ErrorCode, errorCode, isRealCozeError, RealCozeError } from '../errors.ts';
import type { Language } from '../message.ts';
import { type TextKey, text } from '../texts.ts';

const TEXTS: Readonly<Record<ErrorCode, TextKey>> = {
  invalid: 'failServer',
  config: 'failServer',
  auth: 'failAuth',
  forbidden: 'failForbidden',
  region: 'failRegion',
  not_found: 'failNotFound',
  rate_limited: 'failRateLimited',
  quota: 'failQuota',
  busy: 'failBusy',
  moderated: 'failModerated',
  too_large: 'failTooLarge',
  timeout: 'failTimeout',
  aborted: 'failAborted',
  network: 'failNetwork',
  protocol: 'failProtocol',
  server: 'failServer',
  action_required: 'failAction',
  store: 'failStore',
  gone: 'failServer',
  unsupported: 'failUnsupported',
};

const DEFAULT_WAIT_MS = 10_000;

/** Refusals of our own, whose message is already in the reader's language. */
const refusals = new WeakSet<Error>();

/** A refusal in the reader's own language: shown as it is, and no retry is offered. */
export function refusal(code: ErrorCode, sentence: string, retryAfterMs?: number): RealCozeError {
  const error = new RealCozeError(code, sentence, { retryAfterMs });
  refusals.add(error);
  return error;
}

export function isRefusal(error: unknown): boolean {
  return error instanceof Error && refusals.has(error);
}

/** One sentence for the member; the owner finds code and logid in the log. */
export function failureText(error: unknown, language: Language): string {
  if (error instanceof Error && refusals.has(error)) return error.message;
  const wait = (isRealCozeError(error) ? error.retryAfterMs : undefined) ?? DEFAULT_WAIT_MS;
  return text(TEXTS[errorCode(error)], language, { seconds: Math.max(1, Math.ceil(wait / 1000)) });
}
