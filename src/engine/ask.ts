/** From a question to Coze's answer: access, limits, files, the history's window, and what is remembered afterwards. */

import type { Bot } from '../bots/bot.ts';
import type { Catalog } from '../bots/catalog.ts';
import { type AccessRules, mayAsk } from '../conversation/access.ts';
import { type FetchAttachment, prepareAttachments } from '../conversation/attachments.ts';
import type { Binding, Bindings } from '../conversation/bindings.ts';
import type { Exchange, QuestionFile, Sources } from '../conversation/exchange.ts';
import { refusal } from '../conversation/failure.ts';
import { titlesOf } from '../conversation/greeting.ts';
import type { History } from '../conversation/history.ts';
import type { Finished, Journal, Prepared } from '../conversation/journal.ts';
import { memberKey } from '../conversation/keys.ts';
import { type Limit, limitsIn, whenText } from '../conversation/limits.ts';
import type { Mailbox } from '../conversation/mailbox.ts';
import { forCoze, pseudonym, userTurn } from '../conversation/prompt.ts';
import type { Refusals } from '../conversation/refusals.ts';
import type { Asker, Running, Spent, Usage } from '../conversation/usage.ts';
import type { Clients } from '../coze/client.ts';
import type { ChatRef, Question, ReplyEvent, Transport, UploadedFile } from '../coze/transport.ts';
import { errorCode } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Attachment, Incoming, Language, Turn } from '../message.ts';
import { text } from '../texts.ts';

/** Everything that a turn works with. */
export interface Rooms {
  readonly catalog: Catalog;
  readonly clients: Clients;
  readonly log: Log;
  readonly now: () => number;
  readonly history: History;
  readonly bindings: Bindings;
  readonly journal: Journal;
  readonly mailbox: Mailbox;
  readonly usage: Usage;
  readonly refusals: Refusals;
  readonly fetchAttachment: FetchAttachment;
  /** The owner's own rules, which no place can loosen. */
  readonly owner: AccessRules;
}

/** One question, or several that were joined. */
export interface Asking {
  readonly incoming: readonly [Incoming, ...Incoming[]];
  readonly binding: Binding;
  readonly bot: Bot;
  readonly key: string;
  readonly language: Language;
  /** Position of the exchange whose place the new one takes. */
  readonly replace?: number | undefined;
  /** The exchange whose questions are asked again, with the words of `incoming` in the place of those of the same message. */
  readonly again?: Exchange | undefined;
  /** `incoming` only wants `again` to be asked, and asks nothing itself. */
  readonly isRetry?: boolean | undefined;
  /** A chat that Coze already has from before a crash. */
  readonly recover?: ChatRef | undefined;
  readonly onChat?: ((chat: ChatRef) => void) | undefined;
  /** What was asked before a crash, whose answer is known and only has to be kept. */
  readonly prepared?: Prepared | undefined;
}

/** How it ended, and in which messages it is shown. */
export interface Outcome {
  readonly text: string;
  readonly finish: 'stop' | 'interrupt' | 'notice' | 'stopped' | 'failed' | 'gone';
  readonly replies: readonly string[];
  readonly sources: Sources;
  /** The next message ended it: what was asked belongs to what is asked then, answered or not. */
  readonly isInterrupted?: boolean | undefined;
}

export interface Asked {
  /** To be read once. Throws what Coze throws, and refusals in the asker's language. */
  readonly events: AsyncIterable<ReplyEvent>;
  /** Files that were left out, one sentence each; complete once the first event has come. */
  readonly problems: readonly string[];
  /** What was asked; `undefined` until Coze has been called. */
  prepared(): Prepared | undefined;
  /** Remembers question and answer, and counts them. Where they went. @throws RealCozeError `store`. */
  keep(outcome: Outcome): Promise<Finished>;
}

const SUBSCRIBE = ['reasoning', 'knowledge', 'tool', 'suggest'] as const;

interface State {
  prepared: Prepared | undefined;
  readonly problems: string[];
}

/** Prepares nothing yet: the work begins with the first event that is read. */
export function ask(rooms: Rooms, asking: Asking, signal: AbortSignal): Asked {
  const state: State = { prepared: asking.prepared, problems: [] };
  return {
    events: events(rooms, asking, state, signal),
    problems: state.problems,
    prepared: () => state.prepared,
    keep: (outcome) => keep(rooms, asking, state.prepared, outcome),
  };
}

