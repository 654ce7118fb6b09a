/** Answers as events, for callers that show them themselves: HTTP, WebSocket, terminal, Node API. */
import type { Bot } from '../bots/bot.ts';
import { parseCommand } from '../commands.ts';
import type { Binding } from '../conversation/bindings.ts';
import type { Exchange } from '../conversation/exchange.ts';
import { refusal } from '../conversation/failure.ts';
import { conversationKey, memberKey, placeKey } from '../conversation/keys.ts';
import { INTERRUPTED, MOST_WAITING } from '../conversation/mailbox.ts';
import { forCoze, pseudonym } from '../conversation/prompt.ts';
import { gather } from '../conversation/stream.ts';
import { readRole } from '../conversation/transfer.ts';
import type { Tokens } from '../conversation/usage.ts';
import type { ReplyEvent } from '../coze/transport.ts';
import { errorCode, RealCozeError } from '../errors.ts';
import type { Incoming, Language, Notice, Turn } from '../message.ts';
import { text } from '../texts.ts';
import { ask, askerOf, limitsOf, type Outcome, type Rooms, refuse } from './ask.ts';
import type { RunCommand } from './command.ts';
import type { Running } from './show.ts';
import type { Turns } from './turn.ts';

/** All that callers with a history of their own show beside the words: nobody waits for suggestions. */
const SUBSCRIBE = ['reasoning'] as const;

interface Options {
  readonly turns?: readonly Turn[];
  readonly bot?: string;
}

export type Answer = (incoming: Incoming, signal?: AbortSignal, options?: Options) => AsyncIterable<ReplyEvent>;

export function createAnswers(rooms: Rooms, turns: Pick<Turns, 'register'>, command: RunCommand): Answer {
  return async function* answer(incoming, signal, options = {}) {
    signal?.throwIfAborted();
    const stop = linked(signal);
    try {
      yield* answered(incoming, options, stop.controller);
    } catch (error) {
      if (errorCode(error) !== 'store') throw error;
      // Where the store lies is for the owner only.
      rooms.log.error({ error }, 'A question could not be answered because of the store.');
      throw new RealCozeError('store', text('failStore', incoming.language ?? 'en'), { cause: error });
    } finally {
      stop.off();
    }
  };

  async function* answered(incoming: Incoming, options: Options, stop: AbortController): AsyncGenerator<ReplyEvent> {
    const line = !options.turns && incoming.text.startsWith('/') ? parseCommand(incoming.text) : undefined;
    const notice = line?.command.run && (await command(incoming.text, incoming));
    if (notice) return yield* spoken(notice);
    const binding = await rooms.bindings.resolve(incoming.place);
    const language = binding.settings.language ?? incoming.language ?? 'en';
    const bot = chosen(rooms, binding, options.bot, language);
    if (options.turns)
      return yield* audible(direct(rooms, { incoming, binding, bot, language }, options.turns, stop.signal), language);
    const retry = line?.command.name === 'retry';
    const question = line && !retry ? { ...incoming, text: line.rest } : incoming;
    yield* audible(queued(question, { binding, bot, language, retry, stop }), language);
  }

  interface Queued {
    readonly binding: Binding;
    readonly bot: Bot;
    readonly language: Language;
    readonly retry: boolean;
    readonly stop: AbortController;
  }

  /** In the queue of its conversation, with the history of the store. */
  async function* queued(incoming: Incoming, q: Queued): AsyncGenerator<ReplyEvent> {
    const { place, author } = incoming;
    const key = conversationKey(place, q.binding.settings.scope, author.id, q.bot.name);
    const mode = q.retry ? 'wait' : q.binding.settings.mailbox;
    const full = () => refusal('busy', text('mailboxFull', q.language, { most: MOST_WAITING }));
    const slot = rooms.mailbox.enter(key, { mode, stop: q.stop }, full);
    const running: Running = { place: placeKey(place), author: author.id, key, stop: q.stop, running: false };
    const unregister = turns.register(running);
    try {
      running.running = await slot.granted;
      const last = q.retry ? await rooms.history.last(key) : undefined;
      if (q.retry && !last) throw refusal('invalid', text('retryNothing', q.language));
      yield* kept(incoming, key, last, q);
    } finally {
      slot.release();
      unregister();
    }
  }

  /** Remembers the exchange before `done` passes on, and what there was when the stream broke or the reader left. */
  async function* kept(
    incoming: Incoming,
    key: string,
    last: { index: number; exchange: Exchange } | undefined,
    q: Queued,
  ): AsyncGenerator<ReplyEvent> {
    const { binding, bot, language, stop } = q;
    const asking = {
      incoming: [incoming],
      binding,
      bot,
      key,
      language,
      again: last?.exchange,
      isRetry: q.retry,
      replace: last?.index,
    } as const;
    const asked = ask(rooms, asking, stop.signal);
    const gathered = gather();
    let finish: Outcome['finish'] = 'stopped';
    let isKept = false;
    const keep = async () => {
      isKept = true;
      const { text: words, sources } = gathered.answer('stop');
      const isInterrupted = finish === 'stopped' && stop.signal.reason === INTERRUPTED;
      await asked.keep({ text: words, finish, replies: [], sources, isInterrupted });
    };
    try {
      for await (const event of asked.events) {
        gathered.add(event);
        if (event.type === 'done') {
          finish = event.finish;
          await keep();
          yield* problems(asked.problems);
        }
        yield event;
      }
    } catch (error) {
      if (!stop.signal.aborted) finish = 'failed';
      throw error;
    } finally {
      if (!isKept) await keep();
    }
  }
}

