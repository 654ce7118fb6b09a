/** The globals that the SDK reads: its timers, its clock and its `fetch`. */
import { AsyncResource } from 'node:async_hooks';
import { mock } from 'node:test';
import type { Clock } from '../../reply/clock.ts';

export type Fetch = (url: string, init?: { readonly body?: string; readonly method?: string }) => Promise<Response>;

/** Runs `work` with the virtual clock and `fetch` behind the process's globals, which are given back whatever comes of it. */
export async function withGlobals<T>(clock: Clock, fetch: Fetch, work: () => Promise<T>): Promise<T> {
  const begun = Date.now();
  const mocks = [
    mock.method(Date, 'now', () => begun + Math.floor(clock.now())),
    // As the host's timers do, these run in the context they were set in: the SDK keeps the interaction it answers there.
    mock.method(globalThis, 'setTimeout', (run: () => void, ms = 0) => clock.timer(ms, AsyncResource.bind(run))),
    mock.method(globalThis, 'clearTimeout', (cancel?: () => void) => cancel?.()),
    mock.method(globalThis, 'fetch', fetch),
  ];
  try {
    return await work();
  } finally {
    for (const one of mocks) one.mock.restore();
  }
}
