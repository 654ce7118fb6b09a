/**
 * Histories on Keyv. A history is a small head (where it begins and ends) and one value per exchange, written once:
 * appending costs the same at any age, and reading a window reads only the window.
 */
import type { Keyv } from 'keyv';
import type { ContextLimits } from '../bots/bot.ts';
import type { Attachment, Turn } from '../message.ts';
import { createKeyedLock } from './lock.ts';

/** A question and what came back: the unit that is undone, retried and edited. */
export interface Exchange {
  readonly turns: readonly Turn[];
  /** Platform messages that show the answer, so that an edit or a retry lands in them. */
  readonly replies?: readonly string[] | undefined;
  /** The question got no answer that may be sent to Coze again: kept for `retry`, left out of the window. */
  readonly failed?: true | undefined;
  /** Files of the question, so that a retry can send them again. */
  readonly attachments?: readonly Attachment[] | undefined;
  /** What lay behind the answer, shown on demand. */
  readonly sources?: Sources | undefined;
}

export interface Sources {
  readonly excerpts: readonly string[];
  readonly tools: readonly string[];
  readonly reasoning: string;
}

export interface Placed {
  /** Position in the history; stays the same for as long as the exchange lives. */
  readonly index: number;
  readonly exchange: Exchange;
}

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

export interface AppendOptions {
  /** Of the window that was asked with: an answer that comes after the history was forgotten is dropped. */
  readonly epoch: number;
  /** Puts the exchange in the place of this one. */
  readonly replace?: number | undefined;
  readonly coze?: string | undefined;
}

export interface History {
  /** The newest exchanges that fit. `before` leaves out that one and all after it. */
  window(key: string, limits: ContextLimits, before?: number): Promise<Window>;
  /** Adds an exchange; one whose question is already there (redelivery, crash) is written over. Its position, or `undefined` when dropped. */
  append(key: string, exchange: Exchange, options: AppendOptions): Promise<number | undefined>;
  /** Adds turns nobody wrote here: an import, a forged or a knowledge turn. How many there were. */
  add(key: string, turns: readonly Turn[]): Promise<number>;
  /** How many exchanges there are. */
  size(key: string): Promise<number>;
  last(key: string): Promise<Placed | undefined>;
  /** The newest exchanges, oldest first. */
  newest(key: string, most: number): Promise<readonly Placed[]>;
  at(key: string, index: number): Promise<Exchange | undefined>;
  /** Takes back the newest exchange. */
  undo(key: string): Promise<Exchange | undefined>;
  /** Empties one exchange wherever it stands (its message was deleted). */
  drop(key: string, index: number): Promise<void>;
  /** Begins anew; what was there is erased. How many exchanges there were. */
  clear(key: string): Promise<number>;
  /** Every exchange, oldest first, read in pages. */
  all(key: string): AsyncIterable<Placed>;
}

const PAGE = 100;
/** A window looks no further back, should very many questions in a row have failed. */
const MOST_SKIPPED = 500;
const EMPTY: Head = { first: 0, next: 0, epoch: 0, at: 0 };

