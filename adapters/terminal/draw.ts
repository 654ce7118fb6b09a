/** Markdown as the lines of a terminal. */
import { stripVTControlCharacters } from 'node:util';
import type { Code, List, Nodes, PhrasingContent, Root, RootContent, Table } from 'mdast';
import { resolveReferences } from '#core/reply/markdown/definitions.ts';
import { parseMarkdown, showable } from '#core/reply/markdown/markdown.ts';
import { readable } from '#core/reply/markdown/readable.ts';
import { paint, printable, type Span, widthOf, wrap } from './wrap.ts';

const bold = '1';
const dim = '2';
const accent = '36';

/**
 * The lines of an answer, none wider than `width` columns; loose ends of a growing one are closed. `parse`: what reads the texts of one answer as it
 * grows.
 */
export function draw(
  markdown: string,
  width: number,
  final: boolean,
  parse: (text: string) => Root = parseMarkdown,
): string[] {
  const root = resolveReferences(parse(final ? markdown : showable(markdown)));
  return stack(root.children, Math.max(width, 20));
}

/** Blocks below each other, a free line between. */
function stack(blocks: readonly RootContent[], width: number): string[] {
  const drawn = blocks.map((node) => block(node, width)).filter((lines) => lines.length > 0);
  return drawn.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function block(node: RootContent, width: number): string[] {
  switch (node.type) {
    case 'heading':
      return wrap(spansOf(node, `${bold};${accent}`), width);
    case 'code':
      return code(node, width);
    case 'math':
      return indent(wrap([{ text: readable(node.value, false) ?? node.value, style: accent }], width - 2), '  ');
    case 'blockquote':
      return indent(stack(node.children, width - 2), `${paint({ text: '│', style: dim })} `);
    case 'list':
      return list(node, width);
    case 'table':
      return table(node, width);
    case 'thematicBreak':
      return [paint({ text: '─'.repeat(Math.min(width, 40)), style: dim })];
    case 'html':
      return wrap([{ text: node.value, style: '' }], width);
    case 'definition':
      return [];
    case 'footnoteDefinition':
      return indent(stack(node.children, width - 4), '  ');
    default:
      return wrap(spansOf(node, ''), width);
  }
}

function indent(lines: readonly string[], first: string, others = first): string[] {
  return lines.map((line, index) => (index === 0 ? first : others) + line);
}

function code(node: Code, width: number): string[] {
  const lines = printable(node.value)
    .split('\n')
    .flatMap((line) =>
      line === '' ? [''] : wrap([{ text: line.replaceAll(' ', '\u00a0'), style: accent }], width - 2),
    );
  const name = node.lang ? [paint({ text: `  ${printable(node.lang)}`, style: dim })] : [];
  return [...name, ...indent(lines, '  ').map((line) => line.replaceAll('\u00a0', ' '))];
}

function list(node: List, width: number): string[] {
  const tight = node.spread !== true;
  return node.children.flatMap((item, index) => {
    const box = typeof item.checked === 'boolean' ? (item.checked ? '☑' : '☐') : '•';
    const sign = node.ordered ? `${(node.start ?? 1) + index}.` : box;
    const margin = ' '.repeat(sign.length + 1);
    const [first, ...rest] = item.children;
    const lines = [
      ...(first ? block(first, width - margin.length) : ['']),
      ...rest.flatMap((child) => block(child, width - margin.length)),
    ];
    const free = tight || index === node.children.length - 1 ? [] : [''];
    return [...indent(lines, `${paint({ text: sign, style: accent })} `, margin), ...free];
  });
}

/** Columns as wide as their widest cell, narrowed where the terminal is too small; long cells wrap. */
function table(node: Table, width: number): string[] {
  const cells = node.children.map((row) => row.children.map((cell) => spansOf(cell, '')));
  const count = Math.max(...cells.map((row) => row.length));
  const natural = Array.from({ length: count }, (_, column) =>
    Math.max(
      3,
      ...cells.map((row) => (row[column] ?? []).reduce((sum, span) => sum + widthOf(printable(span.text)), 0)),
    ),
  );
  const room = Math.max(width - 2 * (count - 1), count * 3);
  const widths = narrowed(natural, room);
  const rows = cells.map((row, index) => {
    const styled =
      index === 0 ? row.map((cell) => cell.map((span) => ({ ...span, style: join(span.style, bold) }))) : row;
    return tableRow(styled, widths, node.align ?? []);
  });
  const rule = paint({ text: widths.map((columns) => '─'.repeat(columns)).join('──'), style: dim });
  return [...(rows[0] ?? []), rule, ...rows.slice(1).flat()];
}

/** The widest column gives way first. */
function narrowed(natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  for (let excess = widths.reduce((sum, columns) => sum + columns, 0) - room; excess > 0; excess--) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function tableRow(row: readonly Span[][], widths: readonly number[], align: readonly unknown[]): string[] {
  const columns = widths.map((width, column) => ({
    width,
    lines: wrap(row[column] ?? [], width),
    right: align[column] === 'right',
  }));
  const height = Math.max(...columns.map(({ lines }) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    columns
      .map(({ width, lines, right }) => {
        const text = lines[line] ?? '';
        const gap = ' '.repeat(Math.max(width - widthOf(stripVTControlCharacters(text)), 0));
        return right ? gap + text : text + gap;
      })
      .join('  ')
      .trimEnd(),
  );
}

function spansOf(node: Nodes, style: string): Span[] {
  if (!('children' in node)) return leaf(node as PhrasingContent, style);
  const inner = styleOf(node, style);
  const spans = node.children.flatMap((child) => spansOf(child, inner));
  if (node.type === 'link' && /^(https?|mailto):/i.test(node.url) && textOf(spans) !== node.url.replace(/^mailto:/, ''))
    return [...spans, { text: ` (${node.url})`, style: join(style, dim) }];
  return spans;
}

function styleOf(node: Nodes, style: string): string {
  const own: Readonly<Record<string, string>> = { strong: bold, emphasis: '3', delete: '9', link: '4' };
  return join(style, own[node.type] ?? '');
}

function leaf(node: PhrasingContent | Nodes, style: string): Span[] {
  switch (node.type) {
    case 'break':
      return [{ text: '\n', style: '' }];
    case 'inlineCode':
      return [{ text: node.value, style: join(style, accent) }];
    case 'inlineMath':
      return [{ text: readable(node.value, true) ?? node.value, style: join(style, accent) }];
    case 'image':
      return [{ text: `[${node.alt || 'image'}] ${node.url}`, style: join(style, dim) }];
    case 'footnoteReference':
      return [{ text: `[${node.identifier}]`, style: join(style, dim) }];
    default:
      return 'value' in node ? [{ text: node.value.replaceAll('\n', ' '), style }] : [];
  }
}

function textOf(spans: readonly Span[]): string {
  return spans.map(({ text }) => text).join('');
}

function join(a: string, b: string): string {
  return [a, b].filter(Boolean).join(';');
}
