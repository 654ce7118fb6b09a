/** What the kill test and its program say to each other. */
import type { Incoming } from '#core/message.ts';
import type { Content } from '#core/surface.ts';

export type ToParent =
  | { readonly type: 'ready' }
  | { readonly type: 'written'; readonly id: string }
  | { readonly type: 'idle'; readonly steps: number }
  | { readonly type: 'call'; readonly number: number; readonly post: Content; readonly key: string }
  | { readonly type: 'call'; readonly number: number; readonly edit: Content; readonly id: string };

export type FromParent =
  | { readonly type: 'messages'; readonly messages: readonly Incoming[] }
  | { readonly type: 'called'; readonly number: number; readonly id: string };

/** The one right answer to a question. */
export function answerTo(question: string): string {
  return `The answer to "${question}" is told in enough words that it is shown in several steps before it ends.`;
}
