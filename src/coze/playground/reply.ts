/** From a turn's updates to reply events. Holds only the newest state, so a slow reader costs no memory. */
import { RealCozeError } from '../../errors.ts';
import { isNotice } from '../notice.ts';
import { excerptsOf } from '../recall.ts';
import type { ReplyEvent } from '../transport.ts';
import type { Update } from './frames.ts';
import { suggestionsIn, toolName, verboseExcerpts } from './side-messages.ts';

/** UTF-16 units of one whole answer, all its messages together; and of all that comes beside it, which the reader keeps too. */
export const ANSWER_LIMIT = 4 * 1024 * 1024;

/** Events beside the answer that wait for the reader; beyond, the oldest go. */
const SIDE_LIMIT = 256;

/** More suggestions than any page has room for; Coze makes three. */
const SUGGESTION_LIMIT = 10;

/** UTF-16 units of a tool's input or output that are passed on. */
const DETAIL_LIMIT = 16_384;

const ANSWER = 1;
const SUGGEST = 2;
const REASONING = 7;

/** The reply types that are read beside the answer; the rest (101 placeholder, unknown ones) are passed over. */
const SIDE_TYPES = [SUGGEST, 3, 4, 5, 6, REASONING, 100];

export class Reply {
  /** Answer messages that are complete. One turn may have several. */
  #sealed: string[] = [];
  /** The answer message that grows. */
  #growing = '';
  /** What the reader has been given. */
  #shown = '';
  /** True from the end of an answer message until another begins. */
  #finished = false;
  /** Newest content of each other reply type's unfinished message. */
  readonly #open = new Map<number, string>();
  readonly #suggested = new Set<string>();
  #reasoned = '';
  /** UTF-16 units handed out beside the answer. */
  #beside = 0;
  /** Asked anew, and the new answer is not yet as long as what the reader has. */
  #behind = false;
  #before: ReplyEvent[] = [];
  #after: ReplyEvent[] = [];

  /** True while every answer message that began is complete, and one has begun. */
  get finished(): boolean {
    return this.#finished;
  }

  /** Whether the reader has seen anything of the answer. */
  get started(): boolean {
    return this.#shown !== '';
  }

  /** How the turn ended: a quota or outage notice is no answer, though it comes as one; nor is nothing at all. */
  get finish(): 'stop' | 'notice' {
    const text = this.#text();
    return text.trim() === '' || isNotice(text) ? 'notice' : 'stop';
  }

  /** How many questions Coze has suggested so far. */
  get suggestions(): number {
    return this.#suggested.size;
  }

  /** Takes the next update. @throws RealCozeError `too_large` for an answer, or what comes beside it, without end. */
  apply(update: Update): void {
    if (update.replyType === ANSWER) this.#answer(update);
    else if (SIDE_TYPES.includes(update.replyType)) this.#side(update);
  }

  /** The question was asked anew: what comes replaces the answer, which stays visible until there is as much of the new one. */
  restart(): void {
    this.#sealed = [];
    this.#growing = '';
    this.#finished = false;
    this.#open.clear();
    this.#behind = true;
  }

  /** The events since the last call, in the order tools, knowledge, reasoning; then the answer; then suggestions. */
  *drain(): Generator<ReplyEvent> {
    yield* this.#before.splice(0);
    yield* this.#textEvents();
    yield* this.#after.splice(0);
  }

  /** Closes what never said that it was finished. */
  end(): void {
    for (const [replyType, content] of this.#open) this.#emitSide(replyType, content);
    this.#open.clear();
  }

  #answer({ content, finished }: Update): void {
    const last = this.#sealed.at(-1);
    // The final frame may be sent twice; only other content begins another message.
    if (this.#finished && (content === '' || content === last)) return;
    this.#finished = false;
    if (content !== '') this.#growing = content;
    if (finished) {
      if (this.#growing !== '') this.#sealed.push(this.#growing);
      this.#growing = '';
      this.#finished = true;
    }
    if (this.#text().length > ANSWER_LIMIT)
      throw new RealCozeError(
        'too_large',
        'The answer of Coze is larger than any answer may be. Ask for a shorter one.',
      );
  }

  #text(): string {
    const messages = this.#growing === '' ? this.#sealed : [...this.#sealed, this.#growing];
    return messages.join('\n\n');
  }

  *#textEvents(): Generator<ReplyEvent> {
    const text = this.#text();
    const shown = this.#shown;
    if (text === shown) return;
    if (this.#behind && !this.#finished && text.length < shown.length) return;
    this.#behind = false;
    this.#shown = text;
    yield text.startsWith(shown) ? { type: 'delta', text: text.slice(shown.length) } : { type: 'replace', text };
  }

  #side({ replyType, content, finished }: Update): void {
    const open = this.#open.get(replyType) ?? '';
    // Cumulative content that does not go on where it was is another message, and the one before is complete.
    if (open !== '' && content !== '' && !content.startsWith(open)) this.#emitSide(replyType, open);
    if (replyType === REASONING) this.#reason(content);
    if (finished) {
      this.#open.delete(replyType);
      this.#emitSide(replyType, content || open);
    } else if (content !== '') this.#open.set(replyType, content);
  }

  /** Reasoning is shown as it grows. What the reader has already, from before a second asking, is not repeated. */
  #reason(content: string): void {
    if (this.#reasoned.startsWith(content)) return;
    const text = content.startsWith(this.#reasoned) ? content.slice(this.#reasoned.length) : `\n\n${content}`;
    this.#reasoned = content;
    this.#count(text.length);
    const last = this.#before.at(-1);
    if (last?.type === 'reasoning')
      this.#before[this.#before.length - 1] = { type: 'reasoning', text: last.text + text };
    else this.#push(this.#before, { type: 'reasoning', text });
  }

  #emitSide(replyType: number, content: string): void {
    const event = content === '' ? undefined : sideEvent(replyType, content);
    if (replyType === SUGGEST) this.#suggest(content);
    else if (event !== undefined) {
      this.#count(event.type === 'tool' ? Math.min(content.length, DETAIL_LIMIT) : content.length);
      this.#push(this.#before, event);
    }
  }

  #count(size: number): void {
    this.#beside += size;
    if (this.#beside > ANSWER_LIMIT)
      throw new RealCozeError('too_large', 'Coze sent more beside the answer than can be kept. Ask again.');
  }

  #suggest(content: string): void {
    for (const text of suggestionsIn(content)) {
      if (this.#suggested.has(text) || this.#suggested.size >= SUGGESTION_LIMIT) continue;
      this.#suggested.add(text);
      this.#push(this.#after, { type: 'suggest', text });
    }
  }

  #push(queue: ReplyEvent[], event: ReplyEvent): void {
    queue.push(event);
    if (queue.length > SIDE_LIMIT) queue.shift();
  }
}

/** 3 plugin question, 4 plugin answer, 5 dataset, 6 knowledge query, 100 verbose. */
function sideEvent(replyType: number, content: string): ReplyEvent | undefined {
  if (replyType === REASONING) return undefined;
  if (replyType === 3 || replyType === 4) {
    const state = replyType === 3 ? 'running' : 'done';
    return { type: 'tool', name: toolName(content), state, detail: content.slice(0, DETAIL_LIMIT) };
  }
  const excerpts = replyType === 100 ? verboseExcerpts(content) : excerptsOf(content);
  return excerpts.length > 0 ? { type: 'knowledge', excerpts } : undefined;
}
