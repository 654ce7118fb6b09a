/**
 * When a reply may be shown again. One pacer for the whole program holds every bucket; each reply has a pace in it.
 * It only computes: callers pass their wishes in, get milliseconds back, and tell what they sent and heard. Nothing is ever queued here.
 */
import type { BudgetName, Receipt } from '../surface.ts';
import { BUDGETS, type Budget, globalRule, type WindowRule } from './budgets.ts';
import { createWindow, type Window } from './window.ts';

/** What is about to be sent. `post` is a new message while the answer runs; `last` is any call that finishes the answer. */
export type Call = 'post' | 'edit' | 'last';

export interface Pacer {
  /** Milliseconds now; the same clock for every pace. */
  now(): number;
  /** Runs `run` after `ms` unless the returned function is called first. */
  timer(ms: number, run: () => void): () => void;
  /** Joins the bucket. Leave it with `close` when the reply is over. */
  open(place: Place): Pace;
}

export interface Place {
  readonly bucket: string;
  readonly budget: BudgetName;
  readonly globalBucket?: string | undefined;
}

/** The pace of one reply. */
export interface Pace {
  /** Milliseconds until this call may go; 0 = now. Ask again after waiting: others share the bucket. */
  wait(call: Call): number;
  /** The call leaves now and takes its slot. */
  sent(call: Call): void;
  /** The platform took it. A round trip past 1.5 s counts as a warning: Telegram's server hides short floods by answering late. */
  took(call: Call, receipt: Receipt, roundTripMs: number): void;
  /** The call failed; with `retryAfterMs` it was a 429, which blocks the bucket for that long. */
  refused(retryAfterMs?: number): void;
  /** Whether there is text that nobody sees yet: only those who want take part in sharing. */
  wants(unseen: boolean): void;
  close(): void;
}

export interface PacerOptions {
  /** Milliseconds, monotonic; default `performance.now`. */
  readonly now?: () => number;
  /** Default `setTimeout`; a simulation passes its own. */
  readonly timer?: (ms: number, run: () => void) => () => void;
}

const SLOW_MS = 1500;
const MAX_PENALTY = 8;
/** A bucket nobody has used for this long is forgotten. */
const IDLE_MS = 120_000;

export function createPacer(options: PacerOptions = {}): Pacer {
  const now = options.now ?? (() => performance.now());
  const timer = options.timer ?? hostTimer;
  const buckets = new Map<string, Bucket>();
  const globals = new Map<string, Window>();

  function bucketOf(place: Place): Bucket {
    const key = `${place.budget} ${place.bucket}`;
    const known = buckets.get(key);
    if (known) return known;
    for (const [old, bucket] of buckets) if (bucket.idleSince(now()) > IDLE_MS) buckets.delete(old);
    const fresh = new Bucket(BUDGETS[place.budget]);
    buckets.set(key, fresh);
    return fresh;
  }

  function globalOf(place: Place): Window | undefined {
    if (place.globalBucket === undefined) return undefined;
    const known = globals.get(place.globalBucket);
    if (known) return known;
    const fresh = createWindow(globalRule(place.budget));
    globals.set(place.globalBucket, fresh);
    return fresh;
  }

  return { now, timer, open: (place) => new ReplyPace(now, bucketOf(place), globalOf(place)) };
}

