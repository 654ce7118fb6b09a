import { generateKeyPairSync, verify } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createJwtTokens } from '#core/coze/open/jwt.ts';
import { json, type Scripted, startScripted, text } from './scripted.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const TOKEN = '/api/permission/oauth2/token';

let server: Scripted;
let now: number;

beforeEach(async () => {
  server = await startScripted();
  now = 1_760_000_000_000;
});

afterEach(() => server.close());

const source = (key = pkcs8) =>
  createJwtTokens({ appId: 'app-1', keyId: 'kid-1', privateKey: key, base: server.url, fetch, now: () => now });
const grant = (token: string, expires: number | string = now / 1000 + 3600) =>
  json({ access_token: token, expires_in: expires });

describe('the JWT', () => {
  test.each([
    ['PKCS#8', pkcs8],
    ['PKCS#1', pkcs1],
    ['PKCS#8 with written-out newlines', pkcs8.replaceAll('\n', '\\n')],
    ['PKCS#1 with written-out newlines', pkcs1.replaceAll('\n', '\\n')],
    ['PKCS#8 with CRLF', pkcs8.replaceAll('\n', '\r\n')],
  ])('is signed with a key in %s', async (_, key) => {
    server.on(`POST ${TOKEN}`, grant('czs_1'));
    expect(await source(key)()).toBe('czs_1');
    const [asked] = server.asked;
    const [header = '', claims = '', signature = ''] =
      asked?.headers.authorization?.replace('Bearer ', '').split('.') ?? [];
    expect(verify('sha256', Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(
      true,
    );
    expect(decode(header)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'kid-1' });
    expect(decode(claims)).toEqual({
      iss: 'app-1',
      aud: new URL(server.url).host,
      iat: now / 1000,
      exp: now / 1000 + 600,
      jti: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(asked?.json).toEqual({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', duration_seconds: 3600 });
  });

  test('is used once: each has an id of its own', async () => {
    server.on(`POST ${TOKEN}`, grant('a'), grant('b'));
    const token = source();
    await token();
    await token('a');
    const ids = server.asked.map(
      (asked) => (decode(asked.headers.authorization?.split('.')[1] ?? '') as { jti: string }).jti,
    );
    expect(new Set(ids).size).toBe(2);
  });

  test.each([
    ['not a key'],
    ['-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----'],
    ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'],
  ])('a key that cannot be read is named, not shown', async (key) => {
    await expect(source(key)()).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('BEGIN RSA PRIVATE KEY'),
    });
    await expect(source(key)()).rejects.not.toThrow('AAAA');
  });
});

describe('tokens', () => {
  test('one request serves all who wait, and all until shortly before it expires', async () => {
    server.on(`POST ${TOKEN}`, grant('a'), grant('b', now / 1000 + 7200));
    const token = source();
    expect(await Promise.all([token(), token(), token()])).toEqual(['a', 'a', 'a']);
    now += 3600_000 - 6 * 60_000;
    expect(await token()).toBe('a');
    now += 2 * 60_000;
    expect(await Promise.all([token(), token()])).toEqual(['b', 'b']);
    expect(server.asked).toHaveLength(2);
  });

  test('a refused one is replaced, but only once for all who were refused', async () => {
    server.on(`POST ${TOKEN}`, grant('a'), grant('b'));
    const token = source();
    await token();
    expect(await token('a')).toBe('b');
    expect(await token('a')).toBe('b');
    expect(server.asked).toHaveLength(2);
  });

  test('expires_in is a point in time, or a duration where it can be nothing else', async () => {
    server.on(`POST ${TOKEN}`, grant('a', '3600'), grant('b'));
    const token = source();
    await token();
    now += 3000_000;
    expect(await token()).toBe('a');
    now += 400_000;
    expect(await token()).toBe('b');
  });

  test('a failed request is tried anew by the next who asks', async () => {
    server.on(`POST ${TOKEN}`, text('x', 'text/plain', 502), grant('a'));
    const token = source();
    await expect(token()).rejects.toMatchObject({ code: 'server' });
    expect(await token()).toBe('a');
  });

  test.each([
    [json({ error_code: 'invalid_client', error_message: 'no such app' }, 401)],
    [json({ error_code: 'access_deny', error_message: 'x' })],
    [json({ code: 4100, msg: 'bad jwt' }, 401)],
  ])('a refused app says what to check', async (handler) => {
    server.on(`POST ${TOKEN}`, handler);
    await expect(source()()).rejects.toMatchObject({ code: 'auth', message: expect.stringContaining('auth.key_id') });
  });

  test('a gateway that turns the request away says nothing about the app', async () => {
    server.on(`POST ${TOKEN}`, text('<html>Access denied</html>', 'text/html', 403));
    await expect(source()()).rejects.toMatchObject({ code: 'forbidden', message: expect.stringContaining('PROXY') });
  });

  test('a connection that breaks is told as one, and serves the next who asks', async () => {
    server.on(
      `POST ${TOKEN}`,
      (response) => void response.destroy(),
      (response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('{"access', () => response.destroy());
      },
      grant('a'),
    );
    const token = source();
    await expect(token()).rejects.toMatchObject({ code: 'network' });
    await expect(token()).rejects.toMatchObject({ code: 'network' });
    expect(await token()).toBe('a');
  });

  test('an answer without a token is no token', async () => {
    server.on(`POST ${TOKEN}`, json({}));
    await expect(source()()).rejects.toMatchObject({ code: 'protocol' });
  });
});

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}
