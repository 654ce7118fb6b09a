/** Messages, their edits and their deletions. */
import { type Client, Events, type Message, type PartialMessage, PermissionFlagsBits, Routes } from 'discord.js';
import { createKeyedLock } from '#core/conversation/lock.ts';
import type { Incoming } from '#core/message.ts';
import type { Surface } from '#core/surface.ts';
import { bodyOf, nonceOf } from './body.ts';
import { callForMessage, patiently } from './calls.ts';
import { cannotWrite, hiddenTalk, hiddenText } from './explain.ts';
import { missingIntent } from './intent.ts';
import { type Call, howCalled, languageFor, placeOf, readMessage } from './read.ts';
import type { Session } from './session.ts';
import { channelSurface } from './surface.ts';
import { homeOf, mayOpenThread, threadFor } from './threads.ts';

/**
 * Hears a client's messages from now on. What happens in one channel reaches the engine in the order in which it happened.
 * @returns what hears a message that was missed when it came; it may have been heard after all.
 */
export function answerMessages(client: Client<true>, session: Session): (missed: Message) => void {
  const order = createKeyedLock();
  /** `begin` reads and hands over; what it gives back is the rest, for which the next message does not wait. */
  const hear = (what: string, { channelId }: Pick<Message, 'channelId'>, begin: () => Promise<Handed>) =>
    session.run(what, async () => {
      const { rest } = await order.run(channelId, begin);
      await rest;
    });
  client.on(Events.MessageCreate, (message) => hear('answering a message', message, () => answer(message, session)));
  client.on(Events.MessageUpdate, (before, message) => {
    // Discord also sends an update when it has made a link's preview.
    if (message.editedTimestamp === null || (!before.partial && before.content === message.content)) return;
    hear('following an edit', message, () => follow(before, message, session));
  });
  client.on(Events.MessageDelete, (message) => {
    if (message.author?.bot) return;
    hear('following a deletion', message, async () => ({ rest: withdraw(message, session) }));
  });
  client.on(Events.MessageBulkDelete, (messages) => {
    for (const message of messages.values())
      hear('following a deletion', message, async () => ({ rest: withdraw(message, session) }));
  });
  return (missed) => hear('answering a missed message', missed, () => answerMissed(missed, session));
}

/** Threads, and messages, remembered at once to which something was explained. */
const KEPT = 10_000;

/** Wrapped, because a promise given back as such would be waited for. */
interface Handed {
  readonly rest?: Promise<unknown>;
}

async function answer(message: Message, session: Session): Promise<Handed> {
  const call = await howCalled(message, session.account, session.answersAll);
  if (call === undefined) return {};
  // Who only talks where every message is answered has asked nothing, and is not written to.
  if (!(await mayAnswer(message, session))) return isOverheard(call) ? {} : { rest: tellInPrivate(message, session) };
  if (call === 'unreadable') return { rest: explain(message, session) };
  const { incoming, surface, isEmpty, isCommand } = await asked(message, call, session);
  if (isCommand) return { rest: run(incoming, surface, message, session) };
  // Called without a word: the bot says who it is.
  return { rest: session.engine.reply(isEmpty ? { ...incoming, text: '/start' } : incoming, surface) };
}

async function run(incoming: Incoming, surface: Surface, { channelId, id }: Message, session: Session): Promise<void> {
  await session.engine.reply(incoming, surface);
  const missing = await missingIntent(incoming, session);
  if (missing !== undefined) await post(session, channelId, `intent ${id}`, missing, id);
}

/** Who did not call the bot has gone on without it; of all else only questions are known again where they were heard after all. */
async function answerMissed(message: Message, session: Session): Promise<Handed> {
  const call = await howCalled(message, session.account, async () => false);
  if (call === undefined || call === 'unreadable' || !(await mayAnswer(message, session))) return {};
  // Asked for, a message comes without its author's name and roles in the server.
  await message.guild?.members.fetch(message.author.id).catch(() => undefined);
  const { incoming, surface, isEmpty, isCommand } = await asked(message, call, session);
  return isEmpty || isCommand ? {} : { rest: session.engine.reply(incoming, surface) };
}