function hostTimer(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** What all replies of one place share. */
class Bucket {
  readonly budget: Budget;
  readonly edits: readonly Window[];
  readonly posts: readonly Window[];
  readonly paces = new Set<ReplyPace>();
  blockedUntil = 0;
  penalty = 1;
  inFlight = 0;
  #usedAt = 0;

  constructor(budget: Budget) {
    this.budget = budget;
    this.edits = windows(budget.edits);
    this.posts = budget.posts ? windows(budget.posts) : this.edits;
  }

  idleSince(now: number): number {
    return this.paces.size > 0 ? 0 : now - Math.max(this.#usedAt, this.blockedUntil);
  }

  use(now: number): void {
    this.#usedAt = now;
  }
}

function windows(rules: readonly WindowRule[]): readonly Window[] {
  return rules.map((rule) => createWindow(rule));
}

class ReplyPace implements Pace {
  readonly #now: () => number;
  readonly #bucket: Bucket;
  readonly #global: Window | undefined;
  readonly #begun: number;
  #sentAt: number;
  #wants = false;
  #last = false;

  constructor(now: () => number, bucket: Bucket, global: Window | undefined) {
    this.#now = now;
    this.#bucket = bucket;
    this.#global = global;
    this.#begun = now();
    this.#sentAt = this.#begun;
    bucket.paces.add(this);
  }

  wait(call: Call): number {
    const now = this.#now();
    this.#last = call === 'last';
    const windows = call === 'post' ? this.#bucket.posts : this.#bucket.edits;
    const calls = 1 + this.#ahead() + (call === 'edit' ? this.#reserve() : 0);
    let at = Math.max(now, this.#bucket.blockedUntil);
    for (const window of windows) at = Math.max(at, window.when(calls, now));
    if (this.#global) at = Math.max(at, this.#global.when(1, now));
    if (call === 'edit') at = Math.max(at, this.#sentAt + this.#gap(now));
    return at - now;
  }

  sent(call: Call): void {
    const now = this.#now();
    for (const window of call === 'post' ? this.#bucket.posts : this.#bucket.edits) window.take(now);
    this.#global?.take(now);
    this.#bucket.use(now);
    this.#bucket.inFlight++;
    this.#sentAt = now;
    this.#wants = false;
  }

  took(call: Call, receipt: Receipt, roundTripMs: number): void {
    const bucket = this.#bucket;
    bucket.inFlight--;
    bucket.penalty =
      roundTripMs > SLOW_MS ? Math.min(MAX_PENALTY, bucket.penalty * 2) : Math.max(1, bucket.penalty * 0.8);
    if (receipt.remaining === undefined || receipt.resetAfterMs === undefined) return;
    const windows = call === 'post' ? bucket.posts : bucket.edits;
    for (const window of windows) window.learn(receipt.remaining, receipt.resetAfterMs, this.#now(), bucket.inFlight);
  }

  refused(retryAfterMs?: number): void {
    const bucket = this.#bucket;
    bucket.inFlight--;
    if (retryAfterMs === undefined) return;
    bucket.penalty = Math.min(MAX_PENALTY, bucket.penalty * 2);
    bucket.blockedUntil = Math.max(bucket.blockedUntil, this.#now() + retryAfterMs);
  }

  wants(unseen: boolean): void {
    this.#wants = unseen;
  }

  close(): void {
    this.#bucket.paces.delete(this);
  }

  /** Replies that must go first: last edits, and those whose readers have waited longer. */
  #ahead(): number {
    let ahead = 0;
    for (const other of this.#bucket.paces) {
      if (other === this || !other.#wants) continue;
      if (other.#last !== this.#last ? other.#last : other.#sentAt < this.#sentAt) ahead++;
    }
    return ahead;
  }

  #reserve(): number {
    return this.#bucket.budget.reserve;
  }

  /** A reply is expected to go on as long as it has run; what the windows give until then is spread evenly over it. */
  #gap(now: number): number {
    const { budget, edits, penalty } = this.#bucket;
    const horizon = Math.max(budget.outlook, now - this.#begun);
    let gap = 0;
    for (const [index, window] of edits.entries()) {
      const rule = budget.edits[index];
      if (!rule) continue;
      const rate = rule.kind === 'bucket' ? 1 / rule.per : rule.calls / rule.per;
      const calls = Math.max(
        1,
        window.left(now) - budget.reserve + rate * Math.max(0, horizon - (rule.kind === 'bucket' ? 0 : rule.per)),
      );
      gap = Math.max(gap, (horizon / calls) * this.#bucket.paces.size);
    }
    return Math.max(budget.floor, gap) * penalty;
  }
}
