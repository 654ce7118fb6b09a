/** The way out where TLS is in play: `https://` proxies, and sites behind every kind of proxy. Real proxy programs. */
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { createNetwork } from '#core/network.ts';
import {
  installed,
  type ProxyProgram,
  startMicrosocks,
  startSocks4,
  startTinyproxy,
  startTlsFront,
} from './fake/proxies.ts';

const run = promisify(execFile);
const missing = ['openssl', 'tinyproxy', 'microsocks'].filter((program) => !installed(program));

describe.skipIf(missing.length > 0)(`TLS (skipped where these are missing: ${missing.join(', ') || 'none'})`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'real-coze-tls-'));
  const certificate = join(folder, 'cert.pem');
  let identity: { cert: string; key: string };
  let server: Server;
  let site: string;

  beforeAll(async () => {
    identity = makeIdentity(folder, certificate);
    server = createServer(identity, async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.end(`${request.method} ${request.headers.host} ${body}`);
    });
    new WebSocketServer({ server }).on('connection', (socket) => {
      socket.on('message', (data) => socket.send(`heard ${data}`));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    site = `localhost:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  /** What `fetch` and the WebSocket of a program that trusts the test's certificate get. */
  async function through(proxy: string): Promise<{ got: unknown; warnings: string }> {
    const child = join(import.meta.dirname, 'network.child.ts');
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate };
    const { stdout, stderr } = await run(process.execPath, [child, proxy, site], { env, timeout: 30_000 });
    return { got: JSON.parse(stdout), warnings: stderr };
  }

  const everything = () => ({ got: [`POST ${site} hello`, 'heard hi'], warnings: '' });

  /** An `https://` proxy that wants a name and a password. */
  async function startHttpsProxy(): Promise<ProxyProgram> {
    const inner = await startTinyproxy('BasicAuth ann s3cret');
    const front = await startTlsFront(inner, identity);
    return { ...front, stop: () => Promise.all([front.stop(), inner.stop()]).then(() => undefined) };
  }

  it.each(['localhost', '127.0.0.1'])('goes through an https:// proxy at %s with name and password', async (host) => {
    const proxy = await startHttpsProxy();
    expect(await through(`https://ann:s3cret@${host}:${proxy.port}`)).toEqual(everything());
    expect(proxy.log().split(`CONNECT ${site}`)).toHaveLength(3);
    await proxy.stop();
  });

  it('goes through an http:// proxy to a site with TLS', async () => {
    const proxy = await startTinyproxy('BasicAuth ann s3cret');
    expect(await through(`http://ann:s3cret@127.0.0.1:${proxy.port}`)).toEqual(everything());
    expect(proxy.log()).toContain(`CONNECT ${site}`);
    await proxy.stop();
  });

  it.each(['socks5h', 'socks5'])('goes through a %s:// proxy to a site with TLS', async (scheme) => {
    const proxy = await startMicrosocks('-u', 'ann', '-P', 's3cret');
    expect(await through(`${scheme}://ann:s3cret@127.0.0.1:${proxy.port}`)).toEqual(everything());
    expect(proxy.log()).toContain(scheme === 'socks5h' ? site : site.replace('localhost', '127.0.0.1'));
    await proxy.stop();
  });

  it('goes through a socks4:// proxy to a site with TLS', async () => {
    const proxy = await startSocks4();
    expect(await through(`socks4://127.0.0.1:${proxy.port}`)).toEqual(everything());
    expect(proxy.log()).toContain(site.replace('localhost', '127.0.0.1'));
    await proxy.stop();
  });

  it('says that an https:// proxy refused the password, without showing it', async () => {
    const proxy = await startHttpsProxy();
    const sentence = `The proxy localhost:${proxy.port} refused the name or password in PROXY.`;
    expect((await through(`https://ann:wrong@localhost:${proxy.port}`)).got).toEqual([sentence, sentence]);
    await proxy.stop();
  });

  it('says that the certificate of an https:// proxy is not trusted', async () => {
    const proxy = await startHttpsProxy();
    const network = createNetwork({ proxy: `https://ann:s3cret@localhost:${proxy.port}` });
    const sentence = `The certificate of the proxy localhost:${proxy.port} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT).`;
    await expect(network.fetch(`https://${site}/`)).rejects.toThrow(sentence);
    expect(await failureOf(network.openWebSocket(`wss://${site}/`))).toContain(sentence);
    await network.close();
    await proxy.stop();
  });

  it('tells the certificate of a site behind a proxy from that of the proxy', async () => {
    const proxy = await startTinyproxy();
    const network = createNetwork({ proxy: `http://127.0.0.1:${proxy.port}` });
    const sentence = `The proxy 127.0.0.1:${proxy.port} could not reach ${site} (DEPTH_ZERO_SELF_SIGNED_CERT).`;
    await expect(network.fetch(`https://${site}/`)).rejects.toThrow(sentence);
    expect(await failureOf(network.openWebSocket(`wss://${site}/`))).toMatch(/self-signed certificate/);
    await network.close();
    await proxy.stop();
  });
});

/** Why a WebSocket could not be opened. */
function failureOf(socket: WebSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.addEventListener('error', (event) => resolve((event as unknown as { message: string }).message));
  });
}

/** A certificate for this machine, signed by itself: whoever trusts it trusts the site and the proxy. */
function makeIdentity(folder: string, certificate: string): { cert: string; key: string } {
  const key = join(folder, 'key.pem');
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const about = ['-days', '2', '-subj', '/CN=localhost', '-addext', names];
  execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', certificate, ...about], {
    stdio: 'ignore',
  });
  return { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
}
