import { RealCozeError } from '#core/errors.ts';
import { surfaceContract } from '../contract/surface.ts';
import { createMemorySurface } from './surface.ts';

/** The contract's own proof: a surface with nothing but memory passes it, so what fails on a platform is the platform's. */
surfaceContract('A surface in memory', async () => {
  const surface = createMemorySurface({ roundTripMs: 0, clock: wallClock });
  return {
    surface,
    shown: () => surface.messages.map(({ content }) => `${plain(content.text)} ${content.note ?? ''}`),
    limit: (count, retryAfterMs) => {
      for (let left = count; left > 0; left--)
        surface.faults.push({ error: new RealCozeError('rate_limited', 'Slow down.', { retryAfterMs }) });
    },
    remove: (id) => {
      surface.messages.splice(
        surface.messages.findIndex((message) => message.id === id),
        1,
      );
    },
    calls: () => surface.calls.length,
    close: async () => {},
  };
});

const wallClock = {
  now: () => performance.now(),
  timer: (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  run: <T>(work: Promise<T>) => work,
};

function plain(markdown: string): string {
  return markdown.replace(/[*`]/g, '');
}
