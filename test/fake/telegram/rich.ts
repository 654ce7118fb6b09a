/**
 * Rich messages as the server checks them (Bot API 10.1: InputRichMessage, "Rich Message Limits"), and as a member reads them. The limits are
 * documented, the words of the refusals are not: those here only have to be refusals.
 */
import type { RichText } from 'grammy/types';
import { badRequest } from './refusal.ts';

interface RawBlock {
  readonly type: string;
  readonly text?: RichText;
  readonly blocks?: readonly RawBlock[];
  readonly items?: readonly {
    readonly blocks?: readonly RawBlock[];
    readonly value?: number;
    readonly is_checked?: true;
  }[];
  readonly cells?: readonly (readonly { readonly text?: RichText }[])[];
  readonly expression?: string;
  readonly size?: number;
  readonly photo?: { readonly type?: string; readonly media?: string };
}

const limits = { bytes: 32_768, blocks: 500, depth: 16, media: 50, columns: 20 };
const styles = new Set(['bold', 'italic', 'strikethrough', 'code', 'url', 'superscript']);

interface Count {
  blocks: number;
  media: number;
  bytes: number;
}

/** What a member reads, block by block, each on a line of its own. @throws Refusal */
export function readRich(given: unknown): string {
  const rich = (given ?? {}) as { blocks?: unknown; html?: unknown; markdown?: unknown };
  const forms = [rich.blocks, rich.html, rich.markdown].filter((form) => form !== undefined);
  if (forms.length !== 1) throw badRequest('exactly one of the fields blocks, html and markdown must be used');
  if (!Array.isArray(rich.blocks)) throw badRequest('this server of the tests knows rich blocks only');
  const count: Count = { blocks: 0, media: 0, bytes: 0 };
  const words = lines(rich.blocks, 1, count).join('\n');
  if (words.trim() === '') throw badRequest('rich message must be non-empty');
  if (count.bytes > limits.bytes) throw badRequest('message is too long');
  if (count.blocks > limits.blocks) throw badRequest('RICH_MESSAGE_BLOCKS_TOO_MUCH');
  if (count.media > limits.media) throw badRequest('RICH_MESSAGE_MEDIA_TOO_MUCH');
  return words;
}

/** As the server tells them: items with the labels that they are shown with. */
export function toldBlocks(blocks: readonly unknown[]): unknown[] {
  return (blocks as readonly RawBlock[]).map((block) => ({
    ...block,
    ...(block.blocks && { blocks: toldBlocks(block.blocks) }),
    ...(block.items && {
      items: block.items.map((item) => ({
        ...item,
        label: item.value === undefined ? '•' : `${item.value}.`,
        blocks: toldBlocks(item.blocks ?? []),
      })),
    }),
  }));
}

function lines(blocks: readonly RawBlock[], depth: number, count: Count): string[] {
  if (blocks.length === 0) throw badRequest('RICH_BLOCKS_EMPTY');
  if (depth > limits.depth) throw badRequest('RICH_MESSAGE_DEPTH_TOO_MUCH');
  return blocks.flatMap((block) => {
    count.blocks += 1;
    return line(block, depth, count);
  });
}

function line(block: RawBlock, depth: number, count: Count): string[] {
  switch (block.type) {
    case 'paragraph':
    case 'footer':
    case 'pre':
      return [filled(words(block.text, depth + 1, count))];
    case 'heading':
      if (!block.size || block.size > 6) throw badRequest('RICH_HEADING_SIZE_INVALID');
      return [filled(words(block.text, depth + 1, count))];
    case 'divider':
      return ['———'];
    case 'mathematical_expression':
      return [words({ type: 'mathematical_expression', expression: filled(block.expression ?? '') }, depth + 1, count)];
    case 'blockquote':
      return lines(block.blocks ?? [], depth + 1, count).map((each) => `> ${each}`);
    case 'list':
      return items(block, depth, count);
    case 'table':
      return rows(block.cells ?? [], depth, count);
    case 'photo':
      count.media += 1;
      if (block.photo?.type !== 'photo' || !/^https?:\/\//.test(block.photo.media ?? ''))
        throw badRequest('wrong HTTP URL specified');
      return [`[${block.photo.media}]`];
    default:
      throw badRequest(`can't parse InputRichBlock: type ${block.type}`);
  }
}

function items({ items = [] }: RawBlock, depth: number, count: Count): string[] {
  if (items.length === 0) throw badRequest('RICH_LIST_EMPTY');
  return items.flatMap((item) => {
    count.blocks += 1;
    const [first = '', ...rest] = lines(item.blocks ?? [], depth + 2, count);
    return [`${item.value === undefined ? '•' : `${item.value}.`} ${first}`, ...rest.map((each) => `  ${each}`)];
  });
}

function rows(cells: NonNullable<RawBlock['cells']>, depth: number, count: Count): string[] {
  return cells.map((row) => {
    count.blocks += 1;
    if (row.length > limits.columns) throw badRequest('RICH_TABLE_COLUMNS_TOO_MUCH');
    return row.map((cell) => words(cell.text ?? '', depth + 2, count)).join(' | ');
  });
}

function words(text: RichText | undefined, depth: number, count: Count): string {
  if (text === undefined) throw badRequest("can't parse rich text");
  if (depth > limits.depth) throw badRequest('RICH_MESSAGE_DEPTH_TOO_MUCH');
  if (typeof text === 'string') {
    count.bytes += Buffer.byteLength(text);
    return text;
  }
  if (Array.isArray(text)) return text.map((part) => words(part, depth, count)).join('');
  if (text.type === 'mathematical_expression') return words(text.expression, depth, count);
  if (!styles.has(text.type) || !('text' in text)) throw badRequest(`can't parse RichText: type ${text.type}`);
  if (text.type === 'url' && !URL.canParse(text.url)) throw badRequest('RICH_URL_INVALID');
  return words(text.text, depth + 1, count);
}

function filled(text: string): string {
  if (text === '') throw badRequest('RICH_BLOCK_EMPTY');
  return text;
}
