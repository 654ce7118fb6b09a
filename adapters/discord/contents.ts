/** What a message holds: its words in whatever form Discord keeps them, and its files. */
import {
  type Component,
  cleanContent,
  type Embed,
  type Message,
  type TextBasedChannel,
  TextDisplayComponent,
} from 'discord.js';
import type { Attachment } from '#core/message.ts';

/** Its own words and what came with them; without the mention of `us`, others become names. */
export function wordsOf(message: Message<boolean>, us: string): string {
  return joined([ownWords(message, us), besides(message)]);
}

/** As `wordsOf`, with what applications write: what they say stands in embeds or components. Those of a member are previews of links. */
export function allWordsOf(message: Message<boolean>, us: string): string {
  return joined([wordsOf(message, us), applicationWords(message)]);
}

/** What a message holds besides its own words: a forwarded message, stickers by name, a poll. */
export function besides(message: Message<boolean>): string {
  const forwarded = message.messageSnapshots.map((snapshot) =>
    joined([plainly(snapshot.content ?? '', message.channel), ...embedded(snapshot)]),
  );
  const stickers = message.stickers.map(({ name }) => `(${name})`);
  return joined([...forwarded, ...stickers, pollOf(message)]);
}

export function filesOf(message: Message<boolean>): Attachment[] {
  const forwarded = message.messageSnapshots.flatMap(({ attachments }) => attachments);
  return [...message.attachments.values(), ...forwarded.values()].map(readAttachment);
}

/** A file of a message or a command; its address is what `fetchAttachment` needs. */
export function readAttachment(file: {
  name: string;
  contentType: string | null;
  size: number;
  url: string;
}): Attachment {
  return { name: file.name, type: file.contentType ?? 'application/octet-stream', size: file.size, ref: file.url };
}

function ownWords(message: Message<boolean>, us: string): string {
  const roles = message.mentions.roles.filter((role) => role.tags?.botId === us).map((role) => role.id);
  const ours = new RegExp(`<@(?:!?${us}${roles.map((id) => `|&${id}`).join('')})>[ \\t]*`, 'g');
  return plainly(message.content.replace(ours, ''), message.channel).trim();
}

/** What somebody typed, with names and dates for Discord's numbers; settings name people, roles and channels by number. */
export function plainly(text: string, channel: TextBasedChannel): string {
  return /^\s*\/settings\s/.test(text) ? withSubjects(text) : withDates(cleanContent(text, channel));
}

function withSubjects(text: string): string {
  const kinds: Readonly<Record<string, string>> = { '@': 'user', '@!': 'user', '@&': 'role', '#': 'channel' };
  return text.replaceAll(/<(@[!&]?|#)(\d+)>/g, (_, mark: string, id: string) => ` ${kinds[mark]}:${id} `);
}

/** Discord shows `<t:SECONDS>` to each reader in their own time. */
function withDates(text: string): string {
  return text.replaceAll(/<t:(-?\d{1,11})(?::[a-z])?>/gi, (_, seconds: string) =>
    new Date(Number(seconds) * 1000).toISOString().replace('.000', ''),
  );
}

function pollOf({ poll }: Message<boolean>): string {
  if (poll === null) return '';
  return [poll.question.text ?? '', ...poll.answers.map(({ text }) => `- ${text ?? ''}`)].join('\n');
}

function applicationWords(message: Message<boolean>): string {
  if (!message.author.bot && message.webhookId === null) return '';
  return joined([...embedded(message), ...message.components.flatMap(displayed)]);
}

function embedded({ embeds }: Pick<Message<boolean>, 'embeds'>): string[] {
  return embeds.filter(({ data }) => data.type === 'rich').map(embedWords);
}

function embedWords({ title, description, fields }: Embed): string {
  return joined([title ?? '', description ?? '', ...fields.map(({ name, value }) => `${name}: ${value}`)]);
}

/** Texts among components stand in sections and containers too. */
function displayed(component: Component | { readonly components: readonly Component[] }): string[] {
  if (component instanceof TextDisplayComponent) return [component.content];
  return 'components' in component ? component.components.flatMap(displayed) : [];
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}
