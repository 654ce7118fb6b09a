/**
 * What not knowing the length costs: the least stale that a schedule can be, on the average over many lengths, if it learns only at the end how long
 * an answer was. One reply alone in its place, that grows at a known speed and shows its first words as soon as there are 30 characters.
 *
 * Until the answer ends nothing happens that such a schedule could learn from, so it is one row of times for all lengths, and an answer that ends
 * at T makes the calls before T and one more at T, or as soon after as the platform lets it through. With F the cost of a gap (see `reply-optimum`)
 * and w the weight of a length, its share / its optimum, the sum over all lengths falls apart into the gaps: F(g) counts for all answers that last
 * beyond it, F(T - u) for those that end within it. What matters of the past is the time since the last call and what the window has left, so the
 * least sum is found from the end backwards, exactly but for times being multiples of a step: half the step changes the result by 1 % or less, by 2 %
 * where answers last one second.
 *
 * A sliding window is taken for one that opens with its first call, which allows more, and of two windows each alone, the result being the larger
 * one; a window of a single call is a least gap. That can only lower the result.
 */
import { type Cell, optimumIntegral } from './reply-optimum.ts';
import { LIMITS, ROUND_TRIP_MS, type Rule } from './reply-world.ts';

/** Tokens of four letters with the spaces between them that make up 30 characters. */
const FIRST_WORDS = 8;
/** No schedule worth looking at pauses longer than so many times its mean gap. */
const LONGEST = 4;

export interface Unknowing extends Pick<Cell, 'budget' | 'perSecond'> {
  /** Lengths in tokens. */
  readonly lengths: readonly number[];
  /** What each counts in the mean; default: all the same. */
  readonly weights?: readonly number[] | undefined;
  /** A call is always kept for the end, so that the whole text is there a round trip after the last token. */
  readonly keepsLast: boolean;
}

/** Times are counted in steps, what a window has left in states. */
interface Lane {
  readonly states: number;
  readonly fresh: number;
  /** The state behind a call `gap` steps after the one that led to `state`; -1 where the platform refuses it. */
  next(state: number, gap: number): number;
  /** Steps after the call that led to `state` from which a last call is let through. */
  last(state: number): number;
}

/** Least possible mean ratio of the staleness integral to its optimum. */
export function leastMean(question: Unknowing): number {
  const rules = LIMITS[question.budget].edits.filter(({ calls }) => calls > 1);
  return Math.max(...rules.map((rule) => leastUnder(rule, question)));
}

function leastUnder(rule: Rule, { budget, perSecond, lengths, weights, keepsLast }: Unknowing): number {
  const spacing = 1000 / perSecond;
  const { edits, posts } = LIMITS[budget];
  const leastGap = Math.max(ROUND_TRIP_MS, spacing, ...edits.map(({ calls, per }) => (calls === 1 ? per : 0)));
  const span = Math.max(...lengths) * spacing;
  const meanGap = Math.max(
    250,
    span / (rule.calls + span / (rule.kind === 'bucket' ? rule.per : rule.per / rule.calls)),
  );
  const per = Math.round((rule.per * finenessFor(rule, perSecond)) / meanGap);
  const step = rule.per / per;

  const ends = new Map<number, number>();
  for (const [nth, tokens] of lengths.entries()) {
    const weight = (weights?.[nth] ?? 1 / lengths.length) / optimumIntegral({ budget, replies: 1, perSecond, tokens });
    const end = Math.round((tokens * spacing) / step);
    ends.set(end, (ends.get(end) ?? 0) + weight);
  }
  // A draft's last text is a message, which is paid elsewhere, as is the last edit by interaction; on Discord the first message is, too.
  const isDraft = budget === 'telegram-draft';
  const isFree = { end: isDraft || budget === 'discord-interaction', first: posts !== undefined && !isDraft };
  const minGap = Math.max(1, Math.round(leastGap / step));
  const kept = keepsLast && !isFree.end ? 1 : 0;
  const lane =
    rule.kind === 'bucket'
      ? bucketLane(rule.calls, per, kept, minGap)
      : windowLane(rule.calls, per, kept, Math.min(per, Math.ceil(span / step)), isFree.end);
  return search({
    ends,
    cost: (steps) => ((steps * step - spacing + ROUND_TRIP_MS) ** 2 - Math.max(0, ROUND_TRIP_MS - spacing) ** 2) / 2,
    lane,
    minGap,
    most: Math.round((LONGEST * meanGap) / step),
    first: Math.max(1, Math.round((FIRST_WORDS * spacing) / step)),
    firstIsFree: isFree.first,
  });
}

