/** What has been used, as Coze's own `usage` counts it, and the limits that are set on it. */
import type { Keyv } from 'keyv';
import type { Place } from '../message.ts';
import type { PlaceSettings } from './bindings.ts';
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
}

export interface Usage {
  /** Counts one turn. Turns whose transport tells no usage count no tokens. */
  record(
    who: Asker,
    bot: string,
    tokens: { input: number; output: number } | undefined,
    settings: PlaceSettings,
  ): Promise<void>;
  reached(who: Asker, settings: PlaceSettings): Promise<Reached | undefined>;
  /** Sums over the last `days`, today included (UTC). */
  sums(subject: string, days: number): Promise<Used>;
}

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

  return {
    record: (who, bot, tokens, settings) =>
      lock.run(accountKey(who.place), async () => {
        const at = now();
        const period = periodOf(settings, at);
        const days = [subjects.member(who), subjects.place(who), subjects.bot(who, bot)].map((subject) =>
          dayKey(subject, at),
        );
        const periods = limited(settings) ? limitKeys(who, period) : [];
        const keys = [...days, ...periods];
        const before = await keyv.getMany<Used>(keys);
        const one = { turns: 1, input: tokens?.input ?? 0, output: tokens?.output ?? 0 };
        await keyv.setMany(
          keys.map((key, n) => ({
            key,
            value: sum(before[n] ?? NONE, one),
            ttl: n < days.length ? KEEP_MS : period.ms,
          })),
        );
      }),

    async reached(who, settings) {
      if (!limited(settings)) return undefined;
      const period = periodOf(settings, now());
      const [member = NONE, place = NONE] = await keyv.getMany<Used>(limitKeys(who, period));
      const rules = [
        ['member', 'turns', settings.memberTurns, member.turns],
        ['member', 'tokens', settings.memberTokens, member.input + member.output],
        ['place', 'turns', settings.placeTurns, place.turns],
        ['place', 'tokens', settings.placeTokens, place.input + place.output],
      ] as const;
      const broken = rules.find(([, , most, used]) => most > 0 && used >= most);
      if (!broken) return undefined;
      const [whose, what, most] = broken;
      return { whose, what, most, endsAt: (period.number + 1) * period.ms };
    },

    async sums(subject, days) {
      const keys = Array.from({ length: days }, (_, ago) => dayKey(subject, now() - ago * DAY_MS));
      return (await keyv.getMany<Used>(keys)).reduce<Used>((total, used) => sum(total, used ?? NONE), NONE);
    },
  };
}

interface Period {
  readonly ms: number;
  readonly number: number;
}

function periodOf(settings: PlaceSettings, at: number): Period {
  const ms = settings.limitHours * 3_600_000;
  return { ms, number: Math.floor(at / ms) };
}

function limitKeys(who: Asker, period: Period): string[] {
  const suffix = `/period=${period.ms}:${period.number}`;
  return [subjects.member(who) + suffix, subjects.place(who) + suffix];
}

function limited(settings: PlaceSettings): boolean {
  return settings.memberTurns > 0 || settings.memberTokens > 0 || settings.placeTurns > 0 || settings.placeTokens > 0;
}

function sum(a: Used, b: Used): Used {
  return { turns: a.turns + b.turns, input: a.input + b.input, output: a.output + b.output };
}
