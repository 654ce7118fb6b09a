/** One step of a conversation: a message in, a stream of reply events out. The adapters talk to nothing else. */
import type { Catalog } from './bots/catalog.ts';
import type { House } from './commands/context.ts';
import { completions, parseCommand } from './commands.ts';
import { type AccessRules, OPEN } from './conversation/access.ts';
import { type FetchAttachment, fetchDataUrl } from './conversation/attachments.ts';
import { createBindings, type PlaceSettings } from './conversation/bindings.ts';
import { History } from './conversation/history.ts';
import { createJournal } from './conversation/journal.ts';
import { placeKey } from './conversation/keys.ts';
import { createMailbox } from './conversation/mailbox.ts';
import { createRefusals } from './conversation/refusals.ts';
import { createUsage } from './conversation/usage.ts';
import type { Clients } from './coze/client.ts';
import type { ReplyEvent } from './coze/transport.ts';
import { createAnswers } from './engine/answer.ts';
import type { Rooms } from './engine/ask.ts';
import { Changes } from './engine/change.ts';
import { contextOf, createCommandRunner } from './engine/command.ts';
import { Turns } from './engine/turn.ts';
import type { Log } from './log.ts';
import type { Choice, Incoming, Notice, Person, Place, Turn } from './message.ts';
import type { Pacer } from './reply/pace/pace.ts';
import { paced } from './reply/pace/paced.ts';
import { createSplitter } from './reply/split.ts';
import type { Store } from './store.ts';
import type { Surface } from './surface.ts';

export interface Engine {
  /**
   * Runs a command line (`bot nim`, `new`, `history export`) for the person and place of `incoming`.
   * Slash commands, buttons and texts that start with `/` all end here. `undefined` = no such command, so the text is a question;
   * also for `chat`, `ask` and `retry`, which are turns: give their line with its slash as `text` to `reply` or `answer`.
   * Never throws.
   */
  command(line: string, incoming: Incoming): Promise<Notice | undefined>;
  /** Autocomplete: at most `limit` values for the argument being typed, e.g. bots by folder or by name. */
  complete(command: string, typed: string, incoming: Incoming, limit: number): Promise<readonly Choice[]>;
  /**
   * Commands, the bound bot, the history's window, Coze. The history gets both turns when the iterator has been read to `done`.
   * For callers that show the events themselves (HTTP, WebSocket, terminal, Node API). `options.turns` answers a history
   * that the caller keeps (the original's `POST /`): nothing of it is read from or written to the store.
   */
  answer(incoming: Incoming, signal?: AbortSignal, options?: AnswerOptions): AsyncIterable<ReplyEvent>;
  /** Owns a whole turn: journal, mailbox, answer, progressive reply, history. Never throws; what went wrong is shown on the surface. */
  reply(incoming: Incoming, surface: Surface, options?: ReplyOptions): Promise<void>;
  /** Stops the running answer of a place and, for `all`, those that wait. False when nothing ran or `by` may not. */
  stop(place: Place, by: Person, all?: boolean): Promise<boolean>;
  /** What holds in a place, e.g. whether every message is answered there. @throws RealCozeError `store`. */
  settings(place: Place): Promise<PlaceSettings>;
  /**
   * The member changed a message: if it is (part of) the last question it is answered again in the same reply. One that
   * has become a command changes nothing.
   */
  edited(incoming: Incoming, surfaceFor: SurfaceFor, options?: ReplyOptions): Promise<void>;
  /** The member deleted a message: its answer is stopped and withdrawn, the turn dropped; what was asked with it is asked without it. */
  deleted(place: Place, messageId: string, surfaceFor: SurfaceFor): Promise<void>;
  /** A place has got another id: what was chosen and said there goes along. Nothing happens where it has already. @throws RealCozeError `store`. */
  moved(from: Place, to: Place): Promise<void>;
  /**
   * Finishes the turns of one platform account that a crash left open, in order, in the messages already begun. `owned`
   * is false for the places that another program with the same store answers for; default: all are ours. New messages wait
   * behind them, and all wait for a store that is away.
   */
  resume(platform: string, account: string, surfaceFor: SurfaceFor, owned?: (place: Place) => boolean): Promise<void>;
  /** No new turns; running ones are ended with a last edit, or left to the next start where the platform does not take it in time. */
  close(): Promise<void>;
}

export interface AnswerOptions {
  readonly turns?: readonly Turn[];
  /** Overrides the binding for this one question. */
  readonly bot?: string;
}

export interface ReplyOptions {
  /**
   * Called once, as soon as a crash can no longer lose this message: it is in the journal, or was refused or already known.
   * Telegram confirms its offset only then.
   */
  readonly onWritten?: () => void;
}

/** Finds the messages of a reply again; `undefined` when the place is gone. `replyIds` may be empty. */
export type SurfaceFor = (incoming: Incoming, replyIds: readonly string[]) => Promise<Surface | undefined>;

