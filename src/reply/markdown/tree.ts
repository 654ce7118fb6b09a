/** The tree of an answer that grows. */
import type { List, Root, RootContent } from 'mdast';
import { createGrowing } from './growing.ts';
import { moved } from './moved.ts';

/**
 * A parser for the texts of one answer, each of which goes on from the one before: gives what `parseMarkdown` gives, for the price of parsing what is new.
 * Keeps the whole tree, about thirty times as large as its text, so it is for places where few answers run at once.
 */
export function createParser(parse?: (text: string) => Root): (text: string) => Root {
  const growing = createGrowing(({ root, before, goesOn }) => ({ root: moved(root, before), goesOn }), parse);
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
