/** One turn at its turn: asks, shows, remembers. */
import type { Bot } from '../bots/bot.ts';
import type { Binding } from '../conversation/bindings.ts';
import type { Exchange } from '../conversation/exchange.ts';
import { failureText, isRefusal, refusal } from '../conversation/failure.ts';
import type { Finished, JournalEntry } from '../conversation/journal.ts';
import { messageKey, placeKey } from '../conversation/keys.ts';
import { INTERRUPTED, type Letter, type MailboxMode } from '../conversation/mailbox.ts';
import { recorded, replayed, whole } from '../conversation/stream.ts';
import type { ReplyEvent } from '../coze/transport.ts';
import { errorCode, isRealCozeError, RealCozeError } from '../errors.ts';
import type { Button, Incoming, Language } from '../message.ts';
import type { Pacer } from '../reply/pace/pace.ts';
import { paced } from '../reply/pace/paced.ts';
import { type Presented, present } from '../reply/present.ts';
import type { Surface } from '../surface.ts';
import { text } from '../texts.ts';
import { type Asked, type Asking, ask, type Outcome, type Rooms } from './ask.ts';

/** An answer that runs or waits, wherever it is shown. */
export interface Running {
  readonly place: string;
  readonly author: string;
  /** Those whose messages are asked together with it. */
  readonly joined?: readonly { readonly author: string }[];
  readonly key: string;
  readonly stop: AbortController;
  running: boolean;
}

/** A turn of a chat platform, from the journal's first line to its last. */
export interface LiveTurn extends Running, Letter {
  entry: JournalEntry;
  readonly surface: Surface;
  readonly binding: Binding;
  readonly bot: Bot;
  readonly language: Language;
  readonly mode: MailboxMode;
  /** Later messages that are asked together with this one. */
  readonly joined: LiveTurn[];
  readonly over: PromiseWithResolvers<void>;
  /** The writes of this turn, one after the other. */
  written: Promise<void>;
}

/** Why turns end that nobody stopped: they are left in the journal, for the next start or for whoever changed the message. */
export const CLOSING = new RealCozeError('aborted', 'The program ends.');
export const SUPERSEDED = new RealCozeError('aborted', 'The message was changed or deleted.');
/** Why Coze is left: somebody deleted the message of the answer, or its place. */
const GONE = new RealCozeError('aborted', 'The answer was deleted.');

const MOST_SUGGESTIONS = 3;

/** What a sentence instead of an answer needs. */
export interface Complaint {
  readonly surface: Surface;
  readonly entry: Pick<JournalEntry, 'incoming'>;
  readonly language: Language;
}

/** Shows turns and remembers them. */
export class Shows {
  readonly #rooms: Rooms;
  readonly #pacer: Pacer;

  constructor(rooms: Rooms, pacer: Pacer) {
    this.#rooms = rooms;
    this.#pacer = pacer;
  }

  /** Runs the turn and finishes it in the journal. @throws RealCozeError `store`. */
  async show(turn: LiveTurn): Promise<void> {
    const { incoming } = turn.entry;
    for (const one of turn.joined) this.#note(one, { partOf: messageKey(incoming.place, incoming.id) });
    const again = await this.#askedBefore(turn);
    if (turn.entry.retry && !again) {
      await this.complain(turn, refusal('invalid', text('retryNothing', turn.language)));
      return this.finish(turn, {});
    }
    const known = turn.entry.replies;
    let [asked, presented] = await this.#present(turn, again);
    if (presented.finish === 'gone' && known.length > 0 && !turn.stop.signal.aborted) {
      // Somebody deleted the messages of the first answer; the new one still has to be seen.
      this.#note(turn, { replies: [], anew: true });
      [asked, presented] = await this.#present(turn, again);
    }
    await this.#settle(turn, asked, presented);
  }

