/**
 * `RealCozeAPI`, the class of the Real-Coze-API project: the same constructor, methods, callbacks and results, so that
 * programs written for it go on working; beside them a stream and `await using`.
 *
 * @example
 * await using bot = new RealCozeAPI({ session, bot: './config.json' });
 * for await (const event of bot.stream(bot.generateChatHistory('Hello'))) if (event.type === 'delta') show(event.text);
 */
import { abortable, abortError } from './async.ts';
import type { FileToUpload, Question, ReplyEvent } from './coze/transport.ts';
import { RealCozeError } from './errors.ts';
import { type HistoryItem, type HistoryKind, historyItem, toTurns } from './real-coze-api/history.ts';
import { checkOptions, type Opened, openTransport, type RealCozeOptions } from './real-coze-api/opening.ts';
import { Reading, type ReplyData, subscriptionOf } from './real-coze-api/reading.ts';

export type { HistoryItem, HistoryKind, RealCozeOptions, ReplyData };

/** What a callback of `send` is called with. After `success: false` the promise rejects with the error itself. */
export type SendCallback = (
  result:
    | { readonly success: true; readonly data: ReplyData }
    | { readonly success: false; readonly data: Record<string, never>; readonly errmsg: string },
) => void;

export interface AskOptions {
  /** Stops the answer and closes its request. */
  readonly signal?: AbortSignal | undefined;
  /** Who asks, for Coze's own memory and limits; one name for all unless said. Only the Open API tells users apart. */
  readonly user?: string | undefined;
  /** What to read beside the answer; everything unless said. */
  readonly subscribe?: Question['subscribe'];
}

export class RealCozeAPI implements AsyncDisposable {
  readonly #options: RealCozeOptions;
  #opening: Promise<Opened> | undefined;
  #closed = new AbortController();

  /** Nothing is read or sent yet. The options are not changed. @throws RealCozeError `config` that says the cure. */
  constructor(options: RealCozeOptions) {
    checkOptions(options);
    this.#options = { ...options };
  }

  /**
   * Opens the connection, which otherwise happens with the first question. May be called again after `disconnect()`.
   * @throws RealCozeError: `auth` session expired, `region`, `network`, `config`, …
   */
  async connect(options: Pick<AskOptions, 'signal'> = {}): Promise<{ success: true }> {
    await this.#open(options.signal ?? this.#closed.signal);
    return { success: true };
  }

  /** Closes the connection; answers under way end with `aborted`. */
  async disconnect(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    this.#closed.abort(new RealCozeError('aborted', 'The bot was disconnected.'));
    this.#closed = new AbortController();
    const opened = await opening?.catch(() => undefined);
    await opened?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
  }

  /**
   * Asks with a whole history and waits for the whole answer. `callback` hears of it as it grows, and of each other reply
   * type in `subscribeRole` (default `[1]`, the answer alone).
   * @throws RealCozeError; the callback has then been called with `success: false`.
   */
  async send(
    history: readonly HistoryItem[],
    callback?: SendCallback | null,
    subscribeRole?: readonly number[] | null,
    options: Omit<AskOptions, 'subscribe'> = {},
  ): Promise<ReplyData> {
    const types = subscribeRole ?? [1];
    const reading = new Reading(types);
    try {
      for await (const event of this.stream(history, { ...options, subscribe: subscriptionOf(types) })) {
        const data = reading.take(event);
        if (data !== undefined) callback?.({ success: true, data });
      }
      return reading.result;
    } catch (error) {
      callback?.({ success: false, data: {}, errmsg: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }

  /** Asks with a whole history and streams what comes back, ending with `done`. @throws RealCozeError */
  async *stream(
    history: readonly HistoryItem[],
    options: AskOptions = {},
  ): AsyncGenerator<ReplyEvent, void, undefined> {
    const { user = 'real-coze-api', subscribe } = options;
    const turns = toTurns(history);
    const signal = this.#until(options.signal);
    const { transport } = await this.#open(signal);
    yield* transport.ask({ turns, user, subscribe }, signal);
  }

  /** A turn of a history: words, or the key of an uploaded `image` or `file`; `role` is 2, the user, unless said. */
  generateChatHistory(content: string, kind?: HistoryKind | (string & {}) | null, role?: number | null): HistoryItem[] {
    return historyItem(content, kind, role);
  }

  /**
   * Uploads a file; `data` is the key for `generateChatHistory`. `extension` is like `.jpg`.
   * @throws RealCozeError `too_large`, `unsupported` where the bot's transport takes no files, …
   */
  async uploadFile(
    file: Uint8Array | ArrayBuffer,
    extension = '',
    options: Pick<AskOptions, 'signal'> = {},
  ): Promise<{ success: true; data: string }> {
    const signal = this.#until(options.signal);
    const { transport } = await this.#open(signal);
    if (transport.upload === undefined) throw new RealCozeError('unsupported', 'This bot takes no files.');
    const { id } = await transport.upload(fileFrom(file, extension), signal);
    return { success: true, data: id };
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal]);
  }

  /** Callers share one opening, each with a signal of its own; a failed one is forgotten, so that the next call tries again. */
  async #open(signal: AbortSignal): Promise<Opened> {
    const opening = this.#opening ?? openTransport(this.#options, this.#closed.signal);
    this.#opening = opening;
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return abortable(opening, signal).catch((error: unknown) => {
      throw signal.aborted ? abortError(signal) : error;
    });
  }
}

const TYPES: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  pdf: 'application/pdf',
  txt: 'text/plain',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
};

function fileFrom(file: Uint8Array | ArrayBuffer, extension: string): FileToUpload {
  const ending = extension.replace(/^\./, '').toLowerCase();
  const bytes = file instanceof ArrayBuffer ? new Uint8Array(file) : file;
  return { name: ending ? `file.${ending}` : 'file', type: TYPES[ending] ?? 'application/octet-stream', bytes };
}
