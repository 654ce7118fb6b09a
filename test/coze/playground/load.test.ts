/** Many answers at once over one socket, and nothing left behind. */
import { getActiveResourcesInfo } from 'node:process';
import { expect, it } from 'vitest';
import { createPlaygroundTransport } from '#core/coze/playground/transport.ts';
import { startSimulator } from '#core/simulator/index.ts';
import { ask, draft } from './setting.ts';

const resources = () => {
  const count: Record<string, number> = {};
  for (const name of getActiveResourcesInfo()) count[name] = (count[name] ?? 0) + 1;
  return { timers: count.Timeout ?? 0, sockets: count.TCPSocketWrap ?? 0 };
};

it('answers a thousand questions at once over one socket, and leaves no timer and no socket behind', async () => {
  const before = resources();
  const simulator = await startSimulator({ bots: () => [], wordMs: 0 });
  const transport = createPlaygroundTransport({
    bot: { kind: 'playground', draft: draft() },
    base: simulator.url,
    session: simulator.session,
    fetch: (input, init) => fetch(input, init),
    openWebSocket: (url) => new WebSocket(url),
    timing: { suggestionMs: 40 },
  });
  const say = [{ type: 'answer', text: 'Ten words or so, that come one by one here.' }] as const;
  simulator.faults.next(...Array.from({ length: 1_000 }, () => ({ say })));
  const answers = await Promise.all(Array.from({ length: 1_000 }, (_, i) => ask(transport, `question ${i}`)));
  expect(new Set(answers.map(({ text }) => text))).toEqual(new Set([say[0].text]));
  expect(simulator.sockets).toBe(1);
  await transport.close();
  await simulator.close();
  await expect.poll(() => resources().timers).toBeLessThanOrEqual(before.timers);
  await expect.poll(() => resources().sockets).toBeLessThanOrEqual(before.sockets);
}, 60_000);