/** Says in the member's language that there was no answer where a turn ends without one. */
async function* audible(events: AsyncIterable<ReplyEvent>, language: Language): AsyncGenerator<ReplyEvent> {
  let isSilent = true;
  for await (const event of events) {
    if (event.type === 'delta' || event.type === 'replace') isSilent &&= event.text.trim() === '';
    if (event.type === 'done' && isSilent) yield { type: 'replace', text: text('emptyAnswer', language) };
    yield event;
  }
}

/** A history that the caller keeps: nothing of it is read from or written to the store, but it is refused and counted as others are. */
async function* direct(
  rooms: Rooms,
  { incoming, binding, bot, language }: { incoming: Incoming; binding: Binding; bot: Bot; language: Language },
  given: readonly Turn[],
  signal: AbortSignal,
) {
  const turns = given.map((turn, index) => ({ ...turn, role: readRole(turn.role, `Turn ${index + 1}`, 'en') }));
  const asking = { incoming: [incoming], binding, language } as const;
  const limits = limitsOf(rooms, asking);
  const last = turns.at(-1);
  const repeated = incoming.text === '' || (last?.role === 2 && last.content === incoming.text);
  const question: Turn[] = repeated ? [] : [{ role: 2, content: incoming.text }];
  const user = await pseudonym(memberKey(incoming.place, incoming.author.id));
  let tokens: Tokens | undefined;
  let isAsked = false;
  const running = rooms.usage.begin(askerOf(asking), limits);
  try {
    await refuse(rooms, asking, running);
    isAsked = true;
    const asked = { turns: forCoze([...turns, ...question]), user, subscribe: SUBSCRIBE };
    for await (const event of rooms.clients.for(bot).ask(asked, signal)) {
      if (event.type === 'usage') tokens = event;
      yield event;
    }
  } finally {
    running.end();
    if (isAsked) await rooms.usage.record(askerOf(asking), bot.name, tokens, limits);
  }
}

function chosen(rooms: Rooms, binding: Binding, name: string | undefined, language: Language): Bot {
  const bot = name === undefined ? binding.bot : rooms.catalog.get(name);
  if (bot) return bot;
  const bots = rooms.catalog
    .list()
    .map((one) => one.name)
    .join(', ');
  throw name === undefined
    ? refusal('config', text('noBots', language))
    : refusal('invalid', text('botUnknown', language, { bot: name, bots }));
}

/** A command's result where there are no buttons and no files. */
async function* spoken({ text: words, buttons = [], file }: Notice): AsyncGenerator<ReplyEvent> {
  const lines = buttons.map(({ command }) =>
    command.startsWith('ask ') ? `- ${command.slice(4)}` : `- \`/${command}\``,
  );
  const body = file ? `\`\`\`json\n${new TextDecoder().decode(file.bytes)}\`\`\`` : '';
  yield { type: 'replace', text: [words, lines.join('\n'), body].filter((part) => part !== '').join('\n\n') };
  yield { type: 'done', finish: 'stop' };
}

async function* problems(sentences: readonly string[]): AsyncGenerator<ReplyEvent> {
  if (sentences.length > 0) yield { type: 'delta', text: `\n\n${sentences.map((line) => `*${line}*`).join('\n')}` };
}

/** A controller that follows the caller's signal and can be fired by `stop` too. */
function linked(signal: AbortSignal | undefined): { controller: AbortController; off(): void } {
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  return { controller, off: () => signal?.removeEventListener('abort', onAbort) };
}
