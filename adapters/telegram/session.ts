/** What the handlers of updates share: who we are, where replies are shown, and the two ways to the engine. */
import type { Api } from 'grammy';
import type { Message, UserFromGetMe } from 'grammy/types';
import { sleep } from '#core/async.ts';
import type { Engine } from '#core/engine.ts';
import { isRealCozeError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import type { Incoming, Notice, Place } from '#core/message.ts';
import type { Pacer } from '#core/reply/pace/pace.ts';
import type { Surface } from '#core/surface.ts';
import type { Buttons, Under } from './buttons.ts';
import { type Continued, createContinued } from './continued.ts';
import type { Moderators } from './moderators.ts';
import { showNotice } from './notice.ts';
import { createPictures } from './pictures.ts';
import { targetOf } from './place.ts';
import type { Starts } from './starts.ts';
import { createSurface } from './surface.ts';
import { type Albums, createAlbums } from './updates.ts';

/** Commands are not in the journal, so the next update waits for them, but no longer than this: a Stop may be among them. */
const patienceMs = 2_000;

/** What a session is built from. */
export interface SessionOptions {
  readonly api: Api;
  readonly me: UserFromGetMe;
  readonly engine: Engine;
  readonly buttons: Buttons;
  readonly moderators: Moderators;
  readonly starts: Starts;
  readonly pacer: Pacer;
  readonly log: Log;
  /** Fires when the adapter closes. */
  readonly signal: AbortSignal;
  /** Answers in private chats grow as native drafts. */
  readonly drafts: boolean;
  /** Answers are rich messages. */
  readonly rich: boolean;
}

/** One bot, connected. */
export interface Session extends SessionOptions {
  readonly account: string;
  readonly albums: Albums;
  readonly continued: Continued;
  surfaceAt(place: Place, more?: { replyTo?: number | undefined; under?: Under }): Surface;
  /** Where the reply to a message is or will be: in groups it hangs at the question, in a private chat it simply follows. */
  surfaceOf(incoming: Incoming, under?: Under): Surface;
  /** Begins a turn and returns when it is in the journal; the answer goes on by itself. */
  ask(incoming: Incoming, surface: Surface): Promise<void>;
  /** Runs a command; one that is refused says so in place of its result. */
  run(line: string, incoming: Incoming): Promise<Notice | undefined>;
  show(notice: Notice, surface: Surface, replace?: string): Promise<void>;
  isModerator(message: Pick<Message, 'chat'>, user: number | undefined): Promise<boolean>;
  /** Waits for `work`, but not for long. Never throws. */
  patiently(work: Promise<void>): Promise<void>;
}

/** Builds the session; it does nothing by itself. */
export function createSession(options: SessionOptions): Session {
  const { api, me, engine, buttons, moderators, pacer, log, signal, drafts, rich } = options;
  const account = String(me.id);

  const pictures = createPictures({ api, pacer, log, signal });
  const surfaceAt: Session['surfaceAt'] = (place, more = {}) =>
    createSurface({
      ...{ api, account, target: targetOf(place), direct: place.direct, buttons, drafts, pictures },
      rich: rich && more.under !== 'notice',
      ...more,
    });

  return {
    ...options,
    account,
    albums: createAlbums(),
    continued: createContinued(),
    surfaceAt,
    surfaceOf(incoming, under) {
      const question = Number(incoming.id);
      const replyTo = incoming.place.direct || !question ? undefined : question;
      return surfaceAt(incoming.place, { replyTo, ...(under ? { under } : {}) });
    },
    ask: (incoming, surface) =>
      new Promise((resolve) => {
        engine
          .reply(incoming, surface, { onWritten: resolve })
          .catch((error: unknown) => log.error({ error }, 'A turn failed.'))
          .finally(resolve);
      }),
    async run(line, incoming) {
      try {
        return await engine.command(line, incoming);
      } catch (error) {
        if (!isRealCozeError(error)) throw error;
        return { text: error.message, private: true };
      }
    },
    async show(notice, surface, replace) {
      try {
        await showNotice(notice, { surface, pacer, signal, replace });
      } catch (error) {
        if (!signal.aborted) log.warn({ error }, 'The result of a command could not be shown in Telegram.');
      }
    },
    async isModerator({ chat }, user) {
      if (chat.type === 'private') return true;
      return user !== undefined && (await moderators.has(chat.id, user));
    },
    async patiently(work) {
      const ended = new AbortController();
      const done = work.catch((error: unknown) => log.error({ error }, 'A command in Telegram failed.'));
      await Promise.race([done, sleep(patienceMs, ended.signal).catch(() => {})]);
      ended.abort();
    },
  };
}
