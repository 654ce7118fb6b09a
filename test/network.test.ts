/** The way out, through real proxy programs (microsocks, tinyproxy) where the machine has them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { createNetwork } from '#core/network.ts';

let site: Server;
let port: number;

beforeAll(async () => {
  site = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    response.end(`${request.method} ${request.headers.host} ${body}`);
  });
  const sockets = new WebSocketServer({ server: site });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`heard ${data}`)));
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  port = (site.address() as AddressInfo).port;
});

afterAll(() => site.close());

describe('without a proxy', () => {
  it('fetches and talks over a WebSocket', async () => {
    await reaches(undefined, `127.0.0.1:${port}`);
  });

  it("sends the platform's own FormData as a form", async () => {
    const network = createNetwork();
    const form = new FormData();
    form.append('file', new File(['leaf'], 'tree.txt', { type: 'text/plain' }));
    const response = await network.fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: form });
    expect(await response.text()).toMatch(/filename="tree.txt"[\s\S]*leaf/);
    await network.close();
  });

  it('says which host does not answer', async () => {
    const network = createNetwork();
    const closed = await freePort();
    await expect(network.fetch(`http://127.0.0.1:${closed}/`)).rejects.toMatchObject({
      code: 'network',
      message: `No connection to 127.0.0.1:${closed} (ECONNREFUSED). Check the network, or set PROXY.`,
    });
    await network.close();
  });

  it('rejects with the reason of an abort', async () => {
    const network = createNetwork();
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(network.fetch(`http://127.0.0.1:${port}/`, { signal: stop.signal })).rejects.toThrow('enough');
    await network.close();
  });
});

describe.skipIf(!installed('microsocks'))('through microsocks (skipped where it is not installed)', () => {
  it('socks5 resolves names on this machine', async () => {
    const proxy = await startMicrosocks();
    await reaches(`socks5://127.0.0.1:${proxy.port}`, `localhost:${port}`);
    expect(proxy.log()).toContain(`connected to 127.0.0.1:${port}`);
    await proxy.stop();
  });

  it('socks5h lets the proxy resolve names', async () => {
    const proxy = await startMicrosocks();
    await reaches(`socks5h://127.0.0.1:${proxy.port}`, `localhost:${port}`);
    expect(proxy.log()).toContain(`connected to localhost:${port}`);
    await proxy.stop();
  });

  it('gives name and password, with characters that a URL must escape', async () => {
    const proxy = await startMicrosocks('-u', 'ann', '-P', 'p@ss:w/rd');
    await reaches(`socks5://ann:p%40ss%3Aw%2Frd@127.0.0.1:${proxy.port}`, `127.0.0.1:${port}`);
    await proxy.stop();
  });

  it('says that name or password are wrong without showing them', async () => {
    const proxy = await startMicrosocks('-u', 'ann', '-P', 'right');
    const sentence = `The proxy 127.0.0.1:${proxy.port} refused the name or password in PROXY.`;
    await fails(`socks5://ann:wrong@127.0.0.1:${proxy.port}`, `127.0.0.1:${port}`, sentence);
    await proxy.stop();
  });

  it('says that the proxy is up and the host behind it is not', async () => {
    const proxy = await startMicrosocks();
    const closed = await freePort();
    const sentence = `The proxy 127.0.0.1:${proxy.port} could not reach 127.0.0.1`;
    await fails(`socks5h://127.0.0.1:${proxy.port}`, `127.0.0.1:${closed}`, sentence);
    await proxy.stop();
  });
});

describe('through SOCKS 4', () => {
  it('fetches and talks over a WebSocket', async () => {
    const proxy = await startSocks4();
    await reaches(`socks4://127.0.0.1:${proxy.port}`, `localhost:${port}`);
    expect(proxy.asked).toEqual([`127.0.0.1:${port}`, `127.0.0.1:${port}`]);
    proxy.stop();
  });
});

describe.skipIf(!installed('tinyproxy'))('through tinyproxy (skipped where it is not installed)', () => {
  it('tunnels with name and password', async () => {
    const proxy = await startTinyproxy('BasicAuth ann secret');
    await reaches(`http://ann:secret@127.0.0.1:${proxy.port}`, `127.0.0.1:${port}`);
    await proxy.stop();
  });

  it('says that name or password are missing', async () => {
    const proxy = await startTinyproxy('BasicAuth ann secret');
    const network = createNetwork({ proxy: `http://127.0.0.1:${proxy.port}` });
    await expect(network.fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      message: `The proxy 127.0.0.1:${proxy.port} refused the name or password in PROXY.`,
    });
    await network.close();
    await proxy.stop();
  });
});

describe('a proxy that is down', () => {
  it.each(['socks5', 'socks5h', 'socks4', 'http', 'https'])('%s is named without its credentials', async (scheme) => {
    const closed = await freePort();
    const sentence = `The proxy 127.0.0.1:${closed} does not answer (ECONNREFUSED). Start it, or correct PROXY.`;
    await fails(`${scheme}://ann:hushhush@127.0.0.1:${closed}`, `127.0.0.1:${port}`, sentence);
  });
});

/** Fetches and talks over a WebSocket; both must work. */
async function reaches(proxy: string | undefined, host: string): Promise<void> {
  const network = createNetwork({ proxy });
  const response = await network.fetch(`http://${host}/`, { method: 'POST', body: 'hello' });
  expect(await response.text()).toBe(`POST ${host} hello`);
  const socket = network.openWebSocket(`ws://${host}/`);
  const heard = new Promise((resolve, reject) => {
    socket.addEventListener('open', () => socket.send('hi'));
    socket.addEventListener('message', (event) => resolve(event.data));
    socket.addEventListener('error', reject);
  });
  expect(await heard).toBe('heard hi');
  socket.close();
  await network.close();
}

