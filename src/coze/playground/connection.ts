/**
 * The one WebSocket of a session, shared by all its bots and turns: opened when first needed, opened again when it
 * drops (backoff with jitter), each update routed to the turn that waits for it.
 */
import { abortable, abortError, sleep } from '../../async.ts';
import { errorCode, isRealCozeError, RealCozeError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Fetch, OpenWebSocket } from '../../web.ts';
import type { Cache } from '../cache.ts';
import { type SessionCache, sessionCache } from './cache.ts';
import { type Call, createCall } from './call.ts';
import type { Update } from './frames.ts';
import { deviceId, launch, socketUrl } from './launch.ts';
import { openSocket, type Socket } from './socket.ts';
import type { Timing } from './timing.ts';

export interface ConnectionOptions {
  readonly base: string;
  readonly session: string;
  readonly fetch: Fetch;
  readonly openWebSocket: OpenWebSocket;
  readonly cache?: Cache | undefined;
  readonly log?: Log | undefined;
  readonly timing: Timing;
}

/** A turn that waits for its updates. */
export interface Listener {
  onUpdate(update: Update): void;
  /** The socket is gone and with it what Coze said meanwhile. */
  onLost(): void;
}

/** Failures in a row after which those who wait are told; opening goes on in the background. */
const ATTEMPTS = 3;

/** Failures that trying again does not mend. */
const FINAL = ['auth', 'region', 'forbidden', 'config', 'not_found', 'unsupported', 'aborted'];

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #call: Call;
  readonly #listeners = new Map<string, Listener>();
  readonly #closed = new AbortController();
  #socket: Socket | undefined;
  /** The round of attempts under way; everybody who waits shares it. */
  #opening: Promise<void> | undefined;
  #failures = 0;
  #cache: Promise<SessionCache> | undefined;
  #device: Promise<string> | undefined;
  /** Fires to cut the background wait short when somebody asks. */
  #wake = new AbortController();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#call = createCall({ ...options, timeoutMs: options.timing.callMs });
  }

  /** Calls Coze's web host with the session of this connection. */
  get call(): Call {
    return this.#call;
  }

  /** The device id that the socket was opened with; Coze pushes nothing to a turn that names another. */
  device(): Promise<string> {
    this.#device ??= this.#drawer().then(deviceId);
    return this.#device;
  }

  /** Resolves when the socket is open. @throws RealCozeError once a round of attempts has failed. */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.#closed.signal.aborted) throw abortError(this.#closed.signal);
    if (this.#socket !== undefined) return;
    this.#wake.abort();
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    await abortable(this.#opening, signal).catch((error: unknown) => {
      throw signal.aborted ? abortError(signal) : error;
    });
  }

  /** Routes the updates of one `push_uuid`; answers the way to stop. */
  listen(uuid: string, listener: Listener): () => void {
    this.#listeners.set(uuid, listener);
    return () => {
      this.#listeners.delete(uuid);
    };
  }

  /** True when a frame of any kind has come after `at`: the socket lives, whatever the turn does. */
  heardSince(at: number): boolean {
    return this.#socket !== undefined && this.#socket.heardAt() > at;
  }

  /** Gives up a socket that seems dead; turns are told and the next one is opened. */
  drop(): void {
    if (this.#socket === undefined) return;
    this.#socket.close();
    this.#lost();
  }

  /** Ends the socket for good; turns that still wait are told. Nothing is opened again. */
  close(): void {
    this.#closed.abort(new RealCozeError('aborted', 'The connection to Coze was closed.'));
    this.#socket?.close();
    this.#socket = undefined;
    this.#tellListeners();
  }

  async #open(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#openOnce();
      } catch (error) {
        this.#failures++;
        if (attempt >= ATTEMPTS || [...FINAL, 'rate_limited'].includes(errorCode(error))) throw error;
        await sleep(this.#backoff(), this.#closed.signal);
      }
    }
  }

  async #openOnce(): Promise<void> {
    const { openWebSocket, timing } = this.#options;
    const { signal } = this.#closed;
    const device = await this.device();
    // After a failure the launch data may be what is wrong: ask Coze anew instead of the cache.
    const data = await launch(this.#call, await this.#drawer(), this.#failures > 0, signal);
    const socket = await openSocket(
      {
        url: socketUrl(data, device),
        openWebSocket,
        timing,
        onUpdate: (update) => this.#listeners.get(update.uuid)?.onUpdate(update),
        onLost: () => this.#lost(),
      },
      signal,
    );
    if (signal.aborted) {
      socket.close();
      throw abortError(signal);
    }
    this.#socket = socket;
    this.#failures = 0;
  }

  #lost(): void {
    this.#socket = undefined;
    this.#options.log?.warn({ turns: this.#listeners.size }, 'The playground socket was lost; opening it again.');
    this.#tellListeners();
    void this.#reopen();
  }

  #tellListeners(): void {
    const waiting = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of waiting) listener.onLost();
  }

  /** Keeps trying in the background, slower and slower, until it is open, closed, or pointless. */
  async #reopen(): Promise<void> {
    const { log } = this.#options;
    let least = 0;
    while (this.#socket === undefined && !this.#closed.signal.aborted) {
      this.#wake = new AbortController();
      const stop = AbortSignal.any([this.#wake.signal, this.#closed.signal]);
      await sleep(Math.max(least, this.#backoff()), stop).catch(() => {});
      try {
        await this.ready(this.#closed.signal);
      } catch (error) {
        log?.warn({ error }, 'The playground socket could not be opened again.');
        if (FINAL.includes(errorCode(error))) return;
        least = isRealCozeError(error) ? (error.retryAfterMs ?? 0) : 0;
      }
    }
  }

  /** Full jitter: many programs that lost the same server do not come back in one moment. */
  #backoff(): number {
    const { backoffMs, maxBackoffMs } = this.#options.timing;
    return Math.random() * Math.min(maxBackoffMs, backoffMs * 2 ** this.#failures);
  }

  #drawer(): Promise<SessionCache> {
    const { cache, base, session, log } = this.#options;
    this.#cache ??= sessionCache(cache, base, session, log);
    return this.#cache;
  }
}

interface Shared {
  readonly connection: Connection;
  users: number;
}

/** By way out, then by host and session: bots with one session share one socket, as browser tabs do. */
const shared = new WeakMap<OpenWebSocket, Map<string, Shared>>();

/** The session's connection, with the options of its first user, and the way to give it back; with the last user it closes. */
export function leaseConnection(options: ConnectionOptions): { connection: Connection; release: () => void } {
  const bySession = shared.get(options.openWebSocket) ?? new Map<string, Shared>();
  shared.set(options.openWebSocket, bySession);
  const key = `${new URL(options.base).origin}\n${options.session}`;
  const entry = bySession.get(key) ?? { connection: new Connection(options), users: 0 };
  bySession.set(key, entry);
  entry.users++;
  const release = () => {
    if (--entry.users > 0) return;
    if (bySession.get(key) === entry) bySession.delete(key);
    entry.connection.close();
  };
  return { connection: entry.connection, release };
}
