/**
 * When a reply may be shown again. One pacer for the whole program holds every bucket; each reply has a pace in it.
 * It only computes: callers pass their wishes in, get milliseconds back, and tell what they sent and heard. Nothing is ever queued here.
 */
import type { BudgetName, Receipt } from '../../surface.ts';
import { Bucket, type Lane, type Member } from './bucket.ts';
import { BUDGETS, globalRule } from './budgets.ts';
import { WholeBot } from './whole-bot.ts';

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
  /** A bucket that can pay last edits, too: while nobody else uses that, nothing is kept for them here. */
  readonly spare?: Pick<Place, 'bucket' | 'budget'> | undefined;
  /** Comes for the last edit of a reply that is paid elsewhere, and leaves what the replies here keep for theirs. */
  readonly isGuest?: boolean | undefined;
}

/** The pace of one reply. */
export interface Pace {
  /**
   * Milliseconds until this call may go; 0 = now. Ask again after waiting: others share the bucket. `speed`: characters a second at which the
   * answer has grown so far, as far as that is known: it tells how soon the answer may end.
   */
  wait(call: Call, speed?: number): number;
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
  /** Part of what Discord lets the whole bot do, where other processes have its other shards; default 1. */
  readonly discordShare?: number | undefined;
}

/** An answer has an even chance of lasting on for this part of the time it has lasted already. */
const OUTLOOK = 0.55;
/** What it counts as older than it is, in milliseconds: when its speed is not known, at least, and at most. */
const USUAL_YOUTH = 1500;
const LEAST_YOUTH = 300;
const MOST_YOUTH = 15_000;
/** Characters beyond which nothing is saved for an answer, and how often the time it has an even chance for is saved for in any case. */
const LONGEST = 30_000;
const LEAST_OUTLOOKS = 2;

/** Who waits behind others asks again so often: what they do may bring its turn forward. */
const ASK_AGAIN_MS = 200;
const SLOW_MS = 1500;
/** A bucket nobody has used for this long is forgotten. */
const IDLE_MS = 120_000;

export function createPacer(options: PacerOptions = {}): Pacer {
  const { now = () => performance.now(), timer = hostTimer, discordShare = 1 } = options;
  const buckets = new Map<string, Bucket<ReplyPace>>();
  const globals = new Map<string, WholeBot>();

  function bucketOf(place: Place): Bucket<ReplyPace> {
    const key = keyOf(place);
    const known = buckets.get(key);
    if (known) return known;
    for (const [old, bucket] of buckets) if (bucket.idleSince(now()) > IDLE_MS) buckets.delete(old);
    const fresh = new Bucket<ReplyPace>(BUDGETS[place.budget]);
    buckets.set(key, fresh);
    return fresh;
  }

  function globalOf(place: Place): WholeBot | undefined {
    if (place.globalBucket === undefined) return undefined;
    const known = globals.get(place.globalBucket);
    if (known) return known;
    const fresh = new WholeBot(globalRule(place.budget, discordShare));
    globals.set(place.globalBucket, fresh);
    return fresh;
  }

  function open(place: Place): Pace {
    const { spare, isGuest = false } = place;
    const isUsed = (other: Pick<Place, 'bucket' | 'budget'>) => (buckets.get(keyOf(other))?.paces.size ?? 0) > 0;
    const endsHere = () => !isGuest && (!spare || isUsed(spare));
    return new ReplyPace(now, endsHere, bucketOf(place), globalOf(place));
  }

  return { now, timer, open };
}

function keyOf({ bucket, budget }: Pick<Place, 'bucket' | 'budget'>): string {
  return `${budget} ${bucket}`;
}

