/**
 * When a reply may be shown again. One pacer for the whole program holds every bucket; each reply has a pace in it.
 * It only computes: callers pass their wishes in, get milliseconds back, and tell what they sent and heard. Nothing is ever queued here.
 */
import type { BudgetName, Receipt } from '../surface.ts';
import { BUDGETS, type Budget, globalRule, type WindowRule } from './budgets.ts';
import { createWindow, type Window } from './window.ts';

/** What is about to be sent. */
export interface Call {
  /** A new message rather than an edit: some platforms count those apart. */
  readonly isPost: boolean;
  /** Part of finishing the answer: takes precedence and may use what is kept in reserve. */
  readonly isLast: boolean;
}

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
  refused(call: Call, retryAfterMs?: number): void;
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
  const globals = new Map<string, WholeBot>();

  function bucketOf(place: Place): Bucket {
    const key = `${place.budget} ${place.bucket}`;
    const known = buckets.get(key);
    if (known) return known;
    for (const [old, bucket] of buckets) if (bucket.idleSince(now()) > IDLE_MS) buckets.delete(old);
    const fresh = new Bucket(BUDGETS[place.budget]);
    buckets.set(key, fresh);
    return fresh;
  }

  function globalOf(place: Place): WholeBot | undefined {
    if (place.globalBucket === undefined) return undefined;
    const known = globals.get(place.globalBucket);
    if (known) return known;
    const fresh = new WholeBot(globalRule(place.budget));
    globals.set(place.globalBucket, fresh);
    return fresh;
  }

  return { now, timer, open: (place) => new ReplyPace(now, bucketOf(place), globalOf(place)) };
}

