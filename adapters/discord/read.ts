/** Is this message for us? And if so: the same thing as plain data, without Discord's types. */

import {
  GatewayIntentBits,
  type GuildMember,
  type Message,
  MessageReferenceType,
  PermissionFlagsBits,
  type TextBasedChannel,
  type User,
} from 'discord.js';
import type { Incoming, Language, Level, Person, Place } from '#core/message.ts';
import { allWordsOf, besides, filesOf, wordsOf } from './contents.ts';
import type { Languages } from './languages.ts';

/** How a message calls the bot; `everything` only by the settings of the place, `unreadable` when Discord hid the text of a call. */
export type Call = 'direct' | 'mention' | 'reply' | 'thread' | 'everything' | 'unreadable';

/** Decides by what Discord delivers; `answersAll` is asked last, since it may read the store. */
export async function howCalled(
  message: Message<boolean>,
  us: string,
  answersAll: (place: Place) => Promise<boolean>,
): Promise<Call | undefined> {
  if (message.author.bot || message.webhookId !== null || message.system) return undefined;
  const empty = isEmpty(message);
  if (message.channel.isDMBased()) return empty ? undefined : 'direct';
  const repliesToUs = message.mentions.repliedUser?.id === us;
  if (mentionsUs(message, us)) return message.content.includes(us) ? 'mention' : empty ? 'unreadable' : 'reply';
  if (repliesToUs) return empty ? 'unreadable' : 'reply';
  if (empty) return isHiddenTalk(message, us) ? 'unreadable' : undefined;
  if (message.channel.isThread() && calledInto(message.channel, us) && !isForSomebodyElse(message)) return 'thread';
  return (await answersAll(placeOf(message.channel, us))) ? 'everything' : undefined;
}

/** Nothing that could be asked: Discord hid it, or it holds none of what is read. */
function isEmpty(message: Message<boolean>): boolean {
  return message.content === '' && filesOf(message).length === 0 && besides(message) === '';
}

/** In a thread that we opened everything is meant for us, but without the intent Discord hides what does not call us. */
function isHiddenTalk({ channel, client }: Message<boolean>, us: string): boolean {
  const isOurs = channel.isThread() && channel.ownerId === us;
  return isOurs && !client.options.intents.has(GatewayIntentBits.MessageContent);
}

function mentionsUs(message: Message<boolean>, us: string): boolean {
  // People often pick the role that Discord made for the bot instead of the bot itself.
  return message.mentions.users.has(us) || message.mentions.roles.some((role) => role.tags?.botId === us);
}

/** Whether the bot is a member of the thread or opened it: Discord makes it one when it is mentioned or speaks there. */
function calledInto(channel: Extract<TextBasedChannel, { ownerId: unknown }>, us: string): boolean {
  return channel.isThread() && (channel.joined || channel.ownerId === us);
}

/** Talk among members in a thread that the bot is in: a reply to one of them, or their name first. Called is asked before. */
function isForSomebodyElse({ author, content, mentions: { repliedUser } }: Message<boolean>): boolean {
  return (repliedUser !== null && repliedUser.id !== author.id) || /^\s*<@!?\d+>/.test(content);
}

/** The message as the core reads it. The mention of us is taken out, others become names. */
export async function readMessage(message: Message<boolean>, us: string, languages?: Languages): Promise<Incoming> {
  const target = await repliedTo(message);
  const own = filesOf(message);
  // "What is this?" under somebody's picture.
  const theirs = target === undefined || target.author.id === us ? [] : filesOf(target);
  return {
    id: message.id,
    place: placeOf(message.channel, us),
    author: personOf(message.author, message.member, message.channel),
    text: wordsOf(message, us),
    attachments: own.length > 0 ? own : theirs,
    quote: target && quoteOf(target, us),
    ...(languages === undefined ? {} : { language: languageFor(message, languages) }),
    at: message.createdTimestamp,
  };
}

/** Server, category, channel or forum, thread; a DM is one level. */
export function placeOf(channel: TextBasedChannel, account: string): Place {
  const place = (levels: Place['levels'], direct: boolean): Place => ({ platform: 'discord', account, levels, direct });
  if (channel.isDMBased()) return place([{ kind: 'channel', id: channel.id }], true);
  const thread = channel.isThread() ? channel : undefined;
  const home = thread === undefined ? channel : thread.parent;
  const category = home === null ? null : home.parent;
  const levels: Level[] = [];
  if (category !== null && 'children' in category)
    levels.push({ kind: 'category', id: category.id, name: category.name });
  if (home !== null) levels.push({ kind: 'channel', id: home.id, name: home.name });
  else if (thread?.parentId) levels.push({ kind: 'channel', id: thread.parentId });
  if (thread !== undefined) levels.push({ kind: 'thread', id: thread.id, name: thread.name });
  return place([{ kind: 'server', id: channel.guildId, name: channel.guild.name }, ...levels], false);
}

export function personOf(user: User, member: GuildMember | null, channel: TextBasedChannel): Person {
  return {
    id: user.id,
    name: member?.displayName ?? user.displayName,
    ...moderationOf(member, channel),
    ...(member === null ? {} : { roles: [...member.roles.cache.keys()] }),
  };
}

/**
 * `moderator` = Manage Channels in this very channel; in a DM everybody decides for themselves. A member may have that right in one channel only, say
 * in a voice channel of their own, and then has no say in the rest of the server.
 */
export function moderationOf(
  member: GuildMember | null,
  channel: TextBasedChannel,
): Pick<Person, 'moderator' | 'upTo'> {
  const right = PermissionFlagsBits.ManageChannels;
  if (channel.isDMBased()) return { moderator: true };
  if (!member?.permissionsIn(channel).has(right)) return { moderator: false };
  if (member.permissions.has(right)) return { moderator: true };
  const category = (channel.isThread() ? channel.parent : channel)?.parent ?? null;
  const isWide = category !== null && member.permissionsIn(category).has(right);
  return { moderator: true, upTo: isWide ? 'category' : 'channel' };
}

/** The language to speak to the author of a message in. */
export function languageFor(message: Message<boolean>, languages: Languages): Language {
  const server = message.guild === null ? undefined : languageOf(message.guild.preferredLocale);
  return languages.guess(message.author.id, message.content, server) ?? 'en';
}

/** The message that this one replies to. Discord sent it along, so it is cached; asking for it is only for what slipped out of the cache. */
async function repliedTo(message: Message<boolean>): Promise<Message<boolean> | undefined> {
  const { reference, channelId } = message;
  if (reference?.messageId === undefined || reference.channelId !== channelId) return undefined;
  if (reference.type === MessageReferenceType.Forward) return undefined;
  return message.fetchReference().catch(() => undefined);
}

function quoteOf(target: Message<boolean>, us: string): Incoming['quote'] {
  const text = allWordsOf(target, us);
  if (text === '') return undefined;
  return { id: target.id, author: target.member?.displayName ?? target.author.displayName, text };
}

/** Discord's locale as one of ours. */
export function languageOf(locale: string): Language {
  if (locale === 'zh-TW') return 'zh-TW';
  return locale.startsWith('zh') ? 'zh-CN' : 'en';
}
