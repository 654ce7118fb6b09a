/** The record of what the local service was asked, for tests that look at what left the program. */
import type { IncomingHttpHeaders } from 'node:http';
import { parseJson } from './exchange.ts';

/** One call as it came, also one that was refused. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** The value of a JSON body, the bytes of any other. */
  readonly body: unknown;
}

/** Takes down one call. */
export type Recorder = (request: {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}) => void;

const most = 200;

/** Keeps the newest 200 calls. */
export function createRecord(): { readonly requests: readonly RecordedRequest[]; readonly record: Recorder } {
  const requests: RecordedRequest[] = [];
  const record: Recorder = ({ query, body, ...rest }) => {
    const isJson = rest.headers['content-type']?.includes('json') === true;
    requests.push({
      ...rest,
      query: Object.fromEntries(query),
      // Read only when somebody looks.
      get body() {
        return isJson ? parseJson(body.toString('utf8')) : body;
      },
    });
    if (requests.length > most) requests.shift();
  };
  return { requests, record };
}