/** What was asked and where it is answered: below it, or in a thread that it opens. */
async function asked(message: Message, call: Call, session: Session) {
  const { account, screen } = session;
  const overheard = isOverheard(call) || undefined;
  const incoming = { ...(await readMessage(message, account, session.languages)), overheard };
  const isEmpty = incoming.text === '' && incoming.attachments.length === 0 && incoming.quote === undefined;
  const isCommand = incoming.text.startsWith('/');
  const thread =
    isEmpty || isCommand
      ? undefined
      : await threadFor(message, incoming.text || (incoming.attachments[0]?.name ?? ''), session);
  if (!thread) {
    const surface = channelSurface(screen, { channelId: message.channelId, replyTo: message.id });
    return { incoming, surface, isEmpty, isCommand };
  }
  const surface = channelSurface(screen, { channelId: thread.id });
  return { incoming: { ...incoming, place: placeOf(thread, account) }, surface, isEmpty, isCommand };
}

async function follow(before: Message | PartialMessage, message: Message, session: Session): Promise<Handed> {
  const call = await howCalled(message, session.account, session.answersAll);
  if (call === undefined || call === 'unreadable') return {};
  const earlier = before.partial ? call : await howCalled(before, session.account, session.answersAll);
  // The mention was forgotten and put in afterwards, perhaps because the bot has said that it sees nothing else.
  const wasHidden = session.hidden.delete(message.id) || earlier === 'unreadable';
  if (wasHidden || earlier === undefined) return answer(message, session);
  const incoming = await readMessage(message, session.account, session.languages);
  const place = placeOf(await homeOf(message, session), session.account);
  return { rest: session.engine.edited({ ...incoming, place }, session.surfaceFor) };
}

async function withdraw(message: Message | PartialMessage, session: Session): Promise<void> {
  const { engine, account, surfaceFor } = session;
  await engine.deleted(placeOf(await homeOf(message, session), account), message.id, surfaceFor);
}

function isOverheard(call: Call): boolean {
  return call === 'everything' || call === 'thread';
}

/** Known beforehand, so that Coze is not asked for an answer that nobody would see. */
async function mayAnswer(message: Message, session: Session): Promise<boolean> {
  const { channel, client } = message;
  if (channel.isDMBased()) return true;
  const rights = channel.permissionsFor(client.user.id);
  if (rights === null) return true;
  if (channel.isThread() && channel.locked && !rights.has(PermissionFlagsBits.ManageThreads)) return false;
  const send = channel.isThread() ? PermissionFlagsBits.SendMessagesInThreads : PermissionFlagsBits.SendMessages;
  return rights.has(PermissionFlagsBits.ViewChannel | send) || mayOpenThread(message, session);
}

/** In a thread once: those who talk there need not be told each time. */
async function explain(message: Message, session: Session): Promise<void> {
  const { channelId, id, mentions } = message;
  const isTalk = mentions.repliedUser?.id !== session.account;
  if (isTalk && session.explained.has(channelId)) return;
  if (isTalk) remember(session.explained, channelId);
  remember(session.hidden, id);
  const text = (isTalk ? hiddenTalk : hiddenText)[languageFor(message, session.languages)];
  await post(session, channelId, `unreadable ${isTalk ? channelId : id}`, text, id);
}

function remember(those: Set<string>, id: string): void {
  if (those.size >= KEPT) those.clear();
  those.add(id);
}

async function tellInPrivate(message: Message, session: Session): Promise<void> {
  const direct = await message.author.createDM();
  const text = cannotWrite[languageFor(message, session.languages)].replace('{channel}', message.channel.toString());
  // The nonce keeps somebody who asks three times from being told three times.
  await post(session, direct.id, `may not write ${message.channelId} ${message.author.id}`, text);
}

async function post({ screen, signal }: Session, channelId: string, key: string, text: string, replyTo?: string) {
  const body = {
    ...bodyOf(screen, { text, final: true }),
    nonce: nonceOf(key),
    enforce_nonce: true,
    ...(replyTo ? { message_reference: { message_id: replyTo, fail_if_not_exists: false as const } } : {}),
  };
  const call = { method: 'POST', path: Routes.channelMessages(channelId), body, doing: 'explaining' } as const;
  await patiently(() => callForMessage(screen.rest, call), signal);
}
