/** Any thrown value as an HTTP answer: a fitting status, and a JSON body whose sentence a person may read. */
import { type ErrorCode, errorCode, isRealCozeError } from '#core/errors.ts';

const statusOf: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  config: 503,
  auth: 502,
  forbidden: 502,
  region: 502,
  not_found: 404,
  rate_limited: 429,
  quota: 429,
  busy: 409,
  moderated: 422,
  too_large: 413,
  timeout: 504,
  aborted: 499,
  network: 502,
  protocol: 502,
  server: 502,
  action_required: 501,
  store: 503,
  gone: 410,
  unsupported: 501,
};

/** The body of every failure; the shape that OpenAI's clients read, too. */
export interface FaultBody {
  readonly error: { readonly code: string; readonly message: string; readonly type: string };
}

/** What may be shown of a fault. What is not our own error may hold anything, so only a general sentence is shown. */
export function faultBody(error: unknown): FaultBody {
  const code = errorCode(error);
  const message = isRealCozeError(error) ? error.message : general(code);
  return { error: { code, message, type: statusOf[code] < 500 ? 'invalid_request_error' : 'server_error' } };
}

function general(code: ErrorCode): string {
  if (code === 'aborted') return 'Stopped.';
  if (code === 'timeout') return 'No answer came in time.';
  return 'Something failed inside the program. Its log says what.';
}

/** Failures after which the same question may be sent again: Coze has not heard it, and soon may. */
const passing: readonly ErrorCode[] = ['rate_limited', 'busy'];

/**
 * The answer to a request that failed. OpenAI's clients send a request again after many a status, and obey `x-should-retry`:
 * after a timeout or a lost connection Coze may be answering already, and what an owner must mend does not mend itself.
 * `beside` stands beside the error in the body.
 */
export function faultResponse(error: unknown, beside: object = {}): Response {
  const headers: Record<string, string> = { 'x-should-retry': String(passing.includes(errorCode(error))) };
  if (isRealCozeError(error) && error.retryAfterMs !== undefined)
    headers['retry-after'] = String(Math.ceil(error.retryAfterMs / 1000));
  return Response.json({ ...faultBody(error), ...beside }, { status: statusOf[errorCode(error)], headers });
}

/** A refusal by the server itself, before anything was asked. */
export function refusal(status: number, code: ErrorCode, message: string): Response {
  const type = status < 500 ? 'invalid_request_error' : 'server_error';
  return Response.json({ error: { code, message, type } } satisfies FaultBody, { status });
}
