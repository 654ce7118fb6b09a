/**
 * Updates that come one by one, as a webhook brings them: handled in order and once. Telegram sends the next update of a chat only when it has an
 * answer to the one before, so the parts of an album cannot be held back until all are there: they are taken into the store, and handled together
 * as soon as no more come.
 */
import type { Update } from 'grammy/types';
import type { Keyv } from 'keyv';
import type { Log } from '#core/log.ts';
import { albumOf, chatOf, type Together } from './updates.ts';

/** The parts of an album come one after the other, each a round trip after the one before. */
const usualAlbumMs = 1_000;
/** Update ids that have been handled and might come again. */
const remembered = 1_000;
const key = 'parts';

export interface InboxOptions {
  /** Keeps the parts of albums that may not be whole yet. */
  readonly keyv: Keyv;
  readonly log: Log;
  /** Ends the waiting for more parts; what is in the store is handled after the next start. */
  readonly signal: AbortSignal;
  /** How long after its last part an album is taken for whole, in ms; default: a second. */
  readonly albumMs?: number;
  /** As for the update loop: resolves when a crash can no longer lose it. */
  handle(updates: Together): Promise<void>;
}

export interface Inbox {
  /** Takes up the albums that the last run left. @throws RealCozeError `store` */
  open(): Promise<void>;
  /** Resolves when a crash can no longer lose the update. @throws RealCozeError `store` */
  add(update: Update): Promise<void>;
}

export function createInbox({ keyv, log, signal, albumMs = usualAlbumMs, handle }: InboxOptions): Inbox {
  const known = new Set<number>();
  const timers = new Map<string, NodeJS.Timeout>();
  let parts: readonly Update[] = [];
  let isOpen = false;
  let last: Promise<unknown> = Promise.resolve();
  const stop = () => {
    for (const timer of timers.values()) clearTimeout(timer);
  };
  signal.addEventListener('abort', stop, { once: true });

  function inTurn<T>(run: () => Promise<T>): Promise<T> {
    const mine = last.then(run);
    last = mine.catch(() => {});
    return mine;
  }

  async function keep(changed: readonly Update[]): Promise<void> {
    if (changed.length === 0) await keyv.delete(key);
    else await keyv.set(key, changed);
    parts = changed;
  }

  /** What cannot be handled now cannot be later either: said, and left. */
  async function handleNow(group: Together): Promise<void> {
    await handle(group).catch((error: unknown) => {
      log.error({ error }, 'An update of Telegram could not be handled.');
    });
  }

  async function handleAlbum(album: string): Promise<void> {
    clearTimeout(timers.get(album));
    timers.delete(album);
    const [first, ...rest] = parts.filter((part) => albumOf(part) === album);
    if (first) await handleNow([first, ...rest]);
    await keep(parts.filter((part) => albumOf(part) !== album));
  }

  function handleSoon(album: string): void {
    clearTimeout(timers.get(album));
    if (signal.aborted) return;
    const run = () =>
      inTurn(() => handleAlbum(album)).catch((error: unknown) => {
        log.error({ error }, 'Pictures from Telegram wait until the store answers again.');
        handleSoon(album);
      });
    timers.set(album, setTimeout(run, albumMs));
  }

  /** What is written after an album comes after it. */
  async function handleBefore(update: Update): Promise<void> {
    const chat = chatOf(update);
    const before = parts.filter((part) => chatOf(part) === chat).map(albumOf);
    for (const album of new Set(before)) if (album !== undefined) await handleAlbum(album);
  }

  async function open(): Promise<void> {
    if (isOpen) return;
    parts = (await keyv.get<Update[]>(key)) ?? [];
    isOpen = true;
    for (const album of new Set(parts.map(albumOf))) if (album !== undefined) handleSoon(album);
  }

  async function add(update: Update): Promise<void> {
    await open();
    const { update_id: id } = update;
    if (known.has(id) || parts.some((part) => part.update_id === id)) return;
    const album = albumOf(update);
    if (album === undefined) {
      await handleBefore(update);
      await handleNow([update]);
    } else {
      await keep([...parts, update]);
      handleSoon(album);
    }
    known.add(id);
    for (const old of known) if (known.size > remembered) known.delete(old);
  }

  return { open: () => inTurn(open), add: (update) => inTurn(() => add(update)) };
}
