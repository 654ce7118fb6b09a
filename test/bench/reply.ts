/**
 * How stale an answer is while it is written, against the best that was possible; 429s; how soon the whole text is there; what it costs.
 * Run: node test/bench/reply.ts [--json FILE] [--only BUDGET]. Virtual time for the table, real time for the costs.
 */
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { ReplyEvent } from '#core/coze/transport.ts';
import { createPacer } from '#core/reply/pace/pace.ts';
import { present } from '#core/reply/present.ts';
import { createClock } from '../reply/clock.ts';
import { between } from './peers/stream.ts';
import { measureCost } from './reply-cost.ts';
import { type Cell, optimum, optimumIntegral } from './reply-optimum.ts';
import { type OutOfReach, outOfReach, printOutOfReach } from './reply-reach.ts';
import { leastMean } from './reply-unknowing.ts';
import { createWorld, LIMITS } from './reply-world.ts';

const CHARACTERS_PER_TOKEN = 4;
const SPEEDS = [15, 60, 200];
const LENGTHS = [200, 800, 3000];
/** From 200 to 3,000 tokens, each a quarter longer than the one before. */
const MANY_LENGTHS = Array.from({ length: 13 }, (_, index) => Math.round(200 * 15 ** (index / 12)));

interface Row extends Cell {
  readonly staleMs: number;
  readonly bestMs: number;
  readonly ratio: number;
  /** Last token at the adapter until the whole text is visible, the worst of the replies. */
  readonly lastMs: number;
  readonly refused: number;
  /** Least stale against most stale of the replies: 1 = perfectly fair. */
  readonly fairness: number;
  /** False where the platform does not let through even the messages such answers need while they run: there `bestMs` is no bound and the ratio says nothing. */
  readonly isPossible: boolean;
}

const BUDGET_NAMES: readonly Cell['budget'][] = [
  'discord-channel',
  'discord-interaction',
  'telegram-private',
  'telegram-group',
  'telegram-draft',
];

export function cells(): Cell[] {
  const all: Cell[] = [];
  // Drafts exist in private chats only, where one answer at a time is drafted.
  for (const budget of BUDGET_NAMES)
    for (const replies of budget === 'telegram-draft' ? [1] : [1, 3, 5])
      for (const perSecond of SPEEDS) for (const tokens of LENGTHS) all.push({ budget, replies, perSecond, tokens });
  return all;
}

interface Measured {
  readonly stale: number;
  readonly last: number;
}

export async function measure(cell: Cell): Promise<Row> {
  const clock = createClock();
  const pacer = createPacer(clock);
  const byInteraction = cell.budget === 'discord-interaction';
  const shared = createWorld(byInteraction ? 'discord-channel' : cell.budget, clock);
  const worlds = [shared];
  const replies = Array.from({ length: cell.replies }, (_, index) => {
    const world = byInteraction ? createWorld(cell.budget, clock, shared.edit) : shared;
    if (world !== shared) worlds.push(world);
    return reply(index, cell, clock, pacer, world);
  });
  const measured = await clock.run(Promise.all(replies));
  const stale = measured.map((one) => one.stale);
  const staleMs = stale.reduce((sum, one) => sum + one, 0) / stale.length;
  const bestMs = optimum(cell);
  return {
    ...cell,
    staleMs,
    bestMs,
    ratio: staleMs / bestMs,
    lastMs: Math.max(...measured.map((one) => one.last)),
    refused: worlds.reduce((sum, world) => sum + world.refused(), 0),
    fairness: Math.min(...stale) / Math.max(...stale),
    isPossible: isPossible(cell),
  };
}

/** A part takes one post and, since it was shown before it was full, one edit. */
function isPossible({ budget, replies, tokens, perSecond }: Cell): boolean {
  const parts = Math.ceil((tokens * CHARACTERS_PER_TOKEN) / (0.9 * (budget.startsWith('discord') ? 2000 : 4096)));
  const { edits, posts } = LIMITS[budget];
  const needed = parts * (budget === 'discord-interaction' ? 1 : replies);
  const spanMs = (tokens * 1000) / perSecond;
  const allowed = edits.map(({ kind, calls, per }) =>
    kind === 'bucket' ? calls + spanMs / per : calls * (Math.floor(spanMs / per) + 1),
  );
  return (posts ? needed : 2 * needed) <= Math.min(...allowed);
}

