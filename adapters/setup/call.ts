/** One question to a chat platform about its own token. */
import { isWire, parseJson, type Wire, wires } from '#core/coze/json.ts';
import { RealCozeError } from '#core/errors.ts';
import type { Fetch } from '#core/web.ts';

export interface Asked {
  /** May hold the token: it never gets into an error. */
  readonly url: string;
  /** Its name, for people. */
  readonly service: string;
  readonly authorization?: string;
  readonly signal: AbortSignal;
}

const timeoutMs = 20_000;

/** The answer; `undefined` when the token is refused. @throws RealCozeError `network`, `timeout`, `aborted`, `rate_limited`, `server` */
export function getJson(fetch: Fetch, asked: Asked): Promise<Wire | undefined> {
  return get(fetch, asked, (body) => (isWire(body) ? body : undefined));
}

/** As `getJson`, for an answer that is a list; empty when the token is refused. */
export async function getList(fetch: Fetch, asked: Asked): Promise<readonly Wire[]> {
  return (await get(fetch, asked, (body) => (Array.isArray(body) ? wires(body) : undefined))) ?? [];
}

async function get<T>(
  fetch: Fetch,
  { url, service, authorization, signal }: Asked,
  shaped: (body: unknown) => T | undefined,
): Promise<T | undefined> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const response = await fetch(url, { signal: until, headers: authorization ? { authorization } : {} });
    const body = shaped(parseJson(await response.text()));
    if ([401, 403, 404].includes(response.status)) return undefined;
    if (response.ok && body) return body;
    const code = response.status === 429 ? 'rate_limited' : 'server';
    throw new RealCozeError(code, `${service} answered with HTTP ${response.status}. Try again in a minute.`);
  } catch (cause) {
    if (signal.aborted) throw new RealCozeError('aborted', 'Setup was left.');
    if (until.aborted) throw new RealCozeError('timeout', `${service} did not answer in time. Try again.`);
    if (cause instanceof RealCozeError) throw cause;
    throw new RealCozeError('network', `No connection to ${service}. Check the network and PROXY, then try again.`);
  }
}
