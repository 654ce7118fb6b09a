/** `/start`, which Telegram's apps write themselves: for the Start button, and with a word for whoever follows a link (core.telegram.org/bots/features#deep-linking). */
import type { Catalog } from '#core/bots/catalog.ts';

/** An app writes `/start` as soon as the bot is in the group; the two come together, in either order. */
const togetherSeconds = 30;
const mostChats = 1_000;

export interface Starts {
  /** What a line asks for: `/start NAME`, from a link such as `t.me/BOT?start=NAME`, chooses that bot. */
  meant(line: string): string;
  /** Whether an app wrote the line for somebody who followed a link: there is a word behind it. */
  isLink(line: string): boolean;
  /** Whether this is the other half of what was greeted already. `date` in seconds. */
  isGreeted(chat: number, by: 'joining' | 'link', date: number): boolean;
}

export function createStarts(catalog: Pick<Catalog, 'get'>): Starts {
  const greeted = new Map<number, { readonly by: string; readonly date: number }>();
  return {
    meant(line) {
      const name = /^\/start\s+([\w-]+)$/i.exec(line)?.[1];
      return name !== undefined && catalog.get(name) ? `/bot ${name}` : line;
    },
    isLink: (line) => /^\/start\s+\S/i.test(line),
    isGreeted(chat, by, date) {
      const before = greeted.get(chat);
      const isOther = before !== undefined && before.by !== by && Math.abs(date - before.date) <= togetherSeconds;
      if (greeted.size >= mostChats) greeted.clear();
      if (isOther) greeted.delete(chat);
      else greeted.set(chat, { by, date });
      return isOther;
    },
  };
}
