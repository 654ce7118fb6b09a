/** Markdown as Telegram shows it: plain text and entities, never `parse_mode`, so that half-written markup cannot fail. */
import type { MessageEntity } from 'grammy/types';
import type { RootContent } from 'mdast';
import { createGrowing, owned, type Piece } from '#core/reply/markdown/growing.ts';
import { parseMarkdown } from '#core/reply/markdown/markdown.ts';
import { type DrawOptions, draw } from './draw.ts';
import { mostEntities } from './spans.ts';

/** Most UTF-16 units of a message. Telegram counts code points, so this is the safe side. */
export const messageLimit = 4096;

/** What `sendMessage` and `editMessageText` take. */
export interface Rendered {
  readonly text: string;
  readonly entities: MessageEntity[];
  /** Addresses of the pictures. */
  readonly images: readonly string[];
}

/** Renders the texts of one reply. */
export interface Renderer {
  /** `note` is a line of the program's own under the text. */
  render(markdown: string, note?: string): Rendered;
  /** Size once rendered, in units of `messageLimit`: whichever is fuller, the text or the list of a hundred entities. */
  measure(markdown: string): number;
}

/** Some text of a message with its entities, of which `wanted` is the number before the limit. */
interface Drawing {
  readonly text: string;
  readonly entities: readonly MessageEntity[];
  readonly wanted: number;
  readonly images: readonly string[];
}

/** A block, or the items of a list, each drawn on its own: whether free lines stand between them is known when the list is over. */
interface Block {
  readonly drawings: readonly Drawing[];
  readonly spread: boolean;
}

interface Blocks {
  readonly blocks: readonly Block[];
  readonly goesOn: boolean;
}

/** What is settled of a growing text is drawn once. */
export function createRenderer(options: DrawOptions): Renderer {
  const growing = createGrowing((piece) => drawPiece(piece, options));
  const drawn = (markdown: string) => joinPieces(growing.read(markdown));

  return {
    render(markdown, note = '') {
      const { text, entities, wanted, images } = drawn(markdown);
      // Which of too many stay is decided over all of them.
      const kept = wanted > mostEntities ? draw(parseMarkdown(markdown), options).spans.entities() : entities;
      return { ...withNote(text, [...kept], note), images };
    },
    measure(markdown) {
      const { text, wanted } = drawn(markdown);
      return Math.max(text.length, Math.ceil((wanted * messageLimit) / mostEntities));
    },
  };
}

/** The text alone, for what shows no formatting. */
export function wordsOf(markdown: string): string {
  return draw(parseMarkdown(markdown), { guardMentions: false }).spans.text;
}

function drawPiece({ root, source, from, to, before, goesOn }: Piece, options: DrawOptions): Blocks {
  const isAll = before.offset === 0 && from === 0 && to === source.length;
  if (isAll) return { blocks: [{ drawings: [drawAll(root.children, options)], spread: false }], goesOn };
  const blocks = root.children.map((node) => {
    if (node.type !== 'list') return { drawings: [drawAll([node], options)], spread: false };
    const items = node.children.map((item, index) => ({ ...node, children: [item], start: (node.start ?? 1) + index }));
    return { drawings: items.map((item) => drawAll([item], options)), spread: node.spread === true };
  });
  return { blocks, goesOn };
}

function drawAll(children: RootContent[], options: DrawOptions): Drawing {
  const { spans, images } = draw({ type: 'root', children }, options);
  return { text: owned(spans.text), entities: spans.entities(), wanted: spans.wanted, images };
}

function joinPieces(pieces: readonly Blocks[]): Drawing {
  const all: Block[] = [];
  for (const { blocks, goesOn } of pieces) {
    const [first, ...rest] = blocks;
    const above = goesOn ? all.pop() : undefined;
    if (first && above)
      all.push({ drawings: [...above.drawings, ...first.drawings], spread: above.spread || first.spread });
    else if (first) all.push(first);
    all.push(...rest);
  }
  return join(
    all.map(({ drawings, spread }) => join(drawings, spread ? '\n\n' : '\n')),
    '\n\n',
  );
}

function join(drawings: readonly Drawing[], between: string): Drawing {
  let text = '';
  let wanted = 0;
  const entities: MessageEntity[] = [];
  for (const [index, drawing] of drawings.entries()) {
    if (index > 0) text += between;
    const start = text.length;
    for (const entity of drawing.entities)
      entities.push(start === 0 ? entity : { ...entity, offset: start + entity.offset });
    text += drawing.text;
    wanted += drawing.wanted;
  }
  return { text, entities, wanted, images: [...new Set(drawings.flatMap(({ images }) => images))] };
}

function withNote(text: string, entities: MessageEntity[], note: string): Omit<Rendered, 'images'> {
  if (note === '') return { text, entities };
  const before = text === '' ? '' : `${text}\n\n`;
  const fitting = note.slice(0, Math.max(0, messageLimit - before.length));
  const italic: MessageEntity = { type: 'italic', offset: before.length, length: fitting.length };
  const hasRoom = entities.length < mostEntities && fitting !== '';
  return { text: before + fitting, entities: hasRoom ? [...entities, italic] : entities };
}
