/**
 * Ours and the chat SDK (`chat`, `@chat-adapter/telegram`, `@chat-adapter/discord`) side by side on the very same token stream.
 * Run: node test/bench/peers.ts [--json FILE] [--only BUDGET] [--interval MS] [--plain]. A line a cell as it is measured, what it comes to at the end.
 *
 * Compared: `present` with one pacer, against `post(stream)` of one `Chat` with its own adapter and its own defaults (500 ms and post-then-edit
 * on Discord; 1.1 s in private chats and 3.1 s in groups on Telegram, as rich messages; drafts by `nativeStreaming`). `--interval` sets the SDK's
 * edit interval instead, to see what an owner could tune. Each side has the place to itself: the server of `reply-world`, which counts calls as
 * the platform does and answers 60 ms later. The tokens' times are fixed beforehand; whoever is busy finds those that came meanwhile at once.
 * Everything runs in virtual time: the SDK's timers, clock and `fetch` are replaced for as long as it runs.
 *
 * Slash commands: the SDK is sent a signed request for each and defers, as Discord wants it. Its documented answer, `event.channel.post(stream)`,
 * cannot stream: a `Channel` reads the stream to its end and puts it into the deferred response in one piece ("buffered" in the table). A
 * `Thread` of the same channel does stream, `chat.thread(event.channel.id).post(stream)`: the placeholder becomes the deferred response, by the
 * interaction's token, and every edit goes by the channel's route with the bot's token (so the bot must see the channel, as it does here), where
 * all share the channel's bucket. Ours are follow-ups and edits by each interaction's token, and of each answer at most its last edit goes by the
 * channel's route. The deferred response itself comes before the clock starts, on both sides.
 *
 * stale: age of the oldest text that a member cannot see, averaged from the first token until all is visible. Text that never comes counts as
 * unseen until its side has ended its work and the place would take a call again, which is the least it can be: members go without it for ever.
 * Those figures are marked `>`. xbest: against `reply-optimum`, which is no bound for the cells that `reply.ts` marks `*`, nor for forgiving ones.
 * last: from the last token until the whole answer is visible, the worst of the replies and runs; `never` where one is not.
 * lost: words that are not on the screen, or not in order, when the side has ended its work.
 *
 * Limits of the comparison. (1) A 429 costs nothing here but the wait: the real platforms lengthen the wait of who does not slow down, and Discord
 * shuts out who collects 10,000, so who tries until refused looks better than it is. (2) A second call in the same second is refused in private
 * chats, where Telegram forgives short bursts that it does not put into numbers. So those cells are also measured, once each, in a chat that
 * forgives all of them ("forgiving"); ours is paced for the strict one all the same. That ten calls may be spent early and then one comes back
 * every 3 s is in both, as the field reports (`reply/pace/budgets`). (3) Ours meets the place at its surface port and the SDK at HTTP: the time that
 * either spends on the processor is not counted (`test/bench/reply.ts` measures ours). (4) The words are plain: how either renders half-written
 * markdown is not judged. (5) A post of the SDK that is refused before it reads the stream is made again after the wait, as its guide to errors
 * has it. A last edit that is refused is not: the SDK throws, and what an owner then does with the text is the owner's own work. (6) Several
 * replies in one place are what the SDK is made to do: by default it drops a message that comes while another of its thread is answered, and opens
 * a thread, with buckets of its own, for each mention in a channel of Discord. Rows with one reply are what it does then. (7) Before the
 * first token both sides wait, up to 2.6 s, as for a model: the SDK has its placeholder posted by then, ours shows nothing in this bench.
 * (8) The SDK sends rich messages on Telegram, which take 32,768 characters, so ours does too (`TELEGRAM_RICH=on`). `--plain` measures ours as it
 * is by default there: in parts of 4096, each of which costs calls that the SDK keeps.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createClock } from '../reply/clock.ts';
import { withGlobals } from './peers/globals.ts';
import { presentAll } from './peers/ours.ts';
import { createPlace, type PeerCell, type Place } from './peers/place.ts';
import { createPlatform } from './peers/platform.ts';
import { createScreen, type Screen } from './peers/screen.ts';
import { createSdk, isRefusal, type SdkOptions } from './peers/sdk.ts';
import { type Answer, answers } from './peers/stream.ts';
import { type PeerRow, printHead, printRow, printSummary, type Run, type Side } from './peers/table.ts';
import { cells, staleness } from './reply.ts';
import { optimum } from './reply-optimum.ts';

const CHARACTERS_PER_TOKEN = 4;

/** The cells of `test/bench/reply.ts`; those of interactions twice, as the SDK has two ways to answer. */
export function peerCells(): PeerCell[] {
  const all = cells();
  const slash = all.filter((cell) => cell.budget === 'discord-interaction');
  // One reply alone never calls twice in a second on either side.
  const bursts = all.filter((cell) => cell.budget === 'telegram-private' && cell.replies > 1);
  return [
    ...all.filter((cell) => cell.budget !== 'discord-interaction'),
    ...slash.map((cell) => ({ ...cell, slash: 'thread' as const })),
    ...slash.map((cell) => ({ ...cell, slash: 'channel' as const })),
    ...bursts.map((cell) => ({ ...cell, isForgiving: true as const })),
  ];
}

