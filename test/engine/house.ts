/** A house for the tests of the engine: the real rooms, a Coze that says what it is told, a surface that remembers. */
import type { Bot } from '#core/bots/bot.ts';
import type { Catalog } from '#core/bots/catalog.ts';
import type { AccessRules } from '#core/conversation/access.ts';
import type { FetchAttachment } from '#core/conversation/attachments.ts';
import type { Question, ReplyEvent, Transport } from '#core/coze/transport.ts';
import { createEngine, type Engine, type EngineOptions, type SurfaceFor } from '#core/engine.ts';
import { RealCozeError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import type { Incoming, Person, Place } from '#core/message.ts';
import { createPacer } from '#core/reply/pace/pace.ts';
import { openStore } from '#core/store.ts';
import type { Content, Surface } from '#core/surface.ts';

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

export function bot(name: string, bridge: Partial<Bot['bridge']> = {}): Bot {
  return {
    name,
    version: '1',
    coze: { kind: 'open', botId: `id-${name}`, tokenEnv: 'COZE_API_TOKEN' },
    bridge: {
      prologue: `${name} greets you.`,
      suggestions: [],
      name,
      context: { keep: 'window', turns: 40, characters: 24_000, idleMinutes: 0 },
      show: { sources: true, reasoning: false },
      ...bridge,
    },
  };
}

/** A catalogue that can be changed while the engine runs. */
export function catalog(bots: Bot[]): Catalog & { bots: Bot[] } {
  return {
    bots,
    list: () => bots,
    get: (name) => bots.find((b) => b.name === name),
    default: () => bots[0],
    faults: () => [],
    onChange: () => () => {},
    close: async () => {},
  };
}

/** What Coze answers to a question; default: it repeats the last turn. */
export type Mind = (question: Question, signal: AbortSignal, bot: string) => AsyncIterable<ReplyEvent>;

/** Repeats the question. */
export async function* echo(question: Question): AsyncGenerator<ReplyEvent> {
  yield { type: 'delta', text: `You said: ` };
  yield { type: 'delta', text: question.turns.at(-1)?.content ?? '' };
  yield { type: 'usage', input: 3, output: 2 };
  yield { type: 'done', finish: 'stop' };
}

/** A Coze that records what it was asked. */
export function coze(mind: Mind = echo, extra: Partial<Transport> = {}) {
  const asked: { bot: string; question: Question }[] = [];
  const clients = {
    for: (b: Bot): Transport => ({
      ask(question, signal) {
        asked.push({ bot: b.name, question });
        return mind(question, signal, b.name);
      },
      ...extra,
    }),
    close: async () => {},
  };
  return { asked, clients };
}

export interface Shown {
  readonly id: string;
  content: Content;
}

/** A platform's place that remembers what a member sees. A post with a known key is the same message. */
export function screen() {
  const messages: Shown[] = [];
  const keys = new Map<string, string>();
  const find = (id: string) => messages.find((message) => message.id === id);
  const takes = ({ text }: Content) => {
    if (text.length > 2000) throw new RealCozeError('too_large', 'Must be 2000 or fewer in length.');
  };
  const surface: Surface = {
    limit: 2000,
    bucket: 'test',
    budget: 'unlimited',
    async post(content, key) {
      takes(content);
      const known = keys.get(key);
      if (known !== undefined) return { id: known };
      const id = `m${keys.size + 1}`;
      keys.set(key, id);
      messages.push({ id, content });
      return { id };
    },
    async edit(id, content) {
      takes(content);
      const message = find(id);
      if (!message) throw new RealCozeError('gone', 'The message was deleted.');
      message.content = content;
      return { id };
    },
    async remove(id) {
      const message = find(id);
      if (!message) throw new RealCozeError('gone', 'The message was deleted.');
      messages.splice(messages.indexOf(message), 1);
    },
  };
  return {
    messages,
    surface,
    surfaceFor: (async () => surface) satisfies SurfaceFor,
    texts: () => messages.map((m) => m.content.text),
  };
}

export const channel: Place = {
  platform: 'discord',
  account: 'app',
  levels: [
    { kind: 'server', id: 's1', name: 'Guild' },
    { kind: 'category', id: 'k1' },
    { kind: 'channel', id: 'c1', name: 'general' },
  ],
  direct: false,
};

export const thread: Place = { ...channel, levels: [...channel.levels, { kind: 'thread', id: 't1' }] };

export const dm: Place = { platform: 'telegram', account: 'bot', levels: [{ kind: 'channel', id: '7' }], direct: true };

export const ada: Person = { id: 'ada', name: 'Ada', moderator: true };
export const bob: Person = { id: 'bob', name: 'Bob', moderator: false };

let ids = 0;

export function message(text: string, change: Partial<Incoming> = {}): Incoming {
  ids += 1;
  return {
    id: `q${ids}`,
    place: dm,
    author: ada,
    text,
    attachments: [],
    language: 'en',
    at: 1_700_000_000_000 + ids,
    ...change,
  };
}

export interface TestHouse {
  readonly engine: Engine;
  readonly asked: { bot: string; question: Question }[];
  readonly catalog: Catalog & { bots: Bot[] };
  readonly store: EngineOptions['store'];
}

export interface HouseOptions {
  readonly mind?: Mind;
  readonly transport?: Partial<Transport>;
  readonly bots?: Bot[];
  readonly store?: EngineOptions['store'];
  readonly now?: () => number;
  readonly fetchAttachment?: FetchAttachment;
  readonly log?: Log;
  readonly owner?: Partial<AccessRules>;
}

export async function openHouse(o: HouseOptions = {}): Promise<TestHouse> {
  const store = o.store ?? (await openStore('memory://', { log: silent }));
  const { asked, clients } = coze(o.mind, o.transport);
  const bots = catalog(o.bots ?? [bot('nim'), bot('ari')]);
  const engine = createEngine({
    catalog: bots,
    store,
    clients,
    log: o.log ?? silent,
    pacer: createPacer(),
    ...(o.owner && { owner: o.owner }),
    ...(o.now && { now: o.now }),
    ...(o.fetchAttachment && { fetchAttachment: o.fetchAttachment }),
  });
  return { engine, asked, catalog: bots, store };
}

/** Reads an answer to its end. */
export async function read(events: AsyncIterable<ReplyEvent>): Promise<string> {
  let text = '';
  for await (const event of events) {
    if (event.type === 'delta') text += event.text;
    if (event.type === 'replace') text = event.text;
  }
  return text;
}

/** A mind that waits at each question until it is let go on. */
export function gated() {
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const arrived = new Map<string, PromiseWithResolvers<void>>();
  const of = (map: typeof gates, key: string) => {
    const known = map.get(key) ?? Promise.withResolvers<void>();
    map.set(key, known);
    return known;
  };
  async function* mind(question: Question, signal: AbortSignal): AsyncGenerator<ReplyEvent> {
    const words = question.turns.at(-1)?.content ?? '';
    yield { type: 'delta', text: 'The first words of the answer, long enough to be shown.' };
    of(arrived, words).resolve();
    const stopped = Promise.withResolvers<never>();
    const onAbort = () => stopped.reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    stopped.promise.catch(() => {});
    await Promise.race([of(gates, words).promise, stopped.promise]);
    yield { type: 'replace', text: `You said: ${words}` };
    yield { type: 'done', finish: 'stop' };
  }
  return {
    mind,
    release: (words: string) => of(gates, words).resolve(),
    begun: (words: string) => of(arrived, words).promise,
  };
}
