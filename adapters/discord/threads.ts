/**
 * Threads: those that a question opens, where the place is set so; and new ones of others, where the bot says who it is if every message is meant
 * for it.
 */
import {
  type AnyThreadChannel,
  ChannelType,
  type Client,
  Events,
  type Message,
  type PartialMessage,
  PermissionFlagsBits,
  type TextBasedChannel,
} from 'discord.js';
import { sleep } from '#core/async.ts';
import { errorCode } from '#core/errors.ts';
import type { Incoming } from '#core/message.ts';
import { discordError } from './faults.ts';
import { languageOf, placeOf } from './read.ts';
import type { Session } from './session.ts';
import { channelSurface } from './surface.ts';

/** Hears of a client's new threads from now on. */
export function greetThreads(client: Client<true>, session: Session): void {
  client.on(Events.ThreadCreate, (thread, isNew) => {
    // In a forum the first message is a question already, and gets its answer.
    const isOurs = thread.ownerId === session.account;
    if (isNew && !isOurs && !thread.parent?.isThreadOnly())
      session.run('greeting a thread', () => greet(thread, session));
  });
}

async function greet(thread: AnyThreadChannel, session: Session): Promise<void> {
  const place = placeOf(thread, session.account);
  if (!(await session.answersAll(place))) return;
  const incoming: Incoming = {
    id: thread.id,
    place,
    author: { id: thread.ownerId ?? thread.id, name: '', moderator: false },
    text: '/start',
    attachments: [],
    language: languageOf(thread.guild.preferredLocale),
    at: thread.createdTimestamp ?? session.screen.now(),
  };
  await session.engine.reply(incoming, channelSurface(session.screen, { channelId: thread.id }));
}

/** Milliseconds that a question waits for its thread. */
const LONGEST_WAIT = 5_000;
/** Discord takes 100 characters; a list shows fewer. */
const NAME = 80;
const RIGHTS =
  PermissionFlagsBits.ViewChannel | PermissionFlagsBits.CreatePublicThreads | PermissionFlagsBits.SendMessagesInThreads;

/**
 * The thread for a question, if its channel is one where questions open them and the bot may: it has the id of the message. `undefined`: it is
 * answered where it was asked.
 */
export async function threadFor(
  message: Message,
  question: string,
  session: Session,
): Promise<AnyThreadChannel | undefined> {
  const { client } = message;
  if (!(await mayOpenThread(message, session))) return undefined;
  try {
    return await openThread(message, nameFor(question), session.signal);
  } catch (error) {
    // Opened before a crash.
    const known = await client.channels.fetch(message.id).catch(() => null);
    if (known?.isThread()) return known;
    session.log.warn({ error: discordError(error, 'opening a thread') }, 'A question is answered without its thread.');
    return undefined;
  }
}

/** Waits once where Discord asks to slow down, but not for long: an answer in the channel is better than a late one. */
async function openThread(message: Message, name: string, signal: AbortSignal): Promise<AnyThreadChannel> {
  try {
    return await message.startThread({ name });
  } catch (error) {
    const fault = discordError(error, 'opening a thread');
    const { retryAfterMs = Number.POSITIVE_INFINITY } = fault;
    if (errorCode(fault) !== 'rate_limited' || retryAfterMs > LONGEST_WAIT) throw fault;
    await sleep(retryAfterMs, signal);
    return message.startThread({ name });
  }
}

/** Whether a question there opens a thread, and the bot has the rights. */
export async function mayOpenThread(message: Message, session: Session): Promise<boolean> {
  const { channel, client } = message;
  if (!(await opensThreads(message, session)) || !('permissionsFor' in channel)) return false;
  return channel.permissionsFor(client.user.id)?.has(RIGHTS) ?? false;
}

/** Where a message is talked about: in the thread it has opened, or where it was written. */
export async function homeOf(message: Message | PartialMessage, session: Session): Promise<TextBasedChannel> {
  const thread = message.client.channels.cache.get(message.id);
  return thread?.isThread() && (await opensThreads(message, session)) ? thread : message.channel;
}

async function opensThreads({ channel }: Message | PartialMessage, session: Session): Promise<boolean> {
  if (channel.type !== ChannelType.GuildText && channel.type !== ChannelType.GuildAnnouncement) return false;
  return (await session.engine.settings(placeOf(channel, session.account))).threads;
}

/** The beginning of the question, up to the end of a word. */
function nameFor(question: string): string {
  const line = question.replaceAll(/\s+/g, ' ').trim();
  if (line.length <= NAME) return line || '…';
  const cut = line.slice(0, NAME - 1);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), NAME / 2)).trimEnd()}…`.toWellFormed();
}
