/** The little that timers and signals need everywhere. Web standards only. */
import { RealCozeError } from './errors.ts';

/** Waits `ms`, or rejects with the signal's reason. The timer and the listener are always taken off again. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Rejects with the signal's reason as soon as it fires; otherwise behaves as `promise`, which goes on unobserved. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => {});
    return Promise.reject(signal.reason);
  }
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** The error an abort turns into: what was thrown as the reason if it is ours, else `aborted`. */
export function abortError(signal: AbortSignal): RealCozeError {
  const reason: unknown = signal.reason;
  if (reason instanceof RealCozeError) return reason;
  if (reason instanceof Error && reason.name === 'TimeoutError')
    return new RealCozeError('timeout', 'No answer came in time.', { cause: reason });
  return new RealCozeError('aborted', 'Stopped.', { cause: reason });
}
