/** What a message says, in words that a bot can read. */
import type { Message, MessageEntity } from 'grammy/types';
import { titleOf } from './place.ts';
import { wordsOfBlocks } from './rich-size.ts';

export interface Body {
  readonly text: string;
  /** With offsets in UTF-16 units of `text`. */
  readonly entities: readonly MessageEntity[];
}

/** The text as it came, also of messages that say it without one: a rich message, a place, a contact, a poll, a die. */
export function bodyOf(message: Message): Body {
  const text = message.text ?? message.caption;
  if (text !== undefined) return { text, entities: message.entities ?? message.caption_entities ?? [] };
  return { text: spoken(message), entities: [] };
}

function spoken(message: Message): string {
  const { rich_message: rich, venue, location, contact, poll, checklist, dice, sticker } = message;
  if (rich) return wordsOfBlocks(rich.blocks);
  if (venue) return `Place: ${venue.title}, ${venue.address}`;
  if (location) return `Location: ${location.latitude}, ${location.longitude}`;
  if (contact)
    return `Contact: ${[contact.first_name, contact.last_name, contact.phone_number].filter(Boolean).join(' ')}`;
  if (poll) return `Poll: ${poll.question}\n${poll.options.map((option) => `- ${option.text}`).join('\n')}`;
  if (checklist) {
    const tasks = checklist.tasks.map(({ text, completion_date: done }) => `- [${done ? 'x' : ' '}] ${text}`);
    return [`Checklist: ${checklist.title}`, ...tasks].join('\n');
  }
  if (sticker) return `Sticker: ${sticker.emoji ?? sticker.set_name ?? '?'}`;
  return dice ? `${dice.emoji} ${dice.value}` : named(message);
}

/** What bots get little more of than its name. */
function named({ game, invoice, story }: Message): string {
  if (game) return `Game: ${game.title}\n${game.description}`;
  if (invoice) return `Invoice: ${invoice.title}\n${invoice.description}`;
  return story ? `Story: ${titleOf(story.chat)} (bots cannot see stories)` : '';
}

/** The text with what its look tells, as markdown: addresses behind words, and code in its fences; without the `cut` pieces. */
export function markedUp({ text, entities }: Body, cut: readonly MessageEntity[] = []): string {
  const changes = [...entities].sort((a, b) => b.offset - a.offset);
  return changes.reduce((all, entity) => {
    const end = entity.offset + entity.length;
    const [before, piece, after] = [all.slice(0, entity.offset), all.slice(entity.offset, end), all.slice(end)];
    if (cut.includes(entity)) return closeUp(before, after);
    if (entity.type === 'text_link' && entity.url !== piece) return `${before}[${piece}](${entity.url})${after}`;
    if (entity.type === 'pre') return `${before}${fenced(piece, entity.language ?? '', before, after)}${after}`;
    return all;
  }, text);
}

/** What stood around a mention, without the space and, at the very start, without the comma that only the mention needed. */
function closeUp(before: string, after: string): string {
  const left = before.replace(/[^\S\n]+$/, '');
  if (left === '') return after.replace(/^[\s,，:：、]+/, '');
  const right = after.replace(/^[^\S\n]+/, '');
  return `${left}${/\S$/.test(left) && /^\S/.test(right) ? ' ' : ''}${right}`;
}

function fenced(code: string, language: string, before: string, after: string): string {
  const above = before === '' || before.endsWith('\n') ? '' : '\n';
  const below = after === '' || after.startsWith('\n') ? '' : '\n';
  return `${above}\`\`\`${language}\n${code.replace(/\n$/, '')}\n\`\`\`${below}`;
}
