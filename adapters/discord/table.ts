/** Tables for a platform that has none: monospace columns, or one record a row where the columns would not fit a phone. */
import { escapeMarkdown } from 'discord.js';
import type { PhrasingContent, Table } from 'mdast';
import { readable } from '#core/reply/markdown/readable.ts';
import { inert } from './inert.ts';

/** Columns of a code block before Discord wraps it on a narrow window. */
const WIDEST = 56;
/** What a terminal draws two columns wide: CJK, kana, hangul, full-width forms, emoji. Unicode EAW W and F, by script. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const graphemes = new Intl.Segmenter();

/** Discord markdown of a table. */
export function drawTable(table: Table): string {
  const rows = table.children.map((row) => row.children.map((cell) => plain(cell.children)));
  const head = rows[0] ?? [];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => columns(row[column] ?? ''))));
  const whole = widths.reduce((sum, width) => sum + width, 0) + 3 * (widths.length - 1);
  return whole > WIDEST ? drawRecords(head, rows.slice(1)) : drawGrid(rows, widths, table.align ?? []);
}

function drawGrid(rows: readonly string[][], widths: readonly number[], align: Table['align'] & object): string {
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => pad(row[column] ?? '', width, align[column] ?? 'left'))
      .join(' │ ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('─┼─');
  const [head = [], ...body] = rows;
  const text = [line(head), rule, ...body.map(line)].join('\n').replaceAll('```', '`\u200b``');
  return `\`\`\`\n${text}\n\`\`\``;
}

function drawRecords(head: readonly string[], rows: readonly string[][]): string {
  const shown = (text: string) => inert(escapeMarkdown(text));
  return rows
    .map(([first = '', ...rest]) =>
      [`- **${shown(first)}**`, ...rest.map((cell, n) => `  - ${shown(head[n + 1] ?? '')}: ${shown(cell)}`)].join('\n'),
    )
    .join('\n');
}

/** Columns that a text takes in a monospace font. */
export function columns(text: string): number {
  // Most cells are plain ASCII, and a growing table is measured again and again.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let sum = 0;
  for (const { segment } of graphemes.segment(text)) sum += WIDE.test(segment) ? 2 : 1;
  return sum;
}

function pad(text: string, width: number, align: 'left' | 'right' | 'center'): string {
  const room = width - columns(text);
  const left = align === 'right' ? room : align === 'center' ? Math.floor(room / 2) : 0;
  return ' '.repeat(left) + text + ' '.repeat(room - left);
}

/** The words alone. */
export function plain(nodes: readonly PhrasingContent[]): string {
  return nodes
    .map((node): string => {
      if (node.type === 'break') return ' ';
      if (node.type === 'image') return node.alt ?? node.url;
      if (node.type === 'inlineMath') return readable(node.value, true) ?? node.value;
      if ('value' in node) return node.type === 'html' ? ' ' : node.value;
      return 'children' in node ? plain(node.children) : '';
    })
    .join('')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