async function* events(rooms: Rooms, asking: Asking, state: State, signal: AbortSignal) {
  const running = rooms.usage.begin(askerOf(asking), limitsOf(rooms, asking));
  try {
    await refuse(rooms, asking, running);
    for await (const event of answered(rooms, asking, state, signal)) {
      if (event.type === 'usage' && state.prepared)
        state.prepared = { ...state.prepared, usage: { input: event.input, output: event.output } };
      yield event;
    }
  } finally {
    running.end();
  }
}

/** By the bot of the place, or by the one that stands in for it where its account has no credits left. */
async function* answered(rooms: Rooms, asking: Asking, state: State, signal: AbortSignal) {
  const { bot, language } = asking;
  const { problems } = state;
  let hasBegun = false;
  try {
    const question = await prepare(rooms, asking, bot, state, signal);
    for await (const event of answer(rooms.clients.for(bot), question, asking, rooms.log, signal)) {
      hasBegun = true;
      yield event;
    }
  } catch (error) {
    const other = rooms.catalog.get(bot.bridge.fallback ?? '');
    if (hasBegun || errorCode(error) !== 'quota' || !other) throw error;
    rooms.log.warn({ error, bot: bot.name, fallback: other.name }, 'A bot has no credits left; its fallback answers.');
    // Files are uploaded anew, and their problems found anew: the other bot may have another account.
    problems.length = 0;
    const [question, [name = '', otherName = '']] = await Promise.all([
      prepare(rooms, asking, other, state, signal),
      titlesOf([bot, other], rooms.clients),
    ]);
    const note = text('noteFallback', language, { bot: name, other: otherName });
    for await (const event of rooms.clients.for(other).ask(question, signal)) {
      if (!problems.includes(note)) problems.unshift(note);
      yield event;
    }
  }
}

/** The rest of a chat from before a crash where Coze still has it, else a new one. */
async function* answer(transport: Transport, question: Question, asking: Asking, log: Log, signal: AbortSignal) {
  if (asking.recover && transport.recover) {
    try {
      yield* transport.recover(asking.recover, signal);
      return;
    } catch (error) {
      signal.throwIfAborted();
      log.info(
        { error, bot: asking.bot.name },
        'The interrupted answer could not be fetched; the question is asked again.',
      );
    }
  }
  yield* transport.ask(question, signal);
}

/** For the first of the messages. @throws RealCozeError `forbidden` or `quota`, with a sentence that says when it ends. */
export async function refuse(
  rooms: Rooms,
  asking: Pick<Asking, 'incoming' | 'binding' | 'language'>,
  running?: Running,
): Promise<void> {
  const { usage, now, owner } = rooms;
  const { incoming, binding, language } = asking;
  const rules = [owner, binding.settings];
  if (!rules.every((each) => mayAsk(incoming[0], each))) throw refusal('forbidden', text('denied', language));
  const spent = await usage.spent(askerOf(asking), limitsOf(rooms, asking), running);
  const reached = spent.find(({ limit, used }) => used >= limit.most);
  if (reached) throw refusal('quota', limitText(reached, language, now()), reached.endsAt - now());
}

export function limitsOf({ owner }: Rooms, { incoming, binding }: Pick<Asking, 'incoming' | 'binding'>): Limit[] {
  return limitsIn(owner, binding, incoming[0].place);
}

export function askerOf({ incoming }: Pick<Asking, 'incoming'>): Asker {
  const [{ place, author }, ...others] = incoming;
  return { place, personId: author.id, others: others.map((one) => one.author.id) };
}

function limitText({ limit, endsAt }: Spent, language: Language, now: number): string {
  const when = whenText(endsAt - now, language);
  const keys = {
    member: { turns: 'limitMemberTurns', tokens: 'limitMemberTokens' },
    place: { turns: 'limitPlaceTurns', tokens: 'limitPlaceTokens' },
  } as const;
  return text(keys[limit.whose][limit.what], language, { most: limit.most, when });
}

