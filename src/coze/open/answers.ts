/**
 * The text of one turn: its answer messages in first-seen order, joined by a blank line.
 * Coze docs "chat_v3": deltas append, `message.completed` is authoritative and replaces.
 */
import { RealCozeError } from '../../errors.ts';
import type { ReplyEvent } from '../transport.ts';
import { readable } from './content.ts';
import { createHearing, type Hearing } from './heard.ts';

/** Most UTF-16 units of all answers of one turn. */
export const ANSWER_LIMIT = 16 * 1024 * 1024;
/** What a message counts besides its text: about a thousand messages are enough for any turn, a million would be an attack. */
const MESSAGE_COST = 16 * 1024;
const JOIN = '\n\n';

interface Part {
  readonly id: string;
  readonly hearing: Hearing;
  text: string;
  reasoned: boolean;
  settled: boolean;
}

export interface Answers {
  /** An increment of message `id`; ignored once the message was settled. Answers the reasoning found in it. */
  append(id: string, raw: string, contentType: string): string;
  /** The whole of message `id`; empty = what the deltas said stands. Answers reasoning that no delta brought. */
  settle(id: string, raw: string, contentType: string): string;
  /** Forgets every message but not what was handed out: the next `flush` tells the difference. */
  restart(): void;
  /** Messages that were never settled are decided. Answers their last reasoning. */
  end(): string;
  /** What changed since the last call, as one event. */
  flush(): ReplyEvent | undefined;
  /** All messages joined. */
  whole(): string;
}

/** @throws RealCozeError `too_large` from `append` and `settle` when the turn grows past `limit`. */
export function createAnswers(limit = ANSWER_LIMIT): Answers {
  const parts: Part[] = [];
  const byId = new Map<string, Part>();
  let size = 0;
  /** Growth of the last part since the last flush, not yet in its text: joined once a chunk, not once a delta. */
  let tail = '';
  let tailOf: Part | undefined;
  /** What was put into the parts since the last flush, as long as all of it was growth at the end. */
  let pending = '';
  /** What the reader has, while it is not simply the parts joined. `undefined` = it is, but for `pending`. */
  let shown: string | undefined;

  const commit = () => {
    if (tail === '' || !tailOf) return;
    const words = tail;
    tail = '';
    if (shown === undefined)
      pending += tailOf.text === '' && parts.some((part) => part.text !== '') ? JOIN + words : words;
    tailOf.text += words;
  };

  const grow = (by: number) => {
    size += by;
    if (size > limit) throw new RealCozeError('too_large', 'The answer is too long to be kept. Ask for a shorter one.');
  };

  const whole = () => {
    commit();
    return joined(parts);
  };

  const find = (id: string, contentType: string): Part => {
    const known = byId.get(id);
    if (known) return known;
    grow(MESSAGE_COST);
    const hearing = createHearing(contentType);
    const part: Part = { id, hearing, text: '', reasoned: false, settled: false };
    parts.push(part);
    byId.set(id, part);
    return part;
  };

  /** True when what `part` says comes at the very end of the joined text. */
  const isLast = (part: Part) => {
    for (let at = parts.length - 1; at >= 0; at -= 1) {
      if (parts[at] === part) return true;
      if (parts[at]?.text !== '') return false;
    }
    return false;
  };

  /** Before a change that is no plain growth: remembers what the reader has, so that `flush` can compare. */
  const rewrite = () => {
    const all = whole();
    tailOf = undefined;
    if (shown !== undefined) return;
    shown = pending === '' ? all : all.slice(0, all.length - pending.length);
    pending = '';
  };

  const add = (part: Part, words: string) => {
    if (words === '') return;
    if (part !== tailOf) {
      commit();
      if (!isLast(part)) rewrite();
      tailOf = part;
    }
    tail += words;
  };

  const set = (part: Part, words: string) => {
    commit();
    if (words === part.text) return;
    if (words.startsWith(part.text)) return add(part, words.slice(part.text.length));
    rewrite();
    part.text = words;
  };

  return {
    whole,
    append(id, raw, contentType) {
      if (raw === '') return '';
      const part = find(id, contentType);
      if (part.settled) return '';
      grow(raw.length);
      if (part.hearing.plain) {
        add(part, raw);
        return '';
      }
      const heard = part.hearing.push(raw);
      add(part, heard.answer);
      part.reasoned ||= heard.reasoning !== '';
      return heard.reasoning;
    },
    settle(id, raw, contentType) {
      const part = find(id, contentType);
      part.settled = true;
      if (raw === '') {
        const heard = part.hearing.end();
        add(part, heard.answer);
        return heard.reasoning;
      }
      commit();
      grow(Math.max(0, raw.length - part.text.length));
      const heard = hearWhole(raw, contentType);
      set(part, heard.answer);
      return part.reasoned ? '' : heard.reasoning;
    },
    restart() {
      rewrite();
      parts.length = 0;
      byId.clear();
      size = 0;
    },
    end() {
      let reasoning = '';
      for (const part of parts) {
        if (part.settled) continue;
        const heard = part.hearing.end();
        add(part, heard.answer);
        reasoning += heard.reasoning;
      }
      return reasoning;
    },
    flush() {
      commit();
      if (shown === undefined) {
        const words = pending;
        pending = '';
        return words === '' ? undefined : { type: 'delta', text: words };
      }
      const [before, now] = [shown, whole()];
      shown = undefined;
      if (now === before) return undefined;
      return now.startsWith(before)
        ? { type: 'delta', text: now.slice(before.length) }
        : { type: 'replace', text: now };
    },
  };
}

function joined(parts: readonly Part[]): string {
  const first = parts[0];
  if (parts.length === 1 && first) return first.text;
  return parts
    .map((part) => part.text)
    .filter(Boolean)
    .join(JOIN);
}

function hearWhole(raw: string, contentType: string) {
  if (contentType !== '' && contentType !== 'text' && contentType !== 'card') {
    return { answer: readable(raw, contentType), reasoning: '' };
  }
  const hearing = createHearing(contentType);
  const [now, last] = [hearing.push(raw), hearing.end()];
  return { answer: now.answer + last.answer, reasoning: now.reasoning + last.reasoning };
}
