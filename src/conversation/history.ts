/**
 * Histories on Keyv. A history is a small head (where it begins and ends) and one value per exchange, written once:
 * appending costs the same at any age, and reading a window reads only the window.
 */
import type { Keyv } from 'keyv';
import type { ContextLimits } from '../bots/bot.ts';
import type { Turn } from '../message.ts';
import { type Exchange, inPlaceOf, nameless, type Placed, without } from './exchange.ts';
import { createKeyedLock } from './lock.ts';
import { grouped } from './transfer.ts';

interface Head {
  /** First exchange that counts, and the position of the next one. */
  readonly first: number;
  readonly next: number;
  /** Grows when the history is begun anew, so that an answer begun before does not end up in it. */
  readonly epoch: number;
  /** Last change, milliseconds since the epoch. */
  readonly at: number;
  /** Coze's conversation where it keeps the context itself, or where a workflow waits for the next message. */
  readonly coze?: string | undefined;
}

/** What a question is asked with. */
export interface Window {
  /** Oldest first, without the question. */
  readonly exchanges: readonly Placed[];
  readonly epoch: number;
  readonly coze?: string | undefined;
}

/** What became of a deleted question: whether it was there, whether others of its exchange are left, and the messages of an answer that went. */
export interface Removed {
  readonly isThere: boolean;
  readonly isLeft: boolean;
  readonly replies: readonly string[];
}

export interface AppendOptions {
  /** Of the window that was asked with: an answer that comes after the history was forgotten is dropped. */
  readonly epoch: number;
  /** Puts the exchange in the place of this one. */
  readonly replace?: number | undefined;
  readonly coze?: string | undefined;
}

/** Stands between a history's key and the position of an exchange; no key has it. */
const ENTRY = '#';
const PAGE = 100;
/** A window looks no further back, should very many questions in a row have failed. */
const MOST_SKIPPED = 500;
const EMPTY: Head = { first: 0, next: 0, epoch: 0, at: 0 };

/** All histories of one store. Changes of one history are made one after the other. */
export class History {
  readonly #keyv: Keyv;
  readonly #now: () => number;
  readonly #lock = createKeyedLock();

  constructor(keyv: Keyv, now: () => number = Date.now) {
    this.#keyv = keyv;
    this.#now = now;
  }

  /** The newest exchanges that fit. `before` leaves out that one and all after it. */
  async window(key: string, limits: ContextLimits, before?: number): Promise<Window> {
    let head = await this.#head(key);
    const idle = limits.idleMinutes > 0 && this.#now() - head.at > limits.idleMinutes * 60_000;
    if (idle && head.next > head.first) {
      // What is asked again stays, so that its answer finds the place that it is to take.
      await this.#forget(key, before);
      head = await this.#head(key);
    }
    const end = Math.min(before ?? head.next, head.next);
    const exchanges = await this.#newestThatFit(key, head.first, end, limits);
    return { exchanges, epoch: head.epoch, coze: before === undefined ? head.coze : undefined };
  }

  /** Adds an exchange; one whose question is already there (redelivery, crash) is written over. Its position, or `undefined` when dropped. */
  append(key: string, exchange: Exchange, options: AppendOptions): Promise<number | undefined> {
    return this.#lock.run(key, async () => {
      const head = await this.#head(key);
      if (head.epoch !== options.epoch) return undefined;
      const { replace } = options;
      const index = replace ?? (await this.#sameQuestion(key, head, exchange)) ?? head.next;
      if (index < head.first || index > head.next) return undefined;
      const kept =
        replace === undefined ? exchange : inPlaceOf(await this.#keyv.get<Exchange>(entryKey(key, index)), exchange);
      if (!kept) return undefined;
      const next = Math.max(head.next, index + 1);
      await this.#write(key, { ...head, next, coze: options.coze }, [{ index, exchange: kept }]);
      return index;
    });
  }

