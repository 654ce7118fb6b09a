/** One running Discord account, as its handlers see it. */

import type { Engine, SurfaceFor } from '#core/engine.ts';
import { errorCode } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import type { Place } from '#core/message.ts';
import type { Network } from '#core/network.ts';
import { createButtons } from './buttons.ts';
import type { LoggedIn } from './client.ts';
import { discordError } from './faults.ts';
import { createLanguages, type Languages } from './languages.ts';
import { channelSurface, type Screen } from './surface.ts';

/** What the handlers of one account share. */
export interface Session {
  readonly engine: Engine;
  readonly log: Log;
  readonly screen: Screen;
  readonly account: string;
  readonly surfaceFor: SurfaceFor;
  readonly languages: Languages;
  /** Threads in which it was said that Discord hides what does not call the bot. */
  readonly explained: Set<string>;
  /** Messages of which it was said that Discord hides their words. */
  readonly hidden: Set<string>;
  /** The application has the message-content intent. */
  readonly readsEverything: boolean;
  /** Fires when the adapter closes. */
  readonly signal: AbortSignal;
  /** Runs a handler of an event; its failure is logged. */
  run(what: string, work: () => Promise<void>): void;
  answersAll(place: Place): Promise<boolean>;
}

export interface SessionOptions {
  readonly engine: Engine;
  readonly log: Log;
  readonly network: Pick<Network, 'fetch'>;
}

/** `signal` ends it. */
export function createSession(
  o: SessionOptions,
  { client, rest, readsEverything }: LoggedIn,
  signal: AbortSignal,
): Session {
  const account = client.user.id;
  const screen: Screen = { rest, account, buttons: createButtons(), now: Date.now, fetch: o.network.fetch };
  return {
    engine: o.engine,
    log: o.log,
    screen,
    account,
    languages: createLanguages(),
    explained: new Set(),
    hidden: new Set(),
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
      // The message that opened a thread is not in it.
      return channelSurface(screen, { channelId, ...(incoming.id === channelId ? {} : { replyTo: incoming.id }) });
    },
    run(what, work) {
      if (signal.aborted) return;
      work().catch((error: unknown) => {
        if (signal.aborted) return;
        const fault = discordError(error, what);
        o.log.warn({ code: fault.code, error: fault }, fault.message);
      });
    },
    answersAll: async (place) => readsEverything && (await o.engine.settings(place)).answer === 'all',
  };
}
