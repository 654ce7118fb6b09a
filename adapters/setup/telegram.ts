/** Step 4, first half: a Telegram bot (core.telegram.org/bots/api#getme). */
import { isWire, text, wire } from '#core/coze/json.ts';
import { bareSecret, untilGood } from './ask.ts';
import { getJson } from './call.ts';
import type { Setup } from './session.ts';

export async function askTelegram(setup: Setup): Promise<void> {
  const { words, environment, dialogue } = setup;
  const known = Boolean((await environment.read()).TELEGRAM_BOT_TOKEN);
  dialogue.say(words.telegram);
  await untilGood(setup, { text: words.platformQuestion(known), secret: true }, (answer) => take(setup, answer));
}

async function take(setup: Setup, answer: string): Promise<true | undefined> {
  const { dialogue, words, environment } = setup;
  const token = bareSecret(answer);
  const me = token && /^\d+:[\w-]+$/.test(token) ? await getMe(setup, token) : undefined;
  if (token === undefined || me === undefined) {
    dialogue.say(words.telegramRefused);
    return undefined;
  }
  dialogue.say(words.telegramIs(text(me.username), text(me.first_name), me.can_read_all_group_messages === true));
  await environment.save({ TELEGRAM_BOT_TOKEN: token });
  return true;
}

/** `undefined` when Telegram does not know the token. @throws RealCozeError */
async function getMe({ environment, network, signal }: Setup, token: string) {
  const base = (await environment.read()).TELEGRAM_API_URL || 'https://api.telegram.org';
  const url = `${base.replace(/\/+$/, '')}/bot${token}/getMe`;
  const body = await getJson(network('telegram').fetch, { url, service: 'Telegram', signal });
  return isWire(body?.result) ? wire(body.result) : undefined;
}
