/** What an update makes the engine do. */
import type { Api } from 'grammy';
import type { CallbackQuery, Message, Update, UserFromGetMe } from 'grammy/types';
import { parseCommand } from '#core/commands.ts';
import type { Engine } from '#core/engine.ts';
import { isRealCozeError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import type { Incoming, Notice, Place } from '#core/message.ts';
import type { Surface } from '#core/surface.ts';
import type { Buttons, Under } from './buttons.ts';
import { telegramError } from './errors.ts';
import type { Moderators } from './moderators.ts';
import { placeOf, targetOf } from './place.ts';
import { languageOf, personOf, read } from './read.ts';
import { createSurface } from './surface.ts';

/** `answerCallbackQuery` shows at most 200 characters (Bot API). */
const mostToast = 200;

export interface HandleOptions {
  readonly api: Api;
  readonly me: UserFromGetMe;
  readonly engine: Engine;
  readonly buttons: Buttons;
  readonly moderators: Moderators;
  readonly log: Log;
}

export interface Handler {
  /** Resolves when a crash can no longer lose what was written. */
  handle(updates: readonly [Update, ...Update[]]): Promise<void>;
  /** The messages of a reply again, or where it will be. */
  surfaceFor(incoming: Incoming): Promise<Surface>;
}

export function createHandler(options: HandleOptions): Handler {
  const { api, me, engine, buttons, moderators, log } = options;
  const account = String(me.id);

  const surfaceAt = (place: Place, replyTo?: number, under: Under = 'answer') =>
    createSurface({ api, account, target: targetOf(place), direct: place.direct, replyTo, buttons, under });

  /** In groups the answer hangs at the question; in a private chat it simply follows. */
  const surfaceOf = (incoming: Incoming, under: Under = 'answer') => {
    const question = Number(incoming.id);
    return surfaceAt(incoming.place, incoming.place.direct || !question ? undefined : question, under);
  };

  async function isModerator(message: Message, user: number | undefined): Promise<boolean> {
    if (message.chat.type === 'private') return true;
    return user !== undefined && (await moderators.has(message.chat.id, user));
  }

  /** Begins the turn and returns when it is in the journal; the answer goes on by itself. */
  function ask(incoming: Incoming, surface: Surface): Promise<void> {
    return new Promise((resolve) => {
      engine
        .reply(incoming, surface, { onWritten: resolve })
        .catch((error: unknown) => log.error({ error }, 'A turn failed.'))
        .finally(resolve);
    });
  }

  async function hear(messages: readonly [Message, ...Message[]]): Promise<void> {
    const [first] = messages;
    const heard = read(messages, { me, moderator: false });
    if (!heard || (heard.addressed === 'nobody' && !(await engine.answersAll?.(heard.incoming.place)))) return;
    // Administrators are asked for only when the message is for us.
    const moderator = heard.incoming.author.moderator || (await isModerator(first, first.from?.id));
    const incoming = { ...heard.incoming, author: { ...heard.incoming.author, moderator } };
    const isOurs = heard.addressed !== 'anyone' || parseCommand(incoming.text) !== undefined;
    if (isOurs) await answer(incoming);
  }

  /** A command is answered at once; what is none, or is a turn itself (`chat`, `retry`), goes through the journal. */
  async function answer(incoming: Incoming): Promise<void> {
    const notice = incoming.text.startsWith('/') ? await run(incoming.text.slice(1), incoming) : undefined;
    if (notice) await show(notice, surfaceOf(incoming, 'notice'));
    else await ask(incoming, surfaceOf(incoming));
  }

  /** A command that is refused says so in place of its result. */
  async function run(line: string, incoming: Incoming): Promise<Notice | undefined> {
    try {
      return await engine.command(line, incoming);
    } catch (error) {
      if (!isRealCozeError(error)) throw error;
      return { text: error.message, private: true };
    }
  }

  async function show(notice: Notice, surface: Surface, replace?: string): Promise<void> {
    const content = { text: notice.text, buttons: notice.buttons, final: true };
    try {
      if (replace === undefined) await surface.post(content, 'notice');
      else await surface.edit(replace, content);
      if (notice.file) await surface.file?.(notice.file);
    } catch (error) {
      log.warn({ error: telegramError(error, 'sendMessage') }, 'A notice could not be shown in Telegram.');
    }
  }

  async function change(message: Message): Promise<void> {
    const found = read([message], { me, moderator: await isModerator(message, message.from?.id) });
    if (found && found.addressed !== 'anyone')
      await engine.edited(found.incoming, async (incoming) => surfaceOf(incoming));
  }

  async function press(query: CallbackQuery): Promise<void> {
    const { message } = query;
    const pressed = query.data === undefined ? undefined : await buttons.pressed(query.data);
    if (!pressed || !message || message.date === 0) return await toast(query, pressed ? '' : expired(query));
    const incoming = await pressing(query, message as Message, pressed.command);
    const notice = await run(pressed.command, incoming);
    if (!notice) {
      await toast(query);
      return await ask(incoming, surfaceAt(incoming.place, incoming.place.direct ? undefined : message.message_id));
    }
    const short = !notice.buttons?.length && !notice.file && notice.text.length <= mostToast;
    const asToast = short && (pressed.under === 'answer' || notice.private);
    await toast(query, asToast ? notice.text : '');
    if (asToast) return;
    const replace = pressed.under === 'notice' ? String(message.message_id) : undefined;
    await show(notice, surfaceAt(incoming.place, undefined, 'notice'), replace);
  }

  /** The press as a message of the clicker: its words are those of the button. */
  async function pressing(query: CallbackQuery, message: Message, command: string): Promise<Incoming> {
    return {
      id: `press-${query.id}`,
      place: placeOf(account, message),
      author: personOf(query.from, await isModerator(message, query.from.id)),
      text: command.startsWith('ask ') ? command.slice(4) : `/${command}`,
      attachments: [],
      language: languageOf(query.from),
      at: Date.now(),
    };
  }

  /** Takes the spinner off the button, with a few words if there are any. */
  async function toast(query: CallbackQuery, text = ''): Promise<void> {
    await api
      .answerCallbackQuery(query.id, text === '' ? {} : { text })
      .catch((error: unknown) => log.debug({ error: telegramError(error, 'answerCallbackQuery') }, 'A press expired.'));
  }

  return {
    async handle(updates) {
      const [first] = updates;
      if (first.callback_query) await press(first.callback_query);
      else if (first.edited_message) await change(first.edited_message);
      else if (first.message) await hear([first.message, ...updates.slice(1).flatMap((u) => u.message ?? [])]);
    },
    surfaceFor: async (incoming) => surfaceOf(incoming),
  };
}

function expired(query: CallbackQuery): string {
  return languageOf(query.from) === 'en' ? 'This button is too old. Ask again.' : '这个按钮已过期，请重新提问。';
}
