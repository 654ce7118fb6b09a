/** The one place where keys are made: nothing that a member writes ever becomes one, so nobody can name another's. */
import { RealCozeError } from '../errors.ts';
import type { Level, Place } from '../message.ts';

/** Who shares a history: everybody in the thread, each member alone, or everybody in the channel with all its threads. */
export type Scope = 'thread' | 'user' | 'channel';

const MAX_ID = 200;

/** The narrowest level of a place: its thread, else its channel. */
export function narrowest(place: Place): Level {
  return place.levels[place.levels.length - 1] ?? place.levels[0];
}

/** Names the platform account: two tokens in one process are two accounts. */
export function accountKey(place: Pick<Place, 'platform' | 'account'>): string {
  return `${part(place.platform)}/${part(place.account)}`;
}

/**
 * Names a place. A topic's id is unique in its chat only, so the path is kept; a category is left out, because a
 * channel that moves to another one keeps its history.
 */
export function placeKey(place: Place): string {
  return [accountKey(place), ...place.levels.filter((level) => level.kind !== 'category').map(levelPart)].join('/');
}

/** Names one history: account, place as wide as the scope says, member where each has their own, bot. */
export function conversationKey(place: Place, scope: Scope, personId: string, bot: string): string {
  const where = scope === 'channel' ? channelKey(place) : placeKey(place);
  const owner = scope === 'user' ? `user=${part(personId)}` : 'all';
  return `${where}/${owner}/bot=${part(bot)}`;
}

/** Whether the member is one of those who share the history of this key: everybody there, or the one whose own it is. */
export function isSharedWith(conversationKey: string, personId: string): boolean {
  const owner = conversationKey.split('/').at(-2);
  return owner === 'all' || owner === `user=${part(personId)}`;
}

/** The keys under which a place and what surrounds it keep their choices, the nearest first. */
export function levelKeys(place: Place): readonly { readonly level: Level; readonly key: string }[] {
  return place.levels.map((level, index) => ({ level, key: levelKey(place, index) })).reverse();
}

/** Names a message of a place. */
export function messageKey(place: Place, messageId: string): string {
  return `${placeKey(place)}/message=${part(messageId)}`;
}

/** Names a member of an account. */
export function memberKey(place: Place, personId: string): string {
  return memberWithin(accountKey(place), personId);
}

/** Names a member of what has this key: an account, or a level of a place. */
export function memberWithin(key: string, personId: string): string {
  return `${key}/user=${part(personId)}`;
}

/** Names the channel of a place, with all its threads. */
export function channelKey(place: Place): string {
  return placeKey({ ...place, levels: withoutThread(place) });
}

function levelKey(place: Place, index: number): string {
  const level = place.levels[index] ?? place.levels[0];
  const above = level.kind === 'thread' ? place.levels.slice(0, index).filter((l) => l.kind !== 'category') : [];
  return [accountKey(place), ...above.map(levelPart), levelPart(level)].join('/');
}

function withoutThread(place: Place): [Level, ...Level[]] {
  const [first, ...rest] = place.levels.filter((level) => level.kind !== 'thread');
  return first ? [first, ...rest] : [...place.levels];
}

function levelPart(level: Level): string {
  return `${level.kind}=${part(level.id)}`;
}

/** An id so written that it cannot reach over a slash. @throws RealCozeError `invalid` for an id that is none. */
function part(id: string): string {
  if (id === '' || id.length > MAX_ID || !id.isWellFormed())
    throw new RealCozeError(
      'invalid',
      `An id must have 1 to ${MAX_ID} characters of well-formed text. Correct the request.`,
    );
  return encodeURIComponent(id);
}
