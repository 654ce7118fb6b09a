/** Real proxy programs (microsocks, tinyproxy) on this machine, and the small ones that no program offers. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';

export interface ProxyProgram {
  readonly port: number;
  /** What the program has written so far. */
  log(): string;
  stop(): Promise<void>;
}

export function installed(program: string): boolean {
  try {
    execFileSync('which', [program]);
    return true;
  } catch {
    return false;
  }
}

/** Free, and below the range from which other tests are handed theirs: nobody takes it meanwhile. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const probe = createServer();
    const free = await new Promise((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

export async function startMicrosocks(...options: string[]): Promise<ProxyProgram> {
  const port = await freePort();
  return startProgram('microsocks', ['-i', '127.0.0.1', '-p', String(port), ...options], port);
}

export async function startTinyproxy(...lines: string[]): Promise<ProxyProgram> {
  const port = await freePort();
  const file = join(mkdtempSync(join(tmpdir(), 'tinyproxy-')), 'tinyproxy.conf');
  writeFileSync(file, [`Port ${port}`, 'Listen 127.0.0.1', 'Allow 127.0.0.1', 'Timeout 60', ...lines, ''].join('\n'));
  return startProgram('tinyproxy', ['-d', '-c', file], port);
}

async function startProgram(program: string, options: string[], port: number): Promise<ProxyProgram> {
  const child: ChildProcess = spawn(program, options, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const output of [child.stdout, child.stderr])
    output?.on('data', (data) => {
      log += data;
    });
  while (!(await answers(port)));
  return {
    port,
    log: () => log,
    async stop() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** SOCKS 4 CONNECT, which microsocks does not speak. https://www.openssh.com/txt/socks4.protocol */
/** `leadsTo`: the port it connects to whatever it is asked for, as if it stood in another network. */
export async function startSocks4(leadsTo?: number): Promise<ProxyProgram> {
  const asked: string[] = [];
  const server = createServer((client) => {
    client.once('data', (request) => {
      const to = { host: [...request.subarray(4, 8)].join('.'), port: request.readUInt16BE(2) };
      asked.push(`${to.host}:${to.port}`);
      bridge(client, connect(leadsTo ?? to.port, to.host), () => client.write(Buffer.from([0, 90, 0, 0, 0, 0, 0, 0])));
    });
  });
  return listening(server, () => asked.join(' '));
}

/** TLS in front of a proxy that speaks none: together an `https://` proxy. */
export async function startTlsFront(
  inner: ProxyProgram,
  identity: { cert: string; key: string },
): Promise<ProxyProgram> {
  const server = createTlsServer(identity, (client) => {
    bridge(client, connect(inner.port, '127.0.0.1'));
  });
  return listening(server, inner.log);
}

/** Passes bytes both ways from the moment the target answers until either side ends. */
function bridge(client: Socket, target: Socket, onOpen = () => {}): void {
  target.once('connect', () => {
    onOpen();
    client.pipe(target).pipe(client);
  });
  for (const socket of [client, target]) socket.on('error', () => {});
  client.on('close', () => target.destroy());
}

async function listening(server: Server, log: () => string): Promise<ProxyProgram> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, log, stop: async () => void server.close() };
}