async function reply(
  index: number,
  cell: Cell,
  clock: ReturnType<typeof createClock>,
  pacer: ReturnType<typeof createPacer>,
  world: ReturnType<typeof createWorld>,
): Promise<Measured> {
  const arrivals: number[] = [];
  const seen: { at: number; words: number }[] = [];
  const own = world.surface((words) => seen.push({ at: clock.now(), words }));
  const surface = cell.budget === 'discord-interaction' ? { ...own, bucket: `token-${index}` } : own;
  async function* source(): AsyncGenerator<ReplyEvent> {
    for (let token = 0; token < cell.tokens; token++) {
      await clock.sleep(1000 / cell.perSecond);
      arrivals.push(clock.now());
      yield { type: 'delta', text: `${between(token)}wo${token % 10}` };
    }
    yield { type: 'done', finish: 'stop' };
  }
  await present(source(), {
    surface,
    pacer,
    signal: new AbortController().signal,
    key: `turn-${index}`,
    note: () => undefined,
  });
  return staleness(arrivals, seen);
}

/** Integral of the age of the oldest unseen token, over the time from the first token until all is seen. */
export function staleness(arrivals: readonly number[], seen: readonly { at: number; words: number }[]): Measured {
  const first = arrivals[0] ?? 0;
  let known = 0;
  let since = first;
  let integral = 0;
  for (const { at, words } of seen) {
    const oldest = arrivals[known];
    if (oldest !== undefined && at > oldest) {
      const from = Math.max(since, oldest) - oldest;
      integral += ((at - oldest) ** 2 - from ** 2) / 2;
    }
    since = at;
    known = Math.max(known, words);
  }
  if (known < arrivals.length) throw new Error(`${arrivals.length - known} words were never shown.`);
  const last = arrivals.at(-1) ?? first;
  const end = seen.find((update) => update.words >= arrivals.length)?.at ?? last;
  return { stale: integral / Math.max(1, end - first), last: end - last };
}

function print(rows: readonly Row[]): void {
  console.log('place                 replies  tok/s  tokens  stale ms   best ms  ratio  last ms  429s  fair');
  for (const row of rows)
    console.log(
      row.budget.padEnd(20),
      String(row.replies).padStart(8),
      String(row.perSecond).padStart(6),
      String(row.tokens).padStart(7),
      row.staleMs.toFixed(0).padStart(9),
      row.bestMs.toFixed(0).padStart(9),
      `${row.ratio.toFixed(2)}${row.isPossible ? ' ' : '*'}`.padStart(6),
      row.lastMs.toFixed(0).padStart(8),
      String(row.refused).padStart(5),
      row.fairness.toFixed(2).padStart(5),
    );
  console.log('\nWithout the cells marked *, which no schedule could fit into the platform:');
  for (const budget of BUDGET_NAMES) {
    const mine = rows.filter((row) => row.budget === budget && row.isPossible);
    if (mine.length === 0) continue;
    const mean = mine.reduce((sum, row) => sum + row.ratio, 0) / mine.length;
    console.log(
      `${budget}: mean ratio ${mean.toFixed(2)}, worst ${Math.max(...mine.map((row) => row.ratio)).toFixed(2)}`,
    );
  }
}

interface Unknown {
  readonly budget: Cell['budget'];
  readonly perSecond: number;
  /** Mean ratio of the staleness integral to its optimum. */
  readonly ours: number;
  readonly least: number;
  readonly leastKeepingLast: number;
}

/** As `ratio`, but of the integrals: a late end then counts for what it is, and not as time over which the rest is averaged. */
export function integralRatio(row: Row): number {
  const { tokens, perSecond, staleMs, lastMs } = row;
  return (staleMs * (((tokens - 1) * 1000) / perSecond + lastMs)) / optimumIntegral(row);
}

