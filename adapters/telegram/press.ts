/** Presses of buttons: each does what writing its command would do. */
import type { CallbackQuery, Message } from 'grammy/types';
import { parseCommand } from '#core/commands.ts';
import { isRealCozeError } from '#core/errors.ts';
import type { Incoming } from '#core/message.ts';
import { plainMarkdown } from '#core/reply/markdown/plain.ts';
import { paced } from '#core/reply/pace/paced.ts';
import type { Pressed } from './buttons.ts';
import { telegramError } from './errors.ts';
import { placeOf } from './place.ts';
import { languageOf, personOf } from './read.ts';
import { wordsOf } from './render.ts';
import type { Session } from './session.ts';

/** `answerCallbackQuery` shows at most 200 characters (Bot API). */
const mostToast = 200;

/** Resolves when a crash can no longer lose the press, or, for a command, when it is done. What fails is said in a toast. */
export async function press(session: Session, query: CallbackQuery): Promise<void> {
  try {
    await follow(session, query);
  } catch (error) {
    session.log.warn({ error }, 'A press of a button in Telegram failed.');
    await toast(session, query, isRealCozeError(error) ? error.message.slice(0, mostToast) : '');
  }
}

async function follow(session: Session, query: CallbackQuery): Promise<void> {
  const { message } = query;
  const pressed = query.data === undefined ? undefined : await session.buttons.pressed(query.data);
  // A message with date 0 is one that Telegram no longer shows to bots.
  if (!pressed || !message || message.date === 0) return await toast(session, query, expired(query));
  const incoming = await incomingOf(session, query, message as Message, pressed.command);
  const line = parseCommand(incoming.text);
  if (line?.command.run) return await session.patiently(command(session, query, incoming, pressed));
  const isSeen = incoming.place.direct || line?.command.name !== 'ask';
  let replyTo = incoming.place.direct ? undefined : message.message_id;
  const show = async () => {
    replyTo = await showQuestion(session, incoming, line?.rest ?? '', message.message_id);
  };
  await Promise.all([toast(session, query), isSeen ? undefined : session.patiently(show())]);
  await session.ask(incoming, session.surfaceAt(incoming.place, { replyTo }));
}

/** A press leaves no words behind: the others in a group are told what is asked and by whom. The id of that message. */
async function showQuestion(
  { surfaceAt, pacer, signal }: Session,
  { id, place, author }: Incoming,
  words: string,
  replyTo: number,
): Promise<number> {
  const surface = surfaceAt(place, { replyTo, under: 'notice' });
  const text = `**${plainMarkdown(author.name)}**\n\n> ${plainMarkdown(words)}`;
  let shown = replyTo;
  await paced({ surface, pacer, signal }, true, async () => {
    const receipt = await surface.post({ text, final: true }, id);
    shown = Number(receipt.id);
    return receipt;
  });
  return shown;
}

/** A short result is shown as a toast, that of a choice takes the place of the choice, everything else is written below. */
async function command(session: Session, query: CallbackQuery, incoming: Incoming, { under }: Pressed): Promise<void> {
  const notice = await session.run(incoming.text, incoming);
  if (!notice) return await toast(session, query);
  const words = wordsOf(notice.text);
  const isShort = !notice.buttons?.length && !notice.file && words.length <= mostToast;
  if (isShort && (under === 'answer' || notice.private)) return await toast(session, query, words);
  const replace = under === 'notice' && query.message ? String(query.message.message_id) : undefined;
  const replyTo = incoming.place.direct ? undefined : query.message?.message_id;
  const surface = session.surfaceAt(incoming.place, { replyTo, under: 'notice' });
  await Promise.all([toast(session, query), session.show(notice, surface, replace)]);
}

/** The press as a message of the one who pressed. */
async function incomingOf(session: Session, query: CallbackQuery, message: Message, line: string): Promise<Incoming> {
  // A question needs no right.
  const needsRight = message.chat.type === 'private' || parseCommand(line)?.command.run !== undefined;
  return {
    id: `press-${query.id}`,
    place: placeOf(session.account, message),
    author: personOf(query.from, needsRight && (await session.isModerator(message, query.from.id))),
    text: `/${line}`,
    attachments: [],
    language: languageOf(query.from),
    at: Date.now(),
  };
}

/** Takes the spinner off the button, with a few words if there are any. */
async function toast({ api, log }: Session, query: CallbackQuery, text = ''): Promise<void> {
  await api
    .answerCallbackQuery(query.id, text === '' ? {} : { text })
    .catch((error: unknown) => log.debug({ error: telegramError(error, 'answerCallbackQuery') }, 'A press expired.'));
}

function expired(query: CallbackQuery): string {
  const texts = {
    en: 'This button is too old. Write your question again.',
    'zh-CN': '这个按钮已失效，请重新提问。',
    'zh-TW': '這個按鈕已失效，請重新提問。',
  };
  return texts[languageOf(query.from) ?? 'en'];
}
