/** Where one reply is shown: a message in a chat or topic, grown by edits. */
import { type Api, InputFile } from 'grammy';
import type { InlineKeyboardMarkup, LinkPreviewOptions, Message, MessageEntity } from 'grammy/types';
import { RealCozeError } from '#core/errors.ts';
import type { Content, Receipt, Surface } from '#core/surface.ts';
import type { Buttons, Under } from './buttons.ts';
import {
  isFormattingRefused,
  isKeyboardRefused,
  isNotModified,
  isRichRefused,
  movedTo,
  telegramError,
} from './errors.ts';
import { mention } from './links.ts';
import type { ShowPictures } from './pictures.ts';
import { platform, type Target } from './place.ts';
import { createRenderer, messageLimit } from './render.ts';
import { createRichRenderer } from './rich.ts';
import { type RichMessage, richLimit } from './rich-size.ts';

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
  /** Answers are rich messages, for as long as Telegram takes them. */
  readonly rich?: boolean;
  /** Shows what a plain answer has of pictures besides the first. */
  readonly pictures?: ShowPictures;
}

/** The port of `#core/surface.ts` for one reply. Sending a message twice cannot be told apart by Telegram, so `key` is not used. */
export function createSurface(options: SurfaceOptions): Surface {
  const { api, account, direct, buttons, under = 'answer' } = options;
  const renderer = createRenderer({ guardMentions: !direct, foldQuotes: under === 'notice' });
  const limit = options.rich ? richLimit : messageLimit;
  let rich = options.rich ? createRichRenderer({ guardMentions: !direct }) : undefined;
  /** Forms of rich messages that Telegram did not take. They are not tried again: it may look for a dead picture for seconds. */
  const refused = new Set<string>();
  let { chat } = options.target;
  let { replyTo } = options;
  /** Messages that a group which moved has left behind, and what they go on in. */
  const successors = new Map<string, number>();
  let others: readonly string[] = [];
  const pictured = new Set<string>();
  const draftId = 1 + Math.floor(Math.random() * 0x7fff_fffe);

  /** Calls, and follows a group that became a supergroup, where the message that was answered has no id. */
  async function call<T>(run: (chat: number) => Promise<T>): Promise<T> {
    try {
      return await run(chat);
    } catch (error) {
      const moved = movedTo(error);
      if (moved === undefined || moved === chat) throw error;
      chat = moved;
      replyTo = undefined;
      return await run(chat);
    }
  }

  const thread = options.target.topic === undefined ? {} : { message_thread_id: options.target.topic };
  const answering = () =>
    replyTo === undefined ? {} : { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } };

  /** In units of `limit`, whichever form is in use. */
  function measure(markdown: string): number {
    return rich ? rich.measure(markdown) : Math.ceil((renderer.measure(markdown) * limit) / messageLimit);
  }

  /** As a rich message, then with entities, then without: the first that Telegram takes. */
  async function write<T>(content: Content, send: Send<T>): Promise<T> {
    if (rich) {
      const { message, forms } = rich.render(content.text, content.note);
      const extra = { reply_markup: await buttons.keyboard(content.buttons, under) };
      const tries = content.final ? forms.filter((form) => !refused.has(JSON.stringify(form))) : [message];
      const sent = await writeRich(content, tries, (one) => send(one, extra));
      if (sent) return sent.result;
    }
    return await writeText(content, send);
  }

  /**
   * The first of `tries` that Telegram takes. `undefined` when it takes none: entities are used from then on.
   * @throws RealCozeError `too_large` when the text needs more than one message then.
   */
  async function writeRich<T>(
    content: Content,
    tries: readonly RichMessage[],
    send: (message: RichMessage) => Promise<T>,
  ): Promise<{ readonly result: T } | undefined> {
    for (const form of tries) {
      try {
        return { result: await send(form) };
      } catch (error) {
        if (!isRichRefused(error)) throw error;
        refused.add(JSON.stringify(form));
      }
    }
    rich = undefined;
    if (measure(content.text) > limit)
      throw new RealCozeError(
        'too_large',
        'Telegram takes no rich messages here, and the text is too long for a plain one.',
      );
    return undefined;
  }

  async function writeText<T>(content: Content, send: Send<T>): Promise<T> {
    const shown = renderer.render(content.text, content.note);
    others = content.final ? shown.images.slice(1) : [];
    const text = isBlank(shown.text) ? '…' : shown.text;
    const rest = {
      link_preview_options: preview(content.final ? shown.images[0] : undefined),
      reply_markup: await buttons.keyboard(content.buttons, under),
    };
    try {
      return await send(text, { ...rest, entities: shown.entities });
    } catch (error) {
      if (isKeyboardRefused(error))
        return await send(text, { ...rest, entities: shown.entities, reply_markup: { inline_keyboard: [] } });
      if (!isFormattingRefused(error)) throw error;
      // A joiner that is not seen keeps a name from being one to Telegram.
      return await send(
        direct ? text : text.replaceAll(new RegExp(mention, 'g'), (name) => `@\u2060${name.slice(1)}`),
        rest,
      );
    }
  }

  /** One draft per reply; the id only tells drafts apart. Its stop button comes back as `stopped_message_generation`. */
  async function draft(content: Content): Promise<Receipt> {
    const more = { ...thread, can_stop: true };
    try {
      const message = rich?.render(content.text, content.note).message;
      const sent =
        message && (await writeRich(content, [message], (one) => api.sendRichMessageDraft(chat, draftId, one, more)));
      if (!sent) {
        const { text, entities } = renderer.render(content.text, content.note);
        await api.sendMessageDraft(chat, draftId, text, { ...more, entities });
      }
      return { id: String(draftId) };
    } catch (error) {
      throw telegramError(error, 'sendMessageDraft');
    }
  }

  async function send(content: Content): Promise<number> {
    const sent = await write(content, (body, extra) =>
      call<Sent>((to) => {
        const more = { ...thread, ...answering(), ...extra };
        return typeof body === 'string' ? api.sendMessage(to, body, more) : api.sendRichMessage(to, body, more);
      }),
    );
    goOnBehind(sent);
    return sent.message_id;
  }

  /**
   * What comes next follows by itself. Only in a thread that was there before the question, such as the comments of a channel's post, it answers what
   * was sent: it would be read in the group, but not there.
   */
  function goOnBehind({ message_id: id, message_thread_id: inThread, is_topic_message: inTopic }: Sent): void {
    replyTo = inThread === undefined || inTopic || inThread === replyTo ? undefined : id;
  }

  /** In a group that has moved the message goes on in a new one: its own stays behind, and its id means another there. */
  async function edit(id: string, content: Content): Promise<void> {
    const message = successors.get(id) ?? Number(id);
    try {
      await write(content, (body, extra) => api.editMessageText(chat, message, body, extra));
    } catch (error) {
      const moved = movedTo(error);
      if (moved === undefined) throw error;
      chat = moved;
      replyTo = undefined;
      successors.set(id, await send(content));
    }
  }

  /** Each once, however often its message is edited. */
  function showOthers(message: number): void {
    const fresh = others.filter((address) => !pictured.has(address));
    for (const address of fresh) pictured.add(address);
    if (fresh.length > 0) void options.pictures?.(fresh, { chat, topic: options.target.topic, message }, surface);
  }

  const surface: Surface = {
    ...(options.drafts && direct ? { draft } : {}),
    limit,
    measure,
    bucket: `${platform}:${account}:chat:${chat}`,
    budget: direct ? 'telegram-private' : 'telegram-group',
    globalBucket: `${platform}:${account}`,
    typingEveryMs,

    async post(content): Promise<Receipt> {
      try {
        const id = await send(content);
        showOthers(id);
        return { id: String(id) };
      } catch (error) {
        throw telegramError(error, 'sendMessage');
      }
    },

    async edit(id, content): Promise<Receipt> {
      try {
        await edit(id, content);
        showOthers(successors.get(id) ?? Number(id));
      } catch (error) {
        if (!isNotModified(error)) throw telegramError(error, 'editMessageText');
      }
      return { id };
    },

    async remove(id): Promise<void> {
      try {
        await call((to) => api.deleteMessage(to, successors.get(id) ?? Number(id)));
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
      const more = () => ({ ...thread, ...answering() });
      const asDocument = () => call((to) => api.sendDocument(to, input(), more()));
      try {
        const sent = isPhoto(file) ? await call((to) => api.sendPhoto(to, input(), more())).catch(rejected) : undefined;
        const shown = sent ?? (await asDocument());
        goOnBehind(shown);
        return { id: String(shown.message_id) };
      } catch (error) {
        throw telegramError(error, 'sendDocument');
      }
    },
  };
  return surface;
}

type Sent = Pick<Message, 'message_id' | 'message_thread_id' | 'is_topic_message'>;

/** Makes a call with text or with a rich message. */
type Send<T> = (body: string | RichMessage, extra: Extra) => Promise<T>;

interface Extra {
  readonly entities?: MessageEntity[];
  readonly link_preview_options?: LinkPreviewOptions;
  readonly reply_markup: InlineKeyboardMarkup;
}

/** A text without anything to see is refused (tdlib misc.cpp, is_empty_string). */
function isBlank(text: string): boolean {
  return /^(?:[\s\u180e\u200b\u200c\u200e\u200f\u202e\u2800\ufffc]|\u200d)*$/.test(text);
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
