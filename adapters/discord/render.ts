/**
 * Markdown as Discord draws it. The source is kept and only what Discord lacks is replaced: tables, formulas, images, deep headings,
 * reference links; so what Discord understands looks exactly as the model wrote it.
 */

import type {
  Blockquote,
  Definition,
  Heading,
  Image,
  ImageReference,
  Link,
  LinkReference,
  ListItem,
  Nodes,
  Parents,
  Reference,
  Text,
} from 'mdast';
import type { InlineMath, Math as MathBlock } from 'mdast-util-math';
import { definitionsOf } from '#core/reply/markdown/definitions.ts';
import { createGrowing, type Piece } from '#core/reply/markdown/growing.ts';
import { parseMarkdown } from '#core/reply/markdown/markdown.ts';
import { codeBlock, fence, formula, inlineCode } from './code.ts';
import { literal } from './inert.ts';
import { disguised, htmlPictures, isWeb, picture } from './links.ts';
import { drawTable, plain } from './table.ts';

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What a message shows of a piece of markdown. */
export interface Drawn {
  readonly text: string;
  /** Addresses of its images, for embeds: Discord fetches them while they are fresh. */
  readonly images: readonly string[];
}

interface Page {
  readonly source: string;
  readonly images: string[];
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly edits: Edit[];
  /** Up to where quotations are marked. */
  quotedTo: number;
}

const RULE = '──────────';
const DEEPEST_HEADING = 3;

/** The text for a message's `content`. Nothing in it looks like a mention; that it pings nobody is up to `allowed_mentions`. */
export function render(markdown: string): string {
  return draw(markdown).text;
}

/** The text and the images of a message. */
export function draw(markdown: string): Drawn {
  return joined([drawPiece({ root: parseMarkdown(markdown), source: markdown, from: 0, to: markdown.length })]);
}

/** As `draw`, for the texts of one reply, of which each goes on from the one before: what is settled of them is drawn once. */
export function createDraw(): (markdown: string) => Drawn {
  const growing = createGrowing(drawPiece);
  return (markdown) => joined(growing.read(markdown));
}

function joined(pieces: readonly Drawn[]): Drawn {
  const images = pieces.flatMap((piece) => piece.images);
  return {
    text: pieces
      .map((piece) => piece.text)
      .join('')
      .trim(),
    images: [...new Set(images)],
  };
}

function drawPiece({ root, source, from, to }: Pick<Piece, 'root' | 'source' | 'from' | 'to'>): Drawn {
  const page: Page = { source, images: [], definitions: definitionsOf(root), edits: [], quotedTo: 0 };
  visit(root, page);
  return { text: apply(page, from, to), images: page.images };
}

function visit(node: Nodes, page: Page): void {
  const [start, end] = span(node);
  const put = (text: string | undefined) =>
    text !== undefined && page.edits.push({ start, end, text: indented(text, page.source, start) });
  switch (node.type) {
    case 'table':
      return void put(drawTable(node));
    case 'math':
      return void put(formula((node as MathBlock).value) ?? fence(node as MathBlock, 'tex'));
    case 'inlineMath': {
      const { value } = node as InlineMath;
      return void put(formula(value, true) ?? inlineCode(value));
    }
    case 'code':
      return void put(codeBlock(node, page.source.slice(start, end)));
    case 'image':
      return void put(drawPicture(page, node.alt, node.url));
    case 'imageReference':
      return void put(drawPicture(page, node.alt, addressOf(node, page)));
    case 'definition':
      return void put('');
    case 'thematicBreak':
      return void put(RULE);
    case 'break':
      return void page.edits.push({ start, end, text: '\n' });
    case 'html':
      if (/^<br\s*\/?>$/i.test(node.value)) return void put('\n');
      return void put(htmlPictures(node.value, (alt, url) => drawPicture(page, alt, url)));
    case 'text':
      return void words(node, page);
    case 'inlineCode':
      return;
    case 'heading':
      heading(node, page);
      break;
    case 'strong':
      // Two underscores underline in Discord.
      if (page.source.startsWith('__', start)) wrap(node, page, '**', '**');
      break;
    case 'link':
    case 'linkReference': {
      const whole = link(node, page);
      if (whole === undefined) break;
      return void put(whole);
    }
    case 'blockquote':
      quotation(node, page);
      break;
    case 'listItem':
      item(node, page);
      break;
    default:
  }
  if ('children' in node) for (const child of node.children) visit(child, page);
}

function heading(node: Heading, page: Page): void {
  const marks = `${'#'.repeat(Math.min(node.depth, DEEPEST_HEADING))} `;
  const [start] = span(node);
  if (node.children.length > 0 && !page.source.startsWith(marks, start)) wrap(node, page, marks, '');
}

