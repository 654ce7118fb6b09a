/** The way out, through real proxy programs (microsocks, tinyproxy) where the machine has them. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { createNetwork } from '#core/network.ts';
import { freePort, installed, startMicrosocks, startSocks4, startTinyproxy } from './fake/proxies.ts';

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
    expect(proxy.log()).toBe(`127.0.0.1:${port} 127.0.0.1:${port}`);
    await proxy.stop();
  });
});

describe.skipIf(!installed('tinyproxy'))('through tinyproxy (skipped where it is not installed)', () => {
  it('tunnels with name and password', async () => {
    const proxy = await startTinyproxy('BasicAuth ann secret');
    await reaches(`http://ann:secret@127.0.0.1:${proxy.port}`, `127.0.0.1:${port}`);
    await proxy.stop();
  });

  it.each([
    ['missing', ''],
    ['wrong', 'ann:wrong@'],
  ])('says that name or password are %s', async (_, credentials) => {
    const proxy = await startTinyproxy('BasicAuth ann secret');
    const sentence = `The proxy 127.0.0.1:${proxy.port} refused the name or password in PROXY.`;
    await fails(`http://${credentials}127.0.0.1:${proxy.port}`, `127.0.0.1:${port}`, sentence);
    await proxy.stop();
  });

  it('says that the proxy is up and the host behind it is not', async () => {
    const proxy = await startTinyproxy();
    const closed = await freePort();
    const sentence = `The proxy 127.0.0.1:${proxy.port} could not reach 127.0.0.1`;
    await fails(`http://127.0.0.1:${proxy.port}`, `127.0.0.1:${closed}`, sentence);
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