  /** Adds turns nobody wrote here: an import, a forged or a knowledge turn. How many there were. */
  add(key: string, turns: readonly Turn[]): Promise<number> {
    return this.#lock.run(key, async () => {
      const head = await this.#head(key);
      const rows = grouped(turns).map((group, n) => ({ index: head.next + n, exchange: { turns: group } }));
      // In pages, the head with the last: a crash leaves rows behind that nothing points to, never half an import.
      const last = Math.floor(Math.max(0, rows.length - 1) / PAGE) * PAGE;
      for (let from = 0; from < last; from += PAGE)
        await this.#keyv.setMany(rows.slice(from, from + PAGE).map((row) => toEntry(key, row)));
      await this.#write(key, { ...head, next: head.next + rows.length, coze: undefined }, rows.slice(last));
      return turns.length;
    });
  }

  /** How many exchanges there are. */
  async size(key: string): Promise<number> {
    const head = await this.#head(key);
    return head.next - head.first;
  }

  async last(key: string): Promise<Placed | undefined> {
    return (await this.newest(key, 1))[0];
  }

  /** The newest exchanges, oldest first. */
  async newest(key: string, most: number): Promise<readonly Placed[]> {
    const head = await this.#head(key);
    return this.#read(key, Math.max(head.first, head.next - most), head.next);
  }

  async at(key: string, index: number): Promise<Exchange | undefined> {
    const head = await this.#head(key);
    return index >= head.first && index < head.next ? this.#keyv.get<Exchange>(entryKey(key, index)) : undefined;
  }

  /** Takes back the newest exchange. */
  undo(key: string): Promise<Exchange | undefined> {
    return this.#lock.run(key, () => this.#undo(key));
  }

  /** Takes a deleted message out wherever it stands. With the only question goes its answer; where others were asked together with it the answer stays theirs. */
  removeQuestion(key: string, index: number, messageId: string): Promise<Removed> {
    return this.#lock.run(key, async () => {
      const head = await this.#head(key);
      const [placed] = index >= head.first && index < head.next ? await this.#read(key, index, index + 1) : [];
      const questions = placed?.exchange.turns.filter(({ role }) => role === 2) ?? [];
      if (!placed || !questions.some(({ id }) => id === messageId))
        return { isThere: false, isLeft: false, replies: [] };
      if (questions.length > 1) await this.#write(key, { ...head, coze: undefined }, [without(placed, messageId)]);
      else if (index === head.next - 1) await this.#undo(key);
      else await this.#write(key, { ...head, coze: undefined }, [{ index, exchange: { turns: [] } }]);
      const isLeft = questions.length > 1;
      return { isThere: true, isLeft, replies: isLeft ? [] : (placed.exchange.replies ?? []) };
    });
  }

  /** Begins anew; what was there is erased. How many exchanges there were. */
  clear(key: string): Promise<number> {
    return this.#forget(key);
  }

  /**
   * Everything under another key, where nothing has been said yet. What its messages were called is left behind: those ids mean others there.
   */
  async move(from: string, to: string): Promise<void> {
    const isMoved = await this.#lock.run(to, async () => {
      const [head, there] = [await this.#head(from), await this.#head(to)];
      if (head.next === head.first || there.next > there.first) return false;
      const { epoch } = there;
      for (let at = head.first; at < head.next; at += PAGE) {
        const rows = (await this.#read(from, at, Math.min(at + PAGE, head.next))).map(nameless);
        // The head with the last page: a crash leaves rows behind that nothing points to, and the next try begins anew.
        if (at + PAGE < head.next) await this.#keyv.setMany(rows.map((row) => toEntry(to, row)));
        else await this.#write(to, { ...head, epoch }, rows);
      }
      return true;
    });
    if (isMoved) await this.clear(from);
  }

  /** `move` for each history under one of these names, which begin with `from`: whoever shares it and whichever bot answered. */
  async moveAll(from: string, to: string, names: AsyncIterable<string>): Promise<void> {
    const keys: string[] = [];
    for await (const name of names) if (!name.includes(ENTRY)) keys.push(name);
    for (const key of keys) await this.move(key, to + key.slice(from.length));
  }

  /** Every exchange, oldest first, read in pages. */
  async *all(key: string): AsyncGenerator<Placed> {
    const head = await this.#head(key);
    for (let from = head.first; from < head.next; from += PAGE)
      yield* await this.#read(key, from, Math.min(from + PAGE, head.next));
  }

  async #head(key: string): Promise<Head> {
    return (await this.#keyv.get<Head>(key)) ?? EMPTY;
  }

  async #read(key: string, from: number, to: number): Promise<Placed[]> {
    if (to <= from) return [];
    const indices = range(from, to);
    const found = await this.#keyv.getMany<Exchange>(indices.map((index) => entryKey(key, index)));
    return indices.flatMap((index, n) => {
      const exchange = found[n];
      return exchange ? [{ index, exchange }] : [];
    });
  }

  /** Erases what stands before a position, or everything. How many exchanges there were. */
  #forget(key: string, before?: number): Promise<number> {
    return this.#lock.run(key, async () => {
      const head = await this.#head(key);
      const first = Math.max(head.first, Math.min(before ?? head.next, head.next));
      // The head first: should the process die in between, nothing forgotten can come back.
      await this.#write(key, { first, next: head.next, epoch: head.epoch + 1, at: 0 });
      for (let from = head.first; from < first; from += PAGE)
        await this.#keyv.deleteMany(range(from, Math.min(from + PAGE, first)).map((index) => entryKey(key, index)));
      return first - head.first;
    });
  }

  /** All or nothing. */
  async #write(key: string, head: Head, rows: readonly Placed[] = []): Promise<void> {
    const entries = rows.map((row) => toEntry(key, row));
    await this.#keyv.setMany<unknown>([...entries, { key, value: { ...head, at: this.#now() } }]);
  }

  async #undo(key: string): Promise<Exchange | undefined> {
    const head = await this.#head(key);
    if (head.next <= head.first) return undefined;
    const index = head.next - 1;
    const exchange = await this.#keyv.get<Exchange>(entryKey(key, index));
    let next = index;
    // With it goes what was emptied just before it: nobody could take that back.
    while (next > head.first && (await this.#keyv.get<Exchange>(entryKey(key, next - 1)))?.turns.length === 0)
      next -= 1;
    await this.#write(key, { ...head, next, coze: undefined });
    await this.#keyv.deleteMany(range(next, head.next).map((one) => entryKey(key, one)));
    return exchange;
  }

  /**
   * The newest exchanges whose turns and characters stay within the limits; an exchange is never cut. Most have two
   * turns, so half as many as turns are read first.
   */
  async #newestThatFit(key: string, first: number, end: number, limits: ContextLimits): Promise<Placed[]> {
    const step = Math.ceil(limits.turns / 2) + 1;
    const kept: Placed[] = [];
    let { turns, characters } = limits;
    for (let to = end; to > first; to -= step) {
      for (const placed of (await this.#read(key, Math.max(first, to - step), to)).reverse()) {
        if (placed.exchange.failed) continue;
        turns -= placed.exchange.turns.length;
        characters -= placed.exchange.turns.reduce((sum, turn) => sum + turn.content.length, 0);
        if (turns < 0 || characters < 0) return kept.reverse();
        kept.push(placed);
      }
      if (turns === 0 || end - to > MOST_SKIPPED) break;
    }
    return kept.reverse();
  }

  /** After a crash the newest exchange may be the very one that is to be written. */
  async #sameQuestion(key: string, head: Head, exchange: Exchange): Promise<number | undefined> {
    const id = exchange.turns[0]?.id;
    if (id === undefined) return undefined;
    const [newest] = await this.#read(key, Math.max(head.first, head.next - 1), head.next);
    return newest?.exchange.turns[0]?.id === id ? newest.index : undefined;
  }
}

function entryKey(key: string, index: number): string {
  return `${key}${ENTRY}${index}`;
}

function toEntry(key: string, { index, exchange }: Placed): { key: string; value: Exchange } {
  return { key: entryKey(key, index), value: exchange };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, offset) => from + offset);
}
