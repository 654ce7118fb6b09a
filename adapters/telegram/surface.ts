/** Where one reply is shown: a message in a chat or topic, grown by edits. */
import { type Api, InputFile } from 'grammy';
import type { InlineKeyboardMarkup, LinkPreviewOptions, MessageEntity } from 'grammy/types';
import type { Content, Receipt, Surface } from '#core/surface.ts';
import type { Buttons, Under } from './buttons.ts';
import { isFormattingRefused, isNotModified, movedTo, telegramError } from './errors.ts';
import { platform, type Target } from './place.ts';
import { createRenderer, messageLimit } from './render.ts';

/** Chat actions vanish after five seconds (Bot API, sendChatAction). */
const typingEveryMs = 4_500;
/** The largest photo that sendPhoto takes; more goes as a document. */
const mostPhotoBytes = 10_000_000;

/** Where and how one reply is shown. */
export interface SurfaceOptions {
  readonly api: Api;
  readonly account: string;
  readonly target: Target;
  /** Only one person reads here. */
  readonly direct: boolean;
  /** The message that the first post answers. */
  readonly replyTo?: number | undefined;
  readonly buttons: Buttons;
  readonly under?: Under;
  /** Shows what grows as a native draft; only private chats have them. */
  readonly drafts?: boolean;
}

/** The port of `#core/surface.ts` for one reply. Sending a message twice cannot be told apart by Telegram, so `key` is not used. */
export function createSurface(options: SurfaceOptions): Surface {
  const { api, account, direct, buttons, under = 'answer' } = options;
  const renderer = createRenderer({ guardMentions: !direct, foldQuotes: under === 'notice' });
  let { chat } = options.target;
  let { replyTo } = options;
  const draftId = 1 + Math.floor(Math.random() * 0x7fff_fffe);

  /** Calls, follows a group that became a supergroup, and turns refusals into our errors. */
  async function call<T>(run: (chat: number) => Promise<T>): Promise<T> {
    try {
      return await run(chat);
    } catch (error) {
      const moved = movedTo(error);
      if (moved === undefined || moved === chat) throw error;
      chat = moved;
      return await run(chat);
    }
  }

  const thread = options.target.topic === undefined ? {} : { message_thread_id: options.target.topic };
  const answering = () =>
    replyTo === undefined ? {} : { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } };

  /** With entities, and once more without if Telegram dislikes those. */
  async function write<T>(content: Content, send: (text: string, extra: Extra) => Promise<T>): Promise<T> {
    const shown = renderer.render(content.text, content.note);
    const text = shown.text.trim() === '' ? '…' : shown.text;
    const rest = {
      link_preview_options: preview(content.final ? shown.image : undefined),
      reply_markup: await buttons.keyboard(content.buttons, under),
    };
    try {
      return await send(text, { ...rest, entities: shown.entities });
    } catch (error) {
      if (!isFormattingRefused(error)) throw error;
      return await send(text, rest);
    }
  }

  /** One draft per reply; the id only tells drafts apart. Its stop button comes back as `stopped_message_generation`. */
  async function draft(content: Content): Promise<Receipt> {
    const shown = renderer.render(content.text);
    const more = { ...thread, entities: shown.entities, can_stop: true };
    try {
      await api.sendMessageDraft(chat, draftId, shown.text, more);
      return { id: String(draftId) };
    } catch (error) {
      throw telegramError(error, 'sendMessageDraft');
    }
  }

  return {
    ...(options.drafts && direct ? { draft } : {}),
    limit: messageLimit,
    measure: renderer.measure,
    bucket: `${platform}:${account}:chat:${chat}`,
    budget: direct ? 'telegram-private' : 'telegram-group',
    globalBucket: `${platform}:${account}`,
    typingEveryMs,

    async post(content): Promise<Receipt> {
      try {
        const sent = await write(content, (text, extra) =>
          call((to) => api.sendMessage(to, text, { ...thread, ...answering(), ...extra })),
        );
        replyTo = undefined;
        return { id: String(sent.message_id) };
      } catch (error) {
        throw telegramError(error, 'sendMessage');
      }
    },

    async edit(id, content): Promise<Receipt> {
      try {
        await write(content, (text, extra) => call((to) => api.editMessageText(to, Number(id), text, extra)));
      } catch (error) {
        if (!isNotModified(error)) throw telegramError(error, 'editMessageText');
      }
      return { id };
    },

    async remove(id): Promise<void> {
      try {
        await call((to) => api.deleteMessage(to, Number(id)));
      } catch (error) {
        const told = telegramError(error, 'deleteMessage');
        if (told.code !== 'gone' && told.code !== 'invalid') throw told;
      }
    },

    async typing(): Promise<void> {
      try {
        await call((to) => api.sendChatAction(to, 'typing', thread));
      } catch (error) {
        throw telegramError(error, 'sendChatAction');
      }
    },

    async file(file): Promise<Receipt> {
      const input = () => new InputFile(file.bytes, file.name);
      const more = { ...thread, ...answering() };
      const asDocument = () => call((to) => api.sendDocument(to, input(), more));
      try {
        const sent = isPhoto(file) ? await call((to) => api.sendPhoto(to, input(), more)).catch(rejected) : undefined;
        const { message_id: id } = sent ?? (await asDocument());
        replyTo = undefined;
        return { id: String(id) };
      } catch (error) {
        throw telegramError(error, 'sendDocument');
      }
    },
  };
}

interface Extra {
  readonly entities?: MessageEntity[];
  readonly link_preview_options: LinkPreviewOptions;
  readonly reply_markup: InlineKeyboardMarkup;
}

/** Links in an answer stay links; the first picture of a finished answer is shown, fetched by Telegram while it is fresh. */
function preview(image: string | undefined): LinkPreviewOptions {
  return image === undefined ? { is_disabled: true } : { url: image, prefer_large_media: true };
}

function isPhoto({ type, bytes }: { readonly type: string; readonly bytes: Uint8Array }): boolean {
  return /^image\/(png|jpeg|webp)$/.test(type) && bytes.length <= mostPhotoBytes;
}

/** A picture that Telegram does not take as a photo (too long, too thin, broken) goes as a document. @throws every other refusal. */
function rejected(error: unknown): undefined {
  if (telegramError(error, 'sendPhoto').code !== 'invalid') throw error;
  return undefined;
}
