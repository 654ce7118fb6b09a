/** The Discord bot: its token, its intent, and its rights in the servers it is in (discord.com/developers/docs/resources/user). */
import { isWire, number, text, type Wire } from '#core/coze/json.ts';
import { isRealCozeError } from '#core/errors.ts';
import { discordInvitation, missingRights } from '../../discord-invitation.ts';
import { getJson, getList } from '../call.ts';
import { readsEverything } from '../discord.ts';
import type { Patient } from './patient.ts';

/** A gateway that takes fewer logins than this today is nearly closed: each start of the program takes one a shard. */
const fewLogins = 50;

export async function* examineDiscord({ host, words, setup, signal }: Patient): AsyncGenerator<string> {
  const { discord } = host.settings;
  if (!discord) return yield words.off('Discord', 'DISCORD_BOT_TOKEN');
  const question = (path: string) => ({
    url: `${discord.apiUrl.replace(/\/+$/, '')}/v10${path}`,
    service: 'Discord',
    authorization: `Bot ${discord.token}`,
    signal,
  });
  const { fetch } = host.network('discord');
  try {
    const application = await getJson(fetch, question('/applications/@me'));
    const me = application && (await getJson(fetch, question('/users/@me')));
    if (!me) return yield `✗ ${setup.discordRefused}`;
    const id = text(application.id) || text(me.id);
    const page = `https://discord.com/developers/applications/${id}/bot`;
    yield setup.discordIs(text(me.username), readsEverything(application) ? undefined : page, discordInvitation(id));
    const servers = await getList(fetch, question('/users/@me/guilds'));
    yield servers.length === 0 ? words.noServers : words.servers(servers.length);
    for (const server of servers) {
      const missing = missingRights(BigInt(text(server.permissions) || 0));
      if (missing.length > 0) yield words.rights(text(server.name), missing);
    }
    yield* logins(await getJson(fetch, question('/gateway/bot')));
  } catch (error) {
    if (signal.aborted || !isRealCozeError(error)) throw error;
    yield `✗ ${words.fault(error)}`;
  }

  function* logins(gateway: Wire | undefined): Generator<string> {
    const { remaining } = isWire(gateway?.session_start_limit) ? gateway.session_start_limit : {};
    const left = number(remaining);
    if (left !== undefined && left < fewLogins) yield words.fewLogins(left);
  }
}
