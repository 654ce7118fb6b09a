import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createNetwork } from '#core/network.ts';
import { loadThroughProxy } from '../../../adapters/discord/proxy.ts';
import { startFakeDiscord } from '../../fake/discord/server.ts';
import { silent } from './house.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** An HTTP proxy that tunnels and remembers the first line of what went through. */
async function startProxy() {
  const seen: string[] = [];
  const server = createServer();
  server.on('connect', ({ url = '' }, socket, head) => {
    const [host = '', port = ''] = url.split(':');
    const far = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      far.write(head);
      socket.once('data', (bytes) => seen.push(String(bytes)));
      socket.pipe(far).pipe(socket);
    });
    far.on('error', () => socket.destroy());
    socket.on('error', () => far.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

it('takes REST and gateway through the proxy', async () => {
  const fake = await startFakeDiscord();
  const proxy = await startProxy();
  const network = createNetwork({ proxy: proxy.url });
  ends.push(fake.close, network.close);
  const { logIn } = await loadThroughProxy(network.agent, () => import('../../../adapters/discord/client.ts'));
  const { client } = await logIn({ token: fake.token, apiUrl: fake.apiUrl, network, log: silent, onReady() {} });
  ends.push(() => client.destroy());
  expect(fake.gateway.connected).toBe(true);
  expect(proxy.seen.some((bytes) => bytes.includes('/api/v10/applications/@me'))).toBe(true);
  expect(proxy.seen.some((bytes) => /upgrade: websocket/i.test(bytes))).toBe(true);
});
