/** The rows of the side-by-side bench, and their table. */
import type { Cell } from '../reply-optimum.ts';

/** What members felt on one side. */
export interface Side {
  readonly staleMs: number;
  /** Last token at the adapter until the whole text is visible, the worst of the replies; null: one of them never was. */
  readonly lastMs: number | null;
  /** 429s. */
  readonly refused: number;
  /** Words of all replies that members never get to see. */
  readonly lost: number;
}

export interface PeerRow extends Cell {
  /** Staleness of the clairvoyant schedule, `reply-optimum`. */
  readonly bestMs: number;
  readonly ours: Side;
  readonly theirs: Side;
  /** How many times as stale theirs is. */
  readonly ratio: number;
}

const HEAD =
  'place             replies tok/s tokens  best ms | ours ms xbest last ms 429s lost |  sdk ms xbest last ms 429s lost | sdk/ours';

export function printPeers(rows: readonly PeerRow[]): void {
  console.log(HEAD);
  for (const row of rows) {
    const cell = [
      row.budget.padEnd(17),
      cut(row.replies, 7),
      cut(row.perSecond, 5),
      cut(row.tokens, 6),
      cut(row.bestMs, 8),
    ];
    const { ours, theirs } = row;
    const ratio = `${theirs.lost > 0 ? '>' : ''}${row.ratio.toFixed(2)}`.padStart(8);
    console.log([cell.join(' '), side(ours, row.bestMs), side(theirs, row.bestMs), ratio].join(' | '));
  }
  const whole = rows.filter((row) => row.theirs.lost === 0);
  const sooner = whole.filter((row) => (row.ours.lastMs ?? Number.POSITIVE_INFINITY) <= (row.theirs.lastMs ?? 0));
  console.log(
    `Text lost: ours in ${rows.filter((row) => row.ours.lost > 0).length} of ${rows.length} cells, the SDK in ${rows.length - whole.length}.`,
    `429s: ours ${sum(rows, 'ours')}, the SDK ${sum(rows, 'theirs')}.`,
    `Where the SDK shows all, ours is less stale in ${whole.filter((row) => row.ratio > 1).length} of ${whole.length}, whole no later in ${sooner.length};`,
    `where it does not, less stale in ${rows.filter((row) => row.theirs.lost > 0 && row.ratio > 1).length} even so.`,
  );
}

function side({ staleMs, lastMs, refused, lost }: Side, bestMs: number): string {
  const stale = `${lost > 0 ? '>' : ''}${staleMs.toFixed(0)}`.padStart(7);
  const times = (staleMs / bestMs).toFixed(2).padStart(5);
  return [stale, times, lastMs === null ? '  never' : cut(lastMs, 7), cut(refused, 4), cut(lost, 4)].join(' ');
}

function cut(value: number, width: number): string {
  return value.toFixed(0).padStart(width);
}

function sum(rows: readonly PeerRow[], name: 'ours' | 'theirs'): number {
  return rows.reduce((total, row) => total + row[name].refused, 0);
}