/** `by`: the bot that is asked. One that stands in has no part in the conversation that Coze may keep for the bot of the place. */
async function prepare(rooms: Rooms, asking: Asking, by: Bot, state: State, signal: AbortSignal): Promise<Question> {
  const { incoming, bot, key } = asking;
  const { problems } = state;
  const transport = rooms.clients.for(by);
  const isOwn = by === bot;
  const window = await rooms.history.window(key, bot.bridge.context, asking.replace);
  const conversationId = isOwn ? window.coze : undefined;
  const files: UploadedFile[] = [];
  const turns: Turn[] = [];
  const take = async (attachments: readonly Attachment[], one: Incoming) => {
    const { fetchAttachment } = rooms;
    const o = { place: one.place, transport, fetchAttachment, language: asking.language, signal };
    const prepared = await prepareAttachments(attachments, o);
    files.push(...prepared.files);
    problems.push(...prepared.problems);
    return prepared;
  };
  await take(filesAgain(asking), incoming[0]);
  const said = async (one: Incoming) => userTurn(one, await take(one.attachments, one), window.exchanges);
  const news = new Map(newOf(asking).map((one) => [one.id, one]));
  for (const turn of asking.again?.turns.filter(({ role }) => role !== 1) ?? []) {
    const changed = news.get(turn.id ?? '');
    turns.push(changed ? await said(changed) : turn);
    news.delete(turn.id ?? '');
  }
  for (const one of news.values()) turns.push(await said(one));
  if (files.length === 0 && turns.every((turn) => turn.content === ''))
    throw refusal('invalid', [text('nothingAsked', asking.language), ...problems].join('\n'));
  state.prepared = { turns, epoch: window.epoch, conversationId, by: by.name };
  const before = conversationId === undefined ? window.exchanges.flatMap(({ exchange }) => exchange.turns) : [];
  return {
    turns: forCoze([...before, ...turns]),
    files,
    user: await pseudonym(memberKey(incoming[0].place, incoming[0].author.id)),
    subscribe: SUBSCRIBE,
    ...(conversationId === undefined ? {} : { conversationId }),
    onChat: (chat) => {
      if (!isOwn) return;
      if (state.prepared) state.prepared = { ...state.prepared, conversationId: chat.conversationId };
      asking.onChat?.(chat);
    },
  };
}

async function keep(rooms: Rooms, asking: Asking, prepared: Prepared | undefined, outcome: Outcome): Promise<Finished> {
  const { key, bot } = asking;
  if (!prepared && asking.replace !== undefined) return { key, index: asking.replace };
  if (!prepared) return outcome.isInterrupted ? heard(rooms, asking, outcome) : {};
  const goesOn = bot.bridge.context.keep === 'coze' || outcome.finish === 'interrupt';
  // Side by side: SQLite then waits for the disk once.
  const [index] = await Promise.all([
    rooms.history.append(key, exchange(asking, prepared.turns, outcome, rooms.now()), {
      epoch: prepared.epoch,
      replace: asking.replace,
      coze: goesOn ? prepared.conversationId : undefined,
    }),
    rooms.usage.record(askerOf(asking), prepared.by ?? bot.name, prepared.usage, limitsOf(rooms, asking)),
  ]);
  return { key, index };
}

/** Remembers the words alone of what was interrupted before Coze was asked, such as while its files were fetched. */
async function heard(rooms: Rooms, asking: Asking, outcome: Outcome): Promise<Finished> {
  const { key, bot } = asking;
  const turns = newOf(asking).map((one) => userTurn(one, undefined, []));
  const said = turns.filter(({ content }) => content !== '');
  if (said.length === 0) return {};
  const { epoch } = await rooms.history.window(key, bot.bridge.context);
  return { key, index: await rooms.history.append(key, exchange(asking, said, outcome, rooms.now()), { epoch }) };
}

/** The messages that bring words of their own. */
function newOf({ incoming, isRetry }: Asking): readonly Incoming[] {
  return isRetry ? [] : incoming;
}

/** Files of the questions that are asked again as they were. */
function filesAgain(asking: Asking): readonly QuestionFile[] {
  const changed = newOf(asking).map(({ id }) => id);
  return (asking.again?.attachments ?? []).filter(({ from }) => from === undefined || !changed.includes(from));
}

/** A notice that came as an answer is shown and never sent back to Coze; the same holds where no answer came, unless the member went on. */
function exchange(asking: Asking, asked: readonly Turn[], outcome: Outcome, at: number): Exchange {
  const files = newOf(asking).flatMap(({ id, attachments }) => attachments.map((file) => ({ ...file, from: id })));
  const attachments = [...filesAgain(asking), ...files].filter(isShort);
  const about = {
    ...(outcome.replies.length > 0 && { replies: outcome.replies }),
    ...(attachments.length > 0 && { attachments }),
  };
  if (outcome.text === '' && outcome.isInterrupted) return { turns: asked, ...about };
  if (outcome.finish === 'notice' || outcome.text === '') return { turns: asked, ...about, failed: true };
  const [id] = outcome.replies;
  const reply: Turn = { role: 1, content: outcome.text, at, ...(id === undefined ? {} : { id }) };
  const { excerpts, tools, reasoning } = outcome.sources;
  const told = excerpts.length > 0 || tools.length > 0 || reasoning !== '';
  return { turns: [...asked, reply], ...about, ...(told && { sources: outcome.sources }) };
}

/** A file that came as a `data:` URL is not kept a second time. */
function isShort({ ref }: Attachment): boolean {
  return ref.length <= 2_000;
}
