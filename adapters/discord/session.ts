/** One running Discord account: events in, replies out. */

import { Events } from 'discord.js';
import { sleep } from '#core/async.ts';
import type { SurfaceFor } from '#core/engine.ts';
import { errorCode } from '#core/errors.ts';
import type { Place } from '#core/message.ts';
import type { DiscordAdapter, DiscordOptions } from './adapter.ts';
import { fetchAttachment } from './attachments.ts';
import { createButtons } from './buttons.ts';
import { logIn } from './client.ts';
import { discordError } from './faults.ts';
import { answerInteractions } from './interactions.ts';
import { answerMessages } from './messages.ts';
import { registerCommands } from './slash.ts';
import { channelSurface, type Screen } from './surface.ts';

/** Milliseconds that closing waits for running replies. */
const FAREWELL = 5_000;

/** What the handlers of one account share. */
export interface Session extends Pick<DiscordOptions, 'engine' | 'log' | 'catalog'> {
  readonly screen: Screen;
  readonly account: string;
  readonly surfaceFor: SurfaceFor;
  /** Fires when the adapter closes. */
  readonly signal: AbortSignal;
  /** Runs a handler: its failure is logged, and `close` waits for it. */
  run(what: string, work: () => Promise<void>): void;
  answersAll(place: Place): Promise<boolean>;
}

/** Opens the session of `startDiscord`. @throws RealCozeError as that says */
export async function openSession(o: DiscordOptions): Promise<DiscordAdapter> {
  const { client, readsEverything } = await logIn(o);
  const account = client.user.id;
  const closing = new AbortController();
  const running = new Set<Promise<void>>();
  const screen: Screen = { rest: client.rest, account, buttons: createButtons(), now: o.now ?? Date.now };
  const surfaceFor: SurfaceFor = async (incoming) => {
    const channelId = incoming.place.levels.at(-1)?.id ?? incoming.place.levels[0].id;
    try {
      await client.channels.fetch(channelId);
    } catch (error) {
      const code = errorCode(discordError(error, 'looking for a channel'));
      if (code === 'gone' || code === 'forbidden') return undefined;
    }
    return channelSurface(screen, { channelId, replyTo: incoming.id });
  };
  const session: Session = {
    ...o,
    screen,
    account,
    surfaceFor,
    signal: closing.signal,
    run(what, work) {
      if (closing.signal.aborted) return;
      const task = work()
        .catch((error: unknown) => {
          const { code, message } = discordError(error, what);
          o.log.warn({ code, what }, message);
        })
        .finally(() => running.delete(task));
      running.add(task);
    },
    answersAll: async (place) => readsEverything && ((await o.engine.answersAll?.(place)) ?? false),
  };
  answerMessages(client, session);
  answerInteractions(client, session);
  session.run('registering commands', () => registerCommands(client, o.log));
  session.run('finishing what was left open', () => o.engine.resume('discord', account, surfaceFor));
  client.on(Events.Invalidated, () => o.log.error({}, 'Discord ended the session. Start the program again.'));
  o.log.info({ account, servers: client.guilds.cache.size }, greeting(client.user.tag, readsEverything));
  return {
    account,
    fetchAttachment: (attachment, signal) => fetchAttachment(o.network.fetch, attachment, signal),
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      client.removeAllListeners();
      await Promise.race([Promise.allSettled(running), sleep(FAREWELL)]);
      await client.destroy();
    },
  };
}

function greeting(name: string, readsEverything: boolean): string {
  const heard = readsEverything
    ? 'It may read every message where the settings of a place ask for it.'
    : 'It hears mentions, replies with a ping, direct messages and commands; to let it answer every message of a channel, switch on Message Content Intent under Bot in the Developer Portal.';
  return `Discord knows this bot as ${name}. ${heard}`;
}
