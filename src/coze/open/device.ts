/**
 * Login by device code (Coze docs "oauth_device_code"): the program shows a short code, the owner types it into a page of
 * Coze's on any device, and the program gets a token. Only coze.com and coze.cn have it.
 */
import { abortError, sleep as realSleep } from '../../async.ts';
import { type ErrorCode, errorCode, RealCozeError } from '../../errors.ts';
import type { Fetch } from '../../web.ts';
import { number, parseWire, text, type Wire } from '../json.ts';
import { openBody } from './body.ts';
import { askOauth, expiryOf } from './oauth.ts';
import type { Sleep } from './remedy.ts';

export interface DeviceLoginOptions {
  /** The OAuth app's client id. */
  readonly clientId: string;
  /** E.g. `https://api.coze.com`. */
  readonly base: string;
  readonly fetch: Fetch;
  readonly signal: AbortSignal;
  /** Shows the owner what to do: open `url` and type `code`. */
  onCode(told: { readonly code: string; readonly url: string; readonly expiresInMs: number }): void;
  /** Waits between two polls; for tests. */
  readonly sleep?: Sleep | undefined;
}

export interface DeviceToken {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Seconds since the epoch, as Coze says it. */
  readonly expires: number | undefined;
}

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** RFC 8628 section 3.5: each `slow_down` adds five seconds to the interval. */
const SLOW_DOWN_MS = 5000;
/** Coze's own values, should it not say them. */
const INTERVAL_SECONDS = 5;
const LIFE_SECONDS = 300;
/** Whatever Coze says, a poll a second is enough. */
const SHORTEST_SECONDS = 1;

/** Failures of one poll: the next one may come through (RFC 8628 section 3.5), and the code may be typed in meanwhile. */
const PASSING: readonly ErrorCode[] = ['network', 'timeout', 'server', 'rate_limited'];

/** Waits until the owner has typed the code. @throws RealCozeError `auth` when they refuse, `timeout` when the code expires. */
export async function loginByDevice(options: DeviceLoginOptions): Promise<DeviceToken> {
  const { sleep = realSleep, signal } = options;
  const begun = openBegun(...(await askOauth(options, 'device/code', { client_id: options.clientId })));
  const now = Date.now();
  const life = expiryOf(begun.expires_in, LIFE_SECONDS, now) - now;
  const url = text(begun.verification_url) || text(begun.verification_uri);
  options.onCode({ code: text(begun.user_code), url, expiresInMs: life });
  let failure: unknown;
  let interval = Math.max(number(begun.interval) ?? INTERVAL_SECONDS, SHORTEST_SECONDS) * 1000;
  for (let waited = interval; waited <= life; waited += interval) {
    await sleep(interval, signal).catch(() => {
      throw abortError(signal);
    });
    const polled = await poll(options, text(begun.device_code)).catch((error: unknown) => {
      if (!PASSING.includes(errorCode(error))) throw error;
      return { error };
    });
    failure = undefined;
    if (polled === 'expired_token') break;
    if (polled === 'slow_down') interval += SLOW_DOWN_MS;
    if (typeof polled === 'string') continue;
    if (!('error' in polled)) return polled;
    failure = polled.error;
  }
  if (failure) throw failure;
  throw new RealCozeError('timeout', 'The code has expired before it was typed in. Begin the login again.');
}

/** What is refused before a code is shown is the app, for nothing else was named. */
function openBegun(...[body, told]: Parameters<typeof openBody>): Wire {
  const answer = parseWire(body);
  const word = text(answer?.error) || text(answer?.error_code);
  if (!/^(invalid|unauthorized|unsupported|access_den)/.test(word)) return openBody(body, told);
  const sentence =
    `Coze does not let this OAuth app log in at ${told.host}. Check its client id, that the app belongs there, ` +
    'and that it is one for devices ("TV and limited input").';
  throw new RealCozeError('auth', sentence);
}

async function poll(
  options: DeviceLoginOptions,
  code: string,
): Promise<DeviceToken | 'authorization_pending' | 'slow_down' | 'expired_token'> {
  const asked = { grant_type: GRANT, client_id: options.clientId, device_code: code };
  const [body, told] = await askOauth(options, 'token', asked);
  const answer: Wire = parseWire(body) ?? {};
  const accessToken = text(answer.access_token);
  if (accessToken !== '') {
    const refreshToken = text(answer.refresh_token) || undefined;
    return { accessToken, refreshToken, expires: number(answer.expires_in) };
  }
  // coze-js finds the state in `error`, coze-py in `error_code`; the status may be 200 or 4xx.
  const state = text(answer.error) || text(answer.error_code);
  switch (state) {
    case 'authorization_pending':
    case 'slow_down':
    case 'expired_token':
      return state;
    case 'access_denied':
      throw new RealCozeError('auth', 'The login was refused at Coze. Begin it again and allow the access.');
    default:
      openBody(body, told);
      throw new RealCozeError('protocol', 'Coze answered the login without a token. Begin it again.');
  }
}
