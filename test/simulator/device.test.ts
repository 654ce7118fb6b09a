/** The local service's login by device code, as a program and its owner meet it. */
import Keyv from 'keyv';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loginByDevice } from '#core/coze/open/device.ts';
import { createDeviceTokens, keepLogin } from '#core/coze/open/device-tokens.ts';
import { type Simulator, startSimulator } from '#core/simulator/index.ts';

const clientId = '1.app.coze';
let simulator: Simulator;

beforeEach(async () => {
  simulator = await startSimulator({ bots: () => [], loginApps: [clientId] });
});

afterEach(() => simulator.close());

/** Logs in; `press` is what the owner does with the code before the poll of that number, counted from 0. */
function logIn(press: (code: string, poll: number, ms: number) => void, client = clientId) {
  let shown = '';
  let poll = 0;
  return loginByDevice({
    ...{ clientId: client, base: simulator.url, fetch, signal: new AbortController().signal },
    onCode: ({ code }) => {
      shown = code;
    },
    sleep: async (ms) => press(shown, poll++, ms),
  });
}

const me = (token: string) =>
  fetch(`${simulator.url}/v1/users/me`, { headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status);

it('waits for the owner, asks for patience when polled too fast, and then gives tokens that are taken', async () => {
  const waits: number[] = [];
  const token = await logIn((code, poll, ms) => {
    waits.push(ms);
    if (poll === 2) simulator.logins.approve(code);
  });
  expect(waits).toEqual([5000, 5000, 10_000]);
  expect(await me(token.accessToken)).toBe(200);
});

it('tells that the owner refused, and knows only its own apps', async () => {
  await expect(logIn((code) => simulator.logins.deny(code))).rejects.toMatchObject({ code: 'auth' });
  await expect(logIn(() => {}, 'other')).rejects.toMatchObject({ code: 'auth' });
});

it('trades a refresh token once, and no token of a login that has ended', async () => {
  const token = await logIn((code) => simulator.logins.approve(code));
  const where = { cache: new Keyv(), base: simulator.url, clientId, fetch };
  await keepLogin(where, token);
  const source = createDeviceTokens(where);
  const renewed = await source(token.accessToken);
  expect(renewed).not.toBe(token.accessToken);
  expect(await me(renewed)).toBe(200);
  const stale = { ...where, cache: new Keyv() };
  await keepLogin(stale, token);
  await expect(createDeviceTokens(stale)(token.accessToken)).rejects.toMatchObject({ code: 'auth' });
  simulator.logins.end();
  expect(await me(renewed)).toBe(401);
  await expect(source(renewed)).rejects.toMatchObject({ code: 'auth' });
});
