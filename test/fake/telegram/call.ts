/** One call to the Bot API: its method and its parameters, however they were sent. */
import type { IncomingMessage } from 'node:http';

/** A file that was sent along. */
export interface Upload {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** What the server was asked. */
export interface Call {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Files of a multipart call, by the name that `attach://NAME` refers to. */
  readonly files: ReadonlyMap<string, Upload>;
}

/** JSON, multipart, form or query string: the real server takes all four. */
export async function readCall(method: string, request: IncomingMessage, query: URLSearchParams): Promise<Call> {
  const body = await readBody(request);
  const type = request.headers['content-type'] ?? '';
  const params: Record<string, unknown> = {};
  const files = new Map<string, Upload>();
  for (const [name, value] of query) params[name] = loose(value);
  if (type.includes('json') && body.length > 0) Object.assign(params, JSON.parse(new TextDecoder().decode(body)));
  else if (type.includes('multipart') || type.includes('urlencoded')) {
    const form = await new Response(body, { headers: { 'content-type': type } }).formData();
    for (const [name, value] of form)
      if (typeof value === 'string') params[name] = loose(value);
      else files.set(name, { name: value.name, type: value.type, bytes: new Uint8Array(await value.arrayBuffer()) });
  }
  return { method, params, files };
}

/** Objects and arrays are sent as JSON in a form; everything else is text or a number. */
function loose(value: string): unknown {
  if (!/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

async function readBody(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}
