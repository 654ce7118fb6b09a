/** How a self-hosted Coze Studio says no: each call in its own way, the real code inside the text, a stack behind it. */
import { type Exchange, isFields, parseJson, Refusal, sendJson } from '../exchange.ts';
import type { Handle } from '../routes.ts';
import { openEventStream } from '../sse.ts';

/** Coze's numbers and the ones that Studio has for the same fault. */
const codes = new Map<number | string, number>([
  [4001, 103_200_003],
  [4002, 103_000_002],
  [4006, 103_100_002],
  [4101, 103_000_001],
  [4104, 103_200_005],
  [4200, 103_100_002],
]);

/**
 * The messages that Studio reads of those it is sent: it passes over empty texts and parts that are broken JSON or of
 * another type than text, image and file, without a word.
 */
export function readByStudio(messages: unknown): unknown {
  if (!Array.isArray(messages)) return messages;
  return messages.map(withoutOddParts).filter((message) => message !== undefined);
}

function withoutOddParts(message: unknown): unknown {
  if (!isFields(message) || typeof message.content !== 'string') return message;
  if (message.content_type !== 'object_string') return message.content === '' ? undefined : message;
  if (message.type === 'answer') throw new Refusal(5000, 'object_string is not for answers');
  const parts = parseJson(message.content);
  if (!Array.isArray(parts)) return undefined;
  const read = parts.filter((part) => isFields(part) && ['text', 'image', 'file'].includes(String(part.type)));
  if (read.some((part) => part.type !== 'text')) return { ...message, content: JSON.stringify(read) };
  const words = read.map((part) => String(part.text ?? '')).join('\n');
  return words === '' ? undefined : { ...message, content_type: 'text', content: words };
}

/** A bad parameter is HTTP 400; whatever fails later is an `error` event of a stream that just ends, with HTTP 200. */
export function failingAsStream(handle: Handle): Handle {
  return withFailure(handle, async (exchange, refusal) => {
    if (refusal.code === 4000) return badRequest(exchange, refusal.message);
    const stream = openEventStream(exchange.response, undefined, 'plain');
    await stream.send('error', JSON.stringify({ code: 103_100_001, msg: goError(refusal) }));
    stream.end();
  });
}

/** HTTP 400 with the number 400. */
export function failingAsBadRequest(handle: Handle): Handle {
  return withFailure(handle, (exchange, refusal) => badRequest(exchange, goError(refusal)));
}

/** HTTP 500 in plain text. */
export function failingAsText(handle: Handle): Handle {
  return withFailure(handle, (exchange, refusal) => {
    exchange.response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
    exchange.response.end(goError(refusal));
  });
}

function withFailure(handle: Handle, fail: (exchange: Exchange, refusal: Refusal) => Promise<void> | void): Handle {
  return async (exchange) => {
    try {
      await handle(exchange);
    } catch (error) {
      if (!(error instanceof Refusal) || exchange.response.headersSent) throw error;
      await fail(exchange, error);
    }
  };
}

function badRequest(exchange: Exchange, msg: string): void {
  sendJson(exchange.response, 400, { code: 400, msg });
}

/** Studio's errors are Go's, made into text. */
function goError(refusal: Refusal): string {
  const code = codes.get(refusal.code) ?? 103_200_002;
  const source = '/app/application/conversation/openapi_agent_run.go:58 OpenapiAgentRun';
  return `code=${code} message=${refusal.message}\ncause=agent run\nstack=${source}\n`;
}
