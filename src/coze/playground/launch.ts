/** What the playground needs to know before its socket opens: launch data, device id and access key. */
import { RealCozeError } from '../../errors.ts';
import { id, text, wire } from '../json.ts';
import type { SessionCache } from './cache.ts';
import type { Call } from './call.ts';
import { md5 } from './md5.ts';

/** The part of `POST /api/playground/user/launch` that is used. */
export interface Launch {
  readonly appId: string;
  readonly appKey: string;
  readonly productId: string;
  /** Origin of the socket, its scheme included. */
  readonly domain: string;
}

/** Coze does not say how long launch data is good for; a refused socket fetches it anew before that. */
const LAUNCH_TTL_MS = 6 * 60 * 60 * 1000;

/** From the cache while it is fresh, else from Coze. `fresh` passes the cache by. */
export async function launch(call: Call, cache: SessionCache, fresh: boolean, signal: AbortSignal): Promise<Launch> {
  const known = fresh ? undefined : readCached(await cache.get('launch'));
  if (known !== undefined) return known;
  const data = readLaunch(await call('/api/playground/user/launch', {}, signal));
  await cache.set('launch', { ...data, until: Date.now() + LAUNCH_TTL_MS }, LAUNCH_TTL_MS);
  return data;
}

/**
 * The id this session shows Coze as its browser: one per session, made once and kept, never rotated.
 * A non-negative 32-bit number, as the site makes it.
 */
export async function deviceId(cache: SessionCache): Promise<string> {
  const known = await cache.get('device');
  if (typeof known === 'string' && /^\d{1,10}$/.test(known)) return known;
  const made = String((crypto.getRandomValues(new Uint32Array(1))[0] ?? 1) >>> 1);
  await cache.set('device', made);
  return made;
}

/** The address of the socket. It holds the access key: never log it. */
export function socketUrl(data: Launch, device: string): URL {
  const url = new URL(`${data.domain}/ws/v2`);
  url.search = new URLSearchParams({
    device_platform: 'web',
    version_code: '10000',
    access_key: accessKey(data, device),
    fpid: data.productId,
    aid: data.appId,
    device_id: device,
    xsack: '0',
    xaack: '0',
    xsqos: '0',
    qos_sdk_version: '2',
    language: 'zh-CN',
  }).toString();
  return url;
}

/** MD5 over product, app key, device and the salt in the site's own script. */
function accessKey(data: Launch, device: string): string {
  return md5(`${data.productId}${data.appKey}${device}f8a69f1719916z`);
}

function readLaunch(data: unknown): Launch {
  const config = wire(wire(data).config);
  const [appId, appKey, productId] = [config.frontier_app_id, config.frontier_app_key, config.frontier_product_id].map(
    id,
  );
  const domain = text(config.frontier_domain);
  if (!appId || !appKey || !productId || !domain)
    throw new RealCozeError(
      'protocol',
      'Coze gave no address for the playground socket: its web API has changed. Use a bot of the Open API, or check COZE_WEB_BASE.',
    );
  return { appId, appKey, productId, domain: checkedDomain(domain) };
}

/** What an older version or another program left in the cache is not trusted. */
function readCached(value: unknown): Launch | undefined {
  const { until, ...known } = wire(value);
  const [appId, appKey, productId, domain] = [known.appId, known.appKey, known.productId, known.domain].map(text);
  if (!appId || !appKey || !productId || !domain || !/^wss?:/.test(domain)) return undefined;
  return Number(until) > Date.now() ? { appId, appKey, productId, domain } : undefined;
}

/** Only sockets; unencrypted ones on this machine alone. */
function checkedDomain(domain: string): string {
  const url = URL.parse(/^\w+:\/\//.test(domain) ? domain : `wss://${domain}`);
  const local = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol === 'wss:' || (url?.protocol === 'ws:' && local))
    return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
  throw new RealCozeError(
    'protocol',
    'Coze named a playground socket that is not an encrypted WebSocket. Check COZE_WEB_BASE.',
  );
}
