/** The steps by which the screen comes to show what it should. */
import type { Content } from '../surface.ts';
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

/** Whether a failure may be over in a moment. */
export function isPassing(code: string): boolean {
  return code === 'network' || code === 'timeout' || code === 'server' || code === 'protocol' || code === 'busy';
}
