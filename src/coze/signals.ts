/**
 * Signals that follow others and let go of them again. `AbortSignal.any` would do the first, but keeps its place in a
 * long-lived parent until the garbage collector comes by, and a thousand answers share such parents.
 */
import { RealCozeError } from '../errors.ts';

/** A signal of one's own. */
export interface Follower {
  readonly signal: AbortSignal;
  abort(reason: RealCozeError): void;
  /** Lets go of the others. The signal itself stays as it is. */
  stop(): void;
}

/** A signal that fires with the first of `parents`, or when told to. */
export function follow(parents: readonly AbortSignal[]): Follower {
  const own = new AbortController();
  const listeners = parents.map((parent) => {
    const onAbort = () => own.abort(parent.reason);
    if (parent.aborted) onAbort();
    else parent.addEventListener('abort', onAbort, { once: true });
    return () => parent.removeEventListener('abort', onAbort);
  });
  return {
    signal: own.signal,
    abort: (reason) => own.abort(reason),
    stop() {
      for (const remove of listeners) remove();
    },
  };
}

export interface Deadline extends Follower {
  /** In time: the signal goes on following its parent. */
  met(): void;
}

/** A signal that fires with `parent`, or with `timeout` after `ms`. */
export function deadline(parent: AbortSignal, ms: number): Deadline {
  const own = follow([parent]);
  const timer = setTimeout(
    () => own.abort(new RealCozeError('timeout', 'Coze did not answer in time. Try again.')),
    ms,
  );
  return {
    ...own,
    met: () => clearTimeout(timer),
    stop() {
      clearTimeout(timer);
      own.stop();
    },
  };
}