  /** Forgets the turn in the journal, with those it took along. */
  async finish(turn: LiveTurn, finished: Finished): Promise<void> {
    for (const one of [turn, ...turn.joined]) {
      await one.written;
      await this.#rooms.journal.finish(one.entry, finished);
    }
  }

  /** Forgets the turn in the journal without an answer; the one that it was to replace stays. */
  leave(turn: LiveTurn): Promise<void> {
    const { key, entry } = turn;
    return this.finish(turn, entry.replace === undefined ? {} : { key, index: entry.replace });
  }

  /** Shows one sentence instead of an answer. Never throws. */
  async complain({ surface, entry: { incoming }, language }: Complaint, error: unknown): Promise<void> {
    if (!isRefusal(error)) report(this.#rooms, incoming, error);
    const content = { text: '', note: failureText(error, language), final: true };
    const key = `${placeKey(incoming.place)}/${incoming.id}:refused`;
    await paced({ surface, pacer: this.#pacer }, true, () => surface.post(content, key)).catch((cause: unknown) => {
      this.#rooms.log.warn({ error: cause }, 'A refusal could not be shown.');
    });
  }

  /** The exchange that a retry or a changed message asks again; its messages take the new answer. */
  async #askedBefore(turn: LiveTurn): Promise<Exchange | undefined> {
    const { history } = this.#rooms;
    const { replace, retry } = turn.entry;
    if (replace !== undefined) return history.at(turn.key, replace);
    const last = retry && (await history.last(turn.key));
    if (!last || last.exchange.turns.length === 0) return undefined;
    this.#note(turn, {
      replace: last.index,
      key: turn.key,
      replies: last.exchange.replies ?? [],
      bot: turn.bot.name,
    });
    return last.exchange;
  }

  async #present(turn: LiveTurn, again: Exchange | undefined): Promise<[Asked, Presented]> {
    const { entry, binding, bot, stop, surface } = turn;
    const gone = new AbortController();
    const asked = ask(this.#rooms, this.#asking(turn, again), AbortSignal.any([stop.signal, gone.signal]));
    const source = entry.answer ? replayed(entry.answer) : this.#noted(turn, asked);
    const presented = await present(binding.settings.streaming ? source : whole(source), {
      surface: turn.readmitted ? confirming(surface) : surface,
      pacer: this.#pacer,
      signal: stop.signal,
      key: entry.anew ? `${entry.postKey}/anew` : entry.postKey,
      replyIds: entry.replies,
      onPosted: (ids) => this.#note(turn, { replies: ids }),
      running: [{ label: text('stop', turn.language), command: 'stop', style: 'danger' }],
      finished: (p) => buttons(turn, p),
      note: (p) => noteUnder(turn, asked, p),
      showReasoning: binding.settings.reasoning ?? bot.bridge.show.reasoning,
      showSources: binding.settings.sources ?? bot.bridge.show.sources,
    });
    // Closing the source reaches it only with its next event; nobody can see that any more.
    if (presented.finish === 'gone') gone.abort(GONE);
    if (presented.error !== undefined && !isRefusal(presented.error))
      report(this.#rooms, entry.incoming, presented.error, bot.name);
    return [asked, presented];
  }

  #asking(turn: LiveTurn, again: Exchange | undefined): Asking {
    const { entry, binding, bot, key, language } = turn;
    return {
      incoming: [entry.incoming, ...turn.joined.map((one) => one.entry.incoming)],
      binding,
      bot,
      key,
      language,
      again,
      isRetry: entry.retry,
      replace: entry.replace,
      recover: entry.bot === bot.name ? entry.chat : undefined,
      prepared: entry.prepared,
      onChat: (chat) => this.#note(turn, { bot: bot.name, chat }),
    };
  }

  /** The whole answer is on disk before its last edit leaves: after a crash Coze need not be asked again. */
  #noted(turn: LiveTurn, asked: Asked): AsyncIterable<ReplyEvent> {
    return recorded(asked.events, (answer) =>
      this.#note(turn, { bot: turn.bot.name, answer, prepared: asked.prepared() }),
    );
  }

  /** Keeps what is newly known. A store that fails now costs a repeated question after a crash, not the answer. */
  #note(turn: LiveTurn, change: Partial<JournalEntry>): Promise<void> {
    turn.entry = { ...turn.entry, ...change };
    turn.written = turn.written
      .then(() => this.#rooms.journal.update(turn.entry))
      .catch((error: unknown) => this.#rooms.log.error({ error }, 'The journal could not be written.'));
    return turn.written;
  }

  async #settle(turn: LiveTurn, asked: Asked, presented: Presented): Promise<void> {
    await turn.written;
    const { reason } = turn.stop.signal;
    if (presented.finish === 'stopped' && (reason === CLOSING || reason === SUPERSEDED)) return;
    const outcome: Outcome = {
      text: presented.text,
      finish: presented.finish,
      replies: presented.ids,
      sources: { excerpts: presented.excerpts, tools: presented.tools, reasoning: presented.reasoning },
      isInterrupted: presented.finish === 'stopped' && reason === INTERRUPTED,
    };
    await this.finish(turn, await asked.keep(outcome));
  }
}

