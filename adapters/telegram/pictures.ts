/** The pictures of a finished answer behind its first, which its own message shows. */
import type { Api } from 'grammy';
import { isRealCozeError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import type { Pacer } from '#core/reply/pace/pace.ts';
import { paced } from '#core/reply/pace/paced.ts';
import type { Receipt, Surface } from '#core/surface.ts';
import { telegramError } from './errors.ts';
import type { Target } from './place.ts';

/** An album holds ten (Bot API, sendMediaGroup). */
const most = 10;

export interface PicturesOptions {
  readonly api: Api;
  readonly pacer: Pacer;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Where pictures are shown, and under which message. */
export interface Anchor extends Target {
  readonly message: number;
}

/** Sends pictures by their addresses, which Telegram fetches while they are fresh. Never throws: they are links in the answer, too. */
export type ShowPictures = (addresses: readonly string[], under: Anchor, surface: Surface) => Promise<void>;

export function createPictures({ api, pacer, log, signal }: PicturesOptions): ShowPictures {
  async function send(addresses: readonly string[], { chat, topic, message }: Anchor): Promise<Receipt> {
    const more = {
      ...(topic === undefined ? {} : { message_thread_id: topic }),
      reply_parameters: { message_id: message, allow_sending_without_reply: true },
    };
    const [first = '', ...others] = addresses;
    try {
      if (others.length === 0) await api.sendPhoto(chat, first, more);
      else
        await api.sendMediaGroup(
          chat,
          addresses.map((media) => ({ type: 'photo', media })),
          more,
        );
      return { id: '' };
    } catch (error) {
      throw telegramError(error, 'sendMediaGroup');
    }
  }

  return async (addresses, under, surface) => {
    const all = addresses.slice(0, most);
    const show = (some: readonly string[]) => paced({ surface, pacer, signal }, true, () => send(some, under));
    try {
      await show(all).catch(async (error: unknown) => {
        if (all.length < 2 || !isRealCozeError(error) || error.code !== 'invalid') throw error;
        // One that cannot be fetched keeps the whole album from being sent.
        for (const one of all) await show([one]).catch(ignored(log));
      });
    } catch (error) {
      if (!signal.aborted) ignored(log)(error);
    }
  };
}

const ignored = (log: Log) => (error: unknown) =>
  log.info({ error }, 'A picture of an answer could not be shown in Telegram; its link is in the text.');
