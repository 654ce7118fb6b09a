/** Messages that are changed or deleted after they were asked, alone or together with others. */
import { digest } from '../conversation/digest.ts';
import type { JournalEntry } from '../conversation/journal.ts';
import { conversationKey, messageKey, placeKey } from '../conversation/keys.ts';
import { createKeyedLock } from '../conversation/lock.ts';
import type { Incoming, Place } from '../message.ts';
import type { Rooms } from './ask.ts';
import { type LiveTurn, report, SUPERSEDED } from './show.ts';
import type { Admitted, FindSurface, Turns } from './turn.ts';

/** Follows the changes of all chat platforms. Never throws. */
export class Changes {
  readonly #rooms: Rooms;
  readonly #turns: Turns;
  /** Changes of a place are made one after the other; the answers that they begin are not waited for. */
  readonly #lock = createKeyedLock();

  constructor(rooms: Rooms, turns: Turns) {
    this.#rooms = rooms;
    this.#turns = turns;
  }

  /** Answers a changed message again in the messages of its first answer, if it belongs to the last question. */
  async edited(incoming: Incoming, find: FindSurface, onWritten?: () => void): Promise<void> {
    try {
      const begun = await this.#lock.run(placeKey(incoming.place), () => this.#reopened(incoming, find));
      onWritten?.();
      if (begun) await this.#turns.run(begun);
    } catch (error) {
      report(this.#rooms, incoming, error);
    }
  }

  /** Withdraws the answer of a deleted message and forgets both; what was asked together with it is asked without it. */
  async deleted(place: Place, messageId: string, find: FindSurface): Promise<void> {
    const incoming = nobody(place, messageId, this.#rooms.now());
    try {
      const replies = await this.#lock.run(placeKey(place), () => this.#withdrawn(incoming, find));
      const surface = replies.length > 0 ? await find(incoming, replies) : undefined;
      for (const id of replies) await surface?.remove?.(id);
    } catch (error) {
      report(this.#rooms, incoming, error);
    }
  }

  /** The turn that answers the new words; `undefined` when the answer need not change. */
  async #reopened(incoming: Incoming, find: FindSurface): Promise<Admitted | undefined> {
    await this.#turns.settled(incoming.place);
    const live = this.#turns.turnOf(incoming);
    if (!live) return this.#reopenedLast(incoming, find);
    const before = entriesOf(live).find((entry) => entry.incoming.id === incoming.id);
    if (before?.incoming.text === incoming.text) return undefined;
    if (await this.#isOver(live)) return this.#reopenedLast(incoming, find);
    const entries = entriesOf(live).map((entry) =>
      entry.incoming.id === incoming.id ? { ...entry, incoming } : entry,
    );
    return this.#again(entries, live.entry.replies, find);
  }

  /** Only the last question of the conversation that the member is in now: what came later rests on the old words. */
  async #reopenedLast(incoming: Incoming, find: FindSurface): Promise<Admitted | undefined> {
    const { journal, bindings, history } = this.#rooms;
    const { place, id, author, text } = incoming;
    const [at, { bot, settings }] = await Promise.all([journal.finished(place, id), bindings.resolve(place)]);
    if (!bot || at?.key !== conversationKey(place, settings.scope, author.id, bot.name)) return undefined;
    const last = await history.last(at.key);
    const isThere = last?.exchange.turns.some((turn) => turn.role === 2 && turn.id === id);
    if (!last || last.index !== at.index || !isThere) return undefined;
    if (at.words === (await digest(text))) return undefined;
    const replies = last.exchange.replies ?? [];
    const surface = await find(incoming, replies);
    const open = () => journal.reopen(incoming, { replies, replace: last.index, key: at.key, bot: bot.name });
    return surface && this.#turns.enter({ incoming, surface, parts: [], open, finished: at });
  }

  /** The messages of the answer that are left to be taken away. */
  async #withdrawn(incoming: Incoming, find: FindSurface): Promise<readonly string[]> {
    const { journal, history } = this.#rooms;
    await this.#turns.settled(incoming.place);
    const live = this.#turns.turnOf(incoming);
    if (live && !(await this.#isOver(live))) return this.#takenOut(live, incoming, find);
    const at = await journal.finished(incoming.place, incoming.id);
    if (at?.key === undefined || at.index === undefined) return [];
    const { isLeft, replies } = await history.removeQuestion(at.key, at.index, incoming.id);
    await this.#repeatWithout(at.key, at.index, isLeft, find);
    return replies;
  }

  /** The deleted message leaves the turn that asks it. Its entry goes last: a crash before that asks once too often, not too little. */
  async #takenOut(live: LiveTurn, incoming: Incoming, find: FindSurface): Promise<readonly string[]> {
    const { journal, history } = this.#rooms;
    const { replies, replace, retry } = live.entry;
    const isFirst = live.entry.incoming.id === incoming.id;
    if (isFirst && replace !== undefined && !retry) {
      const removed = await history.removeQuestion(live.key, replace, incoming.id);
      await this.#repeatWithout(live.key, replace, removed.isLeft, find);
      if (removed.isLeft) await this.#repeat([{ ...live.entry, retry: true }], replies, find);
      else await journal.finish(live.entry, {});
      return removed.isLeft ? [] : [...new Set([...removed.replies, ...replies])];
    }
    const left = entriesOf(live).filter((entry) => entry.incoming.id !== incoming.id);
    await this.#repeat(left, isFirst ? [] : replies, find);
    for (const entry of entriesOf(live)) if (entry.incoming.id === incoming.id) await journal.finish(entry, {});
    return isFirst ? replies : [];
  }

  /** What asks an exchange again, out of which a message was deleted, asks what is left of it, or ends. */
  async #repeatWithout(key: string, index: number, isLeft: boolean, find: FindSurface): Promise<void> {
    for (const turn of this.#turns.repeating(key, index)) {
      if (await this.#isOver(turn)) continue;
      if (isLeft) await this.#repeat([turn.entry], turn.entry.replies, find);
      else await this.#rooms.journal.finish(turn.entry, {});
    }
  }

  /** Goes on at once, whatever fails afterwards: a turn that is let in and never run would hold up its conversation. */
  async #repeat(entries: readonly JournalEntry[], replies: readonly string[], find: FindSurface): Promise<void> {
    const begun = await this.#again(entries, replies, find);
    if (begun) void this.#turns.run(begun);
  }

  /** Asks once more, in the messages that were begun, what is left of a question. */
  async #again(entries: readonly JournalEntry[], replies: readonly string[], find: FindSurface) {
    const { journal } = this.#rooms;
    const [first, ...others] = entries;
    const surface = first && (await find(first.incoming, replies));
    if (!first || !surface) return undefined;
    const { incoming, replace, key, bot, retry } = first;
    const partOf = messageKey(incoming.place, incoming.id);
    const parts = others.map((entry): JournalEntry => ({ ...entry, partOf }));
    const open = async () => {
      const entry = await journal.reopen(incoming, { replies, replace, key, bot, ...(retry && { retry }) });
      for (const part of parts) await journal.update(part);
      return entry;
    };
    return this.#turns.enter({ incoming, surface, parts, open });
  }

  /** Ends a turn for whoever goes on with it. True when it was too late: the answer is remembered already. */
  async #isOver(turn: LiveTurn): Promise<boolean> {
    turn.stop.abort(SUPERSEDED);
    await turn.over.promise;
    await turn.written;
    const { place, id } = turn.entry.incoming;
    return (await this.#rooms.journal.finished(place, id)) !== undefined;
  }
}

function entriesOf(turn: LiveTurn): JournalEntry[] {
  return [turn, ...turn.joined].map(({ entry }) => entry);
}

/** Stands for the author of a message that is gone, of which only the id is known. */
function nobody(place: Place, id: string, at: number): Incoming {
  return { id, place, author: { id: '-', name: '', moderator: false }, text: '', attachments: [], at };
}
