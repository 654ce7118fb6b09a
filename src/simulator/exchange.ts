/** One HTTP call as the handlers of the local service see it, and the two ways to end it: an envelope or a refusal. */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Fault } from './faults.ts';

/** A call that has found its route and shown who makes it. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The parts of the path that a route names, e.g. `id` of `/v1/bots/:id`. */
  readonly params: Readonly<Record<string, string>>;
  readonly response: ServerResponse;
  /** Also sent as `x-tt-logid`; empty for Studio, which tells it in a header alone. */
  readonly logid: string;
  /** Whose conversations and files this caller can reach; empty where a route needs no token. */
  readonly account: string;
  /** What was asked to go wrong with this call. */
  readonly fault: Fault | undefined;
}

/** What Coze answers instead of doing what it was asked: a number of its own and a sentence, with HTTP 200 unless said otherwise. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: number | string;
  readonly status: number;

  constructor(code: number | string, message: string, status = 200) {
    super(message);
    this.code = code;
    this.status = status;
  }

  /** What stands in the body; the calls that do not use Coze's envelope have a shape of their own. */
  body(logid: string): unknown {
    return { code: this.code, msg: this.message, ...detail(logid) };
  }
}

function detail(logid: string): Fields {
  return logid === '' ? {} : { detail: { logid } };
}

/** A refusal for a parameter that is missing or wrong (4000). */
export function badParameter(field: string, reason: string): Refusal {
  return new Refusal(4000, `Request parameter error: ${field} ${reason}.`);
}

/** `YYYYMMDDhhmmss` and twenty hexadecimal digits, as Coze's own log ids look. */
export function makeLogid(): string {
  const stamp = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14);
  return stamp + randomBytes(10).toString('hex').toUpperCase();
}

const MB = 1_000_000;

/** Coze docs: 15 MB a request, 20 MB for workflows, 512 MB a file. This service holds a file in memory, and stops earlier. */
function limitOf(path: string): { readonly bytes: number; readonly refusal: Refusal } {
  const isFile = path === '/v1/files/upload' || path.startsWith('/upload/v1/');
  if (isFile) return { bytes: 128 * MB, refusal: new Refusal(4302, 'The file is larger than 128 MB.', 413) };
  const most = path.startsWith('/v1/workflow') ? 20 : 15;
  return { bytes: most * MB, refusal: new Refusal(4000, `The request body is larger than ${most} MB.`, 413) };
}

/** Reads a body whole. @throws Refusal 4000, or 4302 for a file, with HTTP 413 past what the path takes. */
export async function readBody(request: IncomingMessage, path: string): Promise<Buffer> {
  const { bytes, refusal } = limitOf(path);
  // Known beforehand where the length is told: then the caller hears why before the connection goes.
  if (Number(request.headers['content-length']) > bytes) throw refusal;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > bytes) throw refusal;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** A JSON object of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** The body as a JSON object; an empty body is an empty object. @throws Refusal 4000 with HTTP 400 for anything else. */
export function jsonBody(exchange: Pick<Exchange, 'body'>): Fields {
  if (exchange.body.length === 0) return {};
  const value = parseJson(exchange.body.toString('utf8'));
  if (!isFields(value)) throw new Refusal(4000, 'The request body is not a JSON object.', 400);
  return value;
}

/** The value of a JSON text, or `undefined` where it is not one. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True for a JSON object; lists are none. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A query parameter that must be there. @throws Refusal 4000. */
export function required(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (!value) throw badParameter(name, 'is required');
  return value;
}

/** `{"code":0,"msg":"","data":…,"detail":{"logid"}}`, with whatever else stands beside `data`. */
export function answer(exchange: Exchange, data: unknown, beside: Fields = {}): void {
  sendJson(exchange.response, 200, { code: 0, msg: '', data, ...beside, ...detail(exchange.logid) });
}

/** Ends the call with a JSON body. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length });
  response.end(bytes);
}

/** Ends the call with a refusal, in its own shape. */
export function refuse(response: ServerResponse, refusal: Refusal, logid: string): void {
  sendJson(response, refusal.status, refusal.body(logid));
}