/** One reply over many lengths, and the least mean for who does not know which of them an answer will have. */
async function unknown(budget: Cell['budget'], perSecond: number): Promise<Unknown> {
  let sum = 0;
  for (const tokens of MANY_LENGTHS) sum += integralRatio(await measure({ budget, replies: 1, perSecond, tokens }));
  const unknowing = { budget, perSecond, lengths: MANY_LENGTHS };
  return {
    budget,
    perSecond,
    ours: sum / MANY_LENGTHS.length,
    least: leastMean({ ...unknowing, keepsLast: false }),
    leastKeepingLast: leastMean({ ...unknowing, keepsLast: true }),
  };
}

function printUnknown(lines: readonly Unknown[]): void {
  console.log(`\nOne reply of ${MANY_LENGTHS.join(', ')} tokens, mean ratio;`);
  console.log('and the least mean for who does not know the length, without and with a call always kept for the end:');
  for (const { budget, perSecond, ours, least, leastKeepingLast } of lines)
    console.log(
      budget.padEnd(20),
      `${perSecond} tok/s`.padStart(9),
      ours.toFixed(2),
      `>= ${least.toFixed(2)}, ${leastKeepingLast.toFixed(2)}`,
    );
}

interface Ends {
  readonly budget: Cell['budget'];
  readonly perSecond: number;
  /** From the last token at the adapter until the whole text is visible, in ms, over a hundred lengths of one reply. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

async function ends(budget: Cell['budget'], perSecond: number): Promise<Ends> {
  const all: number[] = [];
  for (let index = 0; index < 100; index++) {
    // The golden ratio scatters them evenly, wherever a window begins and ends.
    const tokens = Math.round(200 * 15 ** ((index * 0.618034) % 1));
    all.push((await measure({ budget, replies: 1, perSecond, tokens })).lastMs);
  }
  const sorted = all.toSorted((a, b) => a - b);
  const [p50 = 0, p95 = 0, p99 = 0] = [49, 94, 98].map((at) => sorted[at]);
  return { budget, perSecond, p50, p95, p99 };
}

function printEnds(lines: readonly Ends[]): void {
  console.log(
    '\nFrom the last token until the whole text is visible, one reply of a hundred lengths, ms: p50, p95, p99',
  );
  for (const { budget, perSecond, ...ms } of lines)
    console.log(budget.padEnd(20), `${perSecond} tok/s`.padStart(9), ...Object.values(ms).map((one) => one.toFixed(0)));
}

/** CPU per token of answers of growing length: near constant means near linear in the length. Virtual time, the server included. */
async function growth(): Promise<{ tokens: number; microsecondsPerToken: number }[]> {
  const all: { tokens: number; microsecondsPerToken: number }[] = [];
  for (const tokens of [1000, 4000, 16_000]) {
    const before = process.cpuUsage();
    await measure({ budget: 'discord-channel', replies: 1, perSecond: 60, tokens });
    const { user, system } = process.cpuUsage(before);
    all.push({ tokens, microsecondsPerToken: (user + system) / tokens });
  }
  return all;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } });
  const rows: Row[] = [];
  for (const cell of cells()) if (!values.only || cell.budget === values.only) rows.push(await measure(cell));
  print(rows);
  const lengthUnknown: Unknown[] = [];
  const endings: Ends[] = [];
  const unreachable: OutOfReach[] = [];
  for (const budget of BUDGET_NAMES) {
    if (values.only && budget !== values.only) continue;
    unreachable.push(...outOfReach(budget));
    for (const perSecond of SPEEDS) {
      lengthUnknown.push(await unknown(budget, perSecond));
      endings.push(await ends(budget, perSecond));
    }
  }
  printUnknown(lengthUnknown);
  printOutOfReach(unreachable);
  printEnds(endings);
  const cost = values.only ? undefined : await measureCost(2000, 20, 16);
  const lengths = values.only ? undefined : await growth();
  const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model, node: process.version };
  console.log('\n', cost ?? '', lengths ?? '', machine);
  if (values.json)
    await writeFile(
      values.json,
      JSON.stringify({ machine, rows, lengthUnknown, outOfReach: unreachable, endings, cost, lengths }, undefined, 2),
    );
}
