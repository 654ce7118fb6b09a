/**
 * Access tokens of a login by device code (Coze docs "oauth_device_code"): they live a quarter of an hour, and a refresh token
 * that lives thirty days is traded for the next pair. The newest pair is kept in the cache, so that a restart needs no login.
 */
import { sleep as realSleep } from '../../async.ts';
import { errorCode, RealCozeError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Fetch } from '../../web.ts';
import type { Cache } from '../cache.ts';
import { number, parseWire, text, type Wire, wire } from '../json.ts';
import type { TokenSource } from './api.ts';
import { openBody } from './body.ts';
import type { DeviceToken } from './device.ts';
import { askOauth, expiryOf } from './oauth.ts';
import type { Sleep } from './remedy.ts';

export interface DeviceTokensOptions {
  /** The OAuth app's client id. */
  readonly clientId: string;
  /** E.g. `https://api.coze.com`. */
  readonly base: string;
  readonly fetch: Fetch;
  /** Where `keepLogin` has put the login. */
  readonly cache: Cache;
  readonly log?: Log | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
  /** Waits for another program; for tests. */
  readonly sleep?: Sleep | undefined;
}

interface Login {
  readonly access: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
  readonly refresh: string;
}

const REFRESH_LIFE_MS = 30 * 24 * 3600_000;
const ACCESS_SECONDS = 900;
/** Renewed so long before it expires. */
const AHEAD_MS = 2 * 60_000;
/** A refused refresh token may be one that another program has just traded and is about to keep: looks for it, and between two of them. */
const PATIENCE = 3;
const LOOK_MS = 500;

/** Puts a login where `createDeviceTokens` finds it. @throws what the cache throws: a login that is not kept is none. */
export async function keepLogin(
  where: Pick<DeviceTokensOptions, 'cache' | 'base' | 'clientId' | 'now'>,
  token: DeviceToken,
): Promise<void> {
  const login = {
    access: token.accessToken,
    refresh: token.refreshToken ?? '',
    expires: expiryOf(token.expires, ACCESS_SECONDS, (where.now ?? Date.now)()),
  };
  await where.cache.set(keyOf(where), login, REFRESH_LIFE_MS);
}

/**
 * A source of tokens that renews the login; whoever asks meanwhile waits for the same request.
 * @throws RealCozeError (when asked) `auth` when there is no login or it has ended, saying that setup must be run again.
 */
export function createDeviceTokens(options: DeviceTokensOptions): TokenSource {
  const now = options.now ?? Date.now;
  let login: Login | undefined;
  let asking: Promise<Login> | undefined;

  const renew = async (refused: string | undefined): Promise<Login> => {
    // Another program on the same store, or setup, may have been here first; or the store missed our own newest pair.
    const known = newest(await readLogin(options, login), login);
    if (known && isFresh(known, refused, now())) return known;
    if (!known?.refresh) throw ended(options);
    try {
      return await trade(options, known.refresh);
    } catch (error) {
      const newer = await newerLogin(options, known, errorCode(error) === 'auth' ? PATIENCE : 0);
      if (newer) return newer;
      const lives = known.access !== refused && known.expires > now();
      if (lives && errorCode(error) !== 'auth') return known;
      throw error;
    }
  };

  return async (refused) => {
    if (login && isFresh(login, refused, now())) return login.access;
    asking ??= renew(refused).finally(() => {
      asking = undefined;
    });
    login = await asking;
    return login.access;
  };
}

function newest(kept: Login | undefined, held: Login | undefined): Login | undefined {
  return kept && held ? (kept.expires >= held.expires ? kept : held) : (kept ?? held);
}

function isFresh(login: Login, refused: string | undefined, now: number): boolean {
  return login.access !== refused && login.expires - AHEAD_MS > now;
}

function keyOf({ base, clientId }: Pick<DeviceTokensOptions, 'base' | 'clientId'>): string {
  return `coze:login:${new URL(base).host}:${clientId}`;
}

/** What the cache holds. When it cannot be read, `otherwise` serves where there is one. */
async function readLogin(options: DeviceTokensOptions, otherwise: Login | undefined): Promise<Login | undefined> {
  try {
    const kept = wire(await options.cache.get(keyOf(options)));
    const [access, refresh, expires] = [text(kept.access), text(kept.refresh), number(kept.expires) ?? 0];
    return access === '' ? undefined : { access, refresh, expires };
  } catch (error) {
    if (!otherwise) throw error;
    options.log?.warn({ error }, 'The login at Coze cannot be read from the store.');
    return otherwise;
  }
}

/** What another program on the same store has made of the login meanwhile. */
async function newerLogin(options: DeviceTokensOptions, known: Login, patience: number): Promise<Login | undefined> {
  const { sleep = realSleep } = options;
  for (let looks = 0; ; looks += 1) {
    const kept = await readLogin(options, known);
    if (kept && kept.refresh !== known.refresh) return kept;
    if (looks >= patience) return undefined;
    await sleep(LOOK_MS);
  }
}

/** A refresh token serves once: the pair that comes back is kept before it is used. */
async function trade(options: DeviceTokensOptions, refresh: string): Promise<Login> {
  const body = await ask(options, refresh);
  const access = text(body.access_token);
  if (access === '') throw new RealCozeError('protocol', 'Coze answered without an access token. Try again.');
  const login: Login = {
    access,
    refresh: text(body.refresh_token) || refresh,
    expires: expiryOf(body.expires_in, ACCESS_SECONDS, (options.now ?? Date.now)()),
  };
  await options.cache.set(keyOf(options), login, REFRESH_LIFE_MS).catch((error: unknown) => {
    options.log?.warn(
      { error },
      'The renewed login at Coze could not be kept. After a restart, run `npm run setup` again.',
    );
  });
  return login;
}

/** @throws RealCozeError `auth` when only a new login helps, else as every call. */
async function ask(options: DeviceTokensOptions, refresh: string): Promise<Wire> {
  const json = { grant_type: 'refresh_token', client_id: options.clientId, refresh_token: refresh };
  const { base, fetch } = options;
  const [body, told] = await askOauth({ base, fetch }, 'token', json);
  if (isRefusal(told.status, parseWire(body))) throw ended(options);
  return openBody(body, told);
}

/** OAuth faults have words for codes, in `error` or `error_code`, with HTTP 200 or 4xx; `internal_error` passes, and so does a gateway's page. */
function isRefusal(status: number, body: Wire | undefined): boolean {
  const word = text(body?.error) || text(body?.error_code);
  return (
    (body !== undefined && [400, 401, 403].includes(status)) || /^(invalid|access_den|unsupported|expired)/.test(word)
  );
}

function ended({ base }: DeviceTokensOptions): RealCozeError {
  const sentence = `The login of this bot at ${new URL(base).host} has ended or was never made. Its owner must run \`npm run setup\` again.`;
  return new RealCozeError('auth', sentence);
}
