/** From a client of this server to the engine: who asks, where, and the answer as it grows. */
import { randomUUID } from 'node:crypto';
import type { Bot, Profile } from '#core/bots/bot.ts';
import type { Catalog } from '#core/bots/catalog.ts';
import type { ReplyEvent } from '#core/coze/transport.ts';
import type { Engine } from '#core/engine.ts';
import { RealCozeError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import type { Attachment, Incoming, Language, Turn } from '#core/message.ts';

/** All that the routes of this room are served from. */
export interface Server {
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly log: Log;
  /** What Coze tells about a bot, for what its config leaves out; failures are the caller's to swallow. */
  readonly profile?: ((bot: Bot, signal: AbortSignal) => Promise<Profile>) | undefined;
  /** Throws when a part of the program does not work, e.g. because the store is away. */
  readonly health?: (() => Promise<void>) | undefined;
  /** Asked first with every request: one that comes from elsewhere with a secret of its own, and is answered. */
  readonly webhook?: ((request: Request) => Promise<Response | undefined>) | undefined;
  /** Fires when the server ends: running answers are stopped and say so. */
  readonly closing?: AbortSignal | undefined;
  /** `POST /` streams without being asked to (`npm run server:stream`). */
  readonly streamByDefault?: boolean | undefined;
  /** True when some bots answer from the local Coze service: the page says so. */
  readonly local?: (() => boolean) | undefined;
}

export interface Asker {
  /** Names the conversation. Random and long where it is kept, since whoever knows it can read it. */
  readonly session: string;
  readonly text: string;
  /** Files that come with the question, each as a `data:` URL. */
  readonly attachments?: readonly Attachment[] | undefined;
  readonly user?: string | undefined;
  readonly language?: Language | undefined;
}

/** A message of a web session, as the engine reads it. */
export function incomingFrom(asker: Asker): Incoming {
  return {
    id: randomUUID(),
    place: { platform: 'web', account: 'web', levels: [{ kind: 'channel', id: asker.session }], direct: true },
    author: { id: asker.user ?? asker.session, name: '', moderator: true },
    text: asker.text,
    attachments: asker.attachments ?? [],
    language: asker.language,
    at: Date.now(),
  };
}

/** Fires when the client has gone or the server ends. */
export function goneSignal(server: Pick<Server, 'closing'>, request: Request): AbortSignal {
  return server.closing ? AbortSignal.any([request.signal, server.closing]) : request.signal;
}

export interface HistoryQuestion {
  /** The whole conversation, as the client keeps it; the last turn is the question. */
  readonly turns: readonly [Turn, ...Turn[]];
  readonly bot: string;
  readonly user?: string | undefined;
}

/** Asks with a history that the client keeps: nothing of it is stored here, and nothing stored is added. */
export function answerHistory(
  engine: Engine,
  question: HistoryQuestion,
  signal: AbortSignal,
): AsyncIterable<ReplyEvent> {
  const { turns, bot, user } = question;
  const last = turns.at(-1) ?? turns[0];
  // A history that ends with the bot's own words is continued as it is; without a text the engine adds no question.
  const text = last.role === 2 ? last.content : '';
  const incoming = incomingFrom({ session: `once-${randomUUID()}`, text, user });
  return engine.answer(incoming, signal, { turns, bot });
}

/**
 * The bot a client names, or the default one.
 * @throws RealCozeError `not_found` with the bots there are, `config` when there is none.
 */
export function chooseBot(server: Pick<Server, 'catalog'>, name: string | undefined): string {
  const { catalog } = server;
  const bot = name ? catalog.get(name) : catalog.default();
  if (bot) return bot.name;
  const names = catalog.list().map((known) => known.name);
  if (names.length === 0)
    throw new RealCozeError('config', 'No bot is configured. Put a config.json into bots/NAME/ and ask again.');
  throw new RealCozeError('not_found', `There is no bot "${name?.slice(0, 40)}". Choose one of: ${names.join(', ')}.`);
}
