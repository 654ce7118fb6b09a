/** The end of a text that is still being written: what must be held back, what must be closed. */
import type { Code, Nodes, Root } from 'mdast';
import type { Math as Formula } from 'mdast-util-math';
import { repairInline } from './inline.ts';
import { tableHead } from './rows.ts';

/** Longest a table header or a definition may be held back while nobody knows yet what it is. */
const HOLD = 400;

/** One marker that begins a block, with what must follow it. */
const MARKER = /[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)]|#{1,6}|\[[ xX]\])(?=[ \t]))/y;
const LIST_MARKER = /(?:[-*+]|\d{1,9}[.)])[ \t]/y;
/** What may still become a marker: `-`, `1`, `##`, `[ `, half a rule or underline, an opening fence without its line end. */
const HALF_MARKER =
  /^[ \t]*(?:[-*_= \t]*|\+|\d{1,9}[.)]?|#{1,6}|\[[ xX]?\]?|`{1,2}|~{1,2}|\$|`{3,}[^`]*|~{3,}.*|\${2,}[ \t]*)$/;
/** A backslash may break the line that it ends. */
const AMBIGUOUS_END = /\\\s*$/;
/** What may turn into something else with the next character: markers, half a character, an entity, an address. That of a link is settled by its bracket. */
const UNFINISHED_WORD =
  /(?:[*_~`$\\!]+|[\uD800-\uDBFF]|\u200D|&#?[\da-zA-Z]{0,10}|(?<!\]\()\bhttps?(?::\/?|:\/\/[^\s<>，。、；：？！（）]*)?)$/;
/** A line that no block but a paragraph can begin with. */
const PARAGRAPH_LINE = /^(?:\*\*)?[\p{L}“‘「『（《【]/u;
const FENCE = /^(`{3,}|~{3,}|\${2,})/;

/** A text cut off at some point, made valid. */
export interface Repair {
  /** Valid markdown. */
  readonly text: string;
  /** How much of the given text is kept in it; the rest is held back. */
  readonly kept: number;
  /** What a text that goes on from here must begin with: an open fence, open emphasis, the head of a table. */
  readonly reopen: string;
}

/** @see showable. `parse` is passed in, since the parser's module builds on this one. */
export function repairEnd(text: string, parse: (text: string) => Root): Repair {
  const start = lastBlock(text);
  const end = repairBlock(text.slice(start), parse);
  return { text: (text.slice(0, start) + end.text).trimEnd(), kept: start + end.kept, reopen: end.reopen };
}

/**
 * Where the last top-level block, or the last item of a top-level list, begins, found without parsing: a line that is neither indented nor inside a
 * fence, after a blank one or with the same marker as the list. Everything before it is settled, so the cost of a view is the cost of its last block.
 */
function lastBlock(text: string): number {
  let start = 0;
  let blank = true;
  let list = false;
  /** Marker of the list that the block is. */
  let kind: string | undefined;
  let fence: Fence | undefined;
  for (let at = 0; at < text.length; ) {
    const end = lineEnd(text, at);
    const first = skipSpace(text, at, end);
    if (first < end) {
      const marker = listMarker(text, first);
      const begins = blank || (marker !== undefined && marker === kind);
      if (begins && first === at && (!fence || fence.indented)) {
        start = at;
        list = false;
        kind = marker;
        fence = undefined;
      }
      list ||= marker !== undefined;
      if (isFenceMark(text.charCodeAt(first)))
        fence = nextFence(fence, text.slice(first, end).trimEnd(), first > at && list);
    }
    blank = first === end;
    at = end + 1;
  }
  return start;
}

interface Fence {
  readonly mark: string;
  readonly indented: boolean;
}

function nextFence(fence: Fence | undefined, line: string, indented: boolean): Fence | undefined {
  const mark = FENCE.exec(line)?.[1];
  if (fence) return mark?.startsWith(fence.mark) && line === mark ? undefined : fence;
  if (!mark || line.slice(mark.length).includes(mark.charAt(0))) return undefined;
  return { mark, indented };
}

/** The sign of a list item that begins at `at`: `-`, `*`, `+`, `.` or `)`. */
function listMarker(text: string, at: number): string | undefined {
  const code = text.charCodeAt(at);
  // Most lines begin with a letter: `*`, `+`, `-` and the digits stand before all of them.
  if (code < 42 || code > 57) return undefined;
  LIST_MARKER.lastIndex = at;
  return LIST_MARKER.test(text) ? text.charAt(LIST_MARKER.lastIndex - 2) : undefined;
}

/** `$`, a backtick, a tilde. */
function isFenceMark(code: number): boolean {
  return code === 36 || code === 96 || code === 126;
}

function skipSpace(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && /[ \t\r]/.test(text.charAt(at))) at++;
  return at;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

/** Cuts and closes until nothing changes any more: holding back a link may uncover a list marker. */
function repairBlock(block: string, parse: (text: string) => Root): Repair {
  let text = block.trimEnd() === '' ? '' : block;
  for (let round = 0; round < 16; round++) {
    const step = repairPlain(text) ?? repairLeaf(text, lastLeaf(parse(text.trimEnd())));
    if (typeof step !== 'number') return step;
    text = text.slice(0, step).trimEnd();
  }
  return settled(text);
}

function settled(text: string, closers = '', reopen = ''): Repair {
  const kept = text.trimEnd();
  return { text: kept + closers, kept: kept.length, reopen };
}

/** Most blocks are paragraphs, and those can be told by how their lines begin, as tables can: that saves the parse. */
function repairPlain(text: string): Repair | number | undefined {
  if (isPlainlyParagraph(text)) return repairParagraph(text, 0);
  return tableHead(text) === undefined ? undefined : repairTable(text, 0);
}

function isPlainlyParagraph(text: string): boolean {
  return (
    text !== '' &&
    !text.includes('|') &&
    text
      .trimEnd()
      .split('\n')
      .every((line) => PARAGRAPH_LINE.test(line))
  );
}

/** The repaired text, or the offset from which to hold back before looking again. */
function repairLeaf(text: string, leaf: Nodes | undefined): Repair | number {
  if (!leaf) return settled(text);
  const from = leaf.position?.start.offset ?? 0;
  if ((leaf.type === 'code' || leaf.type === 'math') && FENCE.test(text.slice(from)))
    return repairFence(text, leaf, from);
  const marker = markerLine(text);
  if (marker !== undefined) return marker;
  if (leaf.type === 'table') return repairTable(text, from);
  if (leaf.type === 'code') return settled(text);
  return repairParagraph(text, from);
}

function repairParagraph(text: string, from: number): Repair | number {
  const held = tableHeader(text, from) ?? (AMBIGUOUS_END.exec(text) ?? UNFINISHED_WORD.exec(text))?.index;
  if (held !== undefined) return held;
  const inline = repairInline(text, from);
  if (inline.cut !== undefined) return inline.cut;
  // What ends a formula of several lines stands in the same quotation or list.
  const container = continuation(text, from);
  const opening = inline.openers.endsWith('\n') ? container + inline.openers : inline.openers;
  return settled(text, inline.closers.replace(/^\n/, `\n${container}`), opening);
}

/** Start of the last line if so far it is nothing but block markers. */
function markerLine(text: string): number | undefined {
  const start = text.lastIndexOf('\n') + 1;
  const line = text.slice(start);
  if (line.trim() === '') return undefined;
  let at = 0;
  MARKER.lastIndex = 0;
  while (MARKER.test(line)) at = MARKER.lastIndex;
  return HALF_MARKER.test(line.slice(at)) ? start : undefined;
}

/** A fence without its end gets one; half an end, and a fence with nothing in it yet, are held back. */
function repairFence(text: string, leaf: Code | Formula, from: number): Repair | number {
  const mark = FENCE.exec(text.slice(from))?.[1] ?? '```';
  const lines = text.slice(from).trimEnd().split('\n');
  const last = (lines.at(-1) ?? '').replace(/^[ \t>]+/, '').trimEnd();
  const isMarks = last !== '' && last === mark.charAt(0).repeat(last.length);
  if (lines.length > 1 && isMarks && last.length >= mark.length) return settled(text);
  if (leaf.value.trim() === '') return from;
  const body = isMarks ? text.slice(0, text.trimEnd().lastIndexOf('\n')) : text;
  const container = continuation(text, from);
  const opening = `${container}${(lines[0] ?? mark).trim()}\n`;
  return settled(body, `\n${container}${mark}`, opening);
}

/** What a later line in the same container begins with: quotes stay, list markers become spaces. */
function continuation(text: string, from: number): string {
  const line = text.slice(text.lastIndexOf('\n', from - 1) + 1, from);
  return line.replace(/[^>\t]/g, ' ');
}

/** A row that is still being written is held back: one cell less than the rule has may be half of it. */
function repairTable(text: string, from: number): Repair | number {
  if (text.slice(from).trimEnd().split('\n').length <= 2 && !text.endsWith('\n')) return from;
  const [head = '', rule = ''] = text.slice(from).split('\n', 2);
  const lineStart = text.lastIndexOf('\n') + 1;
  const line = text.slice(lineStart);
  const isWhole = /^[ >]*\|.*[^\\]\|[ \t]*$/.test(line) && cells(line) >= cells(rule);
  return settled(isWhole ? text : text.slice(0, lineStart), '', `${head}\n${rule}\n`);
}

function cells(line: string): number {
  const inner = line.replace(/^[ \t>]*\|?|\|?[ \t]*$/g, '');
  return inner.split(/(?<!\\)\|/).length;
}

/** Start of a paragraph that may turn out to be the head of a table: one line with pipes, perhaps with half its rule below. */
function tableHeader(text: string, from: number): number | undefined {
  const paragraph = text.slice(from);
  if (paragraph.length > HOLD || !paragraph.includes('|')) return undefined;
  const lines = paragraph.trimEnd().split('\n');
  const head = lines.at(-2) !== undefined && isRule(lines.at(-1) ?? '') ? lines.length - 2 : lines.length - 1;
  const line = lines[head] ?? '';
  const bare = line.replace(/^[ \t>]+/, '');
  const mayBeHead = bare.startsWith('|') || (head === lines.length - 2 && bare.includes('|'));
  if (!mayBeHead || (head === lines.length - 1 && paragraph.endsWith('\n\n'))) return undefined;
  return from + lines.slice(0, head).join('\n').length;
}

function isRule(line: string): boolean {
  return /^[ \t>]*\|?[ \t:|-]*$/.test(line);
}

/** The innermost block at the very end. */
function lastLeaf(root: Root): Nodes | undefined {
  let node: Nodes | undefined = root.children.at(-1);
  while (
    node &&
    (node.type === 'list' ||
      node.type === 'listItem' ||
      node.type === 'blockquote' ||
      node.type === 'footnoteDefinition')
  ) {
    const child: Nodes | undefined = node.children.at(-1);
    if (!child) break;
    node = child;
  }
  return node;
}
