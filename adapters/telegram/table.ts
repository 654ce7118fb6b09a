/** Tables in monospace, and the plain words of their cells. */
import type { AlignType, Nodes } from 'mdast';
import { readable } from '#core/reply/markdown/readable.ts';
import { pad, width } from './width.ts';

/** A table as lines of equal width. */
export interface DrawnTable {
  readonly text: string;
  /** Cells of its lines. */
  readonly width: number;
}

/** Rows and columns with a rule under the head. */
export function drawTable(rows: readonly (readonly string[])[], align: readonly AlignType[]): DrawnTable {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(1, ...rows.map((row) => width(row[column] ?? ''))));
  const lines = rows.map((row) =>
    widths
      .map((cells, column) => pad(row[column] ?? '', cells, align[column]))
      .join(' │ ')
      .trimEnd(),
  );
  const rule = widths.map((cells) => '─'.repeat(cells)).join('─┼─');
  return { text: [lines[0], rule, ...lines.slice(1)].join('\n'), width: rule.length };
}

/** A cell is one line, whatever it holds. */
export function cellText(cell: Nodes): string {
  return plainText(cell).replaceAll(/<br\s*\/?>|\n/gi, ' ');
}

/** The words of a node without their formatting. */
export function plainText(node: Nodes): string {
  if ('children' in node) return node.children.map(plainText).join('');
  if (node.type === 'inlineMath') return readable(node.value, true) ?? node.value;
  if ('alt' in node) return node.alt ?? '';
  return 'value' in node ? node.value : '';
}
