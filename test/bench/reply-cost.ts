/** What running replies cost in real time: delay from token to scheduler, heap and CPU. One process, one core. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ReplyEvent } from '#core/coze/transport.ts';
import { createGrowing } from '#core/reply/markdown/growing.ts';
import { createPacer } from '#core/reply/pace/pace.ts';
import { present } from '#core/reply/present.ts';
import type { Content, Receipt, Surface } from '#core/surface.ts';

export interface Cost {
  readonly streams: number;
  readonly tokensPerSecond: number;
  /** From the moment a token was due until the show loop knows of it. */
  readonly tokenDelayP50Ms: number;
  readonly tokenDelayP99Ms: number;
  readonly heapPerReplyKB: number;
  /** Reading, pacing, repairing, splitting and what a renderer parses, per 1,000 tokens. */
  readonly cpuPer1000TokensMs: number;
}

const PIECES = [
  'The ',
  'quick ',
  '**brown** ',
  'fox ',
  '`jumps` ',
  'over ',
  '这是',
  '一个',
  '[link](https://example.com) ',
  'end.\n\n',
];

export async function measureCost(streams: number, perSecond: number, seconds: number): Promise<Cost> {
  const collect = garbageCollector();
  const pacer = createPacer();
  const delays: number[] = [];
  collect();
  const heapBefore = process.memoryUsage().heapUsed;
  const cpuBefore = process.cpuUsage();
  const tokens = perSecond * seconds;
  const running = Array.from({ length: streams }, (_, index) =>
    present(source(tokens, 1000 / perSecond, index / streams, delays), {
      surface: surface(index),
      pacer,
      signal: new AbortController().signal,
      key: `turn-${index}`,
      note: () => undefined,
    }),
  );
  // All answers begin in the same moment here, as no member does: what counts is how it runs once they are under way.
  await wait((seconds * 1000) / 4);
  const warmedUp = delays.length;
  await wait((seconds * 1000) / 4);
  const { user, system } = process.cpuUsage(cpuBefore);
  const counted = delays.length;
  // Taken before the collector stops the world for the heap's sake.
  const steady = delays.slice(warmedUp).sort((a, b) => a - b);
  collect();
  const heap = process.memoryUsage().heapUsed - heapBefore - counted * 16;
  await Promise.all(running);
  return {
    streams,
    tokensPerSecond: perSecond,
    tokenDelayP50Ms: steady[Math.floor(steady.length * 0.5)] ?? 0,
    tokenDelayP99Ms: steady[Math.floor(steady.length * 0.99)] ?? 0,
    heapPerReplyKB: heap / streams / 1024,
    cpuPer1000TokensMs: (user + system) / counted,
  };
}

async function* source(tokens: number, everyMs: number, phase: number, delays: number[]): AsyncGenerator<ReplyEvent> {
  const begun = performance.now() + phase * everyMs;
  for (let token = 0; token < tokens; token++) {
    const due = begun + token * everyMs;
    await wait(Math.max(0, due - performance.now()));
    yield { type: 'delta', text: PIECES[token % PIECES.length] ?? '' };
    // Asked for the next one: the last has been taken in. A timer that fires late is this process's own delay, so it counts.
    delays.push(performance.now() - due);
  }
  yield { type: 'done', finish: 'stop' };
}

/** A channel of its own for each reply, of one of four bots, 60 ms away, that parses what it shows as a renderer does. */
function surface(index: number): Surface {
  const growing = createGrowing(({ source, from, to }) => source.slice(from, to));
  const answer = async (content: Content): Promise<Receipt> => {
    growing.read(content.text);
    await wait(60);
    return { id: `m${index}` };
  };
  return {
    limit: 2000,
    bucket: `channel-${index}`,
    budget: 'discord-channel',
    globalBucket: `app-${index % 4}`,
    post: answer,
    edit: (_, content) => answer(content),
  };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  return () => {
    if (typeof collect === 'function') collect();
  };
}
