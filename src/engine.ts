/** One step of a conversation: a message in, a stream of reply events out. The adapters talk to nothing else. */
import type { ReplyEvent } from './coze/transport.ts';
import type { Incoming, Notice, Person, Place, Turn } from './message.ts';
import type { Surface } from './surface.ts';

export interface Engine {
  /**
   * Runs a command line (`bot nim`, `new`, `history export`) for the person and place of `incoming`.
   * Slash commands, buttons and texts that start with `/` all end here. `undefined` = no such command, so the text is a question.
   */
  command(line: string, incoming: Incoming): Promise<Notice | undefined>;
  /** Autocomplete: at most `limit` values for the argument being typed, e.g. bot names. */
  complete(command: string, typed: string, incoming: Incoming, limit: number): Promise<readonly Choice[]>;
  /**
   * Commands, the bound bot, the history's window, Coze. The history gets both turns when the iterator has been read to `done`.
   * For callers that show the events themselves (HTTP, WebSocket, terminal, Node API). `options.turns` answers a history
   * that the caller keeps (the original's `POST /`): nothing is read from or written to the store.
   */
  answer(incoming: Incoming, signal?: AbortSignal, options?: AnswerOptions): AsyncIterable<ReplyEvent>;
  /** Owns a whole turn: journal, mailbox, answer, progressive reply, history. Never throws; what went wrong is shown on the surface. */
  reply(incoming: Incoming, surface: Surface, options?: ReplyOptions): Promise<void>;
  /** Whether the settings of a place say that every message in it is meant for the bot, not only those that call it. */
  answersAll?(place: Place): Promise<boolean>;
  /** Stops the running answer of a place and, for `all`, those that wait. False when nothing ran or `by` may not. */
  stop(place: Place, by: Person): Promise<boolean>;
  /** The member changed a message: if it is the last question it is answered again in the same reply. */
  edited(incoming: Incoming, surfaceFor: SurfaceFor): Promise<void>;
  /** The member deleted a message: stops its answer, withdraws it, drops the turn. */
  deleted(place: Place, messageId: string, surfaceFor: SurfaceFor): Promise<void>;
  /** Finishes the turns of one platform account that a crash left open, in order, in the messages already begun. */
  resume(platform: string, account: string, surfaceFor: SurfaceFor): Promise<void>;
  /** No new turns; running ones are ended with a last edit. */
  close(): Promise<void>;
}

export interface AnswerOptions {
  readonly turns?: readonly Turn[];
  /** Overrides the binding for this one question. */
  readonly bot?: string;
}

export interface ReplyOptions {
  /**
   * Called once, as soon as a crash can no longer lose this message: it is in the journal, or was refused or already known.
   * Telegram confirms its offset only then.
   */
  readonly onWritten?: () => void;
}

/** Finds the messages of a reply again; `undefined` when the place is gone. `replyIds` may be empty. */
export type SurfaceFor = (incoming: Incoming, replyIds: readonly string[]) => Promise<Surface | undefined>;

export interface Choice {
  readonly value: string;
  readonly label: string;
}
