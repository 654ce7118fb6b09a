/** What all replies of one place share: its windows, and who is there. */
import type { Budget, WindowRule } from './budgets.ts';
import { createWindow, type Window } from './window.ts';

const MAX_PENALTY = 8;

/** Windows that the same calls are paid from, and how many of those calls are under way. */
export interface Lane {
  readonly windows: readonly Window[];
  inFlight: number;
  /** When the last one left. */
  sentAt: number;
}

function lane(rules: readonly WindowRule[]): Lane {
  return { windows: rules.map((rule) => createWindow(rule)), inFlight: 0, sentAt: Number.NEGATIVE_INFINITY };
}

/** What a bucket asks its replies. */
export interface Member {
  /** False for those whose last edits are paid elsewhere. */
  endsHere(): boolean;
  /** How likely the answer ends in the next `ms`. */
  ending(ms: number): number;
}

export class Bucket<Pace extends Member> {
  readonly budget: Budget;
  readonly edits: Lane;
  readonly posts: Lane;
  readonly paces = new Set<Pace>();
  blockedUntil = 0;
  penalty = 1;
  usedAt = 0;

  constructor(budget: Budget) {
    this.budget = budget;
    this.edits = lane(budget.edits);
    this.posts = budget.posts ? lane(budget.posts) : this.edits;
  }

  lane({ isPost }: { readonly isPost: boolean }): Lane {
    return isPost ? this.posts : this.edits;
  }

  /** As many calls as replies will probably want here for their ends before the budget gives new ones; one at least, as far as the budget keeps any. */
  reserve(): number {
    const { reserve, soon } = this.budget;
    let least = 0;
    let ends = 0;
    for (const pace of this.paces) {
      if (!pace.endsHere()) continue;
      least = 1;
      ends += pace.ending(soon);
    }
    return Math.min(reserve, Math.max(least, Math.floor(ends)));
  }

  idleSince(now: number): number {
    return this.paces.size > 0 ? 0 : now - Math.max(this.usedAt, this.blockedUntil);
  }

  slower(): void {
    this.penalty = Math.min(MAX_PENALTY, this.penalty * 2);
  }

  easier(): void {
    this.penalty = Math.max(1, this.penalty * 0.8);
  }
}
