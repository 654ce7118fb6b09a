/** The port between the program and Coze. Two transports implement it: `open/` and `playground/`. */
import type { Profile } from '../bots/bot.ts';
import type { Turn } from '../message.ts';

/** What is asked: the whole window of the conversation; the last turn is the question. */
export interface Question {
  /** A turn of content type 6 or 9 may bring files along as `data:` URLs (`carried.ts`). */
  readonly turns: readonly Turn[];
  /** Files that belong to the last turn, already uploaded. */
  readonly files?: readonly UploadedFile[] | undefined;
  /** Stable pseudonym of the member for Coze's own memory and variables. */
  readonly user: string;
  /** Coze conversation to continue; absent = a fresh one. Ignored by the playground. */
  readonly conversationId?: string | undefined;
  readonly variables?: Readonly<Record<string, string>> | undefined;
  /** Open API only. Echoed back by Coze: at most 16 pairs, keys to 64 and values to 512 characters. */
  readonly metaData?: Readonly<Record<string, string>> | undefined;
  /** Open API only. Inputs of a chatflow bot's start node. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  /** Open API only. A shortcut command of the bot; parameter values are Coze's stringified part lists. */
  readonly shortcut?: { readonly id: string; readonly parameters?: Readonly<Record<string, string>> } | undefined;
  /** Which kinds of reply the caller reads beyond the answer itself; a transport may skip the work for others. */
  readonly subscribe?: readonly ('reasoning' | 'knowledge' | 'tool' | 'suggest')[] | undefined;
  /** Told once Coze has given the chat an id: enough to fetch the rest after a crash (see `Transport.recover`). */
  readonly onChat?: ((chat: ChatRef) => void) | undefined;
  /** Asked when Coze wants tool outputs. Without it such a turn fails with `action_required`. */
  readonly onAction?: ((calls: readonly ToolCall[]) => Promise<readonly ToolOutput[]>) | undefined;
}

export interface ChatRef {
  readonly conversationId: string;
  readonly chatId: string;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
}

export interface ToolOutput {
  readonly toolCallId: string;
  readonly output: string;
}

/**
 * What comes back, in order. Failure is thrown, never an event.
 * `delta` appends to the answer; `replace` is the whole answer so far and wins over every delta before it.
 * Several answer messages of one turn are joined by the transport with a blank line.
 */
export type ReplyEvent =
  | { readonly type: 'delta'; readonly text: string }
  | { readonly type: 'replace'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'knowledge'; readonly excerpts: readonly string[] }
  | {
      readonly type: 'tool';
      readonly name: string;
      readonly state: 'running' | 'done';
      readonly detail?: string | undefined;
    }
  | { readonly type: 'suggest'; readonly text: string }
  | { readonly type: 'usage'; readonly input: number; readonly output: number }
  /** `stop`: complete. `interrupt`: a workflow asks the member; the next message resumes. `notice`: no answer of the bot's, but a quota or outage notice, or nothing at all: show it, never store it. */
  | { readonly type: 'done'; readonly finish: 'stop' | 'interrupt' | 'notice' };

export interface FileToUpload {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** `id` is a file id (Open API) or a store URI (playground); only the transport that made it can use it. */
export interface UploadedFile {
  readonly id: string;
  readonly kind: 'image' | 'file' | 'audio';
}

export interface Transport {
  /**
   * Asks and streams the answer. The iterator ends after `done`; leaving it early or aborting closes the request
   * and tells Coze to cancel. @throws RealCozeError, with every code but `store` and `gone`.
   */
  ask(question: Question, signal: AbortSignal): AsyncIterable<ReplyEvent>;
  /** The answer of a chat whose stream was lost (crash, cut). Presence is capability. */
  recover?(chat: ChatRef, signal: AbortSignal): AsyncIterable<ReplyEvent>;
  upload?(file: FileToUpload, signal: AbortSignal): Promise<UploadedFile>;
  profile?(signal: AbortSignal): Promise<Profile>;
  close?(): Promise<void>;
}
