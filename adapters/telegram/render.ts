/** Markdown as Telegram shows it: plain text and entities, never `parse_mode`, so that half-written markup cannot fail. */
import type { MessageEntity } from 'grammy/types';
import { parseMarkdown } from '#core/reply/markdown.ts';
import { type Drawn, type DrawOptions, draw } from './draw.ts';
import { mostEntities } from './spans.ts';

/** Most UTF-16 units of a message. Telegram counts code points, so this is the safe side. */
export const messageLimit = 4096;

/** What `sendMessage` and `editMessageText` take. */
export interface Rendered {
  readonly text: string;
  readonly entities: MessageEntity[];
  /** Address of the first picture. */
  readonly image: string | undefined;
}

/** Renders the texts of one reply. */
export interface Renderer {
  /** `note` is a line of the program's own under the text. */
  render(markdown: string, note?: string): Rendered;
  /** Size once rendered, in units of `messageLimit`: whichever is fuller, the text or the list of a hundred entities. */
  measure(markdown: string): number;
}

/** Remembers the last text, since what has been measured is rendered next. */
export function createRenderer(options: DrawOptions): Renderer {
  let last: { readonly markdown: string; readonly drawn: Drawn } | undefined;

  function drawn(markdown: string): Drawn {
    if (last?.markdown !== markdown) last = { markdown, drawn: draw(parseMarkdown(markdown), options) };
    return last.drawn;
  }

  return {
    render(markdown, note = '') {
      const { spans, image } = drawn(markdown);
      return { ...withNote(spans.text, spans.entities(), note), image };
    },
    measure(markdown) {
      const { spans } = drawn(markdown);
      return Math.max(spans.text.length, Math.ceil((spans.wanted * messageLimit) / mostEntities));
    },
  };
}

function withNote(text: string, entities: MessageEntity[], note: string): Omit<Rendered, 'image'> {
  if (note === '') return { text, entities };
  const before = text === '' ? '' : `${text}\n\n`;
  const fitting = note.slice(0, Math.max(0, messageLimit - before.length));
  const italic: MessageEntity = { type: 'italic', offset: before.length, length: fitting.length };
  const hasRoom = entities.length < mostEntities && fitting !== '';
  return { text: before + fitting, entities: hasRoom ? [...entities, italic] : entities };
}
