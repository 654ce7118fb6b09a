/** Through a proxy: every way, the socket included [9]. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import RealCozeAPI from '#core/index.ts';
import { type Simulator, startSimulator } from '#core/simulator/index.ts';
import { draft } from './setting.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function simulator(): Promise<Simulator> {
  const coze = await startSimulator({ bots: () => [], wordMs: 0 });
  open.push(coze);
  return coze;
}

/** An HTTP proxy that tunnels for whoever knows the password, and notes where to. */
async function proxy(): Promise<{ port: number; tunnels: string[] }> {
  const tunnels: string[] = [];
  const server = createServer();
  server.on('connect', (request, client, head) => {
    const known = request.headers['proxy-authorization'] === `Basic ${btoa('ann:secret')}`;
    if (!known) return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    tunnels.push(String(request.url));
    const [host = '', port] = String(request.url).split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({ close: () => server.close() });
  return { port: (server.address() as AddressInfo).port, tunnels };
}

const bot = (coze: Simulator, address: string) => {
  const made = new RealCozeAPI({
    session: coze.session,
    bot: draft(),
    base: coze.url,
    proxy: address,
    cache: { get: async () => undefined, set: async () => true },
  });
  open.push({ close: () => made.disconnect() });
  return made;
};

it('asks and listens through an HTTP proxy with a password', async () => {
  const coze = await simulator();
  const { port, tunnels } = await proxy();
  const Bot = bot(coze, `http://ann:secret@127.0.0.1:${port}`);
  expect((await Bot.send([{ role: 2, content: 'Hello' }])).content).toMatch(/\S/);
  expect(tunnels.length).toBeGreaterThanOrEqual(2);
  expect(new Set(tunnels)).toEqual(new Set([new URL(coze.url).host]));
});

it('names a proxy that is down, and not its password', async () => {
  const coze = await simulator();
  const error = await bot(coze, 'socks5://ann:secret@127.0.0.1:9')
    .connect()
    .catch((e: unknown) => e);
  expect(error).toMatchObject({ code: 'network', message: expect.stringContaining('127.0.0.1:9') });
  expect(String(error)).not.toContain('secret');
});
