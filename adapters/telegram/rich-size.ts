/** Rich messages by their letters: how much of the limits they take (Bot API, "Rich Message Limits"), and what they say. */
import type { InputRichMessageWithoutUpload, RichBlock, RichText } from 'grammy/types';

/** Nothing is uploaded with an answer: pictures are addresses. */
export type RichMessage = InputRichMessageWithoutUpload;
export type Block = NonNullable<RichMessage['blocks']>[number];
export type Item = Extract<Block, { readonly type: 'list' }>['items'][number];

/**
 * "32768 UTF-8 characters": whether those are characters or bytes is written nowhere; bytes are the safe side. It is also the side that loses nothing:
 * of any one string the server keeps 35,000 bytes and drops the rest in silence (tdlib, clean_input_string).
 */
export const richLimit = 32_768;
/** Blocks, nested ones, items and rows included. */
const mostBlocks = 500;
/** Pieces of text with a look of their own: not published, about 5,850 were taken. */
const mostRuns = 5_500;
/** Pictures under a text; far more may be refused, or dropped in silence. */
export const mostPictures = 10;
/** Kept free for what comes under the text: pictures and the note, for which room is only made by its letters. */
const reserve = { bytes: 1024, blocks: 1 + mostPictures };

export interface RichSize {
  readonly bytes: number;
  readonly blocks: number;
  readonly runs: number;
}

const nothing: RichSize = { bytes: 0, blocks: 0, runs: 0 };

/** In units of `richLimit`: whichever is fullest. */
export function fillOf({ bytes, blocks, runs }: RichSize): number {
  const ofBlocks = Math.ceil(((blocks + reserve.blocks) * richLimit) / mostBlocks);
  return Math.max(bytes + reserve.bytes, ofBlocks, Math.ceil((runs * richLimit) / mostRuns));
}

/** Whether there is anything to read in it: a heading or a fence that has only begun is refused, and the whole message with it. */
export function saysSomething(block: Block): boolean {
  if (block.type === 'blockquote') return block.blocks.length > 0;
  if ('expression' in block) return block.expression.trim() !== '';
  return !('text' in block) || wordsOf(block.text).trim() !== '';
}

export function sizeOf(blocks: readonly Block[]): RichSize {
  return sum(blocks.map(sizeOfBlock));
}

function sum(sizes: readonly RichSize[]): RichSize {
  return sizes.reduce(
    (all, { bytes, blocks, runs }) => ({
      bytes: all.bytes + bytes,
      blocks: all.blocks + blocks,
      runs: all.runs + runs,
    }),
    nothing,
  );
}

function sizeOfBlock(block: Block): RichSize {
  const itself = { ...nothing, blocks: 1 };
  switch (block.type) {
    case 'list':
      return sum([itself, ...block.items.flatMap((item) => [itself, sizeOf(item.blocks)])]);
    case 'blockquote':
      return sum([itself, sizeOf(block.blocks)]);
    case 'table':
      return sum([
        itself,
        ...block.cells.map(() => itself),
        ...block.cells.flat().map(({ text }) => sizeOfText(text ?? '')),
      ]);
    case 'mathematical_expression':
      return { ...itself, bytes: Buffer.byteLength(block.expression) };
    default:
      return 'text' in block ? sum([itself, sizeOfText(block.text)]) : itself;
  }
}

function sizeOfText(text: RichText): RichSize {
  return { bytes: Buffer.byteLength(wordsOf(text)), blocks: 0, runs: runsOf(text) };
}

function runsOf(text: RichText): number {
  if (typeof text === 'string') return 0;
  if (Array.isArray(text)) return text.reduce((all, one) => all + runsOf(one), 0);
  return 1 + ('text' in text ? runsOf(text.text) : 0);
}

/** What a rich message says, block by block. */
export function wordsOfBlocks(blocks: readonly RichBlock[]): string {
  return blocks.map(wordsOfBlock).join('\n').trim();
}

function wordsOfBlock(block: RichBlock): string {
  if ('items' in block)
    return block.items.map(({ label, blocks }) => `${label} ${wordsOfBlocks(blocks)}`.trim()).join('\n');
  if ('cells' in block)
    return block.cells.map((row) => row.map((cell) => wordsOf(cell.text ?? '')).join(' | ')).join('\n');
  if ('expression' in block) return block.expression;
  const told = [
    'summary' in block ? wordsOf(block.summary) : '',
    'text' in block ? wordsOf(block.text) : '',
    'blocks' in block ? wordsOfBlocks(block.blocks) : '',
  ];
  return told.filter(Boolean).join('\n');
}

/** The letters of rich text, formulas as their source. */
function wordsOf(text: RichText): string {
  if (typeof text === 'string') return text;
  if (Array.isArray(text)) return text.map(wordsOf).join('');
  if ('expression' in text) return text.expression;
  if ('alternative_text' in text) return text.alternative_text;
  if ('button' in text) return wordsOf(text.button.text);
  return 'text' in text ? wordsOf(text.text) : '';
}
