/** The tree of an answer that grows. */
import type { List, Nodes, Root, RootContent } from 'mdast';
import { createGrowing, type Piece } from './growing.ts';

/**
 * A parser for the texts of one answer, each of which goes on from the one before: gives what `parseMarkdown` gives, for the price of parsing what is new.
 * Keeps the whole tree, about thirty times as large as its text, so it is for places where few answers run at once.
 */
export function createParser(parse?: (text: string) => Root): (text: string) => Root {
  const growing = createGrowing(inPlace, parse);
  return (text) => {
    const pieces = growing.read(text);
    const children: RootContent[] = [];
    for (const { root, goesOn } of pieces) {
      const [first, ...rest] = root.children;
      const last = children.at(-1);
      if (goesOn && first?.type === 'list' && last?.type === 'list')
        children[children.length - 1] = joined(last, first);
      else if (first) children.push(first);
      children.push(...rest);
    }
    const end = pieces.at(-1)?.root.position?.end ?? { line: 1, column: 1, offset: 0 };
    return { type: 'root', children, position: { start: { line: 1, column: 1, offset: 0 }, end } };
  };
}

function joined(before: List, after: List): List {
  return {
    ...before,
    spread: before.spread || after.spread || false,
    children: [...before.children, ...after.children],
    ...(before.position && after.position && { position: { start: before.position.start, end: after.position.end } }),
  };
}

/** A copy of the piece whose positions count in the text. */
function inPlace({ root, before, goesOn }: Piece): { root: Root; goesOn: boolean } {
  const point = (at: { line: number; column: number; offset?: number | undefined }) => ({
    line: at.line + before.lines,
    column: at.column,
    offset: (at.offset ?? 0) + before.offset,
  });
  const copy = <N extends Nodes>(node: N): N => ({
    ...node,
    ...(node.position && { position: { start: point(node.position.start), end: point(node.position.end) } }),
    ...('children' in node && { children: node.children.map(copy) }),
  });
  return { root: copy(root), goesOn };
}
