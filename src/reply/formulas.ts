/** Formulas: the TeX brackets models write, and the dollars that are money. */
import type { Nodes, PhrasingContent, Root } from 'mdast';

/** Fenced code, code spans and escaped backslashes: what a bracket inside of is not a formula. */
const CODE_OR_BRACKET =
  /^[ >]*(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:\n[ >]*\1|$(?![\s\S]))|(`+)(?!`)[\s\S]*?[^`]\2(?!`)|\\\\|\\[()[\]]/gm;

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
    if (mark === '\\(' || mark === '\\[') open = { at: match.index, close: mark === '\\(' ? '\\)' : '\\]' };
    else if (open && mark === open.close) {
      const inside = text.slice(open.at + 2, match.index);
      if (inside.trim() !== '' && !/\n\s*\n|\$/.test(inside)) swaps.push(open.at, match.index);
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

/**
 * Pandoc's rule for single dollars: no space inside them, and no digit right behind the closing one. What breaks it is money and goes back to text.
 * (https://pandoc.org/MANUAL.html, extension tex_math_dollars)
 */
export function keepPrices(root: Root, source: string): Root {
  visit(root, (node, parent, index) => {
    if (node.type !== 'inlineMath' || !node.position) return;
    const from = node.position.start.offset ?? 0;
    const to = node.position.end.offset ?? 0;
    const raw = source.slice(from, to);
    if (raw.startsWith('$$') || !(/^\$\s|\s\$$/.test(raw) || /\d/.test(source[to] ?? ''))) return;
    const text: PhrasingContent = { type: 'text', value: raw, position: node.position };
    parent.children.splice(index, 1, text);
  });
  return root;
}

type Parent = { children: Nodes[] };

function visit(node: Nodes, see: (node: Nodes, parent: Parent, index: number) => void): void {
  if (!('children' in node)) return;
  const parent: Parent = node;
  for (const [index, child] of [...parent.children].entries()) {
    see(child, parent, index);
    visit(child, see);
  }
}
