/** Limits: how much may be used in how long, and whose use counts towards them. */
import type { Language, Place } from '../message.ts';
import { text } from '../texts.ts';
import type { AccessRules } from './access.ts';
import { accountKey, channelKey } from './keys.ts';

/** One limit that holds in a place. */
export interface Limit {
  /** `member`: for each one alone. `place`: for all of them together. */
  readonly whose: 'member' | 'place';
  readonly what: 'turns' | 'tokens';
  readonly most: number;
  readonly hours: number;
  /** Names the account or the level of a place in which use counts, so that no server is charged for another. */
  readonly within: string;
}

const FIELDS = [
  { field: 'memberTurns', whose: 'member', what: 'turns' },
  { field: 'memberTokens', whose: 'member', what: 'tokens' },
  { field: 'placeTurns', whose: 'place', what: 'turns' },
  { field: 'placeTokens', whose: 'place', what: 'tokens' },
] as const;

/** Every limit that holds in a place: the owner's, and those that were set there. */
export function limitsIn(owner: AccessRules, there: { readonly limits: readonly Limit[] }, place: Place): Limit[] {
  return [...ownerLimits(owner, place), ...there.limits];
}

/** When a period ends, in words. */
export function whenText(ms: number, language: Language): string {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes <= 1) return text('whenMinute', language);
  if (minutes < 120) return text('whenMinutes', language, { n: minutes });
  return text('whenHours', language, { n: Math.ceil(minutes / 60) });
}

/** What the owner set counts for a member in the whole account, and for each channel with all its threads. */
function ownerLimits(rules: AccessRules, place: Place): readonly Limit[] {
  return FIELDS.flatMap(({ field, whose, what }): Limit[] => {
    const within = whose === 'member' ? accountKey(place) : channelKey(place);
    return rules[field] > 0 ? [{ whose, what, most: rules[field], hours: rules.limitHours, within }] : [];
  });
}

/** What was set for the levels of a place, the nearest first: a limit counts in the level that it was set for. */
export function placeLimits(
  levels: readonly { readonly key: string; readonly rules: Partial<AccessRules> }[],
  hours: number,
): readonly Limit[] {
  return FIELDS.flatMap(({ field, whose, what }): Limit[] => {
    const set = levels.find(({ rules }) => rules[field] !== undefined);
    const most = set?.rules[field] ?? 0;
    return set && most > 0 ? [{ whose, what, most, hours, within: set.key }] : [];
  });
}
