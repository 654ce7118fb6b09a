/** Step 4, second half: a Discord bot (discord.com/developers/docs/resources/application#get-current-application). */
import { number, text, type Wire } from '#core/coze/json.ts';
import { discordInvitation } from '../discord-invitation.ts';
import { bareSecret, untilGood } from './ask.ts';
import { getJson } from './call.ts';
import type { Setup } from './session.ts';

/** Either flag of an application: the intent for verified bots, and for those in fewer than a hundred servers. */
const messageContent = (1 << 18) | (1 << 19);

export async function askDiscord(setup: Setup): Promise<void> {
  const { words, environment, dialogue } = setup;
  const known = Boolean((await environment.read()).DISCORD_BOT_TOKEN);
  dialogue.say(words.discord);
  await untilGood(setup, { text: words.platformQuestion(known), secret: true }, (answer) => take(setup, answer));
}

async function take(setup: Setup, answer: string): Promise<true | undefined> {
  const { dialogue, words, environment } = setup;
  const token = bareSecret(answer);
  const me = token === undefined ? undefined : await get(setup, token, '/users/@me');
  if (token === undefined || me === undefined) {
    dialogue.say(words.discordRefused);
    return undefined;
  }
  const application = (await get(setup, token, '/applications/@me')) ?? {};
  const id = text(application.id) || text(me.id);
  const page = `https://discord.com/developers/applications/${id}/bot`;
  dialogue.say(
    words.discordIs(text(me.username), readsEverything(application) ? undefined : page, discordInvitation(id)),
  );
  await environment.save({ DISCORD_BOT_TOKEN: token });
  return true;
}

/** Message Content Intent is on. */
export function readsEverything({ flags }: Wire): boolean {
  return ((number(flags) ?? 0) & messageContent) !== 0;
}

/** `undefined` when Discord does not know the token. @throws RealCozeError */
async function get({ environment, network, signal }: Setup, token: string, path: string): Promise<Wire | undefined> {
  const base = (await environment.read()).DISCORD_API_URL || 'https://discord.com/api';
  const url = `${base.replace(/\/+$/, '')}/v10${path}`;
  return getJson(network('discord').fetch, { url, service: 'Discord', signal, authorization: `Bot ${token}` });
}
