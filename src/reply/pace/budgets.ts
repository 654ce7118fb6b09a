/** What each platform lets a bot do, in numbers. The reasons are with each entry; everything in milliseconds. */
import type { BudgetName } from '../../surface.ts';

export interface WindowRule {
  /**
   * `fixed`: opens with its first call and closes `per` later, as Discord's buckets do. `sliding`: never more than `calls` in any `per`.
   * `bucket`: `calls` tokens, one comes back every `per`.
   */
  readonly kind: 'fixed' | 'sliding' | 'bucket';
  readonly calls: number;
  readonly per: number;
}

export interface Budget {
  readonly edits: readonly WindowRule[];
  /** Absent: new messages are paid from the same windows as edits. */
  readonly posts?: readonly WindowRule[] | undefined;
  /** Most calls that middle edits leave for last edits. */
  readonly reserve: number;
  /** A call is kept for each reply that will probably end within so long. */
  readonly soon: number;
  /** Least time between two edits of one message. */
  readonly floor: number;
  /** Characters of an answer so short that it is not paced for. */
  readonly short: number;
}

/** Room for requests that overtake each other on the way, so that the server never counts one call too many. */
const JITTER = 60;

export const BUDGETS: Record<BudgetName, Budget> = {
  // PATCH /channels/{c}/messages/{m}: 5 in 5 s, shared by all messages of the channel; POST has a bucket of its own (Discord.Net#2375).
  'discord-channel': {
    edits: [{ kind: 'fixed', calls: 5, per: 5000 + JITTER }],
    posts: [{ kind: 'fixed', calls: 5, per: 5000 + JITTER }],
    reserve: 3,
    soon: 2000,
    floor: 250,
    short: 1000,
  },
  // "Interactions share the same rate limit properties as webhooks"; the value is documented nowhere, so it starts as a channel's and follows the headers.
  // The reserve is for where the channel, which pays the last edits otherwise, is closed to the bot.
  'discord-interaction': {
    edits: [{ kind: 'fixed', calls: 5, per: 5000 + JITTER }],
    posts: [{ kind: 'fixed', calls: 5, per: 5000 + JITTER }],
    reserve: 3,
    soon: 2000,
    floor: 320,
    short: 1400,
  },
  // FAQ: about one a second, bursts tolerated; sustained 1.0 s draws 429s in the field, 20 a minute never does. Ten tokens, one back every 3 s,
  // 1.1 s apart: the first dozen edits about that far from each other, then ever more, up to 3 s.
  'telegram-private': {
    edits: [
      { kind: 'bucket', calls: 10, per: 3000 },
      { kind: 'sliding', calls: 1, per: 1000 + JITTER },
    ],
    reserve: 2,
    soon: 9000,
    floor: 1070,
    short: 1100,
  },
  // 20 a minute for the whole group, sends and edits and topics together (FAQ; tdlib/td#3034).
  'telegram-group': {
    edits: [{ kind: 'sliding', calls: 20, per: 60_000 + 4 * JITTER }],
    reserve: 5,
    soon: 6000,
    floor: 200,
    short: 700,
  },
  // 20 in 5 s and 40 in 30 s per peer, chat actions included (core.telegram.org, messages.setTyping). The last text is a message, paid elsewhere.
  'telegram-draft': {
    edits: [
      { kind: 'sliding', calls: 20, per: 5000 + JITTER },
      { kind: 'sliding', calls: 40, per: 30_000 + JITTER },
    ],
    reserve: 0,
    soon: 0,
    floor: 150,
    short: 1800,
  },
  unlimited: { edits: [], reserve: 0, soon: 0, floor: 100, short: 500 },
};

/**
 * Whole-bot ceilings with a fifth left for everything else: Discord 50 requests a second, Telegram about 30 messages a second. `share`: the part
 * of Discord's that this process may use.
 */
export function globalRule(budget: BudgetName, share: number): WindowRule {
  const calls = budget.startsWith('discord') ? Math.max(1, Math.floor(40 * share)) : 25;
  return { kind: 'sliding', calls, per: 1000 + JITTER };
}
