/** The steps by which the screen comes to show what it should. */
import type { Content } from '../surface.ts';
import { isSame } from './compose.ts';
import type { Call } from './pace/pace.ts';

/** A message of the answer. */
export interface Message {
  readonly id: string;
  /** What it shows; `undefined` when unknown (begun before a crash). */
  shown: Content | undefined;
}

export interface Step {
  readonly call: Call;
  readonly run: 'post' | 'edit' | 'spare' | 'draft' | 'remove' | 'file';
  /** Which of the messages. */
  readonly index: number;
  readonly content: Content;
}

/** Instead of a message that cannot be removed. */
export const EMPTY: Content = { text: '', note: '…', final: true };

/** Posts whose outcome was never heard. Where a post is repeated under its key, the first that landed is what stands there. */
export class DoubtfulPosts {
  #contents: Content[] = [];

  add(content: Content): void {
    this.#contents.push(content);
  }

  /** What is on screen now that a post was heard of; `undefined` when it may be an older one. */
  shownBy(content: Content): Content | undefined {
    const isKnown = this.#contents.every((older) => isSame(older, content));
    this.#contents = [];
    return isKnown ? content : undefined;
  }
}

/** Whether a failure may be over in a moment. */
export function isPassing(code: string): boolean {
  return code === 'network' || code === 'timeout' || code === 'server' || code === 'protocol' || code === 'busy';
}
