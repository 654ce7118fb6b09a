/** A thousand answers at once through either protocol, and nothing left of them: no timer, no socket, no memory. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { getActiveResourcesInfo } from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createOpenTransport } from '#core/coze/open/transport.ts';
import { createPlaygroundTransport } from '#core/coze/playground/transport.ts';
import type { Transport } from '#core/coze/transport.ts';
import { createNetwork } from '#core/network.ts';
import { questionOf, readAll } from '../contract/transport.ts';
import { openBot } from './open/scripted.ts';
import { draft } from './playground/setting.ts';

const MANY = 1_000;
/** Rounds of so many after the first, which fills caches. */
const MORE = 3;
/** Of one answer that was kept whole there would be more: its text, its events, its signals. */
const MOST_BYTES = 1024;
const ANSWER = 'Ten words or so, that come one by one here.';

interface Service {
  readonly url: string;
  readonly token: string;
  readonly session: string;
}

type Ways = Pick<Parameters<typeof createPlaygroundTransport>[0], 'fetch' | 'openWebSocket'>;

const transports: Readonly<Record<string, (service: Service, ways: Ways) => Transport>> = {
  'the Open API': ({ url, token }, { fetch }) =>
    createOpenTransport({ bot: openBot.coze, base: url, token, fetch, timing: { graceMs: 100 } }),
  'the playground': ({ url, session }, ways) =>
    createPlaygroundTransport({
      ...{ bot: { kind: 'playground', draft: draft() }, base: url, session, timing: { suggestionMs: 40 } },
      ...ways,
    }),
};

/** What keeps the process going, by kind. */
function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** What there is more of than before. */
function added(before: Map<string, number>): string[] {
  return [...resources()].filter(([name, count]) => count > (before.get(name) ?? 0)).map(([name]) => name);
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes in use once everything that nobody holds is gone; what is finalized late goes in a later turn of the loop. */
async function heap(): Promise<number> {
  for (let turn = 0; turn < 3; turn += 1) {
    collect();
    await setTimeout(10);
  }
  return process.memoryUsage().heapUsed;
}

/** The local service in a process of its own. */
async function startService() {
  const child = fork(join(import.meta.dirname, 'load.child.ts'), { execArgv: [] });
  await once(child, 'message');
  return {
    /** Readies so many answers, and tells where and how the service is reached. */
    async ready(answers: number): Promise<Service> {
      child.send({ answers, text: ANSWER });
      const [service] = await once(child, 'message');
      return service;
    },
    async close() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

describe.each(Object.entries(transports))('%s', (name, make) => {
  it('answers a thousand questions at once and leaves nothing behind', async () => {
    const before = resources();
    const service = await startService();
    const network = createNetwork();
    const transport = make(await service.ready(0), network);
    const round = async () => {
      await service.ready(MANY);
      const asked = Array.from({ length: MANY }, (_, n) =>
        readAll(transport.ask(questionOf(`question ${n}`), new AbortController().signal)),
      );
      const texts = (await Promise.all(asked)).map(({ text, error }) => error ?? text);
      expect(new Set(texts)).toEqual(new Set([ANSWER]));
    };
    await round();
    const size = await heap();
    for (let n = 0; n < MORE; n += 1) await round();
    expect((await heap()) - size).toBeLessThan(MORE * MANY * MOST_BYTES);
    if (name === 'the playground') expect(await service.ready(0)).toMatchObject({ sockets: 1 });
    await transport.close?.();
    await network.close();
    await service.close();
    await expect.poll(() => added(before)).toEqual([]);
  }, 60_000);
});
