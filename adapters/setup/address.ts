/** Step 1: where the bot lives. */
import { createApi } from '#core/coze/open/api.ts';
import { errorCode } from '#core/errors.ts';
import { choose, untilGood } from './ask.ts';
import { baseOf } from './environment.ts';
import type { Setup } from './session.ts';

const clouds = ['https://api.coze.com', 'https://api.coze.cn'];

/** The address of the API, without a slash at its end; `undefined` when Coze is left out for now. */
export async function askWhere(setup: Setup): Promise<string | undefined> {
  const { words, environment, dialogue } = setup;
  const env = await environment.read();
  const known = env.COZE_API_TOKEN ? baseOf(env) : undefined;
  dialogue.say(words.where);
  const chosen = await choose(setup, words.whereQuestion(known), ['coze.com', 'coze.cn', words.ownStudio]);
  if (chosen === undefined) return known;
  return (
    clouds[chosen] ??
    (await untilGood(setup, { text: words.studioAddress, isNear: true }, (answer) => studioAt(setup, answer)))
  );
}

/** The address a person typed, once something there speaks the API. @throws RealCozeError `config`, `network`, `timeout` */
async function studioAt({ dialogue, words, network, signal }: Setup, answer: string): Promise<string | undefined> {
  const base = (/^https?:\/\//.test(answer) ? answer : `http://${answer}`).replace(/\/+$/, '');
  if (!URL.canParse(base)) {
    dialogue.say(words.noAddress);
    return undefined;
  }
  // No token: whoever refuses it understands the protocol.
  const api = createApi({ base, token: 'none', fetch: network('coze').fetch });
  try {
    await api.call('/v1/bots/1', { method: 'GET', signal });
  } catch (error) {
    if (['config', 'network', 'timeout', 'protocol', 'aborted', 'not_found'].includes(errorCode(error))) throw error;
  }
  return base;
}
