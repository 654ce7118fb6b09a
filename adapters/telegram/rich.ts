/** Markdown as a rich message: real tables, formulas and headings, and eight times the text of a plain one. */
import { createGrowing, type Piece } from '#core/reply/growing.ts';
import { drawBlocks } from './blocks.ts';
import type { DrawOptions } from './draw.ts';
import { type Block, fillOf, type RichMessage, sizeOf } from './rich-size.ts';

/** What is sent, with and without the picture, which Telegram has to fetch. */
export interface RichRendered {
  readonly message: RichMessage;
  /** With the first picture under the text; absent where there is none. */
  readonly pictured: RichMessage | undefined;
}

/** Renders the texts of one reply. */
export interface RichRenderer {
  /** `note` is a line of the program's own under the text. */
  render(markdown: string, note?: string): RichRendered;
  /** Size once rendered, in units of `richLimit`. */
  measure(markdown: string): number;
}

interface Drawing {
  readonly blocks: readonly Block[];
  readonly bytes: number;
  readonly count: number;
  readonly image: string | undefined;
  /** The first block is a list that goes on from the drawing before. */
  readonly goesOn: boolean;
}

/** The first letter tells which way the text runs. */
const rightToLeft = /^[^\p{L}]*[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFF]/u;

/** What is settled of a growing text is drawn once. */
export function createRichRenderer(options: DrawOptions): RichRenderer {
  const growing = createGrowing((piece) => drawPiece(piece, options));

  return {
    render(markdown, note) {
      const drawings = growing.read(markdown);
      const blocks = joinLists(drawings);
      if (note) blocks.push({ type: 'footer', text: note });
      else if (drawings.every(({ bytes }) => bytes === 0)) blocks.push({ type: 'paragraph', text: '…' });
      // What Telegram finds in a text by itself may make it refuse the whole message (`openai:me@example.com`: RICH_MESSAGE_EMAIL_INVALID).
      const more = { skip_entity_detection: true, ...(rightToLeft.test(markdown) ? { is_rtl: true } : {}) };
      const image = drawings.find((drawing) => drawing.image !== undefined)?.image;
      return {
        message: { blocks, ...more },
        pictured: image === undefined ? undefined : { blocks: [...blocks, picture(image)], ...more },
      };
    },
    measure(markdown) {
      const all = growing.read(markdown);
      const sum = (of: (drawing: Drawing) => number) => all.reduce((total, drawing) => total + of(drawing), 0);
      return fillOf({ bytes: sum(({ bytes }) => bytes), blocks: sum(({ count }) => count) });
    },
  };
}

function drawPiece({ root, goesOn }: Piece, options: DrawOptions): Drawing {
  const { blocks, image } = drawBlocks(root, options);
  const size = sizeOf(blocks);
  return { blocks, bytes: size.bytes, count: size.blocks, image, goesOn };
}

function joinLists(drawings: readonly Drawing[]): Block[] {
  const all: Block[] = [];
  for (const { blocks, goesOn } of drawings) {
    const [first, ...rest] = blocks;
    const above = goesOn ? all.at(-1) : undefined;
    if (first?.type === 'list' && above?.type === 'list') {
      all[all.length - 1] = { ...above, items: [...above.items, ...first.items] };
      all.push(...rest);
    } else all.push(...blocks);
  }
  return all;
}

function picture(url: string): Block {
  return { type: 'photo', photo: { type: 'photo', media: url } };
}
