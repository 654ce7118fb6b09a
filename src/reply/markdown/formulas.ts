/** Formulas: the TeX brackets models write, and the dollars that are money. */
import type { Nodes, Root, Text } from 'mdast';

/** The end of a line behind which no code span goes on: a blank line follows, a list item, a heading or a row. */
const BREAK = String.raw`\n[ \t]*(?:\r?\n|\||(?:[-*+]|\d{1,9}[.)]|#{1,6})[ \t])`;
/** A fence of backticks has none in its first line; what closes one has nothing behind. */
const FENCE = String.raw`^[ >]*(\x60{3,}(?![^\n]*\x60)|~{3,})[^\n]*\n[\s\S]*?(?:\n[ >]*\1[\x60~]*[ \t\r]*$|$(?![\s\S]))`;
const CODE_SPAN = String.raw`(\x60+)(?!\x60)(?:[^\n]|(?!${BREAK})\n)*?[^\x60]\2(?!\x60)`;
/** Fenced code, code spans and escaped backslashes: what a bracket inside of is not a formula. */
const CODE_OR_BRACKET = new RegExp(String.raw`${FENCE}|${CODE_SPAN}|\\\\|\\[()[\]]`, 'gm');
const BLANK_LINE = /\n\s*\n/;
const CLOSERS: Readonly<Record<string, string>> = { '\\(': '\\)', '\\[': '\\]' };

/**
 * Turns `\(x\)` and `\[x\]` into `$$x$$`, which has the same length (so offsets stay) and the same meaning to the parser.
 * A bracket without its partner stays as it is.
 */
export function asDollars(text: string): string {
  if (!text.includes('\\')) return text;
  const swaps: number[] = [];
  let open: { at: number; close: string } | undefined;
  for (const match of text.matchAll(CODE_OR_BRACKET)) {
    const mark = match[0];
    if (CLOSERS[mark]) open = { at: match.index, close: CLOSERS[mark] };
    else if (open && mark === open.close) {
      const inside = text.slice(open.at + 2, match.index);
      if (inside.trim() !== '' && !inside.includes('$') && !BLANK_LINE.test(inside)) swaps.push(open.at, match.index);
      open = undefined;
    }
  }
  let result = '';
  let from = 0;
  for (const at of swaps) {
    result += `${text.slice(from, at)}$$`;
    from = at + 2;
  }
  return result + text.slice(from);
}

/** Whether `asDollars` makes the same of the text when it is given what stands before `at`, behind a `BREAK`, and the rest one by one. */
export function isApart(text: string, at: number): boolean {
  let open: { at: number; close: string } | undefined;
  for (const { 0: mark, index } of text.matchAll(CODE_OR_BRACKET)) {
    if (index >= at) break;
    if (index + mark.length > at) return false;
    open = CLOSERS[mark] ? { at: index, close: CLOSERS[mark] } : mark === open?.close ? undefined : open;
  }
  return open === undefined || BLANK_LINE.test(text.slice(open.at, at));
}

/**
 * Gives signs that mean themselves back to the text, whatever CommonMark reads into them:
 * - dollars that are money, by Pandoc's rule: no space inside, no digit right behind (https://pandoc.org/MANUAL.html, tex_math_dollars);
 * - stars between letters or digits, which in answers are products (`2*3*4`), not emphasis.
 */
export function keepLiterals(root: Root, source: string): Root {
  visit(root, (node, parent, index) => {
    const from = node.position?.start.offset ?? 0;
    const to = node.position?.end.offset ?? 0;
    const raw = source.slice(from, to);
    const { start, end } = node.position ?? {};
    if (!start || !end) return;
    if (node.type === 'inlineMath' && isMoney(raw, source.charAt(to)))
      parent.children.splice(index, 1, text(raw.replaceAll(/\n[ \t>]*/g, '\n'), start, end));
    else if (node.type === 'emphasis' && raw.startsWith('*') && /[\da-zA-Z]/.test(source.charAt(from - 1)))
      parent.children.splice(
        index,
        1,
        text('*', start, behind(start, 1)),
        ...node.children,
        text('*', behind(end, -1), end),
      );
  });
  return root;
}

function isMoney(raw: string, behind: string): boolean {
  return !raw.startsWith('$$') && (/^\$\s|\s\$$/.test(raw) || /\d/.test(behind));
}

type Point = NonNullable<Nodes['position']>['start'];

function text(value: string, start: Point, end: Point): Text {
  return { type: 'text', value, position: { start, end } };
}

function behind({ line, column, offset = 0 }: Point, by: number): Point {
  return { line, column: column + by, offset: offset + by };
}

type Parent = { children: Nodes[] };

/** Children first and from the end, so that a visitor may replace what it is shown. */
function visit(node: Nodes, see: (node: Nodes, parent: Parent, index: number) => void): void {
  if (!('children' in node)) return;
  const parent: Parent = node;
  for (let index = parent.children.length - 1; index >= 0; index--) {
    const child = parent.children[index];
    if (!child) continue;
    visit(child, see);
    see(child, parent, index);
  }
}
