import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DeviceLoginOptions, loginByDevice } from '#core/coze/open/device.ts';
import { type Handler, json, type Scripted, startScripted, text } from './scripted.ts';

const CODE = 'POST /api/permission/oauth2/device/code';
const TOKEN = 'POST /api/permission/oauth2/token';

let server: Scripted;
let slept: number[];
let shown: unknown[];

beforeEach(async () => {
  server = await startScripted();
  slept = [];
  shown = [];
  server.on(
    CODE,
    json({
      device_code: 'dev-1',
      user_code: 'ABCD',
      verification_uri: 'https://www.coze.com/device',
      interval: 5,
      expires_in: 40,
    }),
  );
});

afterEach(() => server.close());

const login = (more: Partial<DeviceLoginOptions> = {}) =>
  loginByDevice({
    clientId: 'app-1',
    base: server.url,
    fetch,
    signal: new AbortController().signal,
    onCode: (told) => void shown.push(told),
    sleep: async (ms) => void slept.push(ms),
    ...more,
  });
const state = (name: string, field = 'error_code', status = 400): Handler => json({ [field]: name }, status);
const grant = json({ access_token: 'czu_1', refresh_token: 'r_1', expires_in: 1_760_003_600 });

test('shows the code, waits for the owner, slower when told, and gets the token', async () => {
  server.on(
    TOKEN,
    state('authorization_pending'),
    state('slow_down', 'error', 200),
    state('authorization_pending', 'error'),
    grant,
  );
  expect(await login()).toEqual({ accessToken: 'czu_1', refreshToken: 'r_1', expires: 1_760_003_600 });
  expect(shown).toEqual([{ code: 'ABCD', url: 'https://www.coze.com/device', expiresInMs: 40_000 }]);
  expect(slept).toEqual([5000, 5000, 10_000, 10_000]);
  expect(server.asked.at(-1)?.json).toEqual({
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: 'app-1',
    device_code: 'dev-1',
  });
});

test.each([
  ['access_denied', 'auth'],
  ['expired_token', 'timeout'],
])('%s ends the login', async (name, code) => {
  server.on(TOKEN, state(name));
  await expect(login()).rejects.toMatchObject({ code });
});

test('an app that Coze does not know is told with what to check', async () => {
  server.on(CODE, state('invalid_client', 'error_code', 401));
  await expect(login()).rejects.toMatchObject({
    code: 'auth',
    message: expect.stringContaining('Check its client id'),
  });
});

test('a code that nobody types in expires', async () => {
  server.on(TOKEN, state('authorization_pending'));
  await expect(login()).rejects.toMatchObject({ code: 'timeout' });
  expect(server.asked).toHaveLength(9);
});

test('a second passes between two polls, whatever Coze says', async () => {
  server.on(CODE, json({ device_code: 'dev-1', user_code: 'ABCD', interval: 0, expires_in: 3 }));
  server.on(TOKEN, state('authorization_pending'));
  await expect(login()).rejects.toMatchObject({ code: 'timeout' });
  expect(slept).toEqual([1000, 1000, 1000]);
});

test('a poll that fails on its way does not end the login', async () => {
  const bad = text('<html></html>', 'text/html', 502);
  server.on(TOKEN, bad, (response) => void response.destroy(), state('authorization_pending'), grant);
  expect(await login()).toMatchObject({ accessToken: 'czu_1' });
});

test('a code that has expired is not asked about any more, nor one whose end Coze tells as a point in time', async () => {
  server.on(TOKEN, state('expired_token'));
  await expect(login()).rejects.toMatchObject({ code: 'timeout' });
  expect(server.to('/api/permission/oauth2/token')).toHaveLength(1);
  const expires_in = Math.floor(Date.now() / 1000) + 12;
  server.on(CODE, json({ device_code: 'dev-1', user_code: 'ABCD', interval: 5, expires_in }));
  server.on(TOKEN, state('authorization_pending'));
  await expect(login()).rejects.toMatchObject({ code: 'timeout' });
  expect(slept).toHaveLength(3);
});

test('a stop ends the waiting', async () => {
  const stop = new AbortController();
  server.on(TOKEN, state('authorization_pending'));
  const sleep = (_: number, signal?: AbortSignal) => {
    stop.abort();
    return Promise.reject(signal?.reason);
  };
  const waiting = login({ signal: stop.signal, sleep });
  await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
});

test.each([
  [json({ error_code: 'invalid_client', error_message: 'x' }, 401), 'auth'],
  [text('<html></html>', 'text/html', 502), 'server'],
  [json({}), 'protocol'],
])('other answers are errors of ours', async (handler, code) => {
  server.on(TOKEN, handler);
  await expect(login()).rejects.toMatchObject({ code });
});