export function createHistory(keyv: Keyv, now: () => number = Date.now): History {
  const lock = createKeyedLock();
  const headOf = async (key: string) => (await keyv.get<Head>(key)) ?? EMPTY;
  const entry = (key: string, index: number) => `${key}#${index}`;

  const read = async (key: string, from: number, to: number): Promise<Placed[]> => {
    if (to <= from) return [];
    const indices = range(from, to);
    const found = await keyv.getMany<Exchange>(indices.map((index) => entry(key, index)));
    return indices.flatMap((index, n) => {
      const exchange = found[n];
      return exchange ? [{ index, exchange }] : [];
    });
  };

  const write = (key: string, head: Head, rows: readonly Placed[] = []) =>
    keyv.setMany<unknown>([
      ...rows.map(({ index, exchange }) => ({ key: entry(key, index), value: exchange })),
      { key, value: { ...head, at: now() } },
    ]);

  const clear = async (key: string) => {
    const head = await headOf(key);
    const gone = head.next - head.first;
    // The head first: should the process die in between, nothing forgotten can come back.
    await write(key, { first: head.next, next: head.next, epoch: head.epoch + 1, at: 0 });
    for (let from = head.first; from < head.next; from += PAGE)
      await keyv.deleteMany(range(from, Math.min(from + PAGE, head.next)).map((index) => entry(key, index)));
    return gone;
  };

  const undo = async (key: string) => {
    const head = await headOf(key);
    if (head.next <= head.first) return undefined;
    const index = head.next - 1;
    const exchange = await keyv.get<Exchange>(entry(key, index));
    await write(key, { ...head, next: index, coze: undefined });
    await keyv.delete(entry(key, index));
    return exchange;
  };

  return {
    async window(key, limits, before) {
      let head = await headOf(key);
      if (limits.idleMinutes > 0 && head.next > head.first && now() - head.at > limits.idleMinutes * 60_000) {
        await lock.run(key, () => clear(key));
        head = await headOf(key);
      }
      const end = Math.min(before ?? head.next, head.next);
      const exchanges = await newestThatFit(key, head.first, end, limits);
      return { exchanges, epoch: head.epoch, coze: before === undefined ? head.coze : undefined };
    },

    append: (key, exchange, options) =>
      lock.run(key, async () => {
        const head = await headOf(key);
        if (head.epoch !== options.epoch) return undefined;
        const index = options.replace ?? (await sameQuestion(key, head, exchange)) ?? head.next;
        if (index < head.first || index > head.next) return undefined;
        const next = Math.max(head.next, index + 1);
        await write(key, { ...head, next, coze: options.coze }, [{ index, exchange }]);
        return index;
      }),

    add: (key, turns) =>
      lock.run(key, async () => {
        const head = await headOf(key);
        const exchanges = grouped(turns);
        const rows = exchanges.map((exchange, n) => ({ index: head.next + n, exchange }));
        // In pages, the head last: a crash leaves rows behind that nothing points to, never half an import.
        for (let from = 0; from + PAGE < rows.length; from += PAGE)
          await keyv.setMany(
            rows.slice(from, from + PAGE).map((row) => ({ key: entry(key, row.index), value: row.exchange })),
          );
        const rest = rows.slice(Math.floor(Math.max(0, rows.length - 1) / PAGE) * PAGE);
        await write(key, { ...head, next: head.next + rows.length, coze: undefined }, rest);
        return turns.length;
      }),

    async size(key) {
      const head = await headOf(key);
      return head.next - head.first;
    },

    async last(key) {
      const head = await headOf(key);
      return (await read(key, Math.max(head.first, head.next - 1), head.next))[0];
    },

    async newest(key, most) {
      const head = await headOf(key);
      return read(key, Math.max(head.first, head.next - most), head.next);
    },

    async at(key, index) {
      const head = await headOf(key);
      return index >= head.first && index < head.next ? keyv.get<Exchange>(entry(key, index)) : undefined;
    },

    undo: (key) => lock.run(key, () => undo(key)),

    drop: (key, index) =>
      lock.run(key, async () => {
        const head = await headOf(key);
        if (index === head.next - 1) await undo(key);
        else if (index >= head.first && index < head.next)
          await write(key, { ...head, coze: undefined }, [{ index, exchange: { turns: [] } }]);
      }),

    clear: (key) => lock.run(key, () => clear(key)),

    async *all(key) {
      const head = await headOf(key);
      for (let from = head.first; from < head.next; from += PAGE)
        yield* await read(key, from, Math.min(from + PAGE, head.next));
    },
  };

  /**
   * The newest exchanges whose turns and characters stay within the limits; an exchange is never cut. Most have two
   * turns, so half as many as turns are read first.
   */
  async function newestThatFit(key: string, first: number, end: number, limits: ContextLimits): Promise<Placed[]> {
    const step = Math.ceil(limits.turns / 2) + 1;
    const kept: Placed[] = [];
    let { turns, characters } = limits;
    for (let to = end; to > first; to -= step) {
      for (const placed of (await read(key, Math.max(first, to - step), to)).reverse()) {
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
  async function sameQuestion(key: string, head: Head, exchange: Exchange): Promise<number | undefined> {
    const id = exchange.turns[0]?.id;
    const [newest] = id === undefined ? [] : await read(key, Math.max(head.first, head.next - 1), head.next);
    return newest?.exchange.turns[0]?.id === id ? newest?.index : undefined;
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, offset) => from + offset);
}

/** A new exchange begins with each turn of the member. */
function grouped(turns: readonly Turn[]): Exchange[] {
  const groups: Turn[][] = [];
  for (const turn of turns) {
    const current = groups.at(-1);
    const answered = current?.some((t) => t.role === 1) ?? true;
    if (!current || turn.role === 2 || (answered && turn.role !== 1)) groups.push([turn]);
    else current.push(turn);
  }
  return groups.map((group) => ({ turns: group }));
}
