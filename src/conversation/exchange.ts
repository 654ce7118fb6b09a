/** Exchanges, and what can be taken out of them. */
import type { Attachment, Turn } from '../message.ts';

/** A question and what came back: the unit that is undone, retried and edited. */
export interface Exchange {
  readonly turns: readonly Turn[];
  /** Platform messages that show the answer, so that an edit or a retry lands in them. */
  readonly replies?: readonly string[] | undefined;
  /** The question got no answer that may be sent to Coze again: kept for `retry`, left out of the window. */
  readonly failed?: true | undefined;
  /** Files of the question, so that a retry can send them again. */
  readonly attachments?: readonly QuestionFile[] | undefined;
  /** What lay behind the answer, shown on demand. */
  readonly sources?: Sources | undefined;
}

export interface QuestionFile extends Attachment {
  /** The message that it came with. */
  readonly from?: string | undefined;
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

/** Without a message that was deleted. */
export function without({ index, exchange }: Placed, messageId: string): Placed {
  const turns = exchange.turns.filter(({ id }) => id !== messageId);
  const attachments = exchange.attachments?.filter(({ from }) => from !== messageId);
  return { index, exchange: { ...exchange, turns, attachments } };
}

/** Without what its messages were called. */
export function nameless({ index, exchange: { replies: _, ...exchange } }: Placed): Placed {
  const turns = exchange.turns.map(({ id: _id, ...turn }) => turn);
  const attachments = exchange.attachments?.map(({ from: _from, ...file }) => file);
  return { index, exchange: { ...exchange, turns, attachments } };
}

/** What takes the place of an exchange, without the questions that were deleted meanwhile; `undefined` when none is left. */
export function inPlaceOf(there: Exchange | undefined, exchange: Exchange): Exchange | undefined {
  const known = new Set(there?.turns.map(({ id }) => id));
  const gone = exchange.turns.flatMap(({ role, id }) => (role === 2 && id !== undefined && !known.has(id) ? [id] : []));
  const left = gone.reduce((placed, id) => without(placed, id), { index: 0, exchange }).exchange;
  return there && left.turns.some(({ role }) => role !== 1) ? left : undefined;
}