function hostTimer(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** Windows that the same calls are paid from, and how many of those calls are under way. */
interface Lane {
  readonly windows: readonly Window[];
  inFlight: number;
  /** When the last one left. */
  sentAt: number;
}

function lane(rules: readonly WindowRule[]): Lane {
  return { windows: rules.map((rule) => createWindow(rule)), inFlight: 0, sentAt: Number.NEGATIVE_INFINITY };
}

/** What all replies of one place share. */
class Bucket {
  readonly budget: Budget;
  readonly edits: Lane;
  readonly posts: Lane;
  readonly paces = new Set<ReplyPace>();
  blockedUntil = 0;
  penalty = 1;
  usedAt = 0;

  constructor(budget: Budget) {
    this.budget = budget;
    this.edits = lane(budget.edits);
    this.posts = budget.posts ? lane(budget.posts) : this.edits;
  }

  lane(call: Call): Lane {
    return call.isPost ? this.posts : this.edits;
  }

  /** A call for the end of each reply, and two for a part that is full and the message after it, as far as the budget keeps any. */
  reserve(): number {
    return Math.min(this.budget.reserve, this.paces.size + 2);
  }

  idleSince(now: number): number {
    return this.paces.size > 0 ? 0 : now - Math.max(this.usedAt, this.blockedUntil);
  }

  slower(): void {
    this.penalty = Math.min(MAX_PENALTY, this.penalty * 2);
  }
}

/** The ceiling of a whole bot. Who meets it full gets a turn, so that thousands do not all wake up for each free slot. */
class WholeBot {
  readonly #window: Window;
  readonly #spacing: number;
  readonly #turns = new Map<object, { readonly line: 'last' | 'middle'; readonly at: number }>();
  readonly #ends = { last: 0, middle: 0 };

  constructor(rule: WindowRule) {
    this.#window = createWindow(rule);
    this.#spacing = rule.per / rule.calls;
  }

  /** Earliest time for this caller; last edits have turns of their own, and middle ones leave them two slots. */
  turn(caller: object, call: Call, now: number): number {
    const line = call.isLast ? 'last' : 'middle';
    const free = this.#window.when(call.isLast ? 1 : 3, now);
    const mine = this.#turns.get(caller);
    if (mine?.line === line) return Math.max(mine.at, free);
    if (free <= now && this.#ends[line] <= now) return now;
    const at = Math.max(free, this.#ends[line] + this.#spacing);
    this.#ends[line] = at;
    this.#turns.set(caller, { line, at });
    return at;
  }

  take(caller: object, now: number): void {
    this.#window.take(now);
    this.#turns.delete(caller);
  }

  leave(caller: object): void {
    this.#turns.delete(caller);
  }
}

class ReplyPace implements Pace {
  readonly #now: () => number;
  readonly #bucket: Bucket;
  readonly #global: WholeBot | undefined;
  /** When the first words left: how long the model thought before says nothing about the length. */
  #begun: number;
  #sentAt: number;
  #hasSent = false;
  #waiting: Call | undefined;

  constructor(now: () => number, bucket: Bucket, global: WholeBot | undefined) {
    this.#now = now;
    this.#bucket = bucket;
    this.#global = global;
    this.#begun = now();
    this.#sentAt = this.#begun;
    bucket.paces.add(this);
  }

  wait(call: Call): number {
    const now = this.#now();
    const bucket = this.#bucket;
    const lane = bucket.lane(call);
    this.#waiting = call;
    const ahead = this.#ahead(call, lane);
    const due = call.isLast || call.isPost || !this.#hasSent ? now : this.#due(now, ahead);
    const reserve = call.isLast || call.isPost ? 0 : bucket.reserve();
    let at = Math.max(now, bucket.blockedUntil, due);
    for (const window of lane.windows) at = Math.max(at, window.when(1 + ahead, now, reserve));
    if (this.#global && at === now) at = this.#global.turn(this, call, now);
    // Whole milliseconds: a remainder too small for the clock would be waited for over and over.
    return Math.max(0, Math.ceil(at - now - 1e-3));
  }

  sent(call: Call): void {
    const now = this.#now();
    const lane = this.#bucket.lane(call);
    for (const window of lane.windows) window.take(now);
    lane.inFlight++;
    lane.sentAt = now;
    this.#global?.take(this, now);
    this.#bucket.usedAt = now;
    if (!this.#hasSent) this.#begun = now;
    this.#sentAt = now;
    this.#hasSent = true;
    this.#waiting = undefined;
  }

  took(call: Call, receipt: Receipt, roundTripMs: number): void {
    const bucket = this.#bucket;
    const lane = bucket.lane(call);
    lane.inFlight--;
    if (roundTripMs > SLOW_MS) bucket.slower();
    else bucket.penalty = Math.max(1, bucket.penalty * 0.8);
    const { remaining, resetAfterMs } = receipt;
    if (remaining === undefined || resetAfterMs === undefined) return;
    const word = { remaining, resetAfterMs, inFlight: lane.inFlight, roundTripMs };
    for (const window of lane.windows) window.learn(word, this.#now());
  }

  refused(call: Call, retryAfterMs?: number): void {
    const bucket = this.#bucket;
    bucket.lane(call).inFlight--;
    if (retryAfterMs === undefined) return;
    bucket.slower();
    bucket.blockedUntil = Math.max(bucket.blockedUntil, this.#now() + retryAfterMs);
  }

  close(): void {
    this.#bucket.paces.delete(this);
    this.#global?.leave(this);
  }

  /** Replies that go first in the same lane: by urgency, then those whose readers have waited longer. */
  #ahead(call: Call, lane: Lane): number {
    let ahead = 0;
    for (const other of this.#bucket.paces) {
      const theirs = other.#waiting;
      if (other === this || !theirs || this.#bucket.lane(theirs) !== lane) continue;
      const rank = urgency(theirs) - urgency(call);
      if (rank === 0 ? other.#sentAt < this.#sentAt : rank > 0) ahead++;
    }
    return ahead;
  }

  /** The replies of a place take turns: one call of the place after the other, each as far from the one before as the windows demand. */
  #due(now: number, ahead: number): number {
    const bucket = this.#bucket;
    const { budget, edits, penalty, paces } = bucket;
    const pacing = { age: budget.youth + (this.#sentAt - this.#begun), reserve: bucket.reserve() };
    let gap = 0;
    for (const window of edits.windows) gap = Math.max(gap, window.gap(now, pacing));
    const own = Math.max(budget.floor, gap * paces.size);
    return Math.max(this.#sentAt + own * penalty, edits.sentAt + (1 + ahead) * gap * penalty);
  }
}

/** Last edits before new messages before all else. */
function urgency(call: Call): number {
  return call.isLast ? 2 : call.isPost ? 1 : 0;
}
