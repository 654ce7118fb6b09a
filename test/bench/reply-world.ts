/** Servers that count calls as the platforms do, in virtual time, and remember when a member could read which word. */
import { RealCozeError } from '#core/errors.ts';
import type { BudgetName, Content, Receipt, Surface } from '#core/surface.ts';
import type { Clock } from '../reply/clock.ts';

/** There and back; a call is counted by the server half-way and visible when it is answered. */
export const ROUND_TRIP_MS = 60;

export interface Rule {
  readonly kind: 'fixed' | 'sliding' | 'bucket';
  readonly calls: number;
  readonly per: number;
}

/** The platforms' limits as documented and seen in the field (see `reply/pace/budgets`), from which both the servers here and the optimum are made. */
export const LIMITS: Record<Exclude<BudgetName, 'unlimited'>, { edits: readonly Rule[]; posts?: readonly Rule[] }> = {
  'discord-channel': {
    edits: [{ kind: 'fixed', calls: 5, per: 5000 }],
    posts: [{ kind: 'fixed', calls: 5, per: 5000 }],
  },
  'discord-interaction': {
    edits: [{ kind: 'fixed', calls: 5, per: 5000 }],
    posts: [{ kind: 'fixed', calls: 5, per: 5000 }],
  },
  'telegram-private': {
    edits: [
      { kind: 'bucket', calls: 10, per: 3000 },
      { kind: 'sliding', calls: 1, per: 1000 },
    ],
  },
  'telegram-group': { edits: [{ kind: 'sliding', calls: 20, per: 60_000 }] },
  'telegram-draft': {
    edits: [
      { kind: 'sliding', calls: 20, per: 5000 },
      { kind: 'sliding', calls: 40, per: 30_000 },
    ],
    posts: [],
  },
};

/** The server's own count, written apart from `reply/pace/window` so that an error there cannot hide here. */
class Counter {
  readonly #rule: Rule;
  #times: number[] = [];
  #opened = Number.NEGATIVE_INFINITY;
  #level: number;
  #at = 0;

  constructor(rule: Rule) {
    this.#rule = rule;
    this.#level = rule.calls;
  }

  /** Milliseconds until a call is allowed; 0 = now. */
  wait(now: number): number {
    const { kind, calls, per } = this.#rule;
    if (kind === 'bucket') {
      const level = Math.min(calls, this.#level + (now - this.#at) / per);
      return level >= 1 - 1e-9 ? 0 : (1 - level) * per;
    }
    if (kind === 'fixed' && now >= this.#opened + per) this.#times = [];
    if (kind === 'sliding') this.#times = this.#times.filter((time) => time > now - per);
    if (this.#times.length < calls) return 0;
    return (kind === 'fixed' ? this.#opened : (this.#times[0] ?? now)) + per - now;
  }

  take(now: number): void {
    if (this.#times.length === 0) this.#opened = now;
    this.#times.push(now);
    this.#level = Math.min(this.#rule.calls, this.#level + (now - this.#at) / this.#rule.per) - 1;
    this.#at = now;
  }

  headers(now: number): { remaining: number; resetAfterMs: number } {
    return { remaining: this.#rule.calls - this.#times.length, resetAfterMs: this.#opened + this.#rule.per - now };
  }
}

/** One place on one platform: all surfaces made by it are counted together. */
export interface World {
  surface(seen: (words: number) => void): Surface;
  readonly refused: () => number;
}

/** One edit of something that is shown elsewhere, counted here. */
type PaidEdit = (act: () => string) => Promise<Receipt>;

/** `channel`: pays for edits of the same messages, too. */
export function createWorld(
  budget: Exclude<BudgetName, 'unlimited'>,
  clock: Clock,
  channel?: PaidEdit,
): World & { readonly edit: PaidEdit } {
  const rules = LIMITS[budget];
  const edits = rules.edits.map((rule) => new Counter(rule));
  const posts = rules.posts?.map((rule) => new Counter(rule)) ?? edits;
  let refused = 0;
  let made = 0;

  async function call(counters: readonly Counter[], act: () => string): Promise<Receipt> {
    await clock.sleep(ROUND_TRIP_MS / 2);
    const now = clock.now();
    const wait = Math.max(0, ...counters.map((counter) => counter.wait(now)));
    if (wait === 0) for (const counter of counters) counter.take(now);
    else refused++;
    const headers = budget.startsWith('discord') ? counters[0]?.headers(now) : undefined;
    await clock.sleep(ROUND_TRIP_MS / 2);
    if (wait > 0) throw new RealCozeError('rate_limited', 'Too many requests.', { retryAfterMs: wait });
    return { id: act(), ...headers };
  }

  function surface(seen: (words: number) => void): Surface {
    const shown = new Map<string, number>();
    let drafted = 0;
    const show = (id: string, content: Content): string => {
      shown.set(id, words(content.text));
      drafted = 0;
      seen([...shown.values()].reduce((sum, count) => sum + count, 0));
      return id;
    };
    return {
      limit: budget.startsWith('discord') ? 2000 : 4096,
      bucket: 'place',
      budget,
      post: (content) => call(posts, () => show(`m${made++}`, content)),
      edit: (id, content) => call(edits, () => show(id, content)),
      spare: channel && {
        bucket: 'channel',
        budget: 'discord-channel',
        edit: (id, content) => channel(() => show(id, content)),
      },
      ...(budget === 'telegram-draft'
        ? {
            draft: (content: Content) =>
              call(edits, () => {
                drafted = words(content.text);
                seen([...shown.values()].reduce((sum, count) => sum + count, drafted));
                return '';
              }),
          }
        : {}),
    };
  }

  return { surface, edit: (act) => call(edits, act), refused: () => refused };
}

function words(text: string): number {
  return text === '' ? 0 : text.trim().split(/\s+/).length;
}
