/**
 * The update loop. Our own, because grammY's confirms updates when it has them, and its runner loses what is in flight in a crash:
 * here the offset moves only when every message of the batch is in the journal, so a crash makes Telegram send them again.
 */
import type { Api } from 'grammy';
import type { Update } from 'grammy/types';
import { abortable, sleep } from '#core/async.ts';
import type { RealCozeError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import { forGrammy } from './client.ts';
import { telegramError } from './errors.ts';
import { groupAlbums, heard, mayGrow, type Together } from './updates.ts';

/** The server waits at most 50 s; our client gives up after 60. */
const pollSeconds = 45;
const mostAtOnce = 100;
const longestPauseMs = 30_000;
/** Without a conflict for so long, the other program is believed to be gone. */
const conflictMs = 120_000;
/** The most that closing waits for Telegram. */
const farewellMs = 3_000;
/** Update ids that have been handled and might come again; a batch is 100. */
const remembered = 1_000;
/** How long the rest of an album may take, and how often it is asked for. */
const albumMs = 400;
const albumTries = 3;

/** What the loop needs, and whom it tells. */
export interface PollOptions {
  readonly api: Api;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called whenever Telegram has given updates, or has none. */
  heard?(): void;
  /** Called with a sentence whenever it has not. */
  failed?(sentence: string): void;
  /** Pause after the first failure in ms; doubles up to 30 s. */
  readonly pauseMs?: number;
  /**
   * One update, or the updates of one album. Resolves when a crash can no longer lose it; must not wait for the answer, or the
   * button that stops it would not be heard.
   */
  handle(updates: Together): Promise<void>;
}

/**
 * Runs until the signal fires, and confirms what it has handled.
 * @throws RealCozeError `auth` when the token is refused; everything else is waited out.
 */
export async function poll(options: PollOptions): Promise<void> {
  const { api, signal } = options;
  const known = new Set<number>();
  const trouble = createTrouble(options);
  let offset = 0;
  while (!signal.aborted) {
    try {
      const updates = await wholeAlbums(options, await fetchUpdates(options, offset, pollSeconds), offset);
      trouble.over();
      options.heard?.();
      offset = await handleAll(options, updates, known, offset);
    } catch (error) {
      if (signal.aborted) break;
      await trouble.wait(telegramError(error, 'getUpdates'));
    }
  }
  // The last batch is confirmed by asking for what comes after it. If that fails it comes again and the journal knows it.
  const confirm = { offset, limit: 1, timeout: 0 };
  if (offset > 0) await api.getUpdates(confirm, forGrammy(AbortSignal.timeout(farewellMs))).catch(() => {});
}

function fetchUpdates({ api, signal }: PollOptions, offset: number, timeout: number): Promise<Update[]> {
  return api.getUpdates({ offset, timeout, limit: mostAtOnce, allowed_updates: heard }, forGrammy(signal));
}

/** Everything in order; the offset behind the last. What was handled before is left out. */
async function handleAll(
  { handle, log, signal }: PollOptions,
  updates: readonly Update[],
  known: Set<number>,
  offset: number,
): Promise<number> {
  for (const group of groupAlbums(updates.filter((update) => !known.has(update.update_id)))) {
    for (const { update_id: id } of group) known.add(id);
    const handled = handle(group).catch((error: unknown) => {
      log.error({ error }, 'An update of Telegram could not be handled.');
    });
    // Closing does not wait for a store that hangs: unconfirmed, the update comes again at the next start.
    await abortable(handled, signal);
  }
  for (const id of known) if (known.size > remembered) known.delete(id);
  const last = updates.at(-1);
  return last ? last.update_id + 1 : offset;
}

/** A batch may end in the middle of an album: it is asked for again, unconfirmed, until the album does not grow. */
async function wholeAlbums(options: PollOptions, batch: Update[], offset: number): Promise<Update[]> {
  let updates = batch;
  for (let tries = 0; tries < albumTries && mayGrow(updates); tries += 1) {
    await sleep(albumMs, options.signal);
    const more = await fetchUpdates(options, offset, 0);
    if (more.length <= updates.length) return updates;
    updates = more;
  }
  return updates;
}

const conflict =
  'Another program reads the updates of this Telegram bot (409). Stop it, or give this one a token of its own; until then each hears only a part.';

const webhookSet =
  'A webhook is set for this Telegram bot, so its updates go there (409). Stop the program that has set it, or give this one a token of its own; then start this one again.';

/** Says once what is wrong, waits longer each time, says when it is over. Two programs that take turns are one trouble, not many. */
function createTrouble({ log, signal, failed, pauseMs = 1_000 }: PollOptions) {
  let pause = 0;
  let said: string | undefined;
  let conflictAt = Number.NEGATIVE_INFINITY;
  return {
    over() {
      if (said === undefined || performance.now() - conflictAt < conflictMs) return;
      log.info({}, 'Telegram is heard again.');
      pause = 0;
      said = undefined;
    },
    async wait(error: RealCozeError): Promise<void> {
      if (error.code === 'auth') throw error;
      if (error.code === 'busy') conflictAt = performance.now();
      const told = String(error.cause).includes('webhook') ? webhookSet : conflict;
      const sentence = error.code === 'busy' ? told : `${error.message} Trying again.`;
      if (said !== sentence) log.warn({ code: error.code, upstreamCode: error.upstreamCode }, sentence);
      said = sentence;
      failed?.(sentence);
      pause = Math.min(longestPauseMs, pause === 0 ? pauseMs : pause * 2);
      const jitter = 0.75 + Math.random() / 2;
      await sleep(error.retryAfterMs ?? pause * jitter, signal).catch(() => {});
    },
  };
}
