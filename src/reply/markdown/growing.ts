/** A text that grows, read without reading again what nothing behind it can change any more. */
import type { List, Nodes, Root } from 'mdast';
import { type Cut, lastCut } from './cut.ts';
import { parseMarkdown } from './markdown.ts';
import type { Distance } from './moved.ts';
import { type OpenTable, readRows } from './rows.ts';

/** Some blocks of a text, one after the other. */
export interface Piece {
  /** Offsets and lines of its nodes count in `source`. Where a list was cut in two, `start` is the number of the first item here. */
  readonly root: Root;
  readonly source: string;
  /** The slice of `source` that the blocks are in. */
  readonly from: number;
  readonly to: number;
  /** What comes before `source` in the text. */
  readonly before: Distance;
  /** The first block is a list that goes on from the piece before. */
  readonly goesOn: boolean;
}

export interface Growing<T> {
  /**
   * What is made of the pieces of the text, in order; the last piece is made anew with each text. One piece only where a text has definitions, which give
   * meaning to what is far away. Any text may follow any other: cheap is one that begins like the one before.
   */
  read(text: string): readonly T[];
}

interface Settled<T> {
  readonly made: T;
  /** End of the piece, and the lines up to there. */
  readonly offset: number;
  readonly lines: number;
  /** The piece holds for every text that begins with so many characters of the one it was found in. */
  readonly needs: number;
  /** Number of the next item, where the cut is inside a list. */
  readonly next: number | undefined;
}

/** A shorter text is mostly a look back, to find where a part can end; after so many in a row it is the answer that has become another. */
const LOOKS_BACK = 64;

/**
 * Remembers what was made of settled pieces, and of the last two texts, since a part is sealed and the next one measured before either is shown; nothing of
 * the trees but that of an open table. `parse` is called with what was not settled before, usually the last block or two.
 */
export function createGrowing<T>(make: (piece: Piece) => T, parse: (text: string) => Root = parseMarkdown): Growing<T> {
  let settled: Settled<T>[] = [];
  /** The text that `settled` is from. */
  let known = '';
  let looksBack = 0;
  /** The only block that is not settled, while that is a table. */
  let table: OpenTable | undefined;
  let recent: readonly { readonly text: string; readonly made: readonly T[] }[] = [];

  function read(text: string): readonly T[] {
    const newest = recent.find((one) => one.text === text) ?? { text, made: readAnew(text) };
    recent = [...recent.filter((one) => one !== newest).slice(-1), newest];
    return newest.made;
  }

  function readAnew(text: string): readonly T[] {
    const holding = settled.slice(0, countHolding(text));
    const looksBackNow = holding.length > 0 && holding.length < settled.length && text.length < known.length;
    looksBack = looksBackNow ? looksBack + 1 : 0;
    const { made, more } = readOn(text, holding);
    if (looksBackNow && looksBack <= LOOKS_BACK) return made;
    settled = more ? [...holding, more] : holding;
    known = text;
    return made;
  }

  /** How many of the settled pieces hold for this text too. */
  function countHolding(text: string): number {
    let count = settled.length;
    while (count > 0 && !text.startsWith(known.slice(0, settled[count - 1]?.needs))) count--;
    return count;
  }

  /** Reads what stands behind the settled pieces, and settles what can be settled of it. */
  function readOn(text: string, holding: readonly Settled<T>[]): { made: readonly T[]; more?: Settled<T> } {
    const last = holding.at(-1);
    const before = { offset: last?.offset ?? 0, lines: last?.lines ?? 0 };
    const source = before.offset === 0 ? text : owned(text.slice(before.offset));
    const root = renumber(readRows(source, table, parse) ?? parse(source), last?.next);
    table = root.children.length === 1 && root.children[0]?.type === 'table' ? { text: source, root } : undefined;
    if (hasDefinitions(root, source)) return { made: [make(whole(before.offset === 0 ? root : parse(text), text))] };
    const done = holding.map((one) => one.made);
    const piece: Piece = { root, source, from: 0, to: source.length, before, goesOn: last?.next !== undefined };
    const cut = lastCut(root, source);
    if (!cut) return { made: [...done, make(piece)] };
    const [head, tail] = divide(piece, cut);
    const more: Settled<T> = {
      made: make(head),
      offset: before.offset + cut.offset,
      lines: before.lines + cut.line - 1,
      needs: before.offset + cut.needs,
      next: tail.goesOn ? firstNumber(tail.root) : undefined,
    };
    return { made: [...done, more.made, make(tail)], more };
  }

  return { read };
}

/** V8 keeps the whole of a text for each slice of it: what is made of a piece must not keep the text of its day. */
export function owned(slice: string): string {
  return ` ${slice}`.slice(1);
}

function whole(root: Root, source: string): Piece {
  return { root, source, from: 0, to: source.length, before: { offset: 0, lines: 0 }, goesOn: false };
}

function divide(piece: Piece, { block, item, offset }: Cut): [head: Piece, tail: Piece] {
  const { children } = piece.root;
  const list = children[block];
  const head = children.slice(0, block);
  const tail = children.slice(block);
  if (item > 0 && list?.type === 'list') {
    head.push(itemsOf(list, 0, item));
    tail[0] = itemsOf(list, item, list.children.length);
  }
  return [
    { ...piece, root: { ...piece.root, children: head }, to: offset },
    {
      ...piece,
      root: { ...piece.root, children: tail },
      from: offset,
      goesOn: item > 0 || (block === 0 && piece.goesOn),
    },
  ];
}

/** Some items of a list as a list. It is spread when a blank line stands between two items, or behind its last and before the next one. */
function itemsOf(list: List, from: number, to: number): List {
  const children = list.children.slice(from, to);
  const spread = children.some((item, index) => {
    const next = list.children[from + index + 1];
    return (next?.position?.start.line ?? 0) - (item.position?.end.line ?? 0) > 1;
  });
  const start = list.position?.start;
  const end = list.position?.end;
  return {
    ...list,
    start: typeof list.start === 'number' ? list.start + from : null,
    spread,
    children,
    ...(start &&
      end && {
        position: { start: children[0]?.position?.start ?? start, end: children.at(-1)?.position?.end ?? end },
      }),
  };
}

/** Items count on from those before, whatever their own numbers say. */
function renumber(root: Root, next: number | undefined): Root {
  const [list, ...rest] = root.children;
  if (list?.type !== 'list' || typeof list.start !== 'number' || next === undefined) return root;
  return { ...root, children: [{ ...list, start: next }, ...rest] };
}

function firstNumber({ children: [list] }: Root): number {
  return list?.type === 'list' ? (list.start ?? 0) : 0;
}

/** Whether there is a definition of a link or a footnote: each has `]:`. */
function hasDefinitions(root: Root, source: string): boolean {
  const search = (node: Nodes): boolean =>
    node.type === 'definition' ||
    node.type === 'footnoteDefinition' ||
    ('children' in node && node.children.some(search));
  return source.includes(']:') && search(root);
}
