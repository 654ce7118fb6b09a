/** Where a text that grows can be cut, so that both sides read apart are the whole, whatever is written behind them. */
import type { List, Root, RootContent } from 'mdast';
import { isApart } from './formulas.ts';

export interface Cut {
  /** The block that begins behind the cut, or, with `item` above 0, the list that is cut before that item. */
  readonly block: number;
  readonly item: number;
  readonly offset: number;
  readonly line: number;
  /** How much of the text must stay for the cut to hold. */
  readonly needs: number;
}

/** So much of an item that nothing else can become of it, such as a rule. */
const ITEM = /(?:[-*+][ \t]+[^\s*_-]|\d{1,9}[.)][ \t]+\S)/y;
const HEADING = /#{1,6}[ \t]+\S/y;
/** What may go on with a list above it. */
const MARKER = /[-*+\d]/;

/** The last place to cut, before a block behind a blank line, a heading, or an item of a list, none of them indented. The text must have no definitions. */
export function lastCut(root: Root, text: string): Cut | undefined {
  for (let block = root.children.length - 1; block >= 0; block--) {
    const node = root.children[block];
    const cut = node && (cutInside(node, block, text) ?? cutBefore(node, root.children[block - 1], block, text));
    if (cut) return cut;
  }
  return undefined;
}

function cutInside(node: RootContent, block: number, text: string): Cut | undefined {
  if (node.type !== 'list') return undefined;
  for (let item = node.children.length - 1; item > 0; item--) {
    const cut = cutAt(node.children[item], block, item, text, (at) => settledBy(ITEM, text, at) ?? lineEnd(text, at));
    if (cut) return cut;
  }
  return undefined;
}

function cutBefore(node: RootContent, above: RootContent | undefined, block: number, text: string): Cut | undefined {
  if (!above) return undefined;
  return cutAt(node, block, 0, text, (at) => {
    if (isIndentedCode(above, text)) return undefined;
    const clear = node.type === 'heading' ? HEADING : node.type === 'list' && isContainer(above) ? ITEM : undefined;
    const needs = clear && settledBy(clear, text, at);
    if (needs !== undefined || !isBehindBlank(text, at)) return needs;
    return above.type === 'list' && MARKER.test(text.charAt(at)) ? lineEnd(text, at) : at + 1;
  });
}

function cutAt(
  node: RootContent | List['children'][number] | undefined,
  block: number,
  item: number,
  text: string,
  needed: (at: number) => number | undefined,
): Cut | undefined {
  const start = node?.position?.start;
  const offset = start?.offset ?? 0;
  // Not before indented code. And the parser drops a byte order mark at the beginning of what it is given.
  if (!start || text.charAt(offset - 1) !== '\n' || /[ \t\uFEFF]/.test(text.charAt(offset))) return undefined;
  const needs = needed(offset);
  return needs !== undefined && isApart(text, offset) ? { block, item, offset, line: start.line, needs } : undefined;
}

/** What ends by itself where a list begins. A paragraph is interrupted, which not every list can do. */
function isContainer({ type }: RootContent): boolean {
  return type === 'list' || type === 'blockquote';
}

/** The parser lets indented code go on over blank lines, and takes what begins behind it for an interruption. */
function isIndentedCode({ type, position }: RootContent, text: string): boolean {
  if (type !== 'code' || !position) return false;
  return position.start.column > 4 || !/[`~]/.test(text.charAt(position.start.offset ?? 0));
}

function settledBy(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** End of the line at `at`, with its line break; `undefined` while that is not there. */
function lineEnd(text: string, at: number): number | undefined {
  return text.indexOf('\n', at) + 1 || undefined;
}

function isBehindBlank(text: string, at: number): boolean {
  return /^[ \t\r]*$/.test(text.slice(text.lastIndexOf('\n', at - 2) + 1, at - 1));
}
