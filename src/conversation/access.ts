/** Who is answered at all. */
import type { Incoming } from '../message.ts';
import type { PlaceSettings } from './bindings.ts';

const SUBJECT = /^(user|role|channel|thread|category|server):[^\s:]{1,64}$/;

/** True for `user:ID`, `role:ID`, `channel:ID`, `thread:ID`, `category:ID`, `server:ID` (a Telegram chat is a channel). */
export function isSubject(word: string): boolean {
  return SUBJECT.test(word);
}

/** The deny list wins; an allow list that is not empty must name the member, a role of theirs, or the place. */
export function mayAsk({ author, place }: Incoming, settings: PlaceSettings): boolean {
  const subjects = [
    `user:${author.id}`,
    ...(author.roles ?? []).map((role) => `role:${role}`),
    ...place.levels.map((level) => `${level.kind}:${level.id}`),
  ];
  if (subjects.some((subject) => settings.deny.includes(subject))) return false;
  return settings.allow.length === 0 || subjects.some((subject) => settings.allow.includes(subject));
}