function noteUnder(turn: LiveTurn, asked: Asked, p: Presented): string | undefined {
  const { language, binding, bot } = turn;
  const end = endNote(turn, p);
  const missing = binding.missing === undefined || binding.missing === bot.name ? undefined : binding.missing;
  const gone = missing && text('noteBotMissing', language, { bot: missing, other: bot.name });
  return [end, gone, ...asked.problems].filter((line) => line).join('\n') || undefined;
}

function endNote({ language, stop }: LiveTurn, p: Presented): string | undefined {
  const { reason } = stop.signal;
  if (p.isCut) return text(errorCode(p.error) === 'moderated' ? 'noteWithheld' : 'noteNotTaken', language);
  if (p.finish === 'failed') {
    const sentence = failureText(p.error, language);
    return p.text === '' ? sentence : text('noteUnfinished', language, { reason: sentence });
  }
  if (p.finish !== 'stopped')
    return p.text.trim() === '' && p.finish !== 'gone' ? text('emptyAnswer', language) : undefined;
  if (reason === SUPERSEDED) return undefined;
  if (reason === CLOSING) return text('noteRestarting', language);
  return text(reason === INTERRUPTED ? 'noteInterrupted' : 'noteStopped', language);
}

function buttons({ entry, language, stop }: LiveTurn, p: Presented): Button[] {
  if (isRefusal(p.error) || stop.signal.reason === SUPERSEDED || stop.signal.reason === CLOSING) return [];
  const told = p.excerpts.length > 0 || p.tools.length > 0 || p.reasoning !== '';
  return [
    { label: text('retry', language), command: 'retry' },
    ...p.suggestions.slice(0, MOST_SUGGESTIONS).map((words) => ({ label: words, command: `ask ${words}` })),
    ...(told ? [{ label: text('sources', language), command: `sources ${entry.incoming.id}` }] : []),
  ];
}

/**
 * After a crash a post may find the message that was posted just before it, which the platform then returns as it is
 * (Discord: enforced nonce). An edit makes sure that it shows what is known now.
 */
function confirming(surface: Surface): Surface {
  const post: Surface['post'] = async (content, key) => surface.edit((await surface.post(content, key)).id, content);
  return new Proxy(surface, {
    get(target, name) {
      const member: unknown = name === 'post' ? post : Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** For the owner: what failed, where, with Coze's own number of the request. */
export function report({ log }: Rooms, { place }: Incoming, error: unknown, bot?: string): void {
  const code = errorCode(error);
  if (code === 'aborted') return;
  const ids = isRealCozeError(error) ? { logid: error.logid, upstreamCode: error.upstreamCode } : {};
  log.warn({ error, code, ...ids, bot, place: placeKey(place) }, 'A turn failed.');
}
