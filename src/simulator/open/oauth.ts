/** The OAuth calls (Coze docs: oauth_jwt, oauth_device_code): short-lived tokens for a signed assertion or a login, no envelope. */
import { randomBytes, verify } from 'node:crypto';
import { type Exchange, type Fields, isFields, jsonBody, parseJson, sendJson } from '../exchange.ts';
import { now } from '../ids.ts';
import type { Route } from '../routes.ts';
import type { World } from '../world.ts';
import { type LoginDesk, OAuthRefusal } from './device.ts';

/** An OAuth app that the service knows. */
export interface OAuthApp {
  /** The app's id: `iss` of its assertions. */
  readonly appId: string;
  /** The fingerprint of its public key: `kid`. */
  readonly keyId: string;
  /** PEM. */
  readonly publicKey: string;
}

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code';
const longest = 86_399;

/** The token calls, of a personal and of an enterprise account, and the beginning of a login; Studio has none of them. */
export function oauthRoutes(world: World, apps: readonly OAuthApp[], desk: LoginDesk): readonly Route[] {
  if (world.flavour === 'studio') return [];
  const used = new Map<string, number>();
  const handle = (exchange: Exchange) => {
    const body = jsonBody(exchange);
    if (body.grant_type === deviceCode) return desk.poll(exchange, body);
    if (body.grant_type === 'refresh_token') return desk.refresh(exchange, body);
    return issue(world, exchange, body, { apps, used });
  };
  return [
    { method: 'POST', path: '/api/permission/oauth2/device/code', auth: 'none', handle: desk.begin },
    { method: 'POST', path: '/api/permission/oauth2/token', auth: 'none', handle },
    { method: 'POST', path: '/api/permission/oauth2/account/:account/token', auth: 'none', handle },
  ];
}

interface Known {
  readonly apps: readonly OAuthApp[];
  /** Ids of assertions that were shown, and when each may be forgotten. */
  readonly used: Map<string, number>;
}

function issue(world: World, exchange: Exchange, body: Fields, { apps, used }: Known): void {
  if (body.grant_type !== jwtBearer)
    throw new OAuthRefusal(
      'unsupported_grant_type',
      `grant_type must be ${jwtBearer}, ${deviceCode} or refresh_token.`,
    );
  const seconds = body.duration_seconds ?? 900;
  if (typeof seconds !== 'number' || seconds < 1 || seconds > longest)
    throw new OAuthRefusal('invalid_request', `duration_seconds must be from 1 to ${longest}.`);
  const claims = verified(exchange, apps);
  const fault = typeof claims === 'string' ? claims : claimFault(claims, exchange.headers.host ?? '', used);
  if (typeof claims === 'string' || fault !== undefined)
    throw new OAuthRefusal('invalid_client', fault ?? 'The assertion is invalid.');
  const token = `czs_${randomBytes(24).toString('base64url')}`;
  world.accounts.set(token, { account: accountOf(claims), expiresAt: now() + seconds });
  sendJson(exchange.response, 200, { access_token: token, expires_in: now() + seconds, token_type: 'Bearer' });
}

/** `session_name` has a world of its own: another session of the same app cannot reach its conversations. */
function accountOf(claims: Fields): string {
  return typeof claims.session_name === 'string' ? `session ${claims.session_name}` : 'owner';
}

/** The claims of the assertion, or what is wrong with its signature. */
function verified(exchange: Exchange, apps: readonly OAuthApp[]): Fields | string {
  const token = /^Bearer (\S+)$/.exec(exchange.headers.authorization ?? '')?.[1] ?? '';
  const [head = '', payload = '', signature = ''] = token.split('.');
  const header = decode(head);
  const claims = decode(payload);
  if (!header || !claims) return 'The assertion is not a JWT.';
  if (header.alg !== 'RS256') return 'The assertion must be signed with RS256.';
  const app = apps.find((each) => each.keyId === header.kid && each.appId === claims.iss);
  if (!app) return 'No app has this id and this public key.';
  const right = verify(
    'RSA-SHA256',
    Buffer.from(`${head}.${payload}`),
    app.publicKey,
    Buffer.from(signature, 'base64url'),
  );
  return right ? claims : 'The signature does not fit the public key.';
}

function decode(part: string): Fields | undefined {
  const value = parseJson(Buffer.from(part, 'base64url').toString('utf8'));
  return isFields(value) ? value : undefined;
}

/** Time, audience, and that the same assertion was not shown before. */
function claimFault(claims: Fields, host: string, used: Map<string, number>): string | undefined {
  const { aud, exp, iat, jti } = claims;
  if (aud !== host && aud !== host.split(':')[0]) return `aud must be the host of the API, ${host}.`;
  if (typeof exp !== 'number' || typeof iat !== 'number' || exp <= now() || iat > now() + 60)
    return 'The assertion has expired or is not valid yet.';
  for (const [id, until] of used) if (until <= now()) used.delete(id);
  if (typeof jti !== 'string' || jti === '') return 'jti is required.';
  if (used.has(jti)) return 'The assertion has been used before.';
  used.set(jti, exp);
  return undefined;
}
