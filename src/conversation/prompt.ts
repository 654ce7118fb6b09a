/** From messages to the turns that Coze is asked with. */
import type { Incoming, Turn } from '../message.ts';
import type { Prepared } from './attachments.ts';
import { digest } from './digest.ts';
import type { Placed } from './exchange.ts';

/** The member's turn as the history keeps it: quotation, words, files. */
export function userTurn(incoming: Incoming, files: Prepared | undefined, known: readonly Placed[]): Turn {
  const { quote, text, id, at, author, place } = incoming;
  const quotation = quote && !holds(known, quote.id) ? quoted(quote) : '';
  const content = [quotation, text, files?.inlined ?? '', files?.mention ?? '']
    .filter((part) => part !== '')
    .join('\n\n');
  return { role: 2, content, id, at, ...(place.direct ? {} : { name: author.name }) };
}

/** Turns without what is ours alone; in group talk each member's words begin with their name. */
export function forCoze(turns: readonly Turn[]): Turn[] {
  return turns.map(({ role, content, contentType, name }) => ({
    role,
    content: role === 2 && name !== undefined && contentType === undefined ? `${oneLine(name)}: ${content}` : content,
    ...(contentType === undefined ? {} : { contentType }),
  }));
}

/** A pseudonym for Coze: stable for a member of an account, and nothing that says who they are. */
export function pseudonym(key: string): Promise<string> {
  return digest(`real-coze:${key}`);
}

function holds(known: readonly Placed[], id: string): boolean {
  return known.some(({ exchange }) => exchange.replies?.includes(id) || exchange.turns.some((turn) => turn.id === id));
}

function quoted(quote: NonNullable<Incoming['quote']>): string {
  const lines = `${oneLine(quote.author)}: ${quote.text}`.split('\n');
  return lines.map((line) => `> ${line}`).join('\n');
}

function oneLine(name: string): string {
  return name.replace(/\s+/g, ' ').trim();
}
