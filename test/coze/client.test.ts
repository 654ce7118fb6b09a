import { generateKeyPairSync } from 'node:crypto';
import Keyv from 'keyv';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Bot, OpenBot } from '#core/bots/bot.ts';
import { type ClientsOptions, createClients } from '#core/coze/client.ts';
import { keepLogin } from '#core/coze/open/device-tokens.ts';
import { createNetwork } from '#core/network.ts';
import { type Simulator, startSimulator } from '#core/simulator/index.ts';
import { questionOf, readAll } from '../contract/transport.ts';
import { openBot } from './open/scripted.ts';

const exported: Bot = {
  ...openBot,
  name: 'exported',
  coze: {
    kind: 'playground',
    draft: { space_id: '1', bot_id: '2', name: 'Pia', work_info: { prompt: 'You are Pia.' } },
  },
};
const withOpen = (more: Partial<OpenBot>, version = '1'): Bot => ({
  ...openBot,
  version,
  coze: { ...openBot.coze, ...more },
});

let simulator: Simulator;
const network = createNetwork({});
const log = { debug() {}, info() {}, warn() {}, error() {} };

beforeEach(async () => {
  simulator = await startSimulator({ bots: () => [openBot, exported], wordMs: 0 });
});

afterEach(() => simulator.close());

function clients(more: Partial<ClientsOptions> = {}) {
  const { url, token, session } = simulator;
  const coze = { apiBase: 'https://api.coze.com', webBase: 'https://www.coze.com' };
  return createClients({ coze, network, env: {}, cache: new Keyv(), local: { url, token, session }, log, ...more });
}

const ask = (bot: Bot, from = clients()) => readAll(from.for(bot).ask(questionOf('Hi'), new AbortController().signal));
const failure = async (bot: Bot, more: Partial<ClientsOptions>) => (await ask(bot, clients(more))).error;
const bases = () => ({ apiBase: simulator.url, webBase: simulator.url });

describe('without any account', () => {
  test('bots of both kinds answer from the local service', async () => {
    expect((await ask(openBot)).text).not.toBe('');
    expect((await ask(exported)).text).not.toBe('');
  });

  test('and without a local service they say what to set', async () => {
    expect(await failure(openBot, { local: undefined })).toMatchObject({
      code: 'config',
      message: expect.stringContaining('COZE_API_TOKEN'),
    });
    expect(await failure(exported, { local: undefined })).toMatchObject({
      code: 'config',
      message: expect.stringContaining('COZE_SESSION_ID'),
    });
  });
});

describe('with an account', () => {
  test('the token goes to the Open API, at the address of the settings', async () => {
    const coze = { ...bases(), token: simulator.token };
    expect((await ask(openBot, clients({ coze, local: undefined }))).error).toBeUndefined();
    expect(simulator.requests.at(-1)?.path).toBe('/v3/chat');
  });

  test('a file goes out through the network of the program', async () => {
    const coze = { ...bases(), token: simulator.token };
    const file = { name: 'cat.png', type: 'image/png', bytes: Uint8Array.of(0x89, 0x50, 0x4e, 0x47) };
    const sent = await clients({ coze }).for(openBot).upload?.(file, new AbortController().signal);
    expect(sent).toEqual({ id: expect.stringMatching(/^\d+$/), kind: 'image' });
  });

  test('the session goes to the playground', async () => {
    const coze = { ...bases(), session: simulator.session };
    expect((await ask(exported, clients({ coze, local: undefined }))).error).toBeUndefined();
    expect(simulator.requests.some((request) => request.path.startsWith('/api/draftbot'))).toBe(true);
  });

  test('a bot that lacks its own is told so, and not played by the local service', async () => {
    const coze = { ...bases(), token: simulator.token };
    expect(await failure(exported, { coze })).toMatchObject({
      code: 'config',
      message: expect.stringContaining('COZE_SESSION_ID'),
    });
    expect(await failure(withOpen({ tokenEnv: 'OTHER_TOKEN' }), { coze })).toMatchObject({
      code: 'config',
      message: expect.stringContaining('OTHER_TOKEN'),
    });
  });

  test('a bot may have a token and an address of its own', async () => {
    simulator.tokens.add('pat_other');
    const bot = withOpen({ tokenEnv: 'OTHER_TOKEN', apiBase: simulator.url });
    const { error } = await ask(bot, clients({ env: { OTHER_TOKEN: 'pat_other' } }));
    expect(error).toBeUndefined();
    expect(simulator.requests.at(-1)?.headers.authorization).toBe('Bearer pat_other');
  });

  test('an address that is no URL is told when the bot is asked', async () => {
    const coze = { apiBase: 'coze dot com', webBase: 'www.coze.com', token: 'pat_1', session: 's' };
    expect(await failure(openBot, { coze })).toMatchObject({
      code: 'config',
      message: expect.stringMatching(/"coze dot com".*COZE_API_BASE/),
    });
    expect(await failure(exported, { coze })).toMatchObject({
      code: 'config',
      message: expect.stringMatching(/"www\.coze\.com".*COZE_WEB_BASE/),
    });
  });
});

