/** A server under test whose engine follows a script: the HTTP room's own port, with the rest of the house left out. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openCatalog } from '#core/bots/catalog.ts';
import type { ReplyEvent } from '#core/coze/transport.ts';
import type { AnswerOptions, Engine } from '#core/engine.ts';
import { createLog } from '#core/log.ts';
import type { Incoming, Notice } from '#core/message.ts';
import { type HttpOptions, startHttp } from '../../../adapters/http/server.ts';

export interface Asked {
  readonly incoming: Incoming;
  readonly options: AnswerOptions | undefined;
  readonly signal: AbortSignal;
}

export interface Script {
  /** What the engine answers. */
  answer?(asked: Asked): AsyncIterable<ReplyEvent> | Iterable<ReplyEvent>;
  command?(line: string, incoming: Incoming): Notice | undefined;
}

export const silentLog = createLog({ level: 'silent', secrets: [] });

/** The words one by one, then the end. */
export function* speak(...words: string[]): Generator<ReplyEvent> {
  for (const text of words) yield { type: 'delta', text };
  yield { type: 'done', finish: 'stop' };
}

/** An engine that answers as the script says; `heard` is told each question. */
export function scriptedEngine(script: Script, heard: (asked: Asked) => void = () => {}): Engine {
  return {
    command: async (line, incoming) => script.command?.(line, incoming),
    complete: async () => [],
    answer: async function* (incoming, signal = new AbortController().signal, answerOptions) {
      const question = { incoming, options: answerOptions, signal };
      heard(question);
      yield* script.answer?.(question) ?? speak('Hello', ' world');
    },
    reply: async () => {},
    stop: async () => true,
    settings: async () => {
      throw new Error('Nothing in this room asks for the settings of a place.');
    },
    edited: async () => {},
    deleted: async () => {},
    resume: async () => {},
    moved: async () => {},
    close: async () => {},
  };
}

/** Starts a server on loopback; it is closed with the test. */
export async function startSite(script: Script = {}, options: Partial<HttpOptions> = {}) {
  const asked: Asked[] = [];
  const begun = Promise.withResolvers<void>();
  const catalog = await openCatalog({ dir: botsFolder(), log: silentLog, watch: false });
  const engine = scriptedEngine(script, (question) => {
    asked.push(question);
    begun.resolve();
  });
  const site = await startHttp({ host: '127.0.0.1', port: 0, engine, catalog, log: silentLog, ...options });
  onTestFinished(async () => {
    await site.close();
    await catalog.close();
  });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(site.url + path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers });
  return { ...site, asked, begun: begun.promise, post };
}

function botsFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bots-'));
  for (const [name, title] of [
    ['ada', 'Ada'],
    ['bo', 'Bo'],
  ]) {
    mkdirSync(join(folder, `${name}`));
    const bridge = { name: title, welcome: `I am **${title}**.`, suggestions: ['Why?'] };
    writeFileSync(join(folder, `${name}`, 'config.json'), JSON.stringify({ bot_id: '7300000000000000001', bridge }));
  }
  return folder;
}

export interface Sentence {
  readonly error: { readonly code: string; readonly message: string };
}

/** Status and sentence of a refusal. */
export async function sentenceOf(response: Response): Promise<{ status: number; code: string; message: string }> {
  const { error } = (await response.json()) as Sentence;
  return { status: response.status, code: error.code, message: error.message };
}

/** Every event of a stream of server-sent events, parsed; `[DONE]` as the word. */
export async function eventsOf(response: Response): Promise<Record<string, unknown>[]> {
  const text = await response.text();
  const data = text.split('\n\n').filter(Boolean);
  return data
    .map((event) => event.slice('data: '.length))
    .map((json) => (json === '[DONE]' ? { end: json } : JSON.parse(json)));
}