/** Words go on under the marks of their quotation or list, which are left to those. */
function words(node: Text, page: Page): void {
  let [at] = span(node);
  for (const line of page.source.slice(...span(node)).split('\n')) {
    const marks = at === span(node)[0] ? 0 : (/^[ \t>]*/.exec(line)?.[0].length ?? 0);
    page.edits.push({ start: at + marks, end: at + line.length, text: literal(decoded(line.slice(marks))) });
    at += line.length + 1;
  }
}

/** Discord quotes a line only behind `> ` with its space, also an empty one, and behind `>>> ` all that follows. */
function quotation(node: Blockquote, page: Page): void {
  const [start, end] = span(node);
  if (start < page.quotedTo) return;
  page.quotedTo = end;
  let at = start;
  for (const line of page.source.slice(start, end).split('\n')) {
    const [, indent = '', marks = ''] = /^([ \t]*)((?:> ?)*)/.exec(line) ?? [];
    const depth = marks.replaceAll(' ', '').length;
    const from = at + indent.length;
    page.edits.push({ start: from, end: from + marks.length, text: '> '.repeat(Math.max(1, depth)) });
    at += line.length + 1;
  }
}

/** What stands in place of a link that Discord would not draw as one; `undefined` when its words are still to be drawn. */
function link(node: Link | LinkReference, page: Page): string | undefined {
  const url = node.type === 'link' ? node.url : addressOf(node, page);
  const [start, end] = span(node);
  const source = page.source.slice(start, end);
  // An address that stands for itself; a mention within it is none.
  if (!source.startsWith('[')) return decoded(source);
  const text = plain(node.children);
  const [first, ...others] = picturesIn(node);
  for (const other of others) drawPicture(page, other.alt, addressOf(other, page));
  if (first) return drawPicture(page, text, addressOf(first, page), isWeb(url) ? url : undefined);
  if (!isWeb(url)) return void wrap(node, page, '', mailbox(url, text));
  const shown = disguised(text, url);
  if (shown) return shown.whole ? shown.text : `[${shown.text}](${url})`;
  if (node.type === 'linkReference') wrap(node, page, '[', `](${url})`);
  return undefined;
}

function mailbox(url: string, text: string): string {
  const address = /^mailto:([^?]+)/i.exec(url)?.[1];
  return address === undefined || address === text ? '' : ` (${address})`;
}

function picturesIn(node: Link | LinkReference): (Image | ImageReference)[] {
  return node.children.filter((child) => child.type === 'image' || child.type === 'imageReference');
}

function addressOf(node: Image | Reference, page: Page): string {
  return 'url' in node ? node.url : (page.definitions.get(node.identifier)?.url ?? '');
}

function drawPicture(page: Page, alt: string | null | undefined, url: string, href?: string): string {
  const { text, address } = picture(alt ?? '', url, href);
  if (address !== undefined) page.images.push(address);
  return text;
}

/** Discord draws lists with `-`, `*` and `1.`, and no boxes. */
function item(node: ListItem, page: Page): void {
  const [start, end] = span(node);
  const mark = /^(\d*)([+)])/.exec(page.source.slice(start, end));
  const at = start + (mark?.[1]?.length ?? 0);
  if (mark) page.edits.push({ start: at, end: at + 1, text: mark[2] === '+' ? '-' : '.' });
  task(node, page);
}

function task(node: ListItem, page: Page): void {
  if (typeof node.checked !== 'boolean') return;
  const [start, end] = span(node);
  const box = /\[[ xX]\]/.exec(page.source.slice(start, end));
  if (box === null) return;
  const at = start + box.index;
  page.edits.push({ start: at, end: at + box[0].length, text: node.checked ? '☑' : '☐' });
}

/** Replaces the marks around a node's children and leaves the children to themselves. */
function wrap(node: Parents, page: Page, before: string, after: string): void {
  const [start, end] = span(node);
  const first = node.children[0];
  const last = node.children.at(-1);
  if (first === undefined || last === undefined) return;
  page.edits.push({ start, end: span(first)[0], text: before }, { start: span(last)[1], end, text: after });
}

function apply({ source, edits }: Page, from: number, to: number): string {
  const texts: string[] = [];
  let at = from;
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (edit.start < at) continue;
    texts.push(source.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  return [...texts, source.slice(at, to)].join('');
}

/** Several lines inside a quote or a list item go on under the same marks as the first. */
function indented(text: string, source: string, start: number): string {
  if (!text.includes('\n')) return text;
  const line = source.slice(source.lastIndexOf('\n', start - 1) + 1, start);
  const marks =
    /^(?:[\s>]|[-+*]\s|\d+[.)]\s)*/
      .exec(line)?.[0]
      .replaceAll(/[^>\s]/g, ' ')
      .replaceAll(/> ?/g, '> ') ?? '';
  return text.replaceAll('\n', `\n${marks}`);
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  nbsp: '\u00a0',
  '#39': "'",
};

function decoded(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|nbsp|#39);/g, (whole, name: string) => entities[name] ?? whole);
}

function span(node: Nodes): readonly [start: number, end: number] {
  return [node.position?.start.offset ?? 0, node.position?.end.offset ?? 0];
}
