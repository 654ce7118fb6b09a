/**
 * Access tokens for an OAuth JWT app (Coze docs "oauth_jwt"): a short JWT signed with the app's RSA key is traded for a token.
 * WebCrypto only, so that it works in Node and in a Worker alike.
 */
import { errorCode, RealCozeError } from '../../errors.ts';
import type { Fetch } from '../../web.ts';
import { parseWire, text, type Wire } from '../json.ts';
import type { TokenSource } from './api.ts';
import { openBody, type Told } from './body.ts';
import { askOauth, expiryOf } from './oauth.ts';

export interface JwtOptions {
  /** The app's id, `iss`. */
  readonly appId: string;
  /** Fingerprint of the public key, `kid`. */
  readonly keyId: string;
  /** PEM, PKCS#8 or PKCS#1; `\n` written as two characters (as in environment variables) is understood. */
  readonly privateKey: string;
  /** E.g. `https://api.coze.com`; Coze Studio has no OAuth. */
  readonly base: string;
  readonly fetch: Fetch;
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

interface Token {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

const TOKEN_SECONDS = 3600;
const JWT_SECONDS = 600;
/** Renewed so long before it expires: an answer that begins now must be able to end. */
const AHEAD_MS = 5 * 60_000;

/**
 * A source of tokens: one is kept until shortly before it expires, and whoever asks meanwhile waits for the same request.
 * @throws RealCozeError `config` for a key that cannot be read (when asked), `auth` when Coze refuses the app.
 */
export function createJwtTokens(options: JwtOptions): TokenSource {
  const now = options.now ?? Date.now;
  const key = once(() => importKey(options.privateKey));
  let token: Token | undefined;
  let asking: Promise<Token> | undefined;

  const ask = async (): Promise<Token> => {
    try {
      token = await requestToken(options, await signJwt(options, await key(), now()), now);
      return token;
    } finally {
      asking = undefined;
    }
  };

  return async (refused) => {
    const usable = token && token.value !== refused && token.expires - AHEAD_MS > now();
    if (token && usable) return token.value;
    asking ??= ask();
    return (await asking).value;
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

type SigningKey = Awaited<ReturnType<typeof importKey>>;

async function signJwt(options: JwtOptions, key: SigningKey, now: number): Promise<string> {
  const seconds = Math.floor(now / 1000);
  const header = { alg: 'RS256', typ: 'JWT', kid: options.keyId };
  const claims = {
    iss: options.appId,
    aud: audience(options.base),
    iat: seconds,
    exp: seconds + JWT_SECONDS,
    jti: base64url(crypto.getRandomValues(new Uint8Array(32))),
  };
  const signed = `${encodeJson(header)}.${encodeJson(claims)}`;
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, new TextEncoder().encode(signed));
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}

/** The host alone, without a scheme. */
function audience(base: string): string {
  return new URL(base).host;
}

async function requestToken({ base, fetch }: JwtOptions, jwt: string, now: () => number): Promise<Token> {
  const json = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', duration_seconds: TOKEN_SECONDS };
  const body = openToken(...(await askOauth({ base, fetch, bearer: jwt }, 'token', json)));
  const value = text(body.access_token);
  if (value === '') throw new RealCozeError('protocol', 'Coze answered without an access token. Try again.');
  return { value, expires: expiryOf(body.expires_in, TOKEN_SECONDS, now()) };
}

/** OAuth faults have words for codes (`invalid_client`); whatever they are, the app's settings are what must be mended. A gateway's page is no fault of the app. */
function openToken(body: string, told: Told): Wire {
  try {
    return openBody(body, told);
  } catch (cause) {
    const isOfTheApp = ['server', 'invalid', 'forbidden', 'auth', 'not_found'].includes(errorCode(cause));
    if (!isOfTheApp || told.status >= 500 || parseWire(body) === undefined) throw cause;
    const sentence =
      'Coze refused the OAuth app of this bot. Its owner must check `auth.app_id`, `auth.key_id` and the private key, ' +
      `that the app belongs to ${told.host}, and that the clock of this machine is right.`;
    throw new RealCozeError('auth', sentence, { cause });
  }
}

const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

async function importKey(pem: string) {
  const [, kind, body] = /-----BEGIN ([A-Z ]*)-----([\s\S]*?)-----END/.exec(pem.replaceAll('\\n', '\n')) ?? [];
  if (kind !== 'PRIVATE KEY' && kind !== 'RSA PRIVATE KEY') throw badKey();
  try {
    const der = Uint8Array.from(atob((body ?? '').replace(/\s+/g, '')), (char) => char.charCodeAt(0));
    const pkcs8 = kind === 'PRIVATE KEY' ? der : wrapPkcs1(der);
    return await crypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']);
  } catch (cause) {
    throw badKey(cause);
  }
}

function badKey(cause?: unknown): RealCozeError {
  const sentence =
    'The private key of the OAuth app cannot be read. It must be the PEM file from Coze, ' +
    'beginning with "-----BEGIN PRIVATE KEY-----" or "-----BEGIN RSA PRIVATE KEY-----".';
  return new RealCozeError('config', sentence, { cause });
}

/** `AlgorithmIdentifier` of rsaEncryption with a NULL parameter (RFC 8017 A.1), and version 0 before it (RFC 5208). */
const PKCS8_HEAD = Uint8Array.of(2, 1, 0, 48, 13, 6, 9, 42, 134, 72, 134, 247, 13, 1, 1, 1, 5, 0);
const SEQUENCE = 48;
const OCTET_STRING = 4;

/** PKCS#1 put into a PKCS#8 envelope: WebCrypto reads only the latter. */
function wrapPkcs1(key: Uint8Array): Uint8Array<ArrayBuffer> {
  return der(SEQUENCE, Uint8Array.of(...PKCS8_HEAD, ...der(OCTET_STRING, key)));
}

function der(tag: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = body.length;
  const length = size < 128 ? [size] : size < 256 ? [129, size] : [130, size >> 8, size & 255];
  return Uint8Array.of(tag, ...length, ...body);
}

function encodeJson(value: object): string {
  return base64url(new TextEncoder().encode(JSON.stringify(value)));
}

/** RFC 7515: base64 with `-` and `_`, without padding. */
function base64url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