/** Steps in a mean gap: as many as are counted in seconds. Many calls in a window make many states. */
function finenessFor({ calls }: Rule, perSecond: number): number {
  if (calls > 10) return calls > 20 ? 4 : 6;
  return perSecond > 100 ? 36 : 12;
}

interface Search {
  readonly ends: ReadonlyMap<number, number>;
  readonly cost: (steps: number) => number;
  readonly lane: Lane;
  readonly minGap: number;
  readonly most: number;
  readonly first: number;
  /** The first call is paid from elsewhere. */
  readonly firstIsFree: boolean;
}

function search({ ends, cost: costOf, lane, minGap, most, first, firstIsFree }: Search): number {
  const last = Math.max(...ends.keys());
  const cost = Float64Array.from({ length: last + most + 2 }, (_, steps) => (steps === 0 ? 0 : costOf(steps)));
  /** Weight of the answers that last beyond a time. */
  const beyond = new Float64Array(last + 2);
  for (let at = last - 1; at >= 0; at--) beyond[at] = (beyond[at + 1] ?? 0) + (ends.get(at + 1) ?? 0);
  const next = tableOf(lane, most);
  const open = Int32Array.from({ length: lane.states }, (_, state) => lane.last(state));
  const values: Float64Array[] = [];
  for (let at = last; at >= first; at--) {
    const value = new Float64Array(lane.states).fill(Number.POSITIVE_INFINITY);
    values[at] = value;
    const later = [...ends].filter(([end]) => end > at).toSorted(([one], [other]) => one - other);
    for (let state = 0; state < lane.states; state++) {
      const ready = open[state] ?? 0;
      const endAt = (end: number) => cost[Math.max(end - at, ready)] ?? costOf(ready);
      let least = later.reduce((sum, [end, weight]) => sum + weight * endAt(end), 0);
      let ended = 0;
      let index = 0;
      for (let gap = 1; gap <= most && at + gap < last; gap++) {
        for (let one = later[index]; one && one[0] <= at + gap; one = later[++index]) ended += one[1] * endAt(one[0]);
        const to = gap < minGap ? -1 : (next[state * (most + 1) + gap] ?? -1);
        if (to < 0) continue;
        const all = ended + (beyond[at + gap] ?? 0) * (cost[gap] ?? 0) + (values[at + gap]?.[to] ?? 0);
        if (all < least) least = all;
      }
      value[state] = least;
    }
  }
  const begun = firstIsFree ? lane.fresh : lane.next(lane.fresh, first);
  return (beyond[first] ?? 0) * (cost[first] ?? 0) + (values[first]?.[begun] ?? 0);
}

function tableOf(lane: Lane, most: number): Int32Array {
  const table = new Int32Array(lane.states * (most + 1)).fill(-1);
  for (let state = 0; state < lane.states; state++)
    for (let gap = 1; gap <= most; gap++) table[state * (most + 1) + gap] = lane.next(state, gap);
  return table;
}

/** State: calls made in the window, and steps since it opened; 0: none is open. */
function windowLane(calls: number, per: number, kept: number, oldest: number, endIsFree: boolean): Lane {
  const ages = oldest + 1;
  const most = calls - kept;
  return {
    states: 1 + most * ages,
    fresh: 0,
    next(state, gap) {
      if (state === 0) return 1;
      const made = 1 + Math.floor((state - 1) / ages);
      const age = ((state - 1) % ages) + gap;
      if (age >= per) return 1;
      return made < most && age <= oldest ? 1 + made * ages + age : -1;
    },
    last(state) {
      const isFull = state > 0 && Math.floor((state - 1) / ages) + 1 === calls;
      return isFull && !endIsFree ? per - ((state - 1) % ages) : 0;
    },
  };
}

/** State: tokens left, in steps that they take to come back. */
function bucketLane(calls: number, per: number, kept: number, minGap: number): Lane {
  const full = calls * per;
  return {
    states: full + 1,
    fresh: full,
    next(state, gap) {
      const left = Math.min(full, state + gap) - per;
      return left >= kept * per ? left : -1;
    },
    last: (state) => Math.max(minGap, per - state),
  };
}
