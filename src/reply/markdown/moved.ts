/** Nodes of which the positions count from elsewhere. */
import type { Nodes } from 'mdast';

export interface Distance {
  readonly lines: number;
  readonly offset: number;
}

type Point = { line: number; column: number; offset?: number | undefined };

export function movedPoint(point: Point, by: Distance): Required<Point> {
  return { line: point.line + by.lines, column: point.column, offset: (point.offset ?? 0) + by.offset };
}

/** A copy, with all that is in it. */
export function moved<N extends Nodes>(node: N, by: Distance): N {
  return {
    ...node,
    ...(node.position && {
      position: { start: movedPoint(node.position.start, by), end: movedPoint(node.position.end, by) },
    }),
    ...('children' in node && { children: node.children.map((child) => moved(child, by)) }),
  };
}
