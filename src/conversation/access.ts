/** Who is answered at all. */
import type { Incoming } from '../message.ts';

/** Who is answered, and how often. Set for a place from the chat, and by the owner for the whole program. */
export interface AccessRules {
  /** `user:ID`, `role:ID`, `channel:ID`, `server:ID`; when not empty, only these are answered. */
  readonly allow: readonly string[];
  /** As `allow`; wins over it. */
  readonly deny: readonly string[];
  /** Most turns or tokens in `limitHours`, for one member and for a whole place; 0 = no limit. */
  readonly memberTurns: number;
  readonly memberTokens: number;
  readonly placeTurns: number;
  readonly placeTokens: number;
  readonly limitHours: number;
}

/** Everybody, without a limit. */
export const OPEN: AccessRules = {
  allow: [],
  deny: [],
  memberTurns: 0,
  memberTokens: 0,
  placeTurns: 0,
  placeTokens: 0,
  limitHours: 24,
};

const SUBJECT = /^(user|role|channel|thread|category|server):[^\s:]{1,64}$/;

/** True for `user:ID`, `role:ID`, `channel:ID`, `thread:ID`, `category:ID`, `server:ID` (a Telegram chat is a channel). */
export function isSubject(word: string): boolean {
  return SUBJECT.test(word);
}

/** The deny list wins; an allow list that is not empty must name the member, a role of theirs, or the place. */
export function mayAsk({ author, place }: Incoming, rules: AccessRules): boolean {
  const subjects = [
    `user:${author.id}`,
    ...(author.roles ?? []).map((role) => `role:${role}`),
    ...place.levels.map((level) => `${level.kind}:${level.id}`),
  ];
  if (subjects.some((subject) => rules.deny.includes(subject))) return false;
  return rules.allow.length === 0 || subjects.some((subject) => rules.allow.includes(subject));
}
