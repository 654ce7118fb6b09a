/**
 * Rich messages as the server checks them (Bot API 10.1-10.3: InputRichMessage, "Rich Message Limits"; tdlib RichMessage.cpp, WebPageBlock.cpp), and
 * as a member reads them. The words of refusals are those that bots were sent, as far as they have told; where nobody has, they only have to be refusals.
 */
import type { RichText } from 'grammy/types';
import { badRequest } from './refusal.ts';

interface RawBlock {
  readonly type: string;
  readonly text?: RichText;
  readonly blocks?: readonly RawBlock[];
  readonly items?: readonly {
    readonly blocks?: readonly RawBlock[];
    readonly type?: string;
    readonly value?: number;
    readonly has_checkbox?: true;
    readonly is_checked?: true;
  }[];
  readonly cells?: readonly (readonly { readonly text?: RichText }[])[];
  readonly expression?: string;
  readonly size?: number;
  readonly photo?: { readonly type?: string; readonly media?: string };
}

const limits = { bytes: 32_768, blocks: 500, runs: 5_850, depth: 16, media: 50, columns: 20 };
const styles = new Set([
  'bold',
  'italic',
  'strikethrough',
  'spoiler',
  'code',
  'url',
  'superscript',
  'reference',
  'reference_link',
]);
const links = new Set(['url', 'reference_link']);
/** An address with more in front of it, such as `openai:me@example.com`, is found and then refused. */
const brokenEmail = /\w:[\w.+-]+@[\w-]+\.\w/;

interface Count {
  blocks: number;
  runs: number;
  media: number;
  bytes: number;
  readonly anchors: Set<string>;
  readonly targets: string[];
  readonly skipsDetection: boolean;
}

/** What a member reads, block by block, each on a line of its own. A draft takes no media by their addresses. @throws Refusal */
export function readRich(given: unknown, kind: 'message' | 'draft' = 'message'): string {
  const rich = (given ?? {}) as {
    blocks?: unknown;
    html?: unknown;
    markdown?: unknown;
    skip_entity_detection?: unknown;
  };
  const forms = [rich.blocks, rich.html, rich.markdown].filter((form) => form !== undefined);
  if (forms.length === 0) throw badRequest('rich message must be non-empty');
  if (forms.length > 1) throw badRequest('exactly one of the fields blocks, html and markdown must be used');
  if (!Array.isArray(rich.blocks)) throw badRequest('this server of the tests knows rich blocks only');
  const skipsDetection = rich.skip_entity_detection === true;
  const count: Count = { blocks: 0, runs: 0, media: 0, bytes: 0, anchors: new Set(), targets: [], skipsDetection };
  const words = lines(rich.blocks, 1, count).join('\n');
  if (count.bytes === 0) throw badRequest('RICH_MESSAGE_EMPTY');
  if (count.bytes > limits.bytes) throw badRequest('RICH_MESSAGE_TEXT_TOO_LONG');
  if (count.blocks > limits.blocks) throw badRequest('RICH_MESSAGE_BLOCKS_TOO_MANY');
  if (count.runs > limits.runs) throw badRequest('RICH_MESSAGE_INVALID');
  if (count.media > limits.media) throw badRequest('RICH_MESSAGE_MEDIA_TOO_MANY');
  if (kind === 'draft' && count.media > 0) throw badRequest('media not found');
  // The real server would make an address of it that leads nowhere.
  if (count.targets.some((target) => !count.anchors.has(target))) throw badRequest('RICH_MESSAGE_URL_INVALID');
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
        label: labelOf(item),
        blocks: toldBlocks(item.blocks ?? []),
      })),
    }),
  }));
}

function lines(blocks: readonly RawBlock[], depth: number, count: Count, inItem = false): string[] {
  if (blocks.length === 0) throw badRequest('RICH_MESSAGE_CONTENT_REQUIRED');
  if (depth > limits.depth) throw badRequest('RICH_MESSAGE_DEPTH_INVALID');
  return blocks.flatMap((block) => {
    count.blocks += 1;
    // An item may be empty: that is a paragraph without text in it.
    if (inItem && blocks.length === 1 && block.type === 'paragraph' && block.text === '') return [''];
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
      if (!block.size || block.size > 6) throw badRequest('invalid section heading size specified');
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
      throw badRequest(`can't parse InputRichBlock: type "${block.type}" is unsupported`);
  }
}

function items({ items = [] }: RawBlock, depth: number, count: Count): string[] {
  if (items.length === 0) throw badRequest('list must be non-empty');
  if (new Set(items.map(({ type }) => type !== undefined)).size > 1)
    throw badRequest('list must be either ordered or unordered');
  return items.flatMap((item) => {
    count.blocks += 1;
    const [first = '', ...rest] = lines(item.blocks ?? [], depth + 2, count, true);
    const box = item.has_checkbox ? (item.is_checked ? '☑ ' : '☐ ') : '';
    return [`${labelOf(item)} ${box}${first}`, ...rest.map((each) => `  ${each}`)];
  });
}

/** Without a `type` an item has no number, whatever its `value`. */
function labelOf({ type, value }: NonNullable<RawBlock['items']>[number]): string {
  if (type !== undefined && type !== '1') throw badRequest('invalid list item type specified');
  return type === undefined ? '•' : `${value ?? 0}.`;
}

function rows(cells: NonNullable<RawBlock['cells']>, depth: number, count: Count): string[] {
  return cells.map((row) => {
    count.blocks += 1;
    if (row.length > limits.columns) throw badRequest('RICH_MESSAGE_TABLE_COLS_TOO_MANY');
    return row.map((cell) => words(cell.text ?? '', depth + 2, count)).join(' | ');
  });
}

function words(text: RichText | undefined, depth: number, count: Count, inLink = false): string {
  if (text === undefined) throw badRequest('invalid rich text specified');
  if (depth > limits.depth) throw badRequest('RICH_MESSAGE_DEPTH_INVALID');
  if (typeof text === 'string') {
    count.bytes += Buffer.byteLength(text);
    if (!count.skipsDetection && brokenEmail.test(text)) throw badRequest('RICH_MESSAGE_EMAIL_INVALID');
    return text;
  }
  if (Array.isArray(text)) return text.map((part) => words(part, depth, count, inLink)).join('');
  count.runs += 1;
  if (text.type === 'mathematical_expression') return words(text.expression, depth, count);
  if (!styles.has(text.type) || !('text' in text)) throw badRequest('unsupported rich text type');
  if (links.has(text.type) && inLink) throw badRequest('RICH_MESSAGE_URL_INVALID');
  if (text.type === 'url' && !URL.canParse(text.url)) throw badRequest('RICH_MESSAGE_URL_INVALID');
  if (text.type === 'reference') count.anchors.add(text.name);
  if (text.type === 'reference_link') count.targets.push(text.reference_name);
  return words(text.text, depth + 1, count, inLink || links.has(text.type));
}

function filled(text: string): string {
  if (text.trim() === '') throw badRequest('RICH_MESSAGE_CONTENT_REQUIRED');
  return text;
}
