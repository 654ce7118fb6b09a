/**
 * The best any schedule could do that knew every token's time beforehand, with the same windows and the same round trip.
 *
 * One reply of n tokens, one every `t` ms, is shown by updates. Let an update leave g ms after the one before it (the first one: g ms after
 * the tokens began), and be visible d ms (a round trip) later. The oldest unseen token came t ms after the previous update left, it is the oldest
 * from the moment that update is visible (d after it left) or from its own arrival, whichever is later, until this one is visible. So this
 * update adds  F(g) = ((g - t + d)^2 - max(0, d - t)^2) / 2  to the integral of the age of the oldest unseen token. All g add up to T = n t.
 * F is convex, so for a given number of updates equal gaps are the least (Jensen), and more updates are never worse as long as g >= d
 * (one request in flight). What remains is how many updates the windows allow, and when:
 *
 * - A window of c calls in p ms, opened by its first call, lets k + 1 windows begin in T if k p <= T. All c calls of k windows fall in
 *   stretches of at least p; the other c calls cover the rest. Equal gaps over everything are best if they keep each stretch >= p, else the
 *   stretches are exactly p. A sliding window is stricter, so this is a bound for it as well.
 * - A sliding window that one reply has to itself: any c gaps in a row between its calls reach over at least p. Let there be m c + r such gaps,
 *   0 <= r < c. Of the sums over gaps kc+1..kc+c take (m-k)/m each, of those over kc+r+1..kc+r+c take (k+1)/m, k = 0..m-1: then each of the
 *   (m + 1) r gaps whose place is below r modulo c counts once, and each of the m (c - r) others (m + 1) / m times, so if the others add up to B,
 *   T + B / m >= (m + 1) p. Equal gaps of each kind, with the least B that is not below their even share, are the least for this m and r.
 * - A bucket of c tokens, one back every p ms, lets c + T / p calls through in T.
 * - N replies of the same length share these calls; by Jensen again each getting 1/N of them (a fraction is allowed, which only lowers it) is best.
 * - Calls that are paid from elsewhere (Discord's first post; the last edit of an interaction's answer, which the channel pays; Telegram's last message
 *   after a draft) come for free.
 *
 * For Discord, Telegram private and drafts the schedule so described exists but for rounding, so it is the optimum; in groups it is a bound.
 */
import { LIMITS, ROUND_TRIP_MS, type Rule } from './reply-world.ts';

export interface Cell {
  readonly budget: keyof typeof LIMITS;
  readonly replies: number;
  readonly tokens: number;
  readonly perSecond: number;
}

/** Least mean staleness in ms over the time from the first token until everything is visible. */
export function optimum(cell: Cell): number {
  const spacing = 1000 / cell.perSecond;
  return optimumIntegral(cell) / (cell.tokens * spacing - spacing + ROUND_TRIP_MS);
}

/** Least integral of the staleness of one reply, in square milliseconds. */
export function optimumIntegral(cell: Cell): number {
  const spacing = 1000 / cell.perSecond;
  const span = cell.tokens * spacing;
  const { edits, posts } = LIMITS[cell.budget];
  const isInteraction = cell.budget === 'discord-interaction';
  const share = isInteraction ? 1 : cell.replies;
  const free = (posts ? 1 : 0) + (isInteraction ? 1 : 0);
  return Math.max(...edits.map((rule) => leastOf(rule, span, share, free, spacing)));
}

/** What `updates` equal gaps over `time` add to the integral; fewer of them where the round trip or the tokens allow no more. */
export function even(time: number, updates: number, spacing: number): number {
  if (time <= 0) return 0;
  const most = Math.min(updates, time / Math.max(ROUND_TRIP_MS, spacing));
  const gap = time / most;
  return (most * ((gap - spacing + ROUND_TRIP_MS) ** 2 - Math.max(0, ROUND_TRIP_MS - spacing) ** 2)) / 2;
}

/** Least integral for one reply. A share of less than one call in a window is a gap that reaches over several windows. */
function leastOf(rule: Rule, span: number, replies: number, free: number, spacing: number): number {
  if (rule.kind === 'sliding' && replies === 1) return leastSliding(rule, span, free, spacing);
  if (rule.kind === 'bucket') return even(span, (rule.calls + span / rule.per) / replies + free, spacing);
  const most = Math.floor(span / rule.per);
  let least = Number.POSITIVE_INFINITY;
  for (let full = 0; full <= most; full++) {
    const all = ((full + 1) * rule.calls) / replies + free;
    const inWindow = rule.calls / replies;
    const fits = full === 0 || (span / all) * inWindow >= rule.per;
    const rest = span - full * rule.per;
    const total = fits
      ? even(span, all, spacing)
      : full * even(rule.per, inWindow, spacing) + even(rest, inWindow + free, spacing);
    least = Math.min(least, total);
  }
  return least;
}

/** The gap before the first call, and one that ends with a call paid from elsewhere, are bound by nothing. */
function leastSliding({ calls, per }: Rule, span: number, free: number, spacing: number): number {
  let least = even(span, 1 + free, spacing);
  for (let gaps = 1; gaps <= calls * (span / per + 1); gaps++) {
    const [m, r] = [Math.floor(gaps / calls), gaps % calls];
    const bound = m * (calls - r);
    const all = gaps + 1 + free;
    const stretch = Math.max((span * bound) / all, r === 0 ? m * per : m * ((m + 1) * per - span));
    if (stretch <= span)
      least = Math.min(least, even(stretch, bound, spacing) + even(span - stretch, all - bound, spacing));
  }
  return least;
}
