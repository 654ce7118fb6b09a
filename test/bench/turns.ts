/**
 * What a turn costs before Coze is asked, what the age of a conversation adds, and what idle conversations weigh.
 * Run alone: `node --expose-gc test/bench/turns.ts`; one JSON line a figure.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { History } from '#core/conversation/history.ts';
import { conversationKey } from '#core/conversation/keys.ts';
import type { ReplyEvent } from '#core/coze/transport.ts';
import { createEngine, type Engine } from '#core/engine.ts';
import type { Incoming, Place, Turn } from '#core/message.ts';
import { createPacer } from '#core/reply/pace/pace.ts';
import { openStore, type Store } from '#core/store.ts';
import type { Surface } from '#core/surface.ts';
import { ada, bot, catalog, silent } from '../engine/house.ts';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What is aimed at, in words. */
  readonly aim: string;
}

/** Measures on SQLite files in a folder of its own; figures come as they are ready. */
export async function* benchTurns(): AsyncGenerator<Figure> {
  const folder = await mkdtemp(join(tmpdir(), 'real-coze-bench-'));
  try {
    yield* await eventToCoze(`sqlite://${folder}/event.sqlite`);
    yield* await age(`sqlite://${folder}/age.sqlite`);
    yield await idle(`sqlite://${folder}/idle.sqlite`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Bench {
  readonly engine: Engine;
  readonly store: Store;
  /** When Coze was asked last, as `performance.now()`. */
  asked: number;
}

async function open(url: string): Promise<Bench> {
  const store = await openStore(url, { log: silent });
  const bench = { asked: 0 };
  async function* answer(): AsyncGenerator<ReplyEvent> {
    bench.asked = performance.now();
    yield { type: 'delta', text: 'A short answer.' };
    yield { type: 'done', finish: 'stop' };
  }
  const clients = { for: () => ({ ask: answer }), close: async () => {} };
  const engine = createEngine({ catalog: catalog([bot('nim')]), store, clients, log: silent, pacer: createPacer() });
  return Object.assign(bench, { engine, store });
}

const surface: Surface = {
  limit: 2000,
  bucket: 'bench',
  budget: 'unlimited',
  post: async (_content, key) => ({ id: key }),
  edit: async (id) => ({ id }),
};

let count = 0;

function ask(bench: Bench, place: Place): Promise<void> {
  count += 1;
  const incoming: Incoming = {
    id: `q${count}`,
    place,
    author: ada,
    text: `question ${count}`,
    attachments: [],
    at: Date.now(),
  };
  return bench.engine.reply(incoming, surface);
}

function chat(id: number | string): Place {
  return { platform: 'telegram', account: 'bench', levels: [{ kind: 'channel', id: String(id) }], direct: true };
}

async function eventToCoze(url: string): Promise<Figure[]> {
  const bench = await open(url);
  const times: number[] = [];
  for (let n = 0; n < 1_200; n++) {
    const began = performance.now();
    await ask(bench, chat(n % 50));
    if (n >= 200) times.push(bench.asked - began);
  }
  await bench.store.close();
  times.sort((a, b) => a - b);
  const at = (share: number) => round(times[Math.floor(times.length * share)] ?? 0);
  return [
    { name: 'platform event to question leaving for Coze, SQLite, p50', value: at(0.5), unit: 'ms', aim: '<= 3' },
    { name: 'platform event to question leaving for Coze, SQLite, p99', value: at(0.99), unit: 'ms', aim: '<= 10' },
  ];
}

/** Turns of a young and an old conversation alternate, so that both meet the same machine. */
async function age(url: string): Promise<Figure[]> {
  const bench = await open(url);
  const history = new History(bench.store.keyv('history'));
  const grow = async (id: string, turns: number) => {
    const lines = Array.from(
      { length: turns },
      (_, n): Turn => ({ role: n % 2 ? 1 : 2, content: `line number ${n % 97}, of usual length` }),
    );
    await history.add(conversationKey(chat(id), 'thread', ada.id, 'nim'), lines);
  };
  // The young one is a new one every time, so that it stays at ten turns.
  await grow('old', 10_000);
  const spent = { young: [] as number[], old: [] as number[] };
  for (let n = 0; n < 600; n++) {
    const young = `young-${n}`;
    await grow(young, 10);
    for (const [which, id] of n % 2
      ? ([
          ['young', young],
          ['old', 'old'],
        ] as const)
      : ([
          ['old', 'old'],
          ['young', young],
        ] as const)) {
      const began = performance.now();
      await ask(bench, chat(id));
      if (n >= 100) spent[which].push(performance.now() - began);
    }
  }
  await bench.store.close();
  return [
    { name: 'a turn of a conversation of 10 turns, median', value: round(median(spent.young)), unit: 'ms', aim: '' },
    {
      name: 'cost of a turn, 10,000 turns against 10',
      value: round(median(spent.old) / median(spent.young)),
      unit: 'x',
      aim: '<= 1.1',
    },
  ];
}

/** Heap that stays after one turn in each of 100,000 conversations. */
async function idle(url: string): Promise<Figure> {
  const bench = await open(url);
  const conversations = 100_000;
  await Promise.all(Array.from({ length: 100 }, (_, n) => ask(bench, chat(`warm-${n}`))));
  const before = heap();
  for (let n = 0; n < conversations; n += 500)
    await Promise.all(Array.from({ length: 500 }, (_, k) => ask(bench, chat(n + k))));
  const bytes = Math.max(0, heap() - before);
  await bench.store.close();
  return {
    name: `heap for ${conversations} idle conversations`,
    value: round(bytes / 1024 / 1024),
    unit: 'MB',
    aim: '~0',
  };
}

function heap(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

if (import.meta.main) for await (const figure of benchTurns()) console.log(JSON.stringify(figure));
