/** One WebSocket from its opening to its end: deadline, heartbeat, frames. It never comes back; `connection.ts` opens the next. */
import { abortError } from '../../async.ts';
import { isRealCozeError, RealCozeError } from '../../errors.ts';
import type { OpenWebSocket } from '../../web.ts';
import { deadline } from '../signals.ts';
import { readFrame, type Update } from './frames.ts';
import type { Timing } from './timing.ts';

export interface SocketOptions {
  readonly url: URL;
  readonly openWebSocket: OpenWebSocket;
  readonly timing: Timing;
  readonly onUpdate: (update: Update) => void;
  /** Called once when an opened socket ends by itself; never after `close()`. */
  readonly onLost: () => void;
}

export interface Socket {
  /** Milliseconds since the epoch of the last frame of any kind, or of the opening. */
  heardAt(): number;
  /** Ends it. Nothing is called afterwards. */
  close(): void;
}

/** The site's page sends this text; the answer, where there is one, is the same text. */
const HEARTBEAT = 'hi';

/** `WebSocket.OPEN`; not every runtime has the constant on its instances. */
const OPEN = 1;

/** Resolves once it is open. @throws RealCozeError `network`, `timeout`, or what the signal says. */
export async function openSocket(options: SocketOptions, signal: AbortSignal): Promise<Socket> {
  const socket = open(options);
  socket.binaryType = 'arraybuffer';
  const until = deadline(signal, options.timing.connectMs);
  await opened(socket, until.signal)
    .catch((error: unknown) => {
      quietly(() => socket.close());
      throw error;
    })
    .finally(until.stop);
  if (socket.readyState !== OPEN) throw refused(undefined);
  return watch(socket, options);
}

function open(options: SocketOptions): WebSocket {
  try {
    return options.openWebSocket(options.url);
  } catch (cause) {
    throw refused(cause);
  }
}

function opened(socket: WebSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (end: (event: object) => void) => (event: object) => {
      socket.removeEventListener('open', onOpen);
      socket.removeEventListener('close', onFail);
      // The error listener stays: an `error` without one is fatal in some runtimes, and it may follow the close.
      signal.removeEventListener('abort', onAbort);
      end(event);
    };
    const onOpen = settle(() => resolve());
    const onFail = settle((event) => reject(refused('error' in event ? event.error : undefined)));
    const onAbort = settle(() => reject(abortError(signal)));
    socket.addEventListener('open', onOpen);
    socket.addEventListener('error', onFail);
    socket.addEventListener('close', onFail);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort(signal);
  });
}

function watch(socket: WebSocket, options: SocketOptions): Socket {
  const { timing } = options;
  let heard = Date.now();
  let beats = 0;
  let answersHeartbeats = false;
  const end = () => {
    clearInterval(timer);
    socket.removeEventListener('message', onMessage);
    socket.removeEventListener('close', onClose);
    quietly(() => socket.close());
  };
  const onClose = () => {
    end();
    options.onLost();
  };
  const onMessage = (event: { readonly data?: unknown }) => {
    heard = Date.now();
    const { data } = event;
    if (typeof data !== 'string' && !(data instanceof ArrayBuffer)) return;
    const update = readFrame(data);
    if (update === undefined) answersHeartbeats ||= beats > 0;
    else options.onUpdate(update);
  };
  const timer = setInterval(() => {
    if (answersHeartbeats && Date.now() - heard > 2 * timing.heartbeatMs) return onClose();
    beats++;
    quietly(() => socket.send(HEARTBEAT));
  }, timing.heartbeatMs);
  socket.addEventListener('message', onMessage);
  socket.addEventListener('close', onClose);
  return { heardAt: () => heard, close: end };
}

/** A socket that is closing may throw; its `close` event tells the rest. */
function quietly(action: () => void): void {
  try {
    action();
  } catch {}
}

/** Without the address, since it holds the access key. A way out that explains itself (a dead proxy) is heard. */
function refused(cause: unknown): RealCozeError {
  if (isRealCozeError(cause)) return cause;
  return new RealCozeError(
    'network',
    'The playground socket cannot be opened. Check the connection, and PROXY where one is needed.',
    { cause },
  );
}
