/** The way out: a proxy-aware `fetch` and `WebSocket`. The only file in `src/` that knows undici, ws and proxy agents. */
import { lookup } from 'node:dns/promises';
import type { Agent as NodeAgent } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { socksConnector } from 'fetch-socks';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { SocksProxyAgent } from 'socks-proxy-agent';
import {
  Agent,
  type buildConnector,
  type Dispatcher,
  Pool,
  ProxyAgent,
  FormData as UndiciFormData,
  fetch as undiciFetch,
} from 'undici';
import { WebSocket as WsSocket } from 'ws';
import { RealCozeError } from './errors.ts';
import type { Web } from './web.ts';

export interface Network extends Web {
  /** For libraries that take a Node agent; absent without a proxy. */
  readonly agent?: NodeAgent | undefined;
  close(): Promise<void>;
}

export interface NetworkOptions {
  /**
   * `socks5://` and `socks4://` resolve names on this machine, `socks5h://` lets the proxy do it; `http://` and `https://`
   * tunnel. May carry `user:password@`.
   */
  readonly proxy?: string | undefined;
}

/** Milliseconds until a connection must stand, proxy included. */
const connectTimeout = 10_000;
/** Bytes of one WebSocket message; the transport's own limits are far below. */
const maxPayload = 16 * 1024 * 1024;

/**
 * Opens the way out. A failed connection rejects with RealCozeError `network`, naming the proxy (host and port, never
 * its credentials) where the proxy is what failed; an abort rejects with the signal's own reason.
 */
export function createNetwork(options: NetworkOptions = {}): Network {
  const proxy = options.proxy === undefined ? undefined : readProxy(options.proxy);
  const dispatcher = dispatcherFor(proxy);
  const agent = proxy && agentFor(proxy);
  return {
    fetch: (input, init) => fetchThrough(dispatcher, proxy, input, init),
    openWebSocket: (url) => openSocket(url, agent),
    agent,
    close: async () => {
      agent?.destroy();
      await dispatcher.destroy();
    },
  };
}

interface Proxy {
  readonly url: URL;
  /** `host:port`, for people. */
  readonly place: string;
}

function readProxy(text: string): Proxy {
  const url = new URL(text);
  const port = url.port || { 'http:': '80', 'https:': '443' }[url.protocol] || '1080';
  return { url, place: `${url.hostname}:${port}` };
}

async function fetchThrough(
  dispatcher: Dispatcher,
  proxy: Proxy | undefined,
  input: string | URL,
  init: RequestInit = {},
): Promise<Response> {
  try {
    const body = init.body instanceof FormData ? ownForm(init.body) : init.body;
    // undici's own types and Node's differ in names only.
    const response = await undiciFetch(input, { ...init, body, dispatcher } as Parameters<typeof undiciFetch>[1]);
    return response as unknown as Response;
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw explain(error, proxy, new URL(input).host);
  }
}

/** undici the package does not know the `FormData` of undici the built-in. */
function ownForm(form: FormData): UndiciFormData {
  const copy = new UndiciFormData();
  for (const [name, value] of form) {
    if (typeof value === 'string') copy.append(name, value);
    else copy.append(name, value, value.name);
  }
  return copy;
}

function dispatcherFor(proxy: Proxy | undefined): Dispatcher {
  if (!proxy) return new Agent({ connect: { timeout: connectTimeout } });
  if (!proxy.url.protocol.startsWith('socks'))
    return new ProxyAgent({ uri: proxy.url.href, connectTimeout, proxyTunnel: true, clientFactory: openProxy });
  const connect = socksConnector(
    {
      host: proxy.url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(proxy.url.port || 1080),
      type: proxy.url.protocol === 'socks4:' ? 4 : 5,
      ...(proxy.url.username && { userId: decodeURIComponent(proxy.url.username) }),
      ...(proxy.url.password && { password: decodeURIComponent(proxy.url.password) }),
    },
    { timeout: connectTimeout },
  );
  return new Agent({ connect: proxy.url.protocol === 'socks5h:' ? connect : resolvingHere(connect) });
}

/** The connection to the proxy itself failed, not what lies behind it. */
class ProxyFault extends Error {}

/** undici's own connections to a proxy, whose failures can be told from those behind it. No TLS name where it is an address. */
function openProxy(origin: URL, options: object): Dispatcher {
  const { connect } = options as { connect: buildConnector.connector };
  return new Pool(origin, {
    connect: ({ servername, ...to }, callback) =>
      connect({ ...to, ...(servername && !isIP(servername) && { servername }) }, (...[error, socket]) =>
        error ? callback(new ProxyFault(error.message, { cause: error }), null) : callback(null, socket),
      ),
  });
}

/** Looks the name up on this machine and hands the proxy an address; TLS still asks for the name. */
function resolvingHere(connect: buildConnector.connector): buildConnector.connector {
  return async (options, callback) => {
    try {
      const { hostname } = options;
      const name = isIP(hostname) ? undefined : hostname;
      const address = name ? (await lookup(name, { family: 4 }).catch(() => lookup(name))).address : hostname;
      connect({ ...options, hostname: address, ...(name && { servername: options.servername ?? name }) }, callback);
    } catch (error) {
      callback(error as Error, null);
    }
  };
}

