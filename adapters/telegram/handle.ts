/** What an update makes the engine do. */
import type { Chat, ChatMemberUpdated, Message, Update } from 'grammy/types';
import { parseCommand } from '#core/commands.ts';
import type { Incoming, Place } from '#core/message.ts';
import { asOne } from './continued.ts';
import { explained } from './explain.ts';
import { placeOf } from './place.ts';
import { press } from './press.ts';
import { languageOf, personOf, read } from './read.ts';
import type { Session } from './session.ts';
import type { Messages, Together } from './updates.ts';

/** The bot's own first words: for `/start`, for a call without words, and for a group it is added to. */
const greeting = '/start';
const staleMs = 3_600_000;
/** How long after it was written a message may be changed into a question. */
const lateCallSeconds = 600;

/** One update, or the updates of one album. Resolves when a crash can no longer lose what was written. */
export async function handle(session: Session, updates: Together): Promise<void> {
  const [first] = updates;
  if (first.callback_query) await press(session, first.callback_query);
  else if (first.edited_message) await change(session, first.edited_message);
  else if (first.stopped_message_generation) await stopDraft(session, first.stopped_message_generation);
  else if (first.my_chat_member) await session.patiently(greet(session, first.my_chat_member));
  else if (first.message) await hear(session, [first.message, ...updates.slice(1).flatMap((u) => u.message ?? [])]);
}

/** A group that becomes a supergroup gets another id; Telegram says so in the old one and in the new one. */
async function move({ account, engine }: Session, { chat, ...message }: Message): Promise<void> {
  const other = (id: number) => placeOf(account, { chat: { ...chat, id } as Chat });
  const here = placeOf(account, { chat });
  if (message.migrate_to_chat_id !== undefined) await engine.moved(here, other(message.migrate_to_chat_id));
  if (message.migrate_from_chat_id !== undefined) await engine.moved(other(message.migrate_from_chat_id), here);
}

/** Commands are run at once; what is none, or is a turn itself (`chat`, `retry`), goes through the journal. */
async function hear(session: Session, messages: Messages): Promise<void> {
  const [first] = messages;
  if (first.migrate_to_chat_id !== undefined || first.migrate_from_chat_id !== undefined) return move(session, first);
  session.albums.keep(messages);
  const whole = session.continued.whole(messages);
  if (whole && (await goOn(session, whole))) return;
  const incoming = await forUs(session, messages);
  if (!incoming) return;
  const text = session.starts.meant(incoming.text);
  const isLink = !incoming.place.direct && session.starts.isLink(text);
  if (isLink && session.starts.isGreeted(first.chat.id, 'link', first.date)) return;
  if (isEmpty(incoming)) await session.patiently(command(session, incoming, greeting));
  else if (isCommand(text)) await session.patiently(command(session, incoming, text));
  else {
    session.continued.asked(messages);
    await session.ask(incoming, session.surfaceOf(incoming));
  }
}

/** Asks again with what came behind. False when the question can no longer be changed. */
async function goOn(session: Session, whole: Messages): Promise<boolean> {
  const incoming = await forUs(session, whole);
  if (!incoming || !(await askAgain(session, incoming))) return false;
  session.continued.asked(whole);
  return true;
}

async function command(session: Session, incoming: Incoming, line: string): Promise<void> {
  const notice = await session.run(line, incoming);
  if (!notice) return;
  const text = [notice.text, await explained(session, line, incoming)].filter(Boolean).join('\n\n');
  await session.show({ ...notice, text }, session.surfaceOf(incoming, 'notice'));
}

/** Whoever adds the bot to a group sees who came. Other changes of its membership say nothing. */
async function greet(session: Session, change: ChatMemberUpdated): Promise<void> {
  const { chat, from, old_chat_member: before, new_chat_member: after, date } = change;
  const isNew = ['left', 'kicked'].includes(before.status) && ['member', 'administrator'].includes(after.status);
  if (chat.type === 'private' || chat.type === 'channel' || !isNew) return;
  if (session.starts.isGreeted(chat.id, 'joining', date)) return;
  const incoming: Incoming = {
    id: `joined-${date}`,
    place: placeOf(session.account, { chat }),
    author: personOf(from, await session.isModerator({ chat }, from.id)),
    text: greeting,
    attachments: [],
    language: languageOf(from),
    at: date * 1000,
  };
  await command(session, incoming, greeting);
}

async function change(session: Session, message: Message): Promise<void> {
  // A live location is told as a changed message every few seconds, for hours. It was a question once.
  if (message.location) return;
  const messages = session.continued.changed(message) ?? session.albums.changed(message);
  const incoming = messages && (await forUs(session, messages));
  if (!incoming) return;
  await askAgain(session, incoming);
  const after = (message.edit_date ?? message.date) - message.date;
  // The journal knows what was asked before: only who has added the call to a message is answered here.
  const isCall = !incoming.overheard && !isCommand(incoming.text) && !isEmpty(incoming);
  if (isCall && after <= lateCallSeconds) await session.ask(incoming, session.surfaceOf(incoming));
}

/** A call without words. */
function isEmpty({ text, attachments, quote }: Incoming): boolean {
  return text === '' && attachments.length === 0 && !quote;
}

/** With other words, in the messages of its answer. False when there is nothing that could be asked again. */
async function askAgain(session: Session, incoming: Incoming): Promise<boolean> {
  let isAsked = false;
  let isDecided = false;
  const written = Promise.withResolvers<void>();
  const find = async (found: Incoming) => {
    isAsked = true;
    return session.surfaceOf(found);
  };
  const decided = written.promise.then(() => {
    isDecided = true;
  });
  void session.engine.edited(incoming, find, { onWritten: written.resolve }).finally(written.resolve);
  await session.patiently(decided);
  return isAsked || !isDecided;
}

/** A line that is run at once, and is no turn. */
function isCommand(text: string): boolean {
  return text.startsWith('/') && parseCommand(text)?.command.run !== undefined;
}

/** Where every message is answered. What was said while the program was away for hours has found its answers among the members. */
async function isTalkAnswered({ engine }: Session, place: Place, { date, edit_date: at = date }: Message) {
  return Date.now() - at * 1000 < staleMs && (await engine.settings(place)).answer === 'all';
}

/** Who is an administrator costs a call, so it is asked only for commands: a question needs no right. */
async function forUs(session: Session, messages: Messages): Promise<Incoming | undefined> {
  const [first] = messages;
  const found = read(asOne(messages), {
    me: session.me,
    moderator: first.chat.type === 'private',
    whole: session.albums.whole,
  });
  if (!found) return undefined;
  const { incoming, addressed } = found;
  if (addressed === 'anyone' && !parseCommand(incoming.text)) return undefined;
  if (addressed === 'nobody' && !(await isTalkAnswered(session, incoming.place, first))) return undefined;
  const { author } = incoming;
  const isKnown = author.moderator || !incoming.text.startsWith('/');
  const moderator = isKnown ? author.moderator : await session.isModerator(first, first.from?.id);
  const overheard = addressed === 'nobody' || undefined;
  return { ...incoming, author: { ...author, moderator }, overheard };
}

/** The Stop of a native draft; only the one person of a private chat can press it. */
async function stopDraft(
  { engine, account }: Session,
  { chat, message_thread_id: topic }: NonNullable<Update['stopped_message_generation']>,
): Promise<void> {
  const inTopic = topic === undefined ? {} : { message_thread_id: topic, is_topic_message: true as const };
  const place = placeOf(account, { chat, ...inTopic });
  await engine.stop(place, { id: String(chat.id), name: chat.first_name, moderator: true });
}
