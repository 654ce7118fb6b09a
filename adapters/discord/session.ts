/** One running Discord account: events in, replies out. */

import { Events, GatewayCloseCodes } from 'discord.js';
import type { SurfaceFor } from '#core/engine.ts';
import { errorCode } from '#core/errors.ts';
import type { Place } from '#core/message.ts';
import type { DiscordAdapter, DiscordOptions } from './adapter.ts';
import { fetchAttachment } from './attachments.ts';
import { createButtons } from './buttons.ts';
import { type LoggedIn, logIn } from './client.ts';
import { discordError } from './faults.ts';
import { answerInteractions } from './interactions.ts';
import { createLanguages, type Languages } from './languages.ts';
import { answerMessages } from './messages.ts';
import { registerCommands } from './slash.ts';
import { channelSurface, type Screen } from './surface.ts';

/** What the handlers of one account share. */
export interface Session extends Pick<DiscordOptions, 'engine' | 'log'> {
  readonly screen: Screen;
  readonly account: string;
  readonly surfaceFor: SurfaceFor;
  readonly languages: Languages;
  /** The application has the message-content intent. */
  readonly readsEverything: boolean;
  /** Fires when the adapter closes. */
  readonly signal: AbortSignal;
  /** Runs a handler of an event; its failure is logged. */
  run(what: string, work: () => Promise<void>): void;
  answersAll(place: Place): Promise<boolean>;
}

/** Opens the session of `startDiscord`. @throws RealCozeError as that says */
export async function openSession(o: DiscordOptions): Promise<DiscordAdapter> {
  const closing = new AbortController();
  const onReady = (loggedIn: LoggedIn) => {
    const session = createSession(o, loggedIn, closing.signal);
    answerMessages(loggedIn.client, session);
    answerInteractions(loggedIn.client, session);
    session.run('registering commands', () => registerCommands(loggedIn.client, o.log));
    session.run('finishing what was left open', () => o.engine.resume('discord', session.account, session.surfaceFor));
  };
  const { client, rest, readsEverything } = await logIn({ ...o, onReady });
  client.on(Events.ShardDisconnect, ({ code }) => o.log.error({ code }, whyClosed(code)));
  const account = client.user.id;
  o.log.info({ account, servers: client.guilds.cache.size }, greeting(client.user.tag, readsEverything));
  return {
    account,
    fetchAttachment: (attachment, signal) => fetchAttachment(o.network.fetch, attachment, signal),
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      client.removeAllListeners();
      await client.destroy();
      rest.clearHandlerSweeper();
      rest.clearHashSweeper();
    },
  };
}

function createSession(o: DiscordOptions, { client, rest, readsEverything }: LoggedIn, signal: AbortSignal): Session {
  const account = client.user.id;
  const screen: Screen = { rest, account, buttons: createButtons(), now: o.now ?? Date.now };
  return {
    engine: o.engine,
    log: o.log,
    screen,
    account,
    languages: createLanguages(),
    readsEverything,
    signal,
    async surfaceFor(incoming) {
      const channelId = (incoming.place.levels.at(-1) ?? incoming.place.levels[0]).id;
      try {
        await client.channels.fetch(channelId);
      } catch (error) {
        const code = errorCode(discordError(error, 'looking for a channel'));
        if (code === 'gone' || code === 'forbidden') return undefined;
      }
      return channelSurface(screen, { channelId, replyTo: incoming.id });
    },
    run(what, work) {
      if (signal.aborted) return;
      work().catch((error: unknown) => {
        if (signal.aborted) return;
        const { code, message } = discordError(error, what);
        o.log.warn({ code, what }, message);
      });
    },
    answersAll: async (place) => readsEverything && (await o.engine.settings(place)).answer === 'all',
  };
}

/** Discord closed the gateway for good: https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway */
function whyClosed(code: number): string {
  if (code === GatewayCloseCodes.AuthenticationFailed)
    return 'Discord no longer takes DISCORD_BOT_TOKEN. Put the new token into .env and start the program again.';
  if (code === GatewayCloseCodes.DisallowedIntents)
    return 'Message Content Intent was switched off in the Developer Portal. Start the program again to go on without it.';
  return `Discord closed the connection for good (code ${code}). Start the program again.`;
}

function greeting(name: string, readsEverything: boolean): string {
  const heard = readsEverything
    ? 'It may read every message where the settings of a place ask for it.'
    : 'It hears mentions, replies with a ping, direct messages and commands; to let it answer every message of a channel, switch on Message Content Intent under Bot in the Developer Portal.';
  return `Discord knows this bot as ${name}. ${heard}`;
}
