/** Server-sent events as Coze writes them, and the ways in which a stream can break. */
import type { ServerResponse } from 'node:http';
import type { Fault } from './faults.ts';

/** One stream of events, open until its end, a cut or the reader leaving. */
export interface EventStream {
  /** Writes one event and waits for a slow reader. Does nothing once the reader is gone. */
  send(event: string, data: string): Promise<void>;
  raw(text: string): Promise<void>;
  end(): void;
}

/** `plain`: `event:x`, as `/v3/chat`. `spaced`: `event: x`, as the workflow calls. `numbered`: those of Studio, with an `id: 1`, and no `data` line where there is no data. */
export type Framing = 'plain' | 'spaced' | 'numbered';

/** Begins an event stream. Line ends inside the data become several `data` lines. */
export function openEventStream(response: ServerResponse, fault: Fault | undefined, framing: Framing): EventStream {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  response.flushHeaders();
  const write = createWriter(response, fault);
  const colon = framing === 'plain' ? ':' : ': ';
  let count = 0;
  return {
    send: (event, data) => {
      const lines = framing === 'numbered' && data === '' ? [] : data.split('\n');
      const id = framing === 'numbered' ? `id: ${count++}\n` : '';
      return write(`${id}event${colon}${event}\n${lines.map((line) => `data${colon}${line}\n`).join('')}\n`);
    },
    raw: write,
    end: () => {
      if (!response.destroyed && fault?.stallAfterBytes === undefined) response.end();
    },
  };
}

/** Counts bytes, so that a cut falls at the byte it was asked for, be it inside a character. */
function createWriter(response: ServerResponse, fault: Fault | undefined): (text: string) => Promise<void> {
  const limit = fault?.cutAfterBytes ?? fault?.stallAfterBytes ?? Number.POSITIVE_INFINITY;
  let sent = 0;
  return async (text) => {
    if (response.destroyed || sent >= limit) return;
    const bytes = Buffer.from(text).subarray(0, limit - sent);
    sent += bytes.length;
    const flowing = response.write(bytes);
    if (sent >= limit && fault?.cutAfterBytes !== undefined) response.write('', () => response.destroy());
    else if (!flowing) await drained(response);
  };
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      response.off('drain', settle);
      response.off('close', settle);
      resolve();
    };
    response.on('drain', settle);
    response.on('close', settle);
  });
}
