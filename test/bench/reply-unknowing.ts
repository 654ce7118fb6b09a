/**
 * What not knowing the length costs at least: no schedule that learns only at the end how long an answer was can come nearer to the optimum
 * than this in the worst of several lengths, whatever it does.
 *
 * One reply alone in its place grows at a known speed and ends at T1 < T2 < ... Up to T1 every schedule does the same for all lengths: it makes
 * n1 calls, the last of them at u1 <= T1; up to T2 it makes n2 more, the last at u2, and so on. Within a stretch equal gaps are the least (see
 * `reply-optimum`), so with F the cost of a gap an answer that ends at T2 costs at least even(u1, n1) + even(u2 - u1, n2) + F(T2 - u2), the last call
 * being made at the end. Calls up to a time t, that one included, are at most what the windows let through in t. All n are tried, and of
 * each u a grid of cells: what comes before u is counted from the cell's beginning and what comes after from its end, which leaves out the
 * time in between and so can only lower the cost. The least worst ratio of all is therefore a bound.
 */
import { type Cell, even, optimumIntegral } from './reply-optimum.ts';
import { LIMITS } from './reply-world.ts';

/** Cells of the grid from one end to the next. */
const CELLS = 150;

/** Least possible worst ratio over answers of `lengths` tokens. */
export function leastWorst(budget: Cell['budget'], perSecond: number, lengths: readonly number[]): number {
  const spacing = 1000 / perSecond;
  const answers = lengths
    .toSorted((a, b) => a - b)
    .map((tokens) => {
      const end = tokens * spacing;
      return { end, best: optimumIntegral({ budget, replies: 1, perSecond, tokens }), most: throughIn(budget, end) };
    });
  let least = Number.POSITIVE_INFINITY;

  /** `made` calls have cost `cost`, the last one at `at`; the ratios of the shorter answers are `worst` at most. */
  function search(index: number, at: number, made: number, cost: number, worst: number): void {
    const answer = answers[index];
    if (!answer || worst >= least) return;
    const { end, best, most } = answer;
    if (index === answers.length - 1) {
      least = Math.min(least, Math.max(worst, (cost + even(end - at, most - made, spacing)) / best));
      return;
    }
    next(at, 0, cost);
    const cell = end / CELLS;
    for (let calls = 1; calls < most - made; calls++)
      for (let from = at; from < end; from += cell)
        next(Math.min(end, from + cell), calls, cost + even(from - at, calls, spacing));

    function next(last: number, calls: number, before: number): void {
      const ratio = (before + even(end - last, 1, spacing)) / best;
      search(index + 1, last, made + calls, before, Math.max(worst, ratio));
    }
  }

  search(0, 0, 0, 0, 1);
  return least;
}

/** Most calls in `ms` from the start. */
function throughIn(budget: Cell['budget'], ms: number): number {
  const { edits, posts } = LIMITS[budget];
  const most = edits.map(({ kind, calls, per }) =>
    kind === 'bucket' ? calls + Math.floor(ms / per) : calls * (Math.floor(ms / per) + 1),
  );
  return Math.min(...most) + (posts ? 1 : 0);
}
