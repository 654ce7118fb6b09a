/** Coze bots in Telegram: connects the Bot API to the engine. */
import type { Catalog } from '#core/bots/catalog.ts';
import type { Engine } from '#core/engine.ts';
import type { Log } from '#core/log.ts';
import type { Attachment } from '#core/message.ts';
import type { Network } from '#core/network.ts';
import { createPacer, type Pacer } from '#core/reply/pace/pace.ts';
import type { Store } from '#core/store.ts';
import { fetchAttachment } from './attachments.ts';
import { createButtons } from './buttons.ts';
import { createApi, forGrammy, whoAmI } from './client.ts';
import { telegramError } from './errors.ts';
import { handle } from './handle.ts';
import { createInbox } from './inbox.ts';
import { setMenus } from './menu.ts';
import { createModerators } from './moderators.ts';
import { platform } from './place.ts';
import { poll } from './poll.ts';
import { createSession, type Session } from './session.ts';
import { createStarts } from './starts.ts';
import type { Together } from './updates.ts';
import { createWebhook, type Webhook } from './webhook.ts';

/** What the adapter is built from; `token` and `apiUrl` as in the settings. */
export interface TelegramOptions {
  readonly token: string;
  readonly apiUrl: string;
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly network: Network;
  readonly log: Log;
  /** Keeps the commands of buttons that are too long for Telegram. */
  readonly store: Store;
  /** The engine's, so that results of commands and replies share the budget of a chat; default: one of its own. */
  readonly pacer?: Pacer;
  /** Answers in private chats grow as native drafts with Telegram's own stop button; default: by edits, which every app shows well. */
  readonly drafts?: boolean | undefined;
  /** Answers are rich messages (tables, formulas, 32,768 characters), which older apps cannot show; default: text that every app shows. */
  readonly rich?: boolean | undefined;
  /** Telegram brings the updates to this address, which leads to `receive`; default: they are asked for. */
  readonly webhook?: string | undefined;
  /** Ends the start, and the adapter with it. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, monotonic; default `performance.now`. */
  readonly now?: (() => number) | undefined;
}

/** Something that runs until it is closed. */
export interface Adapter {
  /** Hears nothing more and confirms what is in the journal. Running answers end with the engine. */
  close(): Promise<void>;
}

/** Telegram, connected. */
export interface TelegramAdapter extends Adapter {
  /** The id of the bot: the account of its places. */
  readonly account: string;
  /** Name of the bot without `@`, for the start-up line. */
  readonly username: string;
  /** Bytes of a file whose `ref` begins with `telegram:`. @throws RealCozeError `too_large` over 20 MB, and as `fetch`. */
  fetchAttachment(attachment: Attachment, signal: AbortSignal): Promise<Uint8Array>;
  /** With a webhook: answers what Telegram sends to its address; `undefined` for requests of others. */
  readonly receive?: Webhook['receive'] | undefined;
  /** A sentence when Telegram has given no updates for minutes, cannot deliver, or refuses the token; `undefined` while all is well. */
  trouble(): string | undefined;
  /** Resolves when the adapter has ended: after `close`, or with the error that stopped it (the token was revoked). */
  readonly ended: Promise<Error | undefined>;
}

/**
 * Starts to hear and to answer, and finishes the turns that a crash left open.
 * While Telegram cannot be reached it waits and says so.
 * @throws RealCozeError `auth` for a bad token, `aborted` when the signal fires before it is reached.
 */
export async function startTelegram(options: TelegramOptions): Promise<TelegramAdapter> {
  const { token, apiUrl, engine, network, log, store } = options;
  const closing = new AbortController();
  const onAbort = () => closing.abort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const api = createApi({ token, apiUrl, network });
  const me = await whoAmI(api, log, closing.signal);
  const account = String(me.id);
  const buttons = createButtons(store.keyv(`telegram-buttons:${account}`));
  const { signal } = closing;
  const { drafts = false, rich = false, pacer = createPacer() } = options;
  const moderators = createModerators(api);
  const starts = createStarts(options.catalog);
  const session = createSession({ api, me, engine, buttons, moderators, starts, pacer, log, signal, drafts, rich });
  log.info(
    {},
    `Write to the bot at https://t.me/${me.username}, or add it to a group: https://t.me/${me.username}?startgroup=1`,
  );
  const menus = setMenus(api, log, signal);
  engine
    .resume(platform, account, async (incoming) => session.surfaceOf(incoming))
    .catch((error: unknown) => log.error({ error }, 'Unfinished answers in Telegram could not be taken up.'));
  const { run, receive, trouble } = hearing(session, options);
  let end: string | undefined;
  const ended = run().then(
    () => undefined,
    (error: unknown) => {
      const told = telegramError(error, 'getUpdates');
      log.error({ code: told.code }, told.message);
      end = told.message;
      return told;
    },
  );
  const files = { api, fileRoot: `${apiUrl.replace(/\/+$/, '')}/file/bot${token}`, fetch: network.fetch };
  return {
    account,
    username: me.username,
    ...{ receive, ended },
    trouble: () => end ?? trouble(),
    fetchAttachment: (attachment, signal) => fetchAttachment(files, attachment, signal),
    async close() {
      options.signal?.removeEventListener('abort', onAbort);
      closing.abort();
      await Promise.all([ended, menus]);
    },
  };
}

/** A question for updates takes 45 s when there are none. */
const silentMinutes = 2;

/** How updates come: asked for, or brought. */
function hearing(
  session: Session,
  { token, store, webhook: url, now = () => performance.now() }: TelegramOptions,
): Omit<Webhook, 'receive'> & Partial<Webhook> {
  const { account, api, log, signal } = session;
  const parts = { api, log, signal, handle: (updates: Together) => handle(session, updates) };
  if (url !== undefined) {
    const inbox = createInbox({ ...parts, keyv: store.keyv(`telegram-inbox:${account}`) });
    return createWebhook({ ...parts, token, url, inbox });
  }
  let heardAt = now();
  let failure: string | undefined;
  return {
    trouble() {
      const minutes = Math.floor((now() - heardAt) / 60_000);
      if (minutes < silentMinutes) return undefined;
      return failure ?? `Telegram has not answered for ${minutes} min. The program keeps trying.`;
    },
    async run() {
      // A webhook of an earlier program would keep the updates from us; what waits is not dropped.
      await api.deleteWebhook(undefined, forGrammy(signal)).catch((error: unknown) => {
        log.warn({ error: telegramError(error, 'deleteWebhook') }, 'Telegram did not confirm that no webhook is set.');
      });
      const heard = () => {
        heardAt = now();
        failure = undefined;
      };
      const failed = (sentence: string) => {
        failure = sentence;
      };
      await poll({ ...parts, heard, failed });
    },
  };
}
