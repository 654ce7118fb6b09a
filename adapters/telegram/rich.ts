/** Markdown as a rich message: real tables, formulas and headings, and eight times the text of a plain one. */
import { createGrowing, type Piece } from '#core/reply/markdown/growing.ts';
import { drawBlocks } from './blocks.ts';
import type { DrawOptions } from './draw.ts';
import { type Block, fillOf, mostPictures, type RichMessage, sizeOf } from './rich-size.ts';

export interface RichRendered {
  /** What Telegram takes for sure, as far as one can know. */
  readonly message: RichMessage;
  /**
   * What a finished answer may be, `message` last: with its pictures or the first of them under the text, which Telegram has to fetch, and with names,
   * commands and tags to tap, which Telegram has to find.
   */
  readonly forms: readonly RichMessage[];
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
  readonly runs: number;
  readonly images: readonly string[];
  /** The first block is a list that goes on from the drawing before. */
  readonly goesOn: boolean;
}

/** A name, command or tag. */
const tappable = /(?<![\w/])[@/#][\p{L}\p{N}_]/u;
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
      const images = [...new Set(drawings.flatMap((drawing) => drawing.images))].slice(0, mostPictures);
      const message = { blocks, ...more };
      const pictured = (some: readonly string[]) => ({ blocks: [...blocks, ...some.map(picture)], ...more });
      const plain = [
        ...(images.length > 1 ? [pictured(images)] : []),
        ...images.slice(0, 1).map((one) => pictured([one])),
        message,
      ];
      if (options.guardMentions || !tappable.test(markdown)) return { message, forms: plain };
      return { message, forms: plain.flatMap((one) => [{ ...one, skip_entity_detection: false }, one]) };
    },
    measure(markdown) {
      const all = growing.read(markdown);
      const sum = (of: (drawing: Drawing) => number) => all.reduce((total, drawing) => total + of(drawing), 0);
      return fillOf({
        bytes: sum(({ bytes }) => bytes),
        blocks: sum(({ count }) => count),
        runs: sum(({ runs }) => runs),
      });
    },
  };
}

function drawPiece({ root, goesOn }: Piece, options: DrawOptions): Drawing {
  const { blocks, images } = drawBlocks(root, options);
  const size = sizeOf(blocks);
  return { blocks, bytes: size.bytes, count: size.blocks, runs: size.runs, images, goesOn };
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
