/** What a bot of the local service does in one turn, before either protocol puts it on the wire. */
import type { ToolCall } from '../../coze/transport.ts';

/** One step of a turn, in the order in which the steps are taken; suggestions come last whatever their place. */
export type Thought =
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'knowledge'; readonly document: string; readonly excerpts: readonly string[] }
  | { readonly type: 'tool'; readonly name: string; readonly arguments: string; readonly output: string }
  /** One message of the answer; several become several messages. */
  | { readonly type: 'answer'; readonly text: string }
  /** A card: JSON that only Coze's own pages can draw. */
  | { readonly type: 'card'; readonly content: string }
  | { readonly type: 'suggest'; readonly text: string }
  /** A question node: the turn ends and the member's next message resumes it. */
  | { readonly type: 'ask'; readonly text: string }
  /** Tools that the caller has to run; the turn goes on once it has handed in their outputs. */
  | { readonly type: 'action'; readonly calls: readonly ToolCall[] };

/** A turn as the mind hears it, whatever protocol it came by. */
export interface Heard {
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly files: readonly HeardFile[];
}

/** A file that came with a turn. The service keeps no bytes, so this is all a bot learns of it. */
export interface HeardFile {
  readonly kind: 'image' | 'file' | 'audio';
  readonly name: string;
  readonly bytes?: number | undefined;
}