/** Both ways fail with the same sentence, which holds no credentials. */
async function fails(proxy: string, host: string, sentence: string): Promise<void> {
  const network = createNetwork({ proxy });
  const error = await network.fetch(`http://${host}/`).then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(error).toMatchObject({ name: 'RealCozeError', code: 'network' });
  expect(error?.message).toContain(sentence);
  const socket = network.openWebSocket(`ws://${host}/`);
  const message = await new Promise((resolve) =>
    socket.addEventListener('error', (event) => resolve((event as unknown as { message: string }).message)),
  );
  expect(message).toContain(sentence);
  await network.close();
}

function installed(program: string): boolean {
  try {
    execFileSync('which', [program]);
    return true;
  } catch {
    return false;
  }
}

/** Free, and below the range from which other tests are handed theirs: nobody takes it meanwhile. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const probe = createTcpServer();
    const free = await new Promise((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

async function startMicrosocks(...options: string[]) {
  const free = await freePort();
  return startProxy('microsocks', ['-i', '127.0.0.1', '-p', String(free), ...options], free);
}

async function startTinyproxy(...lines: string[]) {
  const free = await freePort();
  const file = join(mkdtempSync(join(tmpdir(), 'tinyproxy-')), 'tinyproxy.conf');
  writeFileSync(file, [`Port ${free}`, 'Listen 127.0.0.1', 'Allow 127.0.0.1', 'Timeout 60', ...lines, ''].join('\n'));
  return startProxy('tinyproxy', ['-d', '-c', file], free);
}

async function startProxy(program: string, options: string[], free: number) {
  const child: ChildProcess = spawn(program, options, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr?.on('data', (data) => {
    log += data;
  });
  while (!(await answers(free)));
  return {
    port: free,
    log: () => log,
    stop: async () => {
      child.kill();
      await once(child, 'exit');
    },
  };
}

function answers(onPort: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(onPort, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** SOCKS 4 CONNECT, which microsocks does not speak. https://www.openssh.com/txt/socks4.protocol */
async function startSocks4() {
  const asked: string[] = [];
  const server = createTcpServer((client) => {
    client.once('data', (request) => {
      const to = { host: [...request.subarray(4, 8)].join('.'), port: request.readUInt16BE(2) };
      asked.push(`${to.host}:${to.port}`);
      const target = connect(to.port, to.host, () => {
        client.write(Buffer.from([0, 90, 0, 0, 0, 0, 0, 0]));
        client.pipe(target).pipe(client);
      });
      for (const socket of [client, target]) socket.on('error', () => {});
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, asked, stop: () => server.close() };
}