/**
 * How often a cell is measured: with how much of its tokens, and how long the first one is waited for. Whether the SDK's last edit is let through
 * depends on where in the place's window the answer ends, and round numbers of tokens end suspiciously often in the same part of it.
 */
const RUNS = [
  { share: 1, waitMs: 1500 },
  { share: 0.93, waitMs: 700 },
  { share: 1.08, waitMs: 2600 },
];

export interface PeerOptions extends SdkOptions {
  /** Ours sends plain messages on Telegram. */
  readonly isPlain?: boolean | undefined;
}

/** Measures both sides of one cell. Not to be run twice at once: it replaces the process's timers while the SDK runs. */
export async function measurePeers(cell: PeerCell, options: PeerOptions = {}): Promise<PeerRow> {
  // The SDK cuts what is longer than one message on Discord, so there the last edit decides nothing.
  const isCut = cell.budget.startsWith('discord') && cell.tokens * CHARACTERS_PER_TOKEN > 2000;
  const runs: Run[] = [];
  for (const { share, waitMs } of RUNS.slice(0, isCut || cell.isForgiving ? 1 : RUNS.length)) {
    const run = { ...cell, tokens: Math.round(cell.tokens * share) };
    const ours = await measureOurs(run, waitMs, options.isPlain ? 4096 : 32_768);
    const theirs = await measureTheirs(run, waitMs, options);
    runs.push({ tokens: run.tokens, waitMs, bestMs: optimum(run), ours, theirs });
  }
  return { ...cell, runs };
}

/** `longest`: characters of a message on Telegram. */
async function measureOurs(cell: PeerCell, waitMs: number, longest: number): Promise<Side> {
  const clock = createClock();
  const place = createPlace(cell, clock);
  const screen = createScreen(clock);
  const all = answers(cell, clock, waitMs);
  await clock.run(Promise.all(presentAll(all, place, screen, clock, longest)));
  return summarize(all, screen, place, clock.now(), 0);
}

async function measureTheirs(cell: PeerCell, waitMs: number, options: SdkOptions): Promise<Side> {
  const clock = createClock();
  const place = createPlace(cell, clock);
  const screen = createScreen(clock);
  const platform = createPlatform(place, screen, clock);
  const all = answers(cell, clock, waitMs);
  const fetch = cell.budget.startsWith('discord') ? platform.discord : platform.telegram;
  const outcomes = await withGlobals(clock, fetch, async () => {
    const sdk = createSdk(cell, clock, options);
    await sdk.start(all);
    return clock.run(Promise.allSettled(all.map(sdk.post)));
  });
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  const fault = platform.fault() ?? errors.find((error) => !isRefusal(error));
  if (fault !== undefined) throw fault;
  return summarize(all, screen, place, Math.max(clock.now(), platform.closedUntil()), errors.length);
}

/** `ended`: when text that is missing then can be called lost. */
function summarize(all: readonly Answer[], screen: Screen, place: Place, ended: number, rejected: number): Side {
  const each = all.map((answer) => {
    const seen = screen.seen(answer);
    const lost = screen.missing(answer);
    const closing = { at: Math.max(ended, answer.arrivals.at(-1) ?? 0), words: answer.tokens.length };
    return { lost, ...staleness(answer.arrivals, lost > 0 ? [...seen, closing] : seen) };
  });
  const lost = each.reduce((sum, one) => sum + one.lost, 0);
  return {
    staleMs: each.reduce((sum, one) => sum + one.stale, 0) / each.length,
    lastMs: lost > 0 ? null : Math.max(...each.map((one) => one.last)),
    refused: place.refused(),
    lost,
    rejected,
    calls: place.calls(),
  };
}

async function versionOf(name: string): Promise<string> {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  const { version }: { version: string } = JSON.parse(await readFile(file, 'utf8'));
  return `${name} ${version}`;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      interval: { type: 'string' },
      json: { type: 'string' },
      plain: { type: 'boolean' },
    },
  });
  const interval = values.interval === undefined ? undefined : Number(values.interval);
  const peers = await Promise.all(['chat', '@chat-adapter/telegram', '@chat-adapter/discord'].map(versionOf));
  console.log(peers.join(', '), process.version);
  const rows: PeerRow[] = [];
  printHead();
  for (const cell of peerCells()) {
    if (values.only !== undefined && cell.budget !== values.only) continue;
    const row = await measurePeers(cell, { interval, isPlain: values.plain });
    printRow(row);
    rows.push(row);
  }
  printSummary(rows);
  if (values.json) {
    const head = JSON.stringify({ node: process.version, peers, interval });
    const lines = rows.map((row) => JSON.stringify(row)).join(',\n');
    await writeFile(values.json, `${head.slice(0, -1)},"rows":[\n${lines}\n]}\n`);
  }
}
