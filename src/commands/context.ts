/** What a command works with. */

import type { Bot } from '../bots/bot.ts';
import type { Catalog } from '../bots/catalog.ts';
import type { AccessRules } from '../conversation/access.ts';
import type { FetchAttachment } from '../conversation/attachments.ts';
import type { Binding, Bindings } from '../conversation/bindings.ts';
import { refusal } from '../conversation/failure.ts';
import { titlesOf } from '../conversation/greeting.ts';
import type { History } from '../conversation/history.ts';
import type { Finished } from '../conversation/journal.ts';
import { conversationKey, narrowest } from '../conversation/keys.ts';
import type { Usage } from '../conversation/usage.ts';
import type { Clients } from '../coze/client.ts';
import type { RealCozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Incoming, Language, Level, Place } from '../message.ts';
import { type TextKey, text } from '../texts.ts';

/** The rooms a command may enter. */
export interface House {
  readonly log: Log;
  readonly catalog: Catalog;
  readonly clients: Clients;
  readonly history: History;
  readonly bindings: Bindings;
  readonly usage: Usage;
  readonly fetchAttachment: FetchAttachment;
  /** The owner's own rules, which no place can loosen. */
  readonly owner: AccessRules;
  /** Milliseconds since the epoch. */
  now(): number;
  /** True while an answer of this conversation runs or waits. */
  busy(key: string): boolean;
  /** Stops what `incoming.author` may stop in the place; with `all`, also what waits. */
  stop(incoming: Incoming, all: boolean): boolean;
  /** Stops every answer of a conversation, whoever asked. */
  halt(key: string): void;
  /** Waits, not for long, until the answers of a place that have come to their end are in the history. */
  remembered(place: Place): Promise<void>;
  /** False for a message that a platform delivers a second time. */
  once(incoming: Incoming): Promise<boolean>;
  finished(place: Place, messageId: string): Promise<Finished | undefined>;
}

export interface CommandContext {
  readonly house: House;
  readonly incoming: Incoming;
  readonly language: Language;
  readonly binding: Binding;
  /** What stands after the command's name. */
  readonly rest: string;
  readonly words: readonly string[];
}

/** The text in the language of the one who asked. */
export function say(c: CommandContext, key: TextKey, values?: Readonly<Record<string, string | number>>): string {
  return text(key, c.language, values);
}

/** The bot that answers here and the key of its history. @throws RealCozeError `config` when there is no bot at all. */
export function conversation(c: CommandContext): { bot: Bot; key: string } {
  const { bot, settings } = c.binding;
  if (!bot) throw refusal('config', say(c, 'noBots'));
  return { bot, key: conversationKey(c.incoming.place, settings.scope, c.incoming.author.id, bot.name) };
}

/** The bot that answers here, by the name that people know it by. @throws RealCozeError `config` when there is no bot at all. */
export async function titleHere(c: CommandContext): Promise<string> {
  const { bot } = conversation(c);
  const [title = bot.name] = await titlesOf([bot], c.house.clients);
  return title;
}

/** Whether the one who asks may choose what this place uses, or the level of it that is named. */
export function mayChoose({ incoming, binding }: CommandContext, kind = narrowest(incoming.place).kind): boolean {
  return moderates(incoming, kind) || (binding.chain.find(({ level }) => level?.kind === kind)?.isOpen ?? false);
}

/** Whether the author has a say in the place, or in the level of it that is named, that no setting gave. */
export function moderates({ place, author }: Incoming, kind = narrowest(place).kind): boolean {
  const depth = (of: Level['kind']) => place.levels.findIndex((level) => level.kind === of);
  return place.direct || (author.moderator && (author.upTo === undefined || depth(kind) >= depth(author.upTo)));
}

const LEVEL_WORDS: Readonly<Record<string, Level['kind']>> = {
  thread: 'thread',
  topic: 'thread',
  channel: 'channel',
  chat: 'channel',
  category: 'category',
  forum: 'category',
  server: 'server',
  group: 'server',
};

/** The level behind a word; a group without a server above it is its own channel. */
export function levelOf(word: string, place: Place): Level['kind'] | undefined {
  const kind = Object.hasOwn(LEVEL_WORDS, word) ? LEVEL_WORDS[word] : undefined;
  return word === 'group' && !place.levels.some((level) => level.kind === 'server') ? 'channel' : kind;
}

/** A level as people call it. */
export function levelName(c: CommandContext, kind: Level['kind'] | undefined): string {
  const { place } = c.incoming;
  if (kind === undefined) return say(c, 'levelDefault');
  if (kind === 'channel' && !place.levels.some((level) => level.kind === 'server')) return say(c, 'levelHere');
  const keys = {
    thread: 'levelThread',
    channel: 'levelChannel',
    category: 'levelCategory',
    server: 'levelServer',
  } as const;
  return say(c, keys[kind]);
}

/** How a command is meant to be written. */
export function usageError(c: CommandContext, usage: string): RealCozeError {
  return refusal('invalid', say(c, 'usageOf', { usage: `\`/${usage}\`` }));
}
