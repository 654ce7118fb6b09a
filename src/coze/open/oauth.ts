/** What every way to an access token shares: one POST to Coze's OAuth, and how its `expires_in` is to be read. */
import type { Fetch } from '../../web.ts';
import { number } from '../json.ts';
import { deadline } from '../signals.ts';
import { connectionError } from './api.ts';
import { type Told, textOf } from './body.ts';

export interface OauthOptions {
  /** E.g. `https://api.coze.com`; Coze Studio has no OAuth. */
  readonly base: string;
  readonly fetch: Fetch;
  readonly signal?: AbortSignal | undefined;
  /** Sent as the bearer token. */
  readonly bearer?: string | undefined;
}

const TIMEOUT_MS = 30_000;
/** Coze docs say `expires_in` is a point in time; what is smaller than this can only be a duration. */
const FIRST_TIMESTAMP = 1e9;

/** The body that comes back, whatever it says, and what is known of it. @throws RealCozeError `network`, `timeout`, `aborted`. */
export async function askOauth(
  options: OauthOptions,
  path: 'token' | 'device/code',
  json: object,
): Promise<[string, Told]> {
  const url = new URL(`/api/permission/oauth2/${path}`, options.base);
  const until = deadline(options.signal ?? new AbortController().signal, TIMEOUT_MS);
  try {
    const headers = {
      'Content-Type': 'application/json',
      ...(options.bearer && { Authorization: `Bearer ${options.bearer}` }),
    };
    const init = { method: 'POST', headers, body: JSON.stringify(json), signal: until.signal };
    const response = await options.fetch(url, init);
    return [await textOf(response), { status: response.status, headers: response.headers, host: url.hostname }];
  } catch (error) {
    throw connectionError(error, url.hostname, until.signal);
  } finally {
    until.stop();
  }
}

/** Milliseconds since the epoch for an `expires_in`; `otherwise` is a duration in seconds. */
export function expiryOf(expiresIn: unknown, otherwise: number, now: number): number {
  const said = number(expiresIn) ?? otherwise;
  return said < FIRST_TIMESTAMP ? now + said * 1000 : said * 1000;
}
