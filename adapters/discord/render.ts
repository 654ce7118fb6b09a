/**
 * Markdown as Discord draws it. The source is kept and only what Discord lacks is replaced: tables, formulas, images, deep headings,
 * reference links; so what Discord understands looks exactly as the model wrote it.
 */

import type { Code, Definition, Heading, ListItem, Nodes, Parents } from 'mdast';
import type { InlineMath, Math as MathBlock } from 'mdast-util-math';
import { definitionsOf } from '#core/reply/definitions.ts';
import { createGrowing, type Piece } from '#core/reply/growing.ts';
import { parseMarkdown } from '#core/reply/markdown.ts';
import { readable } from '#core/reply/readable.ts';
import { inert } from './inert.ts';
import { drawTable } from './table.ts';

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
}

/** Discord takes 2048 characters in an embed's address; a `data:` image is longer and no address at all. */
const LONGEST_ADDRESS = 2048;
const RULE = '──────────';
const DEEPEST_HEADING = 3;
const DISCORD_LANGUAGE = /^[\w+\-.#]*$/;

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
  const page: Page = { source, images: [], definitions: definitionsOf(root), edits: [] };
  visit(root, page);
  return { text: apply(page, from, to), images: page.images };
}

function visit(node: Nodes, page: Page): void {
  const [start, end] = span(node);
  const put = (text: string) => page.edits.push({ start, end, text: indented(text, page.source, start) });
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
      return void (isPlainFence(node, page.source.slice(start, end)) || put(fence(node, languageOf(node))));
    case 'image':
      return void put(picture(node.alt, node.url, page));
    case 'imageReference':
      return void put(picture(node.alt, page.definitions.get(node.identifier)?.url ?? '', page));
    case 'definition':
      return void put('');
    case 'thematicBreak':
      return void put(RULE);
    case 'break':
      return void page.edits.push({ start, end, text: '\n' });
    case 'html':
      return void (/^<br\s*\/?>$/i.test(node.value) ? put('\n') : put(inert(node.value)));
    case 'text':
      return void put(inert(decoded(page.source.slice(start, end))));
    case 'inlineCode':
      return;
    case 'heading':
      heading(node, page);
      break;
    case 'strong':
      // Two underscores underline in Discord.
      if (page.source.startsWith('__', start)) wrap(node, page, '**', '**');
      break;
    case 'linkReference':
      wrap(node, page, '[', `](${page.definitions.get(node.identifier)?.url ?? ''})`);
      break;
    case 'listItem':
      task(node, page);
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
  const marks = /^(?:[\s>]|[-+*]\s|\d+[.)]\s)*/.exec(line)?.[0].replaceAll(/[^>\s]/g, ' ') ?? '';
  return text.replaceAll('\n', `\n${marks}`);
}

function isPlainFence(node: Code, source: string): boolean {
  return source.startsWith('```') && !source.startsWith('````') && !node.meta && DISCORD_LANGUAGE.test(node.lang ?? '');
}

function languageOf(node: Code): string {
  return DISCORD_LANGUAGE.test(node.lang ?? '') ? (node.lang ?? '') : '';
}

/** Discord ends a block at the first three backticks, however long the fence was. */
function fence({ value }: { value: string }, language: string): string {
  return `\`\`\`${language}\n${value.replaceAll('```', '`\u200b``')}\n\`\`\``;
}

function inlineCode(value: string): string {
  const flat = value.replaceAll('\n', ' ').trim();
  return flat.includes('`') ? `\`\` ${flat} \`\`` : `\`${flat}\``;
}

/** Discord draws no TeX. */
function formula(tex: string, isInLine = false): string | undefined {
  const text = readable(tex, isInLine)
    ?.replaceAll(/[\\*_~`|]/g, '\\$&')
    .replaceAll(/^[>#-]/gm, '\\$&');
  return text && inert(text);
}

function picture(alt: string | null | undefined, url: string, page: Page): string {
  const label = inert(alt || fileName(url)).replaceAll(/[[\]\n]/g, ' ');
  if (!/^https?:\/\//.test(url) || url.length > LONGEST_ADDRESS) return `🖼 ${label}`;
  page.images.push(url);
  return `🖼 [${label}](<${url.replaceAll(/[\s<>]/g, encodeURIComponent)}>)`;
}

function fileName(url: string): string {
  return /([^/?#]+)(?:[?#].*)?$/.exec(url)?.[1] ?? 'image';
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
