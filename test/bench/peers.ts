/**
 * Ours and the chat SDK (`chat`, `@chat-adapter/telegram`, `@chat-adapter/discord`) side by side on the very same token stream.
 * Run: node test/bench/peers.ts [--only BUDGET] [--interval MS]. One JSON line a cell as it is measured, the table at the end.
 *
 * Compared: `present` with one pacer, against `thread.post(stream)` of one `Chat` with its own adapter and its own defaults (500 ms and
 * post-then-edit on Discord; 1.1 s in private chats and 3.1 s in groups on Telegram, as rich messages; drafts by `nativeStreaming`).
 * `--interval` sets the SDK's edit interval instead, to see what an owner could tune. Each side has the place to itself: the server of
 * `reply-world`, which counts calls as the platform does and answers 60 ms later. The tokens' times are fixed beforehand; whoever is busy finds
 * those that came meanwhile at once. Everything runs in virtual time: the SDK's timers, clock and `fetch` are replaced for as long as it runs.
 *
 * stale: age of the oldest text that a member cannot see, averaged from the first token until all is visible. Text that never comes counts as
 * unseen until its side has ended its work and the place would take a call again, which is the least it can be: members go without it for ever.
 * Those figures are marked `>`.
 * last: from the last token until the whole answer is visible, the worst of the replies; `never` where one is not.
 * lost: words that are not on the screen, or not in order, when the side has ended its work.
 *
 * Limits of the comparison. (1) A 429 costs nothing here but the wait: the real platforms lengthen the wait of who does not slow down, and Discord
 * shuts out who collects 10,000, so who tries until refused looks better than it is. (2) One send a second in a private chat is held strictly;
 * Telegram forgives short bursts, so three replies that begin in the same instant lose the SDK its placeholders here (it does not retry a post)
 * where the platform may have let them pass. (3) Ours meets the place at its surface port and the SDK at HTTP: the time that either spends on
 * the processor is not counted (`test/bench/reply.ts` measures ours). (4) The words are plain: how either renders half-written markdown is
 * not judged. (5) Discord interactions are left out: the SDK's are bound to an incoming signed request. (6) Telegram documents "about one a second"
 * for private chats and no more; that ten may be spent early and then one comes back every 3 s is what the field reports (`reply/budgets`).
 */
import { createClock } from '../reply/clock.ts';
import { presentAll } from './peers/ours.ts';
import { createScreen, type Screen } from './peers/screen.ts';
import { createSdk, type SdkOptions } from './peers/sdk.ts';
import { type Answer, answers } from './peers/stream.ts';
import { type PeerRow, printPeers, type Side } from './peers/table.ts';
import { staleness } from './reply.ts';
import { type Cell, optimum } from './reply-optimum.ts';
import { createWorld } from './reply-world.ts';

const PLACES: readonly Cell['budget'][] = ['telegram-private', 'telegram-group', 'discord-channel', 'telegram-draft'];

export function peerCells(): Cell[] {
  const cells: Cell[] = [];
  for (const budget of PLACES)
    for (const replies of budget === 'telegram-draft' ? [1] : [1, 3])
      for (const perSecond of [15, 60, 200])
        for (const tokens of [300, 1500]) cells.push({ budget, replies, perSecond, tokens });
  return cells;
}

/** Measures both sides of one cell. Not to be run twice at once: it replaces the process's timers while the SDK runs. */
export async function measurePeers(cell: Cell, options: SdkOptions = {}): Promise<PeerRow> {
  const ours = await measureOurs(cell);
  const theirs = await measureTheirs(cell, options);
  return { ...cell, bestMs: optimum(cell), ours, theirs, ratio: theirs.staleMs / ours.staleMs };
}

async function measureOurs(cell: Cell): Promise<Side> {
  const clock = createClock();
  const world = createWorld(cell.budget, clock);
  const screen = createScreen(clock);
  const all = answers(cell, clock);
  await clock.run(Promise.all(presentAll(all, world, screen, clock)));
  return summarize(all, screen, clock.now(), world.refused());
}

async function measureTheirs(cell: Cell, options: SdkOptions): Promise<Side> {
  const clock = createClock();
  const world = createWorld(cell.budget, clock);
  const screen = createScreen(clock);
  const sdk = createSdk(cell.budget, world, screen, clock, options);
  try {
    await clock.run(sdk.start());
    const all = answers(cell, clock);
    await clock.run(Promise.allSettled(all.map(sdk.post)));
    return summarize(all, screen, Math.max(clock.now(), sdk.closedUntil()), world.refused());
  } finally {
    sdk.restore();
  }
}

/** `ended`: when text that is missing then can be called lost. */
function summarize(all: readonly Answer[], screen: Screen, ended: number, refused: number): Side {
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
    refused,
    lost,
  };
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

if (import.meta.main) {
  const only = option('--only');
  const interval = option('--interval');
  const rows: PeerRow[] = [];
  for (const cell of peerCells()) {
    if (only !== undefined && cell.budget !== only) continue;
    const row = await measurePeers(cell, { interval: interval === undefined ? undefined : Number(interval) });
    console.log(JSON.stringify(row));
    rows.push(row);
  }
  printPeers(rows);
}
