/**
 * SSE decoding against the official SDK on the same bytes over the same loopback server: CPU seconds of this process for
 * reading a whole answer, ours through `createOpenTransport().ask`, theirs through `@coze/api`'s `chat.stream`.
 *
 * Run alone: `node test/bench/sse.ts`. The server is a process of its own, so that only reading is counted.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { COZE_CN_BASE_URL, CozeAPI, RoleType } from '@coze/api';
import { createParser } from 'eventsource-parser';
import { createDeltaReader, DELTA } from '#core/coze/open/delta.ts';
import { createSseDecoder } from '#core/coze/open/sse.ts';
import { createOpenTransport } from '#core/coze/open/transport.ts';
import { createNetwork } from '#core/network.ts';

export interface SseFigures {
  readonly megabytes: number;
  /** Megabytes of stream per CPU second. */
  readonly ours: number;
  readonly sdk: number;
  readonly ratio: number;
  /** The same without a network: decoder and delta reader against `eventsource-parser` + `JSON.parse`. */
  readonly bareOurs: number;
  readonly bareParser: number;
  /** Bytes alone through the same `fetch`: what no decoder can beat. */
  readonly bytesOnly: number;
}

const IDS = { conversation_id: '7410000000000000002', bot_id: '7400000000000000001', chat_id: '7410000000000000001' };
const WORDS = [
  'The ',
  'quick ',
  'brown ',
  'fox',
  ', ',
  '**jumps** ',
  'über ',
  'den ',
  '懒狗',
  '。\n\n',
  '- item\n',
  '"quoted" ',
];

/** An answer of so many tokens as coze.com streams it. */
export function recording(tokens: number): Uint8Array {
  const chat = { id: IDS.chat_id, ...IDS, status: 'created', last_error: { code: 0, msg: '' } };
  const lines = [event('conversation.chat.created', chat)];
  let whole = '';
  for (let n = 0; n < tokens; n += 1) {
    const content = WORDS[n % WORDS.length] ?? '';
    whole += content;
    lines.push(event('conversation.message.delta', message(content)));
  }
  lines.push(event('conversation.message.completed', message(whole)));
  lines.push(event('conversation.chat.completed', { ...chat, status: 'completed' }), 'event:done\ndata:"[DONE]"\n\n');
  return new TextEncoder().encode(lines.join(''));
}

function message(content: string): object {
  return { id: '7410000000000000011', ...IDS, role: 'assistant', type: 'answer', content, content_type: 'text' };
}

function event(name: string, data: object): string {
  return `event:${name}\ndata:${JSON.stringify(data)}\n\n`;
}

const TOKENS = 20_000;
const ROUNDS = 12;

/** Measures everything in one run, in turns, so that both meet the same machine. */
export async function benchSse(): Promise<SseFigures> {
  const server = spawn(process.execPath, [fileURLToPath(import.meta.url), '--serve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [address] = (await once(server.stdout, 'data')) as [Buffer];
  const base = address.toString().trim();
  const network = createNetwork({});
  try {
    const bytes = recording(TOKENS);
    const ours = () => readOurs(base, network.fetch);
    const sdk = () => readSdk(base);
    const only = () => readBytes(base, network.fetch);
    for (const warm of [ours, sdk, only, ours, sdk, only]) await warm(); // Twice: the first runs are the compiler's.
    const spent = { ours: 0, sdk: 0, only: 0, bareOurs: 0, bareParser: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      spent.ours += await cpu(ours);
      spent.sdk += await cpu(sdk);
      spent.only += await cpu(only);
      spent.bareOurs += await cpu(async () => decodeOurs(bytes));
      spent.bareParser += await cpu(async () => decodeParser(bytes));
    }
    const megabytes = (bytes.length * ROUNDS) / 1e6;
    const speed = (seconds: number) => megabytes / seconds;
    return {
      megabytes,
      ours: speed(spent.ours),
      sdk: speed(spent.sdk),
      ratio: spent.sdk / spent.ours,
      bareOurs: speed(spent.bareOurs),
      bareParser: speed(spent.bareParser),
      bytesOnly: speed(spent.only),
    };
  } finally {
    server.kill();
    await network.close();
  }
}

async function cpu(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function readOurs(base: string, fetch: ReturnType<typeof createNetwork>['fetch']): Promise<number> {
  const bot = { kind: 'open', botId: IDS.bot_id, tokenEnv: 'COZE_API_TOKEN' } as const;
  const transport = createOpenTransport({ bot, base, token: 'pat_bench', fetch });
  let length = 0;
  const question = { turns: [{ role: 2, content: 'Go' }], user: 'bench' } as const;
  for await (const reply of transport.ask(question, new AbortController().signal)) {
    if (reply.type === 'delta') length += reply.text.length;
  }
  return length;
}

async function readSdk(base: string): Promise<number> {
  const client = new CozeAPI({ token: 'pat_bench', baseURL: base ?? COZE_CN_BASE_URL });
  let length = 0;
  const additional_messages = [{ role: RoleType.User, content: 'Go', content_type: 'text' as const }];
  for await (const part of client.chat.stream({ bot_id: IDS.bot_id, user_id: 'bench', additional_messages })) {
    if (part.event === 'conversation.message.delta') length += part.data.content.length;
  }
  return length;
}

async function readBytes(base: string, fetch: ReturnType<typeof createNetwork>['fetch']): Promise<number> {
  const response = await fetch(`${base}/v3/chat`, { method: 'POST', body: '{}' });
  let length = 0;
  const reader = response.body?.getReader();
  for (let step = await reader?.read(); step && !step.done; step = await reader?.read()) length += step.value.length;
  return length;
}

const CHUNK = 16 * 1024;

function decodeOurs(bytes: Uint8Array): number {
  let length = 0;
  const reader = createDeltaReader((delta) => {
    length += delta.content.length;
  });
  const decoder = createSseDecoder({
    take(name, data) {
      if (name === DELTA) reader.take(data);
    },
    get frame() {
      return reader.frame;
    },
  });
  for (let at = 0; at < bytes.length; at += CHUNK) decoder.feed(bytes.subarray(at, at + CHUNK));
  decoder.end();
  return length;
}

function decodeParser(bytes: Uint8Array): number {
  let length = 0;
  const utf8 = new TextDecoder();
  const parser = createParser({
    onEvent(part) {
      if (part.event === 'conversation.message.delta') length += JSON.parse(part.data).content.length;
    },
  });
  for (let at = 0; at < bytes.length; at += CHUNK)
    parser.feed(utf8.decode(bytes.subarray(at, at + CHUNK), { stream: true }));
  return length;
}

async function serve(): Promise<void> {
  const bytes = recording(TOKENS);
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

if (process.argv.includes('--serve')) await serve();
else if (import.meta.filename === process.argv[1]) console.log(JSON.stringify(await benchSse(), null, 2));
