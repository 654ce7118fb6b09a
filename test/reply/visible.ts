import type { Nodes } from 'mdast';

/** What a reader sees of a tree: its letters, without white space and without what only a renderer draws. */
export function visible(node: Nodes): string {
  return letters(node).replace(/\s+/g, '');
}

function letters(node: Nodes): string {
  if (node.type === 'html' || node.type === 'definition' || node.type === 'image') return '';
  if (node.type === 'footnoteReference') return `[^${node.identifier}]`;
  if ('value' in node) return node.value;
  return 'children' in node ? node.children.map((child) => letters(child)).join(' ') : '';
}