function hostTimer(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

class ReplyPace implements Pace, Member {
  readonly endsHere: () => boolean;
  readonly #now: () => number;
  readonly #bucket: Bucket<ReplyPace>;
  readonly #global: WholeBot | undefined;
  /** When the first words left: how long the model thought before says nothing about the length. */
  #begun: number;
  #sentAt: number;
  #hasSent = false;
  #speed: number | undefined;
  #waiting: Call | undefined;

  constructor(now: () => number, endsHere: () => boolean, bucket: Bucket<ReplyPace>, global: WholeBot | undefined) {
    this.endsHere = endsHere;
    this.#now = now;
    this.#bucket = bucket;
    this.#global = global;
    this.#begun = now();
    this.#sentAt = this.#begun;
    bucket.paces.add(this);
  }

  wait(call: Call, speed?: number): number {
    const now = this.#now();
    this.#speed = speed;
    const bucket = this.#bucket;
    const lane = bucket.lane(call);
    this.#waiting = call;
    const ahead = this.#ahead(call, lane);
    const isMiddle = this.#isMiddle(call);
    const due = isMiddle && this.#hasSent ? this.#due(now, ahead) : now;
    const reserve = isMiddle || !this.endsHere() ? bucket.reserve() : 0;
    let at = Math.max(now, bucket.blockedUntil, due);
    for (const window of lane.windows) at = Math.max(at, window.when(1 + ahead, now, reserve));
    if (this.#global && at === now) at = this.#global.turn(this, call.isLast, now);
    // Whole milliseconds: a remainder too small for the clock would be waited for over and over.
    const wait = Math.max(0, Math.ceil(at - now - 1e-3));
    return ahead > 0 ? Math.min(wait, ASK_AGAIN_MS) : wait;
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
    else bucket.easier();
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

  ending(ms: number): number {
    return ms / (ms + this.#outlook());
  }

  close(): void {
    this.#bucket.paces.delete(this);
    this.#global?.leave(this);
  }

  /** A new message in the middle of an answer is as urgent as an edit where it costs the same. */
  #isMiddle(call: Call): boolean {
    return !call.isLast && !(call.isPost && (!this.#hasSent || this.#bucket.posts !== this.#bucket.edits));
  }

  /** Last edits before new messages before all else. */
  #urgency(call: Call): number {
    if (call.isLast) return 2;
    return this.#isMiddle(call) ? 0 : 1;
  }

  /** Replies that go first in the same lane: by urgency, then those whose readers have waited longer. */
  #ahead(call: Call, lane: Lane): number {
    let ahead = 0;
    for (const other of this.#bucket.paces) {
      const theirs = other.#waiting;
      if (other === this || !theirs || this.#bucket.lane(theirs) !== lane) continue;
      const rank = other.#urgency(theirs) - this.#urgency(call);
      if (rank === 0 ? other.#sentAt < this.#sentAt : rank > 0) ahead++;
    }
    return ahead;
  }

  /** Milliseconds that the answer has an even chance of lasting longer. */
  #outlook(): number {
    const { short } = this.#bucket.budget;
    // How fast it is written is known from the first words on, and so how many seconds a short answer takes.
    const youth = this.#speed ? (short * 1000) / this.#speed : USUAL_YOUTH;
    const age = this.#sentAt - this.#begun;
    return OUTLOOK * (age + Math.min(MOST_YOUTH, Math.max(LEAST_YOUTH, youth)));
  }

  /** Milliseconds that the answer hardly lasts longer: fast ones are over before a long window is. */
  #longest(): number {
    if (!this.#speed) return Number.POSITIVE_INFINITY;
    const age = this.#sentAt - this.#begun;
    return Math.max(LEAST_OUTLOOKS * this.#outlook(), (LONGEST * 1000) / this.#speed - age);
  }

  /**
   * The replies of a place take turns: one call of the place after the other, each as far from the one before as the windows demand, and of one
   * reply not before all others have had theirs.
   */
  #due(now: number, ahead: number): number {
    const bucket = this.#bucket;
    const { budget, edits, penalty, paces } = bucket;
    const since = Math.max(edits.sentAt, this.#sentAt);
    const pacing = { outlook: this.#outlook(), longest: this.#longest(), reserve: bucket.reserve(), since };
    let gap = 0;
    for (const window of edits.windows) gap = Math.max(gap, window.gap(now, pacing));
    const own = Math.max(budget.floor, gap * (paces.size - 1));
    return Math.max(this.#sentAt + own * penalty, since + (1 + ahead) * gap * penalty);
  }
}