function agentFor(proxy: Proxy): NodeAgent {
  return explaining(
    proxy.url.protocol.startsWith('socks') ? new SocksProxyAgent(proxy.url) : new TunnelAgent(proxy.url),
    proxy,
  );
}

/** Fails where the proxy refuses: the library would hand out the proxy's answer as that of the host. */
class TunnelAgent extends HttpsProxyAgent<string> {
  override async connect(...[request, options]: Parameters<HttpsProxyAgent<string>['connect']>): Promise<Socket> {
    let status = 200;
    request.once('proxyConnect', (answer: { statusCode: number }) => {
      status = answer.statusCode;
    });
    const socket = await super.connect(request, options).catch((cause: Error) => {
      throw new ProxyFault(cause.message, { cause });
    });
    if (status === 200) return socket;
    socket.destroy();
    throw new Error(`Proxy response (${status})`);
  }
}

/** Makes an agent's failures sentences that name the proxy, whoever uses it (ws, grammY). */
function explaining<A extends SocksProxyAgent | TunnelAgent>(agent: A, proxy: Proxy): A {
  const connect = agent.connect.bind(agent) as (...args: Parameters<A['connect']>) => Promise<never>;
  agent.connect = (...args: Parameters<A['connect']>) =>
    connect(...args).catch((error: unknown) => {
      throw explain(error, proxy, String(args[1].host));
    });
  return agent;
}

function openSocket(url: string | URL, agent: NodeAgent | undefined): WebSocket {
  const socket = new WsSocket(url, { handshakeTimeout: connectTimeout, maxPayload, ...(agent && { agent }) });
  socket.binaryType = 'arraybuffer';
  // ws is an event emitter underneath: without one listener a failure would end the program.
  socket.on('error', () => {});
  return socket as unknown as WebSocket;
}

/** What failed, as a sentence: the proxy, the way behind it, or the host itself. */
function explain(error: unknown, proxy: Proxy | undefined, host: string): RealCozeError {
  const reason = root(error);
  const sentence = proxy
    ? proxySentence(error, proxy, host, reason)
    : `No connection to ${host} (${reason}). Check the network, or set PROXY.`;
  return new RealCozeError('network', sentence, { cause: error, upstreamCode: codeOf(error) });
}

function proxySentence(error: unknown, { place, url }: Proxy, host: string, reason: string): string {
  const chain = [...causes(error)];
  const words = `${reason} ${chain[0]?.message ?? ''}`;
  if (proxyRefused.test(words)) return `The proxy ${place} refused the name or password in PROXY.`;
  const isReached = !chain.some((one) => one instanceof ProxyFault) && proxyAnswered.test(words);
  if (isReached && hostnameOf(chain.at(-1)) !== url.hostname)
    return `The proxy ${place} could not reach ${host} (${reason}).`;
  if (/CERT|SIGNATURE/.test(reason))
    return `The certificate of the proxy ${place} is not trusted (${reason}). Correct PROXY, or name its authority's file in NODE_EXTRA_CA_CERTS.`;
  return `The proxy ${place} does not answer (${reason}). Start it, or correct PROXY.`;
}

/** tinyproxy says 401 to a wrong password and 407 to none at all. */
const proxyRefused = /authenticat|Proxy response \(40[17]\)|socks5 .*credential/i;

/** Words of a proxy that is up: SOCKS rejections, HTTP answers to CONNECT, our own name lookup, a reset behind it. */
const proxyAnswered =
  /rejected|HTTP tunnel|Proxy response|ENOTFOUND|EAI_AGAIN|other side closed|CERT|SIGNATURE|TLS|SSL/i;

/** The name that could not be found, where that is what failed. */
function hostnameOf(error: unknown): unknown {
  return (error as { hostname?: unknown } | undefined)?.hostname;
}

/** An error and what caused it, the innermost last. */
function* causes(error: unknown): Generator<Error> {
  for (let at = error; at instanceof Error; at = at.cause) yield at;
}

/** The runtime's own word for what failed, e.g. `ECONNREFUSED`: who asked can tell from it whether anything was sent. */
function codeOf(error: unknown): string | undefined {
  for (const cause of causes(error)) if ('code' in cause && typeof cause.code === 'string') return cause.code;
  return undefined;
}

/** The innermost cause in a few words: its code, else its message; never a URL. */
function root(error: unknown): string {
  const inner = [...causes(error)].at(-1);
  if (!inner) return 'unknown fault';
  const { code } = inner as { code?: unknown };
  if (typeof code === 'string' && /^E|CERT|SIGNATURE/.test(code)) return code;
  // The SOCKS library keeps the code only inside its message.
  return /\bE[A-Z]{4,}\b/.exec(inner.message)?.[0] ?? (inner.message.replace(/\S+:\/\/\S+/g, '…') || inner.name);
}
