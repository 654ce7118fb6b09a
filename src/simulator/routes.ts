/** From a path to the handler that knows it: tokens and cookies are checked here, once. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Exchange, makeLogid, Refusal, readBody, refuse } from './exchange.ts';
import { now } from './ids.ts';
import type { Recorder } from './requests.ts';
import type { World } from './world.ts';

/** Answers a call, or throws a `Refusal`. */
export type Handle = (exchange: Exchange) => Promise<void> | void;

/** One call of the service. */
export interface Route {
  readonly method: string;
  /** `:name` stands for one part of the path. */
  readonly path: string;
  /** What the caller shows: a bearer token (default), the session cookie, or nothing that is checked here. */
  readonly auth?: 'bearer' | 'cookie' | 'none';
  /** The call makes a bot answer: faults without a path wait for it. */
  readonly asksBot?: boolean;
  readonly handle: Handle;
}

/** A request listener that finds the route, checks who asks, and turns refusals into Coze's envelope. */
export function createListener(world: World, routes: readonly Route[], record: Recorder) {
  const table = routes.map((route) => ({ route, pattern: compile(route.path) }));
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const studio = world.flavour === 'studio';
    const logid = studio ? '' : makeLogid();
    response.setHeader(studio ? 'X-Log-ID' : 'x-tt-logid', logid || randomUUID());
    try {
      await dispatch(request, response, logid);
    } catch (error) {
      if (!request.complete) response.setHeader('connection', 'close');
      if (response.headersSent) response.destroy();
      else refuse(response, error instanceof Refusal ? error : new Refusal(5000, 'Internal error.', 500), logid);
    }
  };

  async function dispatch(request: IncomingMessage, response: ServerResponse, logid: string): Promise<void> {
    const url = new URL(request.url ?? '/', world.url);
    const body = await readBody(request, url.pathname);
    const method = request.method ?? 'GET';
    record({ method, path: url.pathname, query: url.searchParams, headers: request.headers, body });
    const found = find(method, url.pathname);
    const fault = world.faults.take(url.pathname, found.route.asksBot === true);
    if (fault && injected(response, fault, logid)) return;
    const account = authorise(world, found.route, request);
    const { route, params } = found;
    const { pathname: path, searchParams: query } = url;
    await route.handle({
      method,
      path,
      query,
      headers: request.headers,
      body,
      params,
      response,
      logid,
      account,
      fault,
    });
  }

  function find(method: string, path: string): { route: Route; params: Record<string, string> } {
    for (const { route, pattern } of table) {
      const match = route.method === method ? pattern.exec(path) : null;
      if (match) return { route, params: { ...match.groups } };
    }
    if (world.flavour === 'studio') throw new Refusal(401, 'missing session_key in cookie', 401);
    throw new Refusal(4200, `Nothing answers ${method} ${path}.`, 404);
  }
}

function compile(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
}

function authorise(world: World, route: Route, request: IncomingMessage): string {
  if (route.auth === 'none') return '';
  if (route.auth === 'cookie') return checkCookie(world, request.headers.cookie ?? '');
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (world.tokens.has(token)) return 'owner';
  const issued = world.accounts.get(token);
  if (issued && issued.expiresAt > now()) return issued.account;
  world.accounts.delete(token);
  if (world.flavour === 'studio') throw new Refusal(700012006, 'access token invalid');
  throw new Refusal(4100, 'authentication is invalid', 401);
}

function checkCookie(world: World, cookie: string): string {
  const session = /(?:^|;\s*)sessionid=([^;]*)/.exec(cookie)?.[1] ?? '';
  if (!world.sessions.has(session)) throw new Refusal(700012006, 'login expired, please log in again', 401);
  return session;
}

/** True where a fault has answered in the handler's place. */
function injected(response: ServerResponse, fault: NonNullable<Exchange['fault']>, logid: string): boolean {
  if (fault.refuse) {
    for (const [name, value] of Object.entries(fault.refuse.headers ?? {})) response.setHeader(name, value);
    refuse(response, new Refusal(fault.refuse.code, fault.refuse.msg, fault.refuse.status), logid);
    return true;
  }
  if (!fault.body) return false;
  response.writeHead(fault.body.status ?? 200, { 'content-type': fault.body.type });
  response.end(fault.body.text);
  return true;
}
