/** Opens one Discord account: logs in, listens, and says how it went. */
import { sleep } from '#core/async.ts';
import type { Catalog } from '#core/bots/catalog.ts';
import type { Engine } from '#core/engine.ts';
import { isRealCozeError, type RealCozeError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import type { Attachment } from '#core/message.ts';
import type { Network } from '#core/network.ts';
import type { Shards } from '#core/shards.ts';
import type { Store } from '#core/store.ts';
import { discordInvitation } from '../discord-invitation.ts';
import { fetchAttachment } from './attachments.ts';
import { type ClientSettings, type LoggedIn, logIn } from './client.ts';
import { type Gateway, watchGateway } from './gateway.ts';
import { answerInteractions } from './interactions.ts';
import { answerMessages } from './messages.ts';
import { createMissed, type Missed } from './missed.ts';
import { createSession } from './session.ts';
import { hasFirst, ownsPlace, shardsOf, whatRunsHere } from './shards.ts';
import { registerCommands } from './slash.ts';
import { greetThreads } from './threads.ts';

export interface DiscordOptions {
  readonly token: string;
  /** Without version; default in the settings: `https://discord.com/api`. */
  readonly apiUrl: string;
  /** The shards of this process; default: all, as many as Discord recommends. */
  readonly shards?: Shards | undefined;
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly network: Network;
  readonly log: Log;
  /** Keeps until when Discord was heard. */
  readonly store: Store;
  /** Ends the login. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, monotonic; default `performance.now`. */
  readonly now?: (() => number) | undefined;
}

export interface DiscordAdapter extends Gateway {
  /** The bot's own user id: the `account` of its places. */
  readonly account: string;
  /** Bytes of a file that came with a Discord message. @throws RealCozeError `gone` when its address has expired, `too_large` */
  fetchAttachment(attachment: Attachment, signal: AbortSignal): Promise<Uint8Array>;
  /** Takes no more messages and leaves the gateway. Running replies can still be shown: `Engine.close` ends them, before or after. */
  close(): Promise<void>;
}

/** @throws RealCozeError as `startDiscord` says */
export async function openDiscord(o: DiscordOptions): Promise<DiscordAdapter> {
  const closing = new AbortController();
  let missed: Missed | undefined;
  const onReady = (loggedIn: LoggedIn) => {
    const session = createSession(o, loggedIn, closing.signal);
    const shards = shardsOf(loggedIn.client);
    const hear = answerMessages(loggedIn.client, session);
    answerInteractions(loggedIn.client, session);
    greetThreads(loggedIn.client, session);
    if (hasFirst(shards)) session.run('registering commands', () => registerCommands(loggedIn.client, o.log));
    session.run('finishing what was left open', () =>
      o.engine.resume('discord', session.account, session.surfaceFor, (place) => ownsPlace(shards, place)),
    );
    const keyv = o.store.keyv(`discord-heard:${session.account}:${shards.ids[0]}/${shards.count}`);
    missed = createMissed({ client: loggedIn.client, session, keyv, hear });
    session.run('looking for missed messages', missed.start);
  };
  const { client, rest, readsEverything } = await logInWhenReachable({ ...o, onReady });
  const { trouble } = watchGateway(client, o.log, o.now);
  const account = client.user.id;
  const servers = client.guilds.cache.size;
  const shards = shardsOf(client);
  const split = shards.count > 1 ? ` ${whatRunsHere(shards, servers)}` : '';
  o.log.info({ account, servers }, greeting(client.user.tag, readsEverything) + split);
  if (servers === 0 && split === '')
    o.log.info({}, `It is in no server yet. Invite it: ${discordInvitation(client.application.id)}`);
  return {
    ...{ account, trouble },
    fetchAttachment: (attachment, signal) => fetchAttachment({ fetch: o.network.fetch, rest }, attachment, signal),
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      client.removeAllListeners();
      await missed?.close().catch((error: unknown) => o.log.warn({ error }, 'The store did not take a note.'));
      await client.destroy();
      rest.clearHandlerSweeper();
      rest.clearHashSweeper();
    },
  };
}

/** Milliseconds between attempts: doubled each time, a minute at most. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 60_000;
/** What may be over in a minute. A `server` without a status is a surprise of our own side and would not pass. */
function mayPass({ code, upstreamCode }: RealCozeError): boolean {
  return ['network', 'timeout', 'rate_limited'].includes(code) || (code === 'server' && upstreamCode !== undefined);
}

/** A machine may start before its network: what may pass is tried again, and said once. */
async function logInWhenReachable(settings: ClientSettings): Promise<LoggedIn> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      return await logIn(settings);
    } catch (error) {
      if (settings.signal?.aborted || !isRealCozeError(error) || !mayPass(error)) throw error;
      if (pause === FIRST_PAUSE) settings.log.warn({ error }, 'Discord is not reached yet; trying again.');
      await sleep(pause, settings.signal);
    }
  }
}

function greeting(name: string, readsEverything: boolean): string {
  const heard = readsEverything
    ? 'It may read every message where the settings of a place ask for it.'
    : 'It hears mentions, replies with a ping, direct messages and commands; to let it answer every message of a channel, switch on Message Content Intent under Bot in the Developer Portal.';
  return `Discord knows this bot as ${name}. ${heard}`;
}
