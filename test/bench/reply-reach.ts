/**
 * Aims that no schedule reaches which does not know how long an answer will be, even one that knew it to have 200, 800 or 3,000 tokens. A proof
 * is a weight for each length: were the ratio of each at most its aim, the weighted mean would be at most that of the aims; the least weighted mean
 * (see `reply-unknowing`) is larger.
 */
import type { Cell } from './reply-optimum.ts';
import { leastMean } from './reply-unknowing.ts';

const LENGTHS = [200, 800, 3000];
/** Times are multiples of a step there, which may change the result so much. */
const MARGIN = 1.02;

interface Proof extends Pick<Cell, 'budget' | 'perSecond'> {
  /** A call is always kept for the end. */
  readonly keepsLast: boolean;
  /** Ratio to the optimum that is aimed at, for each length. */
  readonly aims: readonly number[];
  /** They add up to 1; found by trying all multiples of an eighth. */
  readonly weights: readonly number[];
}

export interface OutOfReach extends Proof {
  /** Least weighted mean ratio, and what the aims allow. */
  readonly least: number;
  readonly allowed: number;
}

const near = [1.15, 1.15, 1.15];
/** At most twice the optimum, and no more stale than the chat SDK where that suits long answers (see `docs/bench-peers.json`). */
const slowGroup = [2, 1.18, 1.08];
const usualGroup = [2, 2, 1.24];

const PROOFS: readonly Proof[] = [
  { budget: 'discord-channel', perSecond: 15, keepsLast: true, aims: near, weights: [0.25, 0.5, 0.25] },
  { budget: 'discord-channel', perSecond: 60, keepsLast: true, aims: near, weights: [0.375, 0.375, 0.25] },
  { budget: 'discord-channel', perSecond: 200, keepsLast: false, aims: near, weights: [0.625, 0.375, 0] },
  { budget: 'discord-interaction', perSecond: 200, keepsLast: false, aims: near, weights: [0.5, 0.5, 0] },
  { budget: 'telegram-draft', perSecond: 60, keepsLast: false, aims: near, weights: [0.25, 0.625, 0.125] },
  { budget: 'telegram-draft', perSecond: 200, keepsLast: false, aims: near, weights: [0.375, 0.125, 0.5] },
  { budget: 'telegram-group', perSecond: 15, keepsLast: false, aims: slowGroup, weights: [0.25, 0.625, 0.125] },
  { budget: 'telegram-group', perSecond: 60, keepsLast: false, aims: usualGroup, weights: [0.25, 0.125, 0.625] },
];

export function outOfReach(budget: Cell['budget']): OutOfReach[] {
  return PROOFS.filter((proof) => proof.budget === budget).map((proof) => {
    const used = LENGTHS.map((length, nth) => ({ length, weight: proof.weights[nth] ?? 0 })).filter(
      (one) => one.weight > 0,
    );
    const lengths = used.map(({ length }) => length);
    const weights = used.map(({ weight }) => weight);
    const allowed = proof.aims.reduce((sum, aim, nth) => sum + aim * (proof.weights[nth] ?? 0), 0);
    const least = leastMean({ ...proof, lengths, weights });
    if (least < allowed * MARGIN) throw new Error(`${budget} at ${proof.perSecond} tokens/s: this proves nothing.`);
    return { ...proof, least, allowed };
  });
}

export function printOutOfReach(proofs: readonly OutOfReach[]): void {
  console.log(
    '\nOut of reach without knowing the length: ratios for 200, 800, 3,000 tokens that cannot hold together.',
  );
  for (const { budget, perSecond, keepsLast, aims, weights, least, allowed } of proofs)
    console.log(
      budget.padEnd(20),
      `${perSecond} tok/s`.padStart(9),
      `${aims.join(', ')}${keepsLast ? ' with a call kept for the end' : ''}:`,
      `weighted ${weights.join(', ')} at least ${least.toFixed(2)} > ${allowed.toFixed(2)}`,
    );
}
