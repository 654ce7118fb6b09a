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
/** Kept free for what comes under the text: a picture and the note, for which room is only made by its letters. */
const reserve = { bytes: 1024, blocks: 2 };

export interface RichSize {
  readonly bytes: number;
  readonly blocks: number;
}

/** In units of `richLimit`: whichever is fuller. */
export function fillOf({ bytes, blocks }: RichSize): number {
  return Math.max(bytes + reserve.bytes, Math.ceil(((blocks + reserve.blocks) * richLimit) / mostBlocks));
}

/** Whether there is anything to read in it: a heading or a fence that has only begun is refused, and the whole message with it. */
export function saysSomething(block: Block): boolean {
  if (block.type === 'blockquote') return block.blocks.length > 0;
  if ('expression' in block) return block.expression.trim() !== '';
  return !('text' in block) || wordsOf(block.text).trim() !== '';
}

export function sizeOf(blocks: readonly Block[]): RichSize {
  let bytes = 0;
  let count = 0;
  for (const block of blocks) {
    const size = sizeOfBlock(block);
    bytes += size.bytes;
    count += size.blocks;
  }
  return { bytes, blocks: count };
}

function sizeOfBlock(block: Block): RichSize {
  switch (block.type) {
    case 'list':
      return block.items.reduce(
        (sum, item) => {
          const { bytes, blocks } = sizeOf(item.blocks);
          return { bytes: sum.bytes + bytes, blocks: sum.blocks + 1 + blocks };
        },
        { bytes: 0, blocks: 1 },
      );
    case 'blockquote': {
      const { bytes, blocks } = sizeOf(block.blocks);
      return { bytes, blocks: blocks + 1 };
    }
    case 'table':
      return {
        bytes: block.cells.flat().reduce((sum, cell) => sum + bytesOf(cell.text ?? ''), 0),
        blocks: 1 + block.cells.length,
      };
    case 'mathematical_expression':
      return { bytes: Buffer.byteLength(block.expression), blocks: 1 };
    default:
      return { bytes: 'text' in block ? bytesOf(block.text) : 0, blocks: 1 };
  }
}

function bytesOf(text: RichText): number {
  return Buffer.byteLength(wordsOf(text));
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
