/** Tables that grow by rows: what is known of them is not parsed again, though a drawing needs the whole table each time. */
import type { Root } from 'mdast';
import { isApart } from './formulas.ts';
import { moved, movedPoint } from './moved.ts';

const NAMES = String.raw`\|(?!\|)(?:[^\n\\|]+\|)+[ \t]*\n`;
const RULE = String.raw`(?:\|[ \t]*:?-+:?[ \t]*)+\|[ \t]*\n`;
const TABLE = new RegExp(String.raw`^(${NAMES})(${RULE})(?:\|[^\n]*(?:\n|$))*$`);
/** The line of the first row below the head. */
const FIRST_ROW = 3;

/** A text that is one table, and its tree. */
export interface OpenTable {
  readonly text: string;
  readonly root: Root;
}

/** Length of the head, where a text is plainly a table and nothing else: each line with its outer pipes. `undefined` where in doubt. */
export function tableHead(text: string): number | undefined {
  const [, names = '', rule = ''] = TABLE.exec(text) ?? [];
  return names !== '' && names.split('|').length === rule.split('|').length ? names.length + rule.length : undefined;
}

/** The tree of a table of which `known` is an earlier state: all of its rows but the last are taken over. `undefined` where that cannot be. */
export function readRows(text: string, known: OpenTable | undefined, parse: (text: string) => Root): Root | undefined {
  const [table] = known?.root.children ?? [];
  const head = known && tableHead(text);
  if (!known || head === undefined || table?.type !== 'table' || table.children.length < FIRST_ROW) return undefined;
  const last = table.children.at(-1)?.position?.start;
  const at = last?.offset ?? 0;
  if (!last || !text.startsWith(known.text.slice(0, at)) || !isApart(text, at)) return undefined;
  const root = parse(text.slice(0, head) + text.slice(at));
  const [rest] = root.children;
  if (rest?.type !== 'table' || !rest.position || !root.position) return undefined;
  const by = { lines: last.line - FIRST_ROW, offset: at - head };
  const rows = rest.children.slice(1).map((row) => moved(row, by));
  const whole = {
    ...rest,
    children: [...table.children.slice(0, -1), ...rows],
    position: { ...rest.position, end: movedPoint(rest.position.end, by) },
  };
  return { ...root, children: [whole], position: { ...root.position, end: movedPoint(root.position.end, by) } };
}
