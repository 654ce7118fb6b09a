/** When a refusal is said. Where the bot hears every message, one sentence an hour is enough, and who did not call it needs none. */
import type { Incoming } from '../message.ts';
import type { PlaceSettings } from './bindings.ts';
import { memberKey, placeKey } from './keys.ts';

export interface Refusals {
  /** Whether this refusal is to be said now; true counts as said. `denied`: by a list, not by a limit that ends. */
  isDue(incoming: Incoming, settings: PlaceSettings, denied: boolean): boolean;
}

const HOUR_MS = 3_600_000;

export function createRefusals(now: () => number): Refusals {
  /** When each member was told last in a place, the oldest first. */
  const told = new Map<string, number>();

  return {
    isDue({ place, author, overheard }, { answer }, denied) {
      if (place.direct || (!overheard && answer !== 'all')) return true;
      if (denied && overheard) return false;
      for (const [key, at] of told) {
        if (now() - at < HOUR_MS) break;
        told.delete(key);
      }
      const key = `${placeKey(place)} ${memberKey(place, author.id)}`;
      if (told.has(key)) return false;
      told.set(key, now());
      return true;
    },
  };
}