export interface EngineOptions {
  readonly catalog: Catalog;
  readonly store: NamedStore;
  readonly clients: Clients;
  readonly log: Log;
  /** One for the whole program: replies share the platforms' budgets in it. */
  readonly pacer: Pacer;
  /** Who is answered anywhere at all, and how often; places can only be stricter. */
  readonly owner?: Partial<AccessRules>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Without it only `data:` URLs can be read. */
  readonly fetchAttachment?: FetchAttachment;
}

/** A store that cannot look for names is read from end to end where they are needed, which is seldom. */
type NamedStore = Pick<Store, 'keyv'> & Partial<Pick<Store, 'keys'>>;

/** Builds the engine of one program. It starts nothing by itself: adapters call `resume` once they can post. */
export function createEngine(o: EngineOptions): Engine {
  const now = o.now ?? Date.now;
  const bindings = createBindings(o.store.keyv('places'), o.catalog);
  const mailbox = createMailbox();
  const rooms: Rooms = {
    catalog: o.catalog,
    clients: o.clients,
    log: o.log,
    now,
    bindings,
    mailbox,
    history: new History(o.store.keyv('history'), now),
    journal: createJournal({ open: o.store.keyv('journal'), done: o.store.keyv('done') }),
    usage: createUsage(o.store.keyv('usage'), now),
    refusals: createRefusals(now),
    fetchAttachment: o.fetchAttachment ?? fetchDataUrl,
    owner: { ...OPEN, ...o.owner },
  };
  const turns = new Turns(rooms, o.pacer);
  const changes = new Changes(rooms, turns);
  const house: House = {
    ...rooms,
    busy: mailbox.busy,
    stop: ({ place, author }, all) => turns.stop(place, author, all),
    halt: (key) => turns.halt(key),
    remembered: (place) => turns.remembered(place),
    once: (incoming) => rooms.journal.once(incoming),
    finished: (place, id) => rooms.journal.finished(place, id),
  };
  const command = createCommandRunner(house);
  const answer = createAnswers(rooms, turns, command);

  return {
    command,
    complete: async (name, typed, incoming, limit) => {
      const context = contextOf(house, incoming, await bindings.resolve(incoming.place), '');
      const words = typed.toLowerCase();
      const fits = ({ value, label }: Choice) => value.includes(words) || label.toLowerCase().includes(words);
      return (await completions(context, name)).filter(fits).slice(0, limit);
    },
    answer,
    async reply(incoming, surface, options = {}) {
      const question = questionOf(incoming);
      if (question === 'retry') return turns.reply(incoming, surface, { retry: true, onWritten: options.onWritten });
      if (question) return turns.reply(question, surface, { onWritten: options.onWritten });
      const notice = await command(incoming.text, incoming);
      options.onWritten?.();
      if (notice) await postNotice(notice, incoming, { surface, ...o });
    },
    stop: async (place, by, all = false) => turns.stop(place, by, all),
    settings: async (place) => (await bindings.resolve(place)).settings,
    async edited(incoming, surfaceFor, options) {
      const question = questionOf(incoming);
      if (question && question !== 'retry') return changes.edited(question, surfaceFor, options?.onWritten);
      options?.onWritten?.();
    },
    deleted: (place, messageId, surfaceFor) => changes.deleted(place, messageId, surfaceFor),
    async moved(from, to) {
      await bindings.move(from, to);
      const [before, after] = [`${placeKey(from)}/`, `${placeKey(to)}/`];
      await rooms.history.moveAll(before, after, namesOf(o.store, 'history', before));
    },
    resume: (platform, account, surfaceFor, owned) => turns.resume(platform, account, surfaceFor, owned),
    close: () => turns.close(),
  };
}

async function* namesOf(store: NamedStore, namespace: string, prefix: string): AsyncGenerator<string> {
  if (store.keys) return yield* store.keys(namespace, prefix);
  for await (const [name] of store.keyv(namespace).iterator()) if (String(name).startsWith(prefix)) yield String(name);
}

/** What a message asks, without `/chat` or `/ask` before it; `retry` for the last question again, `undefined` for a command that is none. */
function questionOf(incoming: Incoming): Incoming | 'retry' | undefined {
  const line = incoming.text.startsWith('/') ? parseCommand(incoming.text) : undefined;
  if (!line) return incoming;
  if (line.command.run) return undefined;
  return line.command.name === 'retry' ? 'retry' : { ...incoming, text: line.rest };
}

/** Commands written as messages are answered on the surface of the message, in several messages if need be; buttons and file come last. */
async function postNotice(
  notice: Notice,
  incoming: Incoming,
  o: { surface: Surface; pacer: Pacer; log: Log },
): Promise<void> {
  const { surface } = o;
  const { buttons, file } = notice;
  const key = `${placeKey(incoming.place)}/${incoming.id}`;
  try {
    const parts = createSplitter(surface).parts(notice.text, true);
    for (const [index, { text }] of parts.entries()) {
      const isLast = index === parts.length - 1;
      const content = { text, final: true, ...(isLast && { buttons }) };
      await paced(o, true, () => surface.post(content, `${key}:${index}:notice`));
    }
    if (file && surface.file) await paced(o, true, async () => surface.file?.(file));
  } catch (error) {
    o.log.warn({ error, place: placeKey(incoming.place) }, 'The result of a command could not be shown.');
  }
}
