/** What every test of the playground client starts from. */
import { afterEach } from 'vitest';
import type { PlaygroundDraft } from '#core/bots/bot.ts';
import {
  createPlaygroundTransport,
  type PlaygroundOptions,
  type PlaygroundTransport,
} from '#core/coze/playground/transport.ts';
import type { Question, ReplyEvent, Transport } from '#core/coze/transport.ts';
import { type FakeCoze, startFakeCoze } from './fake-coze.ts';

const open: { close?(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close?.();
});

/** A fresh fake, closed after the test. */
export async function fakeCoze(): Promise<FakeCoze> {
  const fake = await startFakeCoze();
  open.push(fake);
  return fake;
}

/** A fresh transport of its own (no socket shared with other tests), closed after the test. */
export function transportTo(fake: FakeCoze, more: Partial<PlaygroundOptions> = {}): PlaygroundTransport {
  const transport = createPlaygroundTransport({
    bot: { kind: 'playground', draft: draft() },
    base: fake.base,
    session: 'secret-session-value',
    fetch: (input, init) => fetch(input, init),
    openWebSocket: (url) => new WebSocket(url),
    ...more,
    timing: { callMs: 2_000, connectMs: 2_000, nextMessageMs: 20, suggestionMs: 20, backoffMs: 1, ...more.timing },
  });
  open.push(transport);
  return transport;
}

export function draft(messageInfo: unknown = '[]'): PlaygroundDraft {
  return {
    space_id: '7000',
    bot_id: '7001',
    name: 'Nim',
    work_info: { prompt: 'You are Nim.', message_info: messageInfo, other_info: '{"model":"1"}' },
  };
}

export function question(text: string, more: Partial<Question> = {}): Question {
  return { turns: [{ role: 2, content: text }], user: 'test', ...more };
}

export interface Heard {
  readonly text: string;
  readonly events: readonly ReplyEvent[];
}

/** Asks and reads to the end, putting the text together as a member would see it. */
export async function ask(transport: Transport, asked: Question | string, signal = neverAborted()): Promise<Heard> {
  const events: ReplyEvent[] = [];
  let text = '';
  for await (const event of transport.ask(typeof asked === 'string' ? question(asked) : asked, signal)) {
    events.push(event);
    if (event.type === 'delta') text += event.text;
    if (event.type === 'replace') text = event.text;
  }
  return { text, events };
}

export const neverAborted = () => new AbortController().signal;

/** A cache in memory that shows what is in it. */
export class MemoryCache {
  readonly entries = new Map<string, unknown>();
  async get(key: string): Promise<unknown> {
    return this.entries.get(key);
  }
  async set(key: string, value: unknown): Promise<boolean> {
    this.entries.set(key, value);
    return true;
  }
}
