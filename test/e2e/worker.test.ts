/** The Worker in the runtime it is made for: bundled, started by workerd, asking the local Coze service. */
import { type ChildProcess, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Bot } from '#core/bots/bot.ts';
import { parseBot } from '#core/bots/schema.ts';
import { type Simulator, startSimulator } from '#core/simulator/index.ts';

const root = join(import.meta.dirname, '../..');
const key = 'a-key-for-the-worker';
const configs = {
  nim: { bot_id: '7400000000000000001', bridge: { name: 'Nim' } },
  draft: { space_id: '7000', bot_id: '7001', work_info: { prompt: 'You are Draft.', message_info: '[]' } },
};

let simulator: Simulator;
let workerd: ChildProcess;
let url: string;

beforeAll(async () => {
  const bots: Bot[] = Object.entries(configs).map(([name, config]) => parseBot(name, JSON.stringify(config)));
  simulator = await startSimulator({ bots: () => bots, wordMs: 0 });
  const folder = await mkdtemp(join(tmpdir(), 'real-coze-worker-'));
  await bundle(join(folder, 'worker.js'));
  const bindings = {
    BOTS: JSON.stringify(configs),
    SERVER_API_KEY: key,
    COZE_API_BASE: simulator.url,
    COZE_API_TOKEN: simulator.token,
    COZE_WEB_BASE: simulator.url,
    COZE_SESSION_ID: simulator.session,
  };
  await writeFile(join(folder, 'config.capnp'), capnp(bindings));
  const binary: string = createRequire(import.meta.url)('workerd').default;
  workerd = spawn(binary, ['serve', join(folder, 'config.capnp'), '--control-fd=3'], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  url = `http://127.0.0.1:${await listening(workerd.stdio[3] as Readable)}`;
});

afterAll(async () => {
  if (workerd) {
    const ended = once(workerd, 'exit');
    // It would wait for its keep-alive connections otherwise.
    workerd.kill('SIGKILL');
    await ended;
  }
  await simulator?.close();
});

/** As wrangler does: one module, with the bundler finding `#core/` through package.json. */
async function bundle(file: string): Promise<void> {
  const build = await rolldown({
    input: join(root, 'adapters/worker/main.ts'),
    cwd: root,
    platform: 'neutral',
    resolve: { mainFields: ['module', 'main'], conditionNames: ['workerd', 'import', 'default'] },
    external: /^node:/,
    logLevel: 'silent',
  });
  await build.write({ file, format: 'esm', codeSplitting: false });
  await build.close();
}

/** What `wrangler.toml` says: both formats write texts and lists alike. */
function setting(name: string): string {
  const toml = readFileSync(join(root, 'adapters/worker/wrangler.toml'), 'utf8');
  return new RegExp(`^${name} = (.*)$`, 'm').exec(toml)?.[1] ?? '';
}

function capnp(bindings: Record<string, string>): string {
  const list = Object.entries(bindings).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), (name = "internet", network = (allow = ["public", "private", "local"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = ${setting('compatibility_date')},
  compatibilityFlags = ${setting('compatibility_flags')},
  bindings = [${list.join(', ')}],
);
`;
}

async function listening(control: Readable): Promise<number> {
  for await (const line of createInterface({ input: control })) {
    const event = JSON.parse(line) as { event: string; port: number };
    if (event.event === 'listen') return event.port;
  }
  throw new Error('workerd ended before it listened');
}

function post(path: string, body: unknown, authorization = `Bearer ${key}`): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify(body),
  });
}

const cancels = () => simulator.requests.filter(({ path }) => path === '/v3/chat/cancel').length;

describe('the Worker', () => {
  it.each(['nim', 'draft'])('answers a history with the bot %s, over both protocols of Coze', async (bot) => {
    const response = await post(`/?bot=${bot}`, [{ role: 2, content: 'echo: a quiet word' }]);
    expect(await response.json()).toEqual({ content: expect.stringContaining('a quiet word'), continue: false });
  });

  it('answers several requests at once, one after another, each with its own connection to Coze', async () => {
    for (const round of ['first', 'second']) {
      const words = ['one', 'two', 'three'].map((word) => `${round} ${word}`);
      const answers = words.map(async (word) => {
        const response = await post('/?bot=draft', [{ role: 2, content: `echo: ${word}` }]);
        return ((await response.json()) as { content: string }).content;
      });
      for (const [index, answer] of (await Promise.all(answers)).entries()) expect(answer).toContain(words[index]);
    }
  });

  it('grows an answer over a WebSocket', async () => {
    const socket = new WebSocket(url.replace('http', 'ws'), { headers: { authorization: `Bearer ${key}` } });
    await once(socket, 'open');
    socket.send(JSON.stringify({ uuid: 'one', data: [{ role: 2, content: 'echo: here and there' }] }));
    const contents: string[] = [];
    for await (const [data] of on(socket, 'message')) {
      const frame = JSON.parse(String(data)) as { uuid: string; data: { content: string; continue: boolean } };
      expect(frame.uuid).toBe('one');
      contents.push(frame.data.content);
      if (!frame.data.continue) break;
    }
    socket.close();
    expect(contents.length).toBeGreaterThan(1);
    expect(contents.at(-1)).toContain('here and there');
  });

  it('speaks the OpenAI-compatible API', async () => {
    const response = await post('/v1/chat/completions', {
      model: 'nim',
      messages: [{ role: 'user', content: 'echo: as others do' }],
    });
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
    expect(choices[0]?.message.content).toContain('as others do');
  });

  it('has Coze stop an answer that its client has left', async () => {
    for (const ask of [
      {
        path: '/v1/chat/completions',
        body: { model: 'nim', messages: [{ role: 'user', content: 'echo' }], stream: true },
      },
      { path: '/?bot=nim&stream=true', body: [{ role: 2, content: 'echo' }] },
    ]) {
      const go = Promise.withResolvers<void>();
      const say = [{ type: 'answer', text: 'one two three four' }] as const;
      simulator.faults.next({ say, pause: { afterWords: 2, until: go.promise } });
      const before = cancels();
      const request = httpRequest(url + ask.path, { method: 'POST', headers: { authorization: `Bearer ${key}` } });
      request.end(JSON.stringify(ask.body));
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      for await (const [piece] of on(response, 'data')) if (String(piece).includes('one')) break;
      // The bare runtime hears of no other end while nothing is written; at the edge the proxy before it tells.
      response.socket.resetAndDestroy();
      await expect.poll(cancels, { timeout: 5000 }).toBe(before + 1);
      go.resolve();
    }
  });

  it('has Coze stop the answers of a WebSocket that has gone', async () => {
    const go = Promise.withResolvers<void>();
    const say = [{ type: 'answer', text: 'one two three four' }] as const;
    simulator.faults.next({ say, pause: { afterWords: 2, until: go.promise } });
    const before = cancels();
    const socket = new WebSocket(url.replace('http', 'ws'), { headers: { authorization: `Bearer ${key}` } });
    await once(socket, 'open');
    socket.send(JSON.stringify({ uuid: 'one', bot: 'nim', data: [{ role: 2, content: 'Hello' }] }));
    await once(socket, 'message');
    socket.terminate();
    await expect.poll(cancels, { timeout: 5000 }).toBe(before + 1);
    go.resolve();
  });

  it('sends up a picture', async () => {
    const image_url = { url: 'data:image/png;base64,iVBORw0KGgo=' };
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url },
    ];
    for (const model of ['nim', 'draft']) {
      const response = await post('/v1/chat/completions', { model, messages: [{ role: 'user', content }] });
      const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
      expect(choices[0]?.message.content).toMatch(/an image, `image(\.png)?`, 8 bytes/);
    }
  });

  it('lets a page of another site in with the key: by leave for requests, by subprotocol for a WebSocket', async () => {
    const leave = await fetch(`${url}/v1/chat/completions`, { method: 'OPTIONS' });
    expect(leave.status).toBe(204);
    expect(leave.headers.get('access-control-allow-origin')).toBe('*');
    const socket = new WebSocket(url.replace('http', 'ws'), [`bearer.${key}`]);
    await once(socket, 'open');
    socket.close();
  });

  it('answers nobody without the key', async () => {
    const response = await post('/', [{ role: 2, content: 'Hello' }], 'Bearer wrong');
    expect(response.status).toBe(401);
  });
});
