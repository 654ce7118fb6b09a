/**
 * What reading Coze's streams costs: decoding against the official SDK on the same bytes, memory, and many answers at once.
 * CPU seconds are those of this process; the server is a process of its own, so that only reading is counted.
 * Run alone: `node --expose-gc test/bench/sse.ts`; one JSON line a figure.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CozeAPI, RoleType } from '@coze/api';
import { createParser } from 'eventsource-parser';
import { createDeltaReader, DELTA } from '#core/coze/open/delta.ts';
import { createSseDecoder } from '#core/coze/open/sse.ts';
import { createOpenTransport } from '#core/coze/open/transport.ts';
import { createNetwork } from '#core/network.ts';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What is aimed at, in words. */
  readonly aim: string;
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
const STREAMS = 2000;
const TOKENS_PER_SECOND = 20;

type Fetch = ReturnType<typeof createNetwork>['fetch'];

/** Measures everything in one run, in turns, so that all meet the same machine. */
export async function benchSse(): Promise<Figure[]> {
  const server = spawn(process.execPath, [fileURLToPath(import.meta.url), '--serve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [address] = (await once(server.stdout, 'data')) as [Buffer];
  const base = address.toString().trim();
  const network = createNetwork({});
  try {
    return [
      ...(await decoding(base, network.fetch)),
      await memory(base, network.fetch),
      ...(await many(base, network.fetch)),
    ];
  } finally {
    server.kill();
    await network.close();
  }
}

async function decoding(base: string, fetch: Fetch): Promise<Figure[]> {
  const bytes = recording(TOKENS);
  const runs = {
    ours: () => readOurs(base, fetch),
    sdk: () => readSdk(base),
    bytesAlone: () => readBytes(base, fetch),
    decoderAlone: async () => decodeOurs(bytes),
    parserAlone: async () => decodeParser(bytes),
  };
  const spent = { ours: 0, sdk: 0, bytesAlone: 0, decoderAlone: 0, parserAlone: 0 };
  const names = Object.keys(runs) as (keyof typeof runs)[];
  for (const name of [...names, ...names]) await runs[name](); // The first runs are the compiler's.
  for (let round = 0; round < ROUNDS; round += 1) for (const name of names) spent[name] += await cpu(runs[name]);
  const megabytes = (bytes.length * ROUNDS) / 1e6;
  const speed = (name: keyof typeof runs): Figure => ({
    name: `decoding: ${name}`,
    value: round1(megabytes / spent[name]),
    unit: 'MB per CPU second',
    aim: '',
  });
  return [
    { name: 'decoding against @coze/api', value: round1(spent.sdk / spent.ours), unit: 'x', aim: '>= 2, aim 3' },
    ...names.map(speed),
  ];
}

/** Heap between the first quarter and the end of a long stream, the answer itself not counted. */
async function memory(base: string, fetch: Fetch): Promise<Figure> {
  const heaps: number[] = [];
  let length = 0;
  for await (const reply of ask(base, fetch, '/long')) {
    if (reply.type !== 'delta') continue;
    length += reply.text.length;
    if (length > (heaps.length + 1) * LONG_QUARTER) heaps.push(heapUsed() - 2 * length);
  }
  const growth = Math.max(0, (heaps.at(-1) ?? 0) - (heaps[0] ?? 0));
  return { name: 'heap growth over a 16 MiB stream', value: Math.round(growth / 1024), unit: 'KB', aim: 'flat' };
}

/** So many answers at once; each token carries the time at which the server wrote it. */
async function many(base: string, fetch: Fetch): Promise<Figure[]> {
  const before = heapUsed();
  const stop = new AbortController();
  const late: number[] = [];
  let measuring = false;
  const read = async () => {
    for await (const reply of ask(base, fetch, '/slow', stop.signal)) {
      if (measuring && reply.type === 'delta') late.push(Date.now() - Number(reply.text.trim().split(' ').at(-1)));
    }
  };
  const answers = Array.from({ length: STREAMS }, () => read().catch(() => undefined));
  await sleep(4000);
  measuring = true;
  const used = await cpu(() => sleep(4000));
  measuring = false;
  const heap = (heapUsed() - before) / STREAMS / 1024;
  stop.abort();
  await Promise.all(answers);
  late.sort((a, b) => a - b);
  const p99 = late[Math.floor(late.length * 0.99)] ?? Number.NaN;
  return [
    { name: `${STREAMS} answers at once: token to reader, p99`, value: p99, unit: 'ms', aim: '< 50' },
    { name: `${STREAMS} answers at once: CPU`, value: round1((used / 4) * 100), unit: '% of a core', aim: '< 100' },
    { name: 'heap of a running answer, its connection included', value: round1(heap), unit: 'KB', aim: '<= 25' },
  ];
}

function round1(value: number): number {
  return Math.round(value * 10) / 10;
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function cpu(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function ask(base: string, fetch: Fetch, path = '', signal = new AbortController().signal) {
  const bot = { kind: 'open', botId: IDS.bot_id, tokenEnv: 'COZE_API_TOKEN' } as const;
  const transport = createOpenTransport({ bot, base: base + path, token: 'pat_bench', fetch });
  return transport.ask({ turns: [{ role: 2, content: 'Go' }], user: 'bench' }, signal);
}

async function readOurs(base: string, fetch: Fetch): Promise<number> {
  let length = 0;
  for await (const reply of ask(base, fetch)) if (reply.type === 'delta') length += reply.text.length;
  return length;
}

async function readSdk(base: string): Promise<number> {
  const client = new CozeAPI({ token: 'pat_bench', baseURL: base });
  let length = 0;
  const additional_messages = [{ role: RoleType.User, content: 'Go', content_type: 'text' as const }];
  for await (const part of client.chat.stream({ bot_id: IDS.bot_id, user_id: 'bench', additional_messages })) {
    if (part.event === 'conversation.message.delta') length += part.data.content.length;
  }
  return length;
}

async function readBytes(base: string, fetch: Fetch): Promise<number> {
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

const LONG_QUARTER = 75_000;

/** `/v3/chat`: a recording at once. `/long/…`: 16 MiB of one. `/slow/…`: tokens at the pace of a model, for ever. */
async function serve(): Promise<void> {
  const bytes = recording(TOKENS);
  const long = recording(Math.ceil((16 * 1024 * 1024) / (bytes.length / TOKENS)));
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (!request.url?.includes('/v3/chat') || request.url.endsWith('/cancel')) response.end('{"code":0}');
    else if (request.url.startsWith('/slow')) serveSlowly(response);
    else response.end(request.url.startsWith('/long') ? long : bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

function serveSlowly(response: ServerResponse): void {
  response.write(event('conversation.chat.created', { id: IDS.chat_id, ...IDS, status: 'created' }));
  const timer = setInterval(() => {
    response.write(event('conversation.message.delta', message(` ${Date.now()}`)));
  }, 1000 / TOKENS_PER_SECOND);
  response.on('close', () => clearInterval(timer));
}

if (process.argv.includes('--serve')) await serve();
else if (import.meta.filename === process.argv[1])
  for (const figure of await benchSse()) console.log(JSON.stringify(figure));