describe('with an OAuth app', () => {
  const auth = { appId: 'app-1', keyId: 'kid-1', privateKeyEnv: 'KEY' };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  /** coze.com, as far as this test reaches: it remembers what it was asked. */
  function cozeCom() {
    const calls: string[] = [];
    const fetch = async (input: string | URL, init?: RequestInit) => {
      const url = new URL(input);
      const headers = new Headers(init?.headers);
      calls.push(`${url.host}${url.pathname} ${headers.get('authorization')?.replace(/ ey.*/, ' JWT')}`);
      return url.pathname.includes('oauth2')
        ? Response.json({ access_token: 'czs_1', expires_in: 3600 })
        : Response.json({ code: 4014, msg: 'x' });
    };
    return { calls, network: { ...network, fetch } };
  }

  test.each([
    ['in a variable', { auth }, { env: { KEY: pem } }],
    [
      'in a file',
      { auth: { ...auth, privateKeyEnv: undefined, privateKeyFile: 'key.pem' } },
      { readFile: async (path: string) => (path === 'key.pem' ? pem : '') },
    ],
  ])('the key %s gives the token', async (_, more, options) => {
    const { calls, network } = cozeCom();
    await ask(withOpen(more), clients({ network, ...options }));
    expect(calls).toEqual(['api.coze.com/api/permission/oauth2/token Bearer JWT', 'api.coze.com/v3/chat Bearer czs_1']);
  });

  test('a key that was wrong is read again with the next question', async () => {
    const { calls, network } = cozeCom();
    const files: (string | Error)[] = [new Error('ENOENT'), 'no PEM at all', pem];
    const readFile = async () => {
      const file = files.shift();
      if (typeof file !== 'string') throw file;
      return file;
    };
    const from = clients({ network, readFile });
    const bot = withOpen({ auth: { ...auth, privateKeyEnv: undefined, privateKeyFile: 'key.pem' } });
    expect((await ask(bot, from)).error).toMatchObject({ message: expect.stringContaining('cannot be read from') });
    expect((await ask(bot, from)).error).toMatchObject({ message: expect.stringContaining('must be the PEM file') });
    await ask(bot, from);
    expect(calls.at(-1)).toBe('api.coze.com/v3/chat Bearer czs_1');
  });

  test.each([
    ['no key', { auth }, {}, 'KEY'],
    [
      'a file that is not there',
      { auth: { ...auth, privateKeyEnv: undefined, privateKeyFile: 'key.pem' } },
      { readFile: () => Promise.reject(new Error('ENOENT')) },
      'key.pem',
    ],
    [
      'files where there are none',
      { auth: { ...auth, privateKeyEnv: undefined, privateKeyFile: 'key.pem' } },
      {},
      'private_key_env',
    ],
    ['Coze Studio', { auth, apiBase: 'http://coze.lan:8888' }, { env: { KEY: pem } }, 'coze.lan'],
  ])('%s is told', async (_, more, options, words) => {
    expect(await failure(withOpen(more), options)).toMatchObject({
      code: 'config',
      message: expect.stringContaining(words),
    });
  });
});

