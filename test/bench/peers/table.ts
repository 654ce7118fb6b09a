/** The rows of the side-by-side bench, and their table. */
import type { PeerCell } from './place.ts';

/** What members felt on one side. */
export interface Side {
  readonly staleMs: number;
  /** Last token at the adapter until the whole text is visible, the worst of the replies; null: one of them never was. */
  readonly lastMs: number | null;
  /** 429s. */
  readonly refused: number;
  /** Words of all replies that members never get to see. */
  readonly lost: number;
  /** Replies that ended with an error, so that whoever asked for them knows. */
  readonly rejected: number;
  /** Calls by kind, as `Place.calls` names them. */
  readonly calls: Readonly<Record<string, number>>;
}

/** One measurement of a cell. */
export interface Run {
  readonly tokens: number;
  /** From the question until the first token could have come. */
  readonly waitMs: number;
  /** Staleness of the clairvoyant schedule, `reply-optimum`. */
  readonly bestMs: number;
  readonly ours: Side;
  readonly theirs: Side;
}

export interface PeerRow extends PeerCell {
  readonly runs: readonly Run[];
}

type Name = 'ours' | 'theirs';

const PLACE = 30;

export function printHead(): void {
  const half = (name: string) => `${name.padStart(8)} xbest last ms 429s  lost`;
  console.log(
    `${'place'.padEnd(PLACE)} replies tok/s tokens best ms |${half('ours ms')} |${half('sdk ms')} | sdk/ours`,
  );
}

/** Means of the runs, but for `last ms`, which is the worst. */
export function printRow(row: PeerRow): void {
  const cell = [
    placeOf(row).padEnd(PLACE),
    cut(row.replies, 7),
    cut(row.perSecond, 5),
    cut(row.tokens, 6),
    cut(bestOf(row), 7),
  ];
  const ratio = `${losses(row) > 0 ? '>' : ''}${ratioOf(row).toFixed(2)}`.padStart(8);
  console.log([cell.join(' '), side(row, 'ours'), side(row, 'theirs'), ratio].join(' | '));
}

/** One line a place, and one for all. */
export function printSummary(rows: readonly PeerRow[]): void {
  const half = (name: string) => `${name.padStart(6)} less stale`;
  console.log(`
${''.padEnd(PLACE)}   cells whose text the SDK shows in             |                   |                   |
${'place'.padEnd(PLACE)} ${half('all runs')}  whole no later | ${half('some')} | ${half('none')} | 429s: ours    sdk`);
  const places = [...new Set(rows.map(placeOf))];
  for (const place of places)
    printPlace(
      place,
      rows.filter((row) => placeOf(row) === place),
    );
  if (places.length > 1) printPlace('all', rows);
  const runs = rows.flatMap((row) => row.runs);
  const lossy = runs.filter((run) => run.theirs.lost > 0);
  const told = lossy.filter((run) => run.theirs.rejected > 0);
  console.log(
    `"Less stale" and "whole no later" are ours. Ours lost text in ${runs.filter((run) => run.ours.lost > 0).length} of ${runs.length} runs, the SDK in ${lossy.length},`,
    `with an error for its caller in ${told.length} of them.`,
  );
}

function printPlace(place: string, rows: readonly PeerRow[]): void {
  const all = rows.filter((row) => losses(row) === 0);
  const none = rows.filter((row) => losses(row) === row.runs.length);
  const some = rows.filter((row) => !all.includes(row) && !none.includes(row));
  const sooner = all.filter(
    (row) => Math.round(lastOf(row, 'ours') ?? Number.POSITIVE_INFINITY) <= (lastOf(row, 'theirs') ?? 0),
  );
  const lessStale = (group: readonly PeerRow[]) =>
    `${cut(group.length, 8)} ${cut(group.filter((row) => ratioOf(row) > 1).length, 10)}`;
  console.log(
    `${place.padEnd(PLACE)} ${lessStale(all)} ${cut(sooner.length, 15)} | ${lessStale(some)} | ${lessStale(none)} |`,
    `${cut(total(rows, 'ours'), 10)} ${cut(total(rows, 'theirs'), 6)}`,
  );
}

/** Theirs against ours: how many times as stale, at least that where they lost text. */
function ratioOf({ runs }: PeerRow): number {
  return mean(runs.map((run) => run.theirs.staleMs)) / mean(runs.map((run) => run.ours.staleMs));
}

function bestOf({ runs }: PeerRow): number {
  return mean(runs.map((run) => run.bestMs));
}

/** Runs that lost text on their side. */
function losses({ runs }: PeerRow): number {
  return runs.filter((run) => run.theirs.lost > 0).length;
}

function lastOf({ runs }: PeerRow, name: Name): number | null {
  const each = runs.map((run) => run[name].lastMs);
  return each.some((ms) => ms === null) ? null : Math.max(...each.map((ms) => ms ?? 0));
}

function placeOf({ budget, slash, isForgiving }: PeerCell): string {
  if (isForgiving) return `${budget} (forgiving)`;
  return slash === 'channel' ? `${budget} (buffered)` : budget;
}

function side(row: PeerRow, name: Name): string {
  const sides = row.runs.map((run) => run[name]);
  const staleMs = mean(sides.map((one) => one.staleMs));
  const lastMs = lastOf(row, name);
  return [
    `${lastMs === null ? '>' : ''}${staleMs.toFixed(0)}`.padStart(7),
    (staleMs / bestOf(row)).toFixed(2).padStart(5),
    lastMs === null ? '  never' : cut(lastMs, 7),
    // Rounded up, so that not one is hidden.
    cut(Math.ceil(mean(sides.map((one) => one.refused))), 4),
    cut(Math.ceil(mean(sides.map((one) => one.lost))), 5),
  ].join(' ');
}

function cut(value: number, width: number): string {
  return value.toFixed(0).padStart(width);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function total(rows: readonly PeerRow[], name: Name): number {
  return rows.flatMap((row) => row.runs).reduce((sum, run) => sum + run[name].refused, 0);
}
