/** What has been used, as Coze's own `usage` counts it, and the limits that are set on it. */
import type { Keyv } from 'keyv';
import type { Place } from '../message.ts';
import { accountKey, memberKey, memberWithin, placeKey } from './keys.ts';
import type { Limit } from './limits.ts';
import { createKeyedLock } from './lock.ts';

export interface Used {
  readonly turns: number;
  readonly input: number;
  readonly output: number;
}

/** How much of a limit is used, and when the period ends (milliseconds since the epoch). */
export interface Spent {
  readonly limit: Limit;
  readonly used: number;
  readonly endsAt: number;
}

export interface Asker {
  readonly place: Place;
  readonly personId: string;
  /** Others whose messages were asked together with it. */
  readonly others?: readonly string[];
}

export interface Usage {
  /** Counts one turn for the days and for the periods of these limits, and its tokens in equal parts for those who asked. Turns whose transport tells no usage count no tokens. */
  record(who: Asker, bot: string, tokens: Tokens | undefined, limits: readonly Limit[]): Promise<void>;
  /** How much of each of these limits is used, with the questions that are being answered; `mine`: with those that began before it. */
  spent(who: Asker, limits: readonly Limit[], mine?: Running): Promise<readonly Spent[]>;
  /** A question is being answered: questions that come at once cannot all pass a limit that has room for one. */
  begin(who: Asker, limits: readonly Limit[]): Running;
  /** Sums over the last `days`, today included (UTC). */
  sums(subject: string, days: number): Promise<Used>;
}

/** A question that is being answered, and so not recorded yet. */
export interface Running {
  end(): void;
}

export type Tokens = Readonly<Record<'input' | 'output', number>>;

const DAY_MS = 24 * 3_600_000;
const KEEP_MS = 35 * DAY_MS;
const NONE: Used = { turns: 0, input: 0, output: 0 };

/** Names what is counted. */
export const subjects = {
  member: ({ place, personId }: Asker) => memberKey(place, personId),
  place: ({ place }: Asker) => placeKey(place),
  bot: ({ place }: Asker, bot: string) => `${accountKey(place)}/bot=${encodeURIComponent(bot)}`,
};

export function createUsage(keyv: Keyv, now: () => number = Date.now): Usage {
  const lock = createKeyedLock();
  /** By the key of a limit, in the order in which they began. */
  const running = new Map<string, Set<Running>>();
  const runningBefore = (key: string, mine: Running | undefined) => {
    const those = [...(running.get(key) ?? [])];
    return mine ? those.indexOf(mine) : those.length;
  };
  const dayKey = (subject: string, at: number) => `${subject}/day=${Math.floor(at / DAY_MS)}`;

  /** What is added to, and how long each is kept. Limits with the same subject and period share one count. */
  const rowsOf = (who: Asker, bot: string, tokens: Tokens | undefined, limits: readonly Limit[]) => {
    const whole = { ...NONE, turns: 1, ...tokens };
    const askers = [...new Set([who.personId, ...(who.others ?? [])])];
    const rows = new Map<string, { readonly ttl: number; readonly add: Used }>();
    const count = (subject: string, add: Used) => rows.set(dayKey(subject, now()), { ttl: KEEP_MS, add });
    const countFor = (whose: Limit['whose'], personId: string, add: Used) => {
      for (const limit of limits.filter((one) => one.whose === whose))
        rows.set(limitKey(limit, personId, now()), { ttl: periodOf(limit, now()).ms, add });
    };
    for (const [n, personId] of askers.entries()) {
      const part = (all: number) => Math.floor((all + n) / askers.length);
      const add = { turns: 1, input: part(whole.input), output: part(whole.output) };
      count(subjects.member({ ...who, personId }), add);
      countFor('member', personId, add);
    }
    count(subjects.place(who), whole);
    countFor('place', who.personId, whole);
    count(subjects.bot(who, bot), whole);
    return [...rows];
  };

  return {
    record: (who, bot, tokens, limits) =>
      lock.run(accountKey(who.place), async () => {
        const rows = rowsOf(who, bot, tokens, limits);
        const before = await keyv.getMany<Used>(rows.map(([key]) => key));
        await keyv.setMany(rows.map(([key, { ttl, add }], n) => ({ key, ttl, value: sum(before[n] ?? NONE, add) })));
      }),

    async spent({ personId }, limits, mine) {
      if (limits.length === 0) return [];
      const at = now();
      const keys = limits.map((limit) => limitKey(limit, personId, at));
      const counts = await keyv.getMany<Used>(keys);
      return limits.map((limit, n) => {
        const { turns, input, output } = counts[n] ?? NONE;
        const { ms, number } = periodOf(limit, at);
        const asked = turns + runningBefore(keys[n] ?? '', mine);
        return { limit, used: limit.what === 'turns' ? asked : input + output, endsAt: (number + 1) * ms };
      });
    },

    begin({ personId, others = [] }, limits) {
      const askers = [personId, ...others];
      const keys = new Set(limits.flatMap((limit) => askers.map((asker) => limitKey(limit, asker, now()))));
      const mine: Running = {
        end() {
          for (const key of keys) {
            const those = running.get(key);
            those?.delete(mine);
            if (those?.size === 0) running.delete(key);
          }
        },
      };
      for (const key of keys) running.set(key, (running.get(key) ?? new Set()).add(mine));
      return mine;
    },

    async sums(subject, days) {
      const keys = Array.from({ length: days }, (_, ago) => dayKey(subject, now() - ago * DAY_MS));
      return (await keyv.getMany<Used>(keys)).reduce<Used>((total, used) => sum(total, used ?? NONE), NONE);
    },
  };
}

function periodOf({ hours }: Limit, at: number): { readonly ms: number; readonly number: number } {
  const ms = hours * 3_600_000;
  return { ms, number: Math.floor(at / ms) };
}

function limitKey(limit: Limit, personId: string, at: number): string {
  const { ms, number } = periodOf(limit, at);
  const subject = limit.whose === 'member' ? memberWithin(limit.within, personId) : limit.within;
  return `${subject}/period=${ms}:${number}`;
}

function sum(a: Used, b: Used): Used {
  return { turns: a.turns + b.turns, input: a.input + b.input, output: a.output + b.output };
}