describe('with a login by device code', () => {
  const auth = { clientId: '1.app.coze' };
  const base = 'https://api.coze.com';

  /** coze.com: it takes the newest access token alone, and each refresh token once. */
  function cozeCom() {
    const calls: string[] = [];
    let issued = 1;
    const fetch = async (input: string | URL, init?: RequestInit) => {
      const { pathname } = new URL(input);
      if (pathname.endsWith('/token')) {
        const asked = JSON.parse(String(init?.body)) as { refresh_token: string; grant_type: string };
        calls.push(`${asked.grant_type} ${asked.refresh_token}`);
        if (asked.refresh_token !== `r${issued}`)
          return Response.json({ error_code: 'invalid_request' }, { status: 400 });
        issued += 1;
        return Response.json({ access_token: `a${issued}`, refresh_token: `r${issued}`, expires_in: 900 });
      }
      const token = new Headers(init?.headers).get('authorization')?.replace('Bearer ', '');
      calls.push(`chat ${token}`);
      return Response.json(token === `a${issued}` ? { code: 4014, msg: 'x' } : { code: 4100, msg: 'x' });
    };
    return { calls, network: { ...network, fetch } };
  }

  test('two bots share it, and it is renewed once for both', async () => {
    const { calls, network } = cozeCom();
    const cache = new Keyv();
    await keepLogin({ cache, base, ...auth }, { accessToken: 'a0', refreshToken: 'r1', expires: 1 });
    const all = clients({ network, cache });
    const two = { ...withOpen({ auth }), name: 'two' };
    await Promise.all([ask(withOpen({ auth }), all), ask(two, all)]);
    expect(calls).toEqual(['refresh_token r1', 'chat a2', 'chat a2']);
  });

  test.each([
    ['no login', undefined],
    ['a login that has ended', { accessToken: 'a0', refreshToken: 'r-old', expires: 1 }],
  ])('%s is told with the way to make one', async (_, login) => {
    const { network } = cozeCom();
    const cache = new Keyv();
    if (login) await keepLogin({ cache, base, ...auth }, login);
    expect(await failure(withOpen({ auth }), { network, cache })).toMatchObject({
      code: 'auth',
      message: expect.stringContaining('npm run setup'),
    });
  });

  test('there is none on Coze Studio', async () => {
    const bot = withOpen({ auth, apiBase: 'http://coze.lan:8888' });
    expect(await failure(bot, {})).toMatchObject({ code: 'config', message: expect.stringContaining('coze.lan') });
  });
});

describe('keeping transports', () => {
  test('one for each bot and version', () => {
    const all = clients();
    expect(all.for(openBot)).toBe(all.for({ ...openBot }));
    expect(all.for(exported)).not.toBe(all.for(openBot));
    const before = all.for(openBot);
    expect(all.for(withOpen({}, '2'))).not.toBe(before);
  });

  test('an answer that runs while the config changes is finished', async () => {
    const all = clients();
    const go = Promise.withResolvers<void>();
    simulator.faults.next({
      say: [{ type: 'answer', text: 'one two three four' }],
      pause: { afterWords: 1, until: go.promise },
    });
    const reading = all.for(openBot).ask(questionOf('Hi'), new AbortController().signal)[Symbol.asyncIterator]();
    const first = await reading.next();
    all.for(withOpen({}, '2'));
    go.resolve();
    const rest = await readAll({ [Symbol.asyncIterator]: () => reading });
    expect(rest.error).toBeUndefined();
    expect((first.value as { text: string }).text + rest.text).toBe('one two three four');
  });

  test('a question that was being made ready while the config changed is still asked, and its file sent', async () => {
    const all = clients();
    const transport = all.for(openBot);
    all.for(withOpen({}, '2'));
    const file = { name: 'cat.png', type: 'image/png', bytes: Uint8Array.of(1) };
    const sent = await transport.upload?.(file, new AbortController().signal);
    const question = questionOf('Look!', { files: sent && [sent] });
    const { text, error } = await readAll(transport.ask(question, new AbortController().signal));
    expect(error).toBeUndefined();
    expect(text).toContain('cat.png');
    await all.close();
  });

  test('what a changed config has left behind is closed in the end', async () => {
    const all = clients();
    await ask(exported, all);
    expect(simulator.sockets).toBe(1);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    all.for({ ...exported, version: '2', coze: openBot.coze });
    vi.advanceTimersByTime(5 * 60_000 - 1);
    expect(simulator.sockets).toBe(1);
    vi.advanceTimersByTime(1);
    vi.useRealTimers();
    await expect.poll(() => simulator.sockets).toBe(0);
    await all.close();
  });

  test('closing ends what runs', async () => {
    const all = clients();
    const never = Promise.withResolvers<void>();
    simulator.faults.next({
      say: [{ type: 'answer', text: 'one two three four' }],
      pause: { afterWords: 1, until: never.promise },
    });
    const reading = all.for(openBot).ask(questionOf('Hi'), new AbortController().signal)[Symbol.asyncIterator]();
    await reading.next();
    const pending = reading.next().catch((error: unknown) => error);
    await all.close();
    expect(await pending).toMatchObject({ code: 'aborted' });
    never.resolve();
  });
});
