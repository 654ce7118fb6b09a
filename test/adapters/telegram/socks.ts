/** A SOCKS5 proxy (RFC 1928, no login) that leads everywhere to one port of this machine and remembers what it was asked for. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A running proxy. */
export interface SocksProxy {
  readonly url: string;
  /** `host:port` of each connection, as the client named it. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** Starts on a free port of 127.0.0.1. */
export async function startSocks(port: number): Promise<SocksProxy> {
  const asked: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client);
    client.on('error', () => client.destroy()).on('close', () => open.delete(client));
    void serve(client, port, asked).catch(() => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `socks5h://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(client: Socket, port: number, asked: string[]): Promise<void> {
  await once(client, 'data');
  client.write(Buffer.from([5, 0]));
  const [request] = (await once(client, 'data')) as [Buffer];
  asked.push(addressOf(request));
  const upstream = connect(port, '127.0.0.1');
  upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
  client.on('close', () => upstream.destroy());
  await once(upstream, 'connect');
  client.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
  client.pipe(upstream).pipe(client);
}

/** VER CMD RSV ATYP ADDR PORT; 3 is a name with its length before it. */
function addressOf(request: Buffer): string {
  const isName = request[3] === 3;
  const end = isName ? 5 + (request[4] ?? 0) : 8;
  const host = isName ? request.toString('latin1', 5, end) : [...request.subarray(4, 8)].join('.');
  return `${host}:${request.readUInt16BE(end)}`;
}
