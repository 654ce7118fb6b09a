/** What has been used, as Coze's own `usage` counts it, and the limits that are set on it. */
import type { Keyv } from 'keyv';
import type { Place } from '../message.ts';
import type { AccessRules } from './access.ts';
import { accountKey, memberKey, placeKey } from './keys.ts';
import { createKeyedLock } from './lock.ts';

export interface Used {
  readonly turns: number;
  readonly input: number;
  readonly output: number;
}

/** A limit that is reached: what, and when it ends (milliseconds since the epoch). */
export interface Reached {
  readonly whose: 'member' | 'place';
  readonly what: 'turns' | 'tokens';
  readonly most: number;
  readonly endsAt: number;
}

export interface Asker {
  readonly place: Place;
  readonly personId: string;
  /** Others whose messages were asked together with it. */
  readonly others?: readonly string[];
}

export interface Usage {
  /** Counts one turn for the days and for the periods of these rules, and its tokens in equal parts for those who asked. Turns whose transport tells no usage count no tokens. */
  record(who: Asker, bot: string, tokens: Tokens | undefined, rules: readonly AccessRules[]): Promise<void>;
  /** The first limit of these rules that is used up. */
  reached(who: Asker, rules: readonly AccessRules[]): Promise<Reached | undefined>;
  /** Sums over the last `days`, today included (UTC). */
  sums(subject: string, days: number): Promise<Used>;
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
  const dayKey = (subject: string, at: number) => `${subject}/day=${Math.floor(at / DAY_MS)}`;

  /** What is added to, and how long each is kept; two rules with the same period share one count. */
  const rowsOf = (who: Asker, bot: string, tokens: Tokens | undefined, rules: readonly AccessRules[]) => {
    const whole = { ...NONE, turns: 1, ...tokens };
    const askers = [...new Set([who.personId, ...(who.others ?? [])])];
    const periods = rules.filter(limited).map((one) => periodOf(one, now()));
    const rows = new Map<string, { readonly ttl: number; readonly add: Used }>();
    const count = (subject: string, add: Used) => {
      rows.set(dayKey(subject, now()), { ttl: KEEP_MS, add });
      for (const period of periods) rows.set(limitKey(subject, period), { ttl: period.ms, add });
    };
    for (const [n, personId] of askers.entries()) {
      const part = (all: number) => Math.floor((all + n) / askers.length);
      const add = { turns: 1, input: part(whole.input), output: part(whole.output) };
      count(subjects.member({ ...who, personId }), add);
    }
    count(subjects.place(who), whole);
    rows.set(dayKey(subjects.bot(who, bot), now()), { ttl: KEEP_MS, add: whole });
    return [...rows];
  };

  return {
    record: (who, bot, tokens, rules) =>
      lock.run(accountKey(who.place), async () => {
        const rows = rowsOf(who, bot, tokens, rules);
        const before = await keyv.getMany<Used>(rows.map(([key]) => key));
        await keyv.setMany(rows.map(([key, { ttl, add }], n) => ({ key, ttl, value: sum(before[n] ?? NONE, add) })));
      }),

    async reached(who, rules) {
      for (const one of rules.filter(limited)) {
        const period = periodOf(one, now());
        const [member = NONE, place = NONE] = await keyv.getMany<Used>([
          limitKey(subjects.member(who), period),
          limitKey(subjects.place(who), period),
        ]);
        const broken = firstBroken(one, member, place);
        if (broken) return { ...broken, endsAt: (period.number + 1) * period.ms };
      }
      return undefined;
    },

    async sums(subject, days) {
      const keys = Array.from({ length: days }, (_, ago) => dayKey(subject, now() - ago * DAY_MS));
      return (await keyv.getMany<Used>(keys)).reduce<Used>((total, used) => sum(total, used ?? NONE), NONE);
    },
  };
}

function firstBroken(rules: AccessRules, member: Used, place: Used): Omit<Reached, 'endsAt'> | undefined {
  const limits = [
    { whose: 'member', what: 'turns', most: rules.memberTurns, used: member.turns },
    { whose: 'member', what: 'tokens', most: rules.memberTokens, used: member.input + member.output },
    { whose: 'place', what: 'turns', most: rules.placeTurns, used: place.turns },
    { whose: 'place', what: 'tokens', most: rules.placeTokens, used: place.input + place.output },
  ] as const;
  return limits.find(({ most, used }) => most > 0 && used >= most);
}

interface Period {
  readonly ms: number;
  readonly number: number;
}

function periodOf(rules: AccessRules, at: number): Period {
  const ms = rules.limitHours * 3_600_000;
  return { ms, number: Math.floor(at / ms) };
}

function limitKey(subject: string, period: Period): string {
  return `${subject}/period=${period.ms}:${period.number}`;
}

function limited(rules: AccessRules): boolean {
  return rules.memberTurns > 0 || rules.memberTokens > 0 || rules.placeTurns > 0 || rules.placeTokens > 0;
}

function sum(a: Used, b: Used): Used {
  return { turns: a.turns + b.turns, input: a.input + b.input, output: a.output + b.output };
}
