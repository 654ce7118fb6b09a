/**
 * Faults on demand. A test says `simulator.faults.next({ cutAfterBytes: 300 })` and the next answer breaks there;
 * nothing goes wrong by itself.
 */
import type { Thought } from './mind/thought.ts';

/** One thing to go wrong, once. Members may be combined. */
export interface Fault {
  /** The call it waits for, by path, e.g. `/v1/files/upload`. Absent: the next call that asks a bot, in either protocol. */
  readonly path?: string;
  /** Refused before anything happens, in Coze's envelope; `status` is 200 unless given. */
  readonly refuse?: {
    readonly code: number | string;
    readonly msg: string;
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** Answered with these bytes instead: a gateway's HTML page, JSON under an event stream's type, nothing. */
  readonly body?: { readonly text: string; readonly type: string; readonly status?: number };
  /** The connection breaks after so many bytes of the answer's body. The bot goes on thinking, as at Coze. */
  readonly cutAfterBytes?: number;
  /** Nothing more is sent after so many bytes, and the connection stays open. */
  readonly stallAfterBytes?: number;
  /** The answer waits after so many words until the promise settles. What a test uses instead of a clock. */
  readonly pause?: { readonly afterWords: number; readonly until: Promise<unknown> };
  /** The turn fails after so many words: an `error` event, or `conversation.chat.failed`. In the playground the answer just ends. */
  readonly fail?: {
    readonly afterWords: number;
    readonly code: number;
    readonly msg: string;
    readonly as?: 'error' | 'failed';
  };
  /** Raw text written into the event stream, or sent as a WebSocket frame, before the first word. */
  readonly garbage?: string;
  /** Raw text after the chat has completed and before `done`, e.g. an audio event that comes late. */
  readonly afterwards?: string;
  /** How the event stream ends; `quoted` (default) is `done` with `"[DONE]"`, `none` just ends. */
  readonly ending?: 'quoted' | 'bare' | 'empty' | 'debug_url' | 'stream.done' | 'none';
  /** Each `conversation.message.completed` of an answer comes twice, as Studio's chatflow bots send it. */
  readonly twice?: boolean;
  /** What the bot does instead of thinking for itself: several answers, a card, a question back, local tools, a notice. */
  readonly say?: readonly Thought[];
  /** The playground's WebSocket breaks after so many words. */
  readonly dropSocketAfterWords?: number;
}

/** The queue as a test sees it. */
export interface Faults {
  /** Queues a fault for the next call that it fits. */
  next(...faults: readonly Fault[]): void;
  /** How many have not happened yet. */
  readonly waiting: number;
  clear(): void;
}

/** The queue as the service uses it: `take` gives the first fault that fits a call, and forgets it. */
export interface FaultQueue extends Faults {
  take(path: string, asksBot: boolean): Fault | undefined;
}

/** An empty queue. A fault waits for the first call it fits and is used once. */
export function createFaults(): FaultQueue {
  const queue: Fault[] = [];
  return {
    next: (...faults) => void queue.push(...faults),
    get waiting() {
      return queue.length;
    },
    clear: () => void queue.splice(0),
    take(path, asksBot) {
      const index = queue.findIndex((fault) => (fault.path === undefined ? asksBot : fault.path === path));
      return index < 0 ? undefined : queue.splice(index, 1)[0];
    },
  };
}
