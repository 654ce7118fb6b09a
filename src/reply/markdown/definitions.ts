/** The addresses that a markdown text names apart from where it uses them. */
import type { Definition, Nodes, Root } from 'mdast';

/** By identifier, wherever they stand. The first of two counts: https://spec.commonmark.org/0.31.2/#example-204 */
export function definitionsOf(root: Nodes): ReadonlyMap<string, Definition> {
  const found = new Map<string, Definition>();
  const collect = (node: Nodes) => {
    if (node.type === 'definition' && !found.has(node.identifier)) found.set(node.identifier, node);
    if ('children' in node) node.children.forEach(collect);
  };
  collect(root);
  return found;
}

/** The same tree with the addresses where they are used: links and pictures instead of references to definitions. */
export function resolveReferences(root: Root): Root {
  const definitions = definitionsOf(root);
  if (definitions.size === 0) return root;
  const resolve = (node: Nodes): Nodes => {
    const copy = 'children' in node ? ({ ...node, children: node.children.map(resolve) } as Nodes) : node;
    if (copy.type !== 'linkReference' && copy.type !== 'imageReference') return copy;
    const url = definitions.get(copy.identifier)?.url ?? '';
    return copy.type === 'linkReference' ? { ...copy, type: 'link', url } : { ...copy, type: 'image', url };
  };
  return resolve(root) as Root;
}
