/** The local service as `curl` sees it: for tests that look at the wire and not through a client. */
import { createParser } from 'eventsource-parser';
import { afterEach } from 'vitest';
import { parseBot } from '#core/bots/schema.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '#core/simulator/index.ts';

/** The one bot that most tests ask. */
export const botId = '7400000000000000001';

const bots = [
  parseBot('nim', JSON.stringify({ bot_id: botId, bridge: { name: 'Nim' } })),
  parseBot('flow', JSON.stringify({ bot_id: '7400000000000000002', workflow_id: '79' })),
  parseBot('draft', JSON.stringify({ space_id: '1', bot_id: '7400000000000000003', work_info: {} })),
];

const running: Simulator[] = [];
afterEach(async () => {
  for (const simulator of running.splice(0)) await simulator.close();
});

/** A service for one test. */
export async function start(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({ bots: () => bots, wordMs: 0, ...options });
  running.push(simulator);
  return simulator;
}

/** The members of a JSON body that tests read; the rest they match. */
interface Body {
  readonly code: number | string;
  readonly msg: string;
  readonly data: { readonly id: string; readonly status: string };
}

/** What came back, read whole. */
export interface Answered {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly json: Body;
  readonly events: readonly { readonly event: string; readonly data: string }[];
}

/** Calls with the service's own token; a body makes it a POST. */
export async function call(
  simulator: Simulator,
  path: string,
  o: { body?: unknown; method?: string; headers?: Record<string, string> } = {},
): Promise<Answered> {
  const response = await fetch(simulator.url + path, {
    method: o.method ?? (o.body === undefined ? 'GET' : 'POST'),
    headers: { authorization: `Bearer ${simulator.token}`, 'content-type': 'application/json', ...o.headers },
    ...(o.body === undefined ? {} : { body: typeof o.body === 'string' ? o.body : JSON.stringify(o.body) }),
  });
  return read(response);
}

async function read(response: Response): Promise<Answered> {
  const text = await response.text();
  const events: { event: string; data: string }[] = [];
  const parser = createParser({ onEvent: ({ event, data }) => void events.push({ event: event ?? '', data }) });
  parser.feed(text);
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, text, events, json: type.includes('json') ? JSON.parse(text) : {} };
}

/** A question as `/v3/chat` takes it. */
export function question(text: string, more: object = {}): object {
  const additional_messages = [{ role: 'user', type: 'question', content: text, content_type: 'text' }];
  return { bot_id: botId, user_id: 'ada', stream: true, additional_messages, ...more };
}

/** The whole answer, from the completed messages. */
export function answerIn(answered: Answered): string {
  return messagesIn(answered)
    .filter((message) => message.type === 'answer')
    .map((message) => message.content)
    .join('\n\n');
}

/** The completed messages, in order. */
export function messagesIn(answered: Answered): readonly { type: string; content: string; content_type: string }[] {
  return answered.events
    .filter(({ event }) => event === 'conversation.message.completed')
    .map(({ data }) => JSON.parse(data));
}

/** The ids that a streamed chat tells with its first event. */
export function idsIn(answered: Answered): { chat: string; conversation: string } {
  const created = JSON.parse(answered.events[0]?.data ?? '{}');
  return { chat: created.id, conversation: created.conversation_id };
}

/** A promise and the function that settles it. */
export function gate(): { promise: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: resolve };
}
