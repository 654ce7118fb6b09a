import Keyv from 'keyv';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDeviceTokens, keepLogin } from '#core/coze/open/device-tokens.ts';
import { RealCozeError } from '#core/errors.ts';
import { json, type Scripted, startScripted, text } from './scripted.ts';

const TOKEN = 'POST /api/permission/oauth2/token';
const START = 1_760_000_000_000;
const MINUTE = 60_000;

let server: Scripted;
let cache: Keyv;
let now: number;

beforeEach(async () => {
  server = await startScripted();
  cache = new Keyv();
  now = START;
  slept = async () => undefined;
});

afterEach(() => server.close());

let slept: () => Promise<unknown>;
const sleep = async () => void (await slept());
const where = () => ({ cache, base: server.url, clientId: 'app-1', fetch, now: () => now, sleep });
const logIn = (refreshToken: string | undefined = 'r1') =>
  keepLogin(where(), { accessToken: 'a1', refreshToken, expires: START / 1000 + 900 });
const grant = (n: number, expires: number = 900) =>
  json({ access_token: `a${n}`, refresh_token: `r${n}`, expires_in: expires });

test('a token serves until shortly before it ends, then the next pair is fetched and kept for the next start', async () => {
  await logIn();
  server.on(TOKEN, grant(2), grant(3));
  const token = createDeviceTokens(where());
  expect([await token(), await token()]).toEqual(['a1', 'a1']);
  now += 14 * MINUTE;
  expect(await token()).toBe('a2');
  now += 14 * MINUTE;
  expect(await createDeviceTokens(where())()).toBe('a3');
  expect(server.asked.map((asked) => asked.json)).toEqual([
    { grant_type: 'refresh_token', client_id: 'app-1', refresh_token: 'r1' },
    { grant_type: 'refresh_token', client_id: 'app-1', refresh_token: 'r2' },
  ]);
});

test('whoever asks while it is renewed waits for the same request', async () => {
  await logIn();
  server.on(TOKEN, grant(2, START / 1000 + 3600), json({}, 400));
  now += 20 * MINUTE;
  const token = createDeviceTokens(where());
  expect(await Promise.all([token(), token(), token()])).toEqual(['a2', 'a2', 'a2']);
  expect(server.asked).toHaveLength(1);
});

test('a token that Coze refused is renewed before its time', async () => {
  await logIn();
  server.on(TOKEN, grant(2));
  const token = createDeviceTokens(where());
  expect(await token('a1')).toBe('a2');
});

test('a login that another program on the same store has renewed is taken over', async () => {
  await logIn();
  const [one, other] = [createDeviceTokens(where()), createDeviceTokens(where())];
  await Promise.all([one(), other()]);
  server.on(TOKEN, grant(2), json({ error_code: 'invalid_request' }, 400));
  now += 14 * MINUTE;
  expect([await one(), await other()]).toEqual(['a2', 'a2']);
  expect(server.asked).toHaveLength(1);
});

test('so is one that another program renews at the very same time', async () => {
  await logIn();
  server.on(TOKEN, async (response, asked) => {
    await keepLogin(where(), { accessToken: 'a2', refreshToken: 'r2', expires: 900 });
    return json({ error_code: 'invalid_request' }, 400)(response, asked);
  });
  now += 14 * MINUTE;
  expect(await createDeviceTokens(where())()).toBe('a2');
});

test('and one whose new pair another program has yet to keep', async () => {
  await logIn();
  server.on(TOKEN, json({ error_code: 'invalid_request' }, 400));
  now += 14 * MINUTE;
  slept = () => keepLogin(where(), { accessToken: 'a2', refreshToken: 'r2', expires: 900 });
  expect(await createDeviceTokens(where())()).toBe('a2');
});

test('a page of a gateway in between says nothing about the login', async () => {
  await logIn();
  server.on(TOKEN, text('<html>Blocked</html>', 'text/html', 403));
  now += 14 * MINUTE;
  expect(await createDeviceTokens(where())()).toBe('a1');
});

test.each([
  ['refused with 400', json({ error_code: 'invalid_request', error_message: 'x' }, 400)],
  ['refused with 200', json({ error: 'invalid_grant' })],
  ["refused in Coze's envelope", json({ code: 4100, msg: 'x' }, 401)],
])('a refresh token that is %s ends in a sentence that names the cure', async (_, handler) => {
  await logIn();
  server.on(TOKEN, handler);
  now += 14 * MINUTE;
  await expect(createDeviceTokens(where())()).rejects.toMatchObject({
    code: 'auth',
    message: expect.stringContaining('npm run setup'),
  });
});

test('without a login, or without a refresh token, nothing is asked', async () => {
  await expect(createDeviceTokens(where())()).rejects.toMatchObject({ code: 'auth' });
  await logIn('');
  now += 20 * MINUTE;
  await expect(createDeviceTokens(where())()).rejects.toMatchObject({ code: 'auth' });
  expect(server.asked).toHaveLength(0);
});

test('while Coze is down the old token serves as long as it lives, and then the failure is told as it is', async () => {
  await logIn();
  server.on(TOKEN, text('<html></html>', 'text/html', 502));
  const token = createDeviceTokens(where());
  now += 14 * MINUTE;
  expect(await token()).toBe('a1');
  now += 2 * MINUTE;
  await expect(token()).rejects.toMatchObject({ code: 'server' });
  server.on(TOKEN, grant(2));
  expect(await token()).toBe('a2');
});

test('a store that fails costs the login only where nothing is known of it', async () => {
  await logIn();
  const broken = new RealCozeError('store', 'The store is down.');
  let down = false;
  const shaky = {
    get: (key: string) => (down ? Promise.reject(broken) : cache.get(key)),
    set: (key: string, value: unknown) => (down ? Promise.reject(broken) : cache.set(key, value)),
  };
  const token = createDeviceTokens({ ...where(), cache: shaky });
  await token();
  down = true;
  server.on(TOKEN, grant(2));
  now += 14 * MINUTE;
  expect(await token()).toBe('a2');
  await expect(createDeviceTokens({ ...where(), cache: shaky })()).rejects.toBe(broken);
  down = false;
  server.on(TOKEN, grant(3));
  expect(await token('a2')).toBe('a3');
  expect(server.asked.map(({ json }) => json.refresh_token)).toEqual(['r1', 'r2']);
});
