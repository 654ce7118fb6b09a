/** Step 2: how the program shows Coze who it is. Nothing is written down before Coze has taken it. */

import { text } from '#core/coze/json.ts';
import { type Api, createApi, type TokenSource } from '#core/coze/open/api.ts';
import { dataOf } from '#core/coze/open/body.ts';
import { loginByDevice } from '#core/coze/open/device.ts';
import { createDeviceTokens, keepLogin } from '#core/coze/open/device-tokens.ts';
import { errorCode, isRealCozeError } from '#core/errors.ts';
import { bareSecret, choose, confirm, untilGood } from './ask.ts';
import { baseOf, type Environment } from './environment.ts';
import type { Setup } from './session.ts';

/** A credential that Coze has taken. */
export interface Access {
  readonly api: Api;
  /** What a bot's config must hold for it. */
  readonly config: {
    readonly api_base?: string;
    readonly token_env?: string;
    readonly auth?: { readonly client_id: string };
  };
}

/** What Coze says of whoever asks. */
interface Account {
  readonly name: string;
}

/** `undefined` when Coze is left out for now. */
export async function askAccess(setup: Setup, base: string): Promise<Access | undefined> {
  const { words, environment, dialogue } = setup;
  const env = await environment.read();
  const { variable, config } = drawerFor(env, base);
  const known = env[variable];
  const keep = async () => (known === undefined ? undefined : keepToken(setup, apiAt(setup, base, known), config));
  const cloud = /(^|\.)coze\.(com|cn)$/.exec(new URL(base).hostname);
  if (cloud) {
    dialogue.say(words.credential(`https://www.coze.${cloud[2]}/open/oauth`));
    const way = await choose(setup, words.credentialQuestion(known !== undefined), [words.byToken, words.byDevice]);
    if (way === 1) return askLogin(setup, base);
    if (way === undefined) return keep();
  } else dialogue.say(words.studioCredential);
  const question = { text: words.tokenQuestion(known !== undefined), secret: true };
  const pasted = await untilGood(setup, question, (answer) => takeToken(setup, base, answer));
  return pasted ?? keep();
}

function apiAt({ network }: Setup, base: string, token: string | TokenSource): Api {
  return createApi({ base, token, fetch: network('coze').fetch });
}

/** The token there was, if Coze still takes it. */
async function keepToken(setup: Setup, api: Api, config: Access['config']): Promise<Access | undefined> {
  try {
    setup.dialogue.say(setup.words.account((await whoIs(api, setup.signal)).name));
    return { api, config };
  } catch (error) {
    if (setup.signal.aborted || !isRealCozeError(error)) throw error;
    setup.dialogue.say(setup.words.fault(error));
    return undefined;
  }
}

async function takeToken(setup: Setup, base: string, answer: string): Promise<Access | undefined> {
  const { dialogue, words, signal } = setup;
  const token = bareSecret(answer);
  if (token === undefined) {
    dialogue.say(words.noToken);
    return undefined;
  }
  const api = apiAt(setup, base, token);
  try {
    dialogue.say(words.account((await whoIs(api, signal)).name));
  } catch (error) {
    const other = otherRegion(base);
    if (errorCode(error) !== 'auth' || !other || !isRealCozeError(error)) throw error;
    dialogue.say(words.fault(error));
    const name = new URL(other).hostname.replace('api.', '');
    // Only when the owner says so: a token is not shown to a company it may not belong to.
    return (await confirm(setup, words.otherRegion(name), false)) ? takeToken(setup, other, token) : undefined;
  }
  return { api, config: await writeToken(setup, base, token) };
}

function otherRegion(base: string): string | undefined {
  return { 'https://api.coze.com': 'https://api.coze.cn', 'https://api.coze.cn': 'https://api.coze.com' }[base];
}

interface Drawer {
  readonly variable: string;
  readonly config: Access['config'];
}

/** Where the token for an address is kept: a second account gets a variable of its own, so that bots of the first keep theirs. */
function drawerFor(env: Environment, base: string): Drawer {
  if (!env.COZE_API_TOKEN || baseOf(env) === base) return { variable: 'COZE_API_TOKEN', config: {} };
  const place = new URL(base).host.replace(/^api\./, '').replace(/\W/g, '_');
  const variable = `COZE_API_TOKEN_${place.toUpperCase()}`;
  return { variable, config: { api_base: base, token_env: variable } };
}

async function writeToken({ environment }: Setup, base: string, token: string): Promise<Access['config']> {
  const env = await environment.read();
  const { variable, config } = drawerFor(env, base);
  const moves = variable === 'COZE_API_TOKEN' && baseOf(env) !== base;
  await environment.save({ [variable]: token, ...(moves && { COZE_API_BASE: base }) });
  return config;
}

/** The cheapest call that shows a token. Coze Studio has no account to show, so a bot that cannot exist is asked for. */
async function whoIs(api: Api, signal: AbortSignal): Promise<Account> {
  try {
    const me = dataOf(await api.call('/v1/users/me', { method: 'GET', signal }));
    return { name: text(me.nick_name) || text(me.user_name) };
  } catch (error) {
    if (errorCode(error) === 'forbidden') return { name: '' };
    if (!['unsupported', 'not_found'].includes(errorCode(error))) throw error;
  }
  try {
    await api.call('/v1/bots/1', { method: 'GET', signal });
  } catch (error) {
    if (!saysNoSuchBot(error)) throw error;
  }
  return { name: '' };
}

/** Coze Studio fails inside where it knows no such agent; its gateway fails with 502 and above. */
function saysNoSuchBot(error: unknown): boolean {
  if (!isRealCozeError(error)) return false;
  const isGateway = /^HTTP 50[2-4]$/.test(error.upstreamCode ?? '');
  return ['not_found', 'forbidden', 'invalid'].includes(error.code) || (error.code === 'server' && !isGateway);
}

async function askLogin(setup: Setup, base: string): Promise<Access | undefined> {
  const { dialogue, words, environment } = setup;
  if ((await environment.read()).STORE_URL?.startsWith('memory:')) {
    dialogue.say(words.needsStore);
    return undefined;
  }
  dialogue.say(words.deviceApp);
  return untilGood(setup, { text: words.clientQuestion }, (clientId) => logIn(setup, base, clientId));
}

async function logIn(setup: Setup, base: string, clientId: string): Promise<Access> {
  const { dialogue, words, signal, sleep, environment, log } = setup;
  const { fetch } = setup.network('coze');
  const cache = (await setup.openStore()).keyv('coze');
  const token = await loginByDevice({
    ...{ clientId, base, fetch, signal, sleep },
    onCode: ({ url, code, expiresInMs }) => dialogue.say(words.device(url, code, Math.round(expiresInMs / 60_000))),
  });
  await keepLogin({ cache, base, clientId }, token);
  const api = apiAt(setup, base, createDeviceTokens({ clientId, base, fetch, cache, log }));
  dialogue.say(words.account((await whoIs(api, signal)).name));
  const isDefault = baseOf(await environment.read()) === base;
  return { api, config: { ...(isDefault ? {} : { api_base: base }), auth: { client_id: clientId } } };
}
