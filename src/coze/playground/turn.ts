/** One question from its sending to its last event, over a connection that may drop. */
import { abortable, abortError, sleep } from '../../async.ts';
import type { PlaygroundDraft } from '../../bots/bot.ts';
import { isRealCozeError, RealCozeError } from '../../errors.ts';
import { cureFor } from '../failure.ts';
import { number, parseWire, text } from '../json.ts';
import { follow } from '../signals.ts';
import type { Question, ReplyEvent } from '../transport.ts';
import type { Connection } from './connection.ts';
import type { Update } from './frames.ts';
import { executeBody } from './message-info.ts';
import { Reply } from './reply.ts';
import type { Timing } from './timing.ts';

export interface TurnOptions {
  readonly connection: Connection;
  readonly draft: PlaygroundDraft;
  readonly question: Question;
  readonly timing: Timing;
}

/** A question is asked once, and once more if its answer was lost on the way. */
const ASKS = 2;

/** Failures that asking anew can mend. Only while the answer has not begun, except for a lost socket. */
function isMendable(error: unknown): boolean {
  if (!isRealCozeError(error) || error.code === 'rate_limited') return false;
  return error.code === 'network' || ['once', 'busy', 'backoff'].includes(cureFor(error) ?? '');
}

/** Streams the answer. @throws RealCozeError; text given out before that stays valid. */
export async function* streamTurn(options: TurnOptions, signal: AbortSignal): AsyncGenerator<ReplyEvent> {
  const reply = new Reply();
  for (let asked = 1; ; asked++) {
    await options.connection.ready(signal);
    try {
      yield* streamOnce(options, reply, signal);
      return;
    } catch (error) {
      if (signal.aborted) throw abortError(signal);
      const lost = error instanceof LostSocket;
      const mendable = lost || (!reply.started && isMendable(error));
      if (asked >= ASKS || !mendable) throw lost ? error.explained : error;
      reply.restart();
      if (!lost) await pause(options.timing, signal);
    }
  }
}

/** Inside this file only: the socket went away while the answer was under way. */
class LostSocket extends Error {
  readonly explained = new RealCozeError(
    'network',
    'The connection to Coze broke twice during this answer. What came before stays; ask again for the rest.',
  );
}

async function* streamOnce(options: TurnOptions, reply: Reply, signal: AbortSignal): AsyncGenerator<ReplyEvent> {
  const { connection, draft, question } = options;
  const ids = { uuid: crypto.randomUUID(), device: await connection.device() };
  const inbox = new Inbox(reply);
  // Listening comes first: updates may overtake the reply to the call.
  const unlisten = connection.listen(ids.uuid, inbox);
  const call = follow([signal]);
  connection
    .call('/api/draftbot/execute', executeBody(draft, question, ids), call.signal)
    .catch((e) => inbox.refuse(e));
  try {
    for (;;) {
      const more = await inbox.next(options, signal);
      if (!more) reply.end();
      yield* reply.drain();
      if (!more) break;
    }
  } finally {
    unlisten();
    call.abort(new RealCozeError('aborted', 'The turn is over.'));
    call.stop();
  }
  yield { type: 'done', finish: reply.finish };
}

/** Where updates meet the reader: one bell, no queue, since `Reply` keeps the newest state. */
class Inbox {
  readonly #reply: Reply;
  #failure: { readonly error: unknown } | undefined;
  #accepted = false;
  #news = false;
  #ring: () => void = () => {};

  constructor(reply: Reply) {
    this.#reply = reply;
  }

  onUpdate(update: Update): void {
    this.#accepted = true;
    try {
      this.#reply.apply(update);
    } catch (error) {
      this.#fail(error);
    }
    this.#wake();
  }

  /** A complete answer stands: only suggestions may be missing. */
  onLost(): void {
    if (!this.#reply.finished) this.#fail(new LostSocket());
  }

  /** The call failed. Where updates have come Coze took the question, whatever became of the call's own reply. */
  refuse(error: unknown): void {
    if (!this.#accepted) this.#fail(error);
  }

  /** Waits for news: true when there is some, false when the turn is over. @throws what failed. */
  async next(options: TurnOptions, signal: AbortSignal): Promise<boolean> {
    const { timing, connection } = options;
    const startedAt = Date.now();
    if (!this.#news) await this.#bell(this.#reply.finished ? settleMs(options, this.#reply) : timing.stallMs, signal);
    if (signal.aborted) throw abortError(signal);
    if (this.#failure !== undefined) throw this.#failure.error;
    const news = this.#news;
    this.#news = false;
    if (news || this.#reply.finished) return news;
    if (!connection.heardSince(startedAt)) {
      // Nothing at all was heard: the socket is dead, though nobody said so.
      connection.drop();
      throw new LostSocket();
    }
    throw new RealCozeError(
      'timeout',
      `Coze went silent for ${Math.round(timing.stallMs / 1000)} s during this answer. Ask again.`,
    );
  }

  /** Resolves at the next news, when the signal fires, or after `ms`. */
  #bell(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const ring = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', ring);
        resolve();
      };
      const timer = setTimeout(ring, ms);
      signal.addEventListener('abort', ring);
      this.#ring = ring;
      if (signal.aborted) ring();
    });
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }

  #wake(): void {
    this.#news = true;
    this.#ring();
  }
}

/** The socket does not say that a turn is over, only that a message is. */
function settleMs({ timing, question, draft }: TurnOptions, reply: Reply): number {
  const wanted = question.subscribe?.includes('suggest') ?? true;
  const expected = wanted && suggests(draft) && reply.suggestions < MOST_SUGGESTIONS;
  return expected ? timing.suggestionMs : timing.nextMessageMs;
}

/** Coze docs: message_type, "follow_up": up to three. */
const MOST_SUGGESTIONS = 3;

/** Whether the owner left suggestions on. Coze Studio, `bot_common.thrift`: SuggestReplyMode 2 is Disable. */
function suggests(draft: PlaygroundDraft): boolean {
  const mode = parseWire(text(draft.work_info.suggest_reply))?.suggest_reply_mode;
  return number(mode) !== 2;
}

/** A short breath before asking again, not the same for everybody. */
async function pause(timing: Timing, signal: AbortSignal): Promise<void> {
  await abortable(sleep(timing.backoffMs * (0.5 + Math.random()), signal), signal).catch(() => {
    throw abortError(signal);
  });
}
