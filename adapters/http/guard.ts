/** Who may come in: the key where one is set, and on loopback only pages that this server sent itself. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { isLoopback } from '#core/settings.ts';
import { refusal } from './fault.ts';

/** Compared by hash, so that neither length nor content shows in the time it takes. */
export function createKeyCheck(apiKey: string): (given: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(apiKey);
  return (given) => timingSafeEqual(digest(given), expected);
}

/** What a refusal needs to know of a request; a WebSocket upgrade has the same. */
export interface Caller {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
}

export interface GuardOptions {
  /** Where the server listens. */
  readonly host: string;
  readonly apiKey?: string | undefined;
}

export type Verdict = { readonly status: 401 | 403; readonly message: string } | undefined;

export interface Guard {
  /** Nobody comes in without the key. */
  readonly keyed: boolean;
  /** A website elsewhere may not use a visitor's browser to reach this machine (DNS rebinding, cross-site requests). */
  from(caller: Caller): Verdict;
  /** `from`, and the key. */
  entry(caller: Caller): Verdict;
}

export function createGuard(options: GuardOptions): Guard {
  const isKey = options.apiKey === undefined ? undefined : createKeyCheck(options.apiKey);
  const from = (caller: Caller): Verdict => {
    const host = hostname(caller.host);
    if (isLoopback(options.host) && !isLoopback(host))
      return {
        status: 403,
        message: `This server answers to 127.0.0.1 and localhost only, not to "${host.slice(0, 80)}".`,
      };
    return undefined;
  };
  const entry = (caller: Caller): Verdict => {
    const wrong = from(caller);
    if (wrong) return wrong;
    if (isKey) return isKey(bearer(caller.authorization)) ? undefined : { status: 401, message: noKey };
    if (caller.origin !== undefined && hostOf(caller.origin) !== caller.host)
      return {
        status: 403,
        message: 'A page of another site may not use this server. Open its own page, or set SERVER_API_KEY.',
      };
    return undefined;
  };
  return { keyed: isKey !== undefined, from, entry };
}

const noKey =
  'The key is missing or wrong. Send it as "Authorization: Bearer KEY"; the owner set it as SERVER_API_KEY.';

function bearer(authorization: string | undefined): string {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
}

/** Browsers cannot set a header on a WebSocket: the key may come as the subprotocol `bearer.KEY` instead. */
export function authorizationOf(header: string | undefined, protocols: string | undefined): string | undefined {
  const key = protocols
    ?.split(',')
    .map((protocol) => protocol.trim())
    .find((protocol) => protocol.startsWith('bearer.'))
    ?.slice('bearer.'.length);
  return key === undefined ? header : `Bearer ${key}`;
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : '';
}

function hostname(host: string | undefined): string {
  return host && URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
}

/**
 * Lets the pages of other sites read what a server with a key answers, so that chat clients in a browser can use it: what they need
 * is the key, which a browser adds to nothing by itself. Asks for no key, since browsers ask for leave without it.
 */
export const openToPages: MiddlewareHandler = cors({ exposeHeaders: ['retry-after', 'x-should-retry'], maxAge: 600 });

/** Puts a guard's check before the routes. */
export function guarding(check: (caller: Caller) => Verdict): MiddlewareHandler {
  return async (context, next) => {
    const verdict = check({
      host: context.req.header('host'),
      origin: context.req.header('origin'),
      authorization: authorizationOf(context.req.header('authorization'), context.req.header('sec-websocket-protocol')),
    });
    if (!verdict) return next();
    const response = refusal(verdict.status, verdict.status === 401 ? 'auth' : 'forbidden', verdict.message);
    if (verdict.status === 401) response.headers.set('www-authenticate', 'Bearer');
    return response;
  };
}
