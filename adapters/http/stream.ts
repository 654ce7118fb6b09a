/** Bodies that grow: pulled by the client, closed when it leaves. */

/** Makes a body of pieces; its signal fires when `gone` does or the client has left. */
export type Pieces = (signal: AbortSignal) => AsyncIterable<string>;

/** Milliseconds without a piece after which an event stream says that it lives: proxies such as nginx cut what is silent for a minute. */
const quietMs = 15_000;
/** A comment, which readers of event streams pass over. */
const alive = ': still here\n\n';

/**
 * A response whose pieces are made only as fast as the client reads them. `gone` is the request's own signal.
 * A failure inside `pieces` cuts the connection: what fails expectedly is written as a piece.
 */
export function streamed(type: string, gone: AbortSignal, pieces: Pieces): Response {
  const left = new AbortController();
  const iterator = pieces(AbortSignal.any([gone, left.signal]))[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const isEvents = type.startsWith('text/event-stream');
  let next: Promise<IteratorResult<string>> | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        next ??= iterator.next();
        const step = await (isEvents ? soon(next) : next);
        if (!step) return controller.enqueue(encoder.encode(alive));
        next = undefined;
        if (step.done) controller.close();
        else controller.enqueue(encoder.encode(step.value));
      },
      cancel: () => left.abort(),
    },
    { highWaterMark: 0 },
  );
  // Tells proxies such as nginx to pass each piece on at once.
  return new Response(body, {
    headers: { 'content-type': type, 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  });
}

/** `undefined` when nothing comes soon. */
async function soon<T>(piece: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), quietMs);
  return Promise.race([piece, late.promise]).finally(() => clearTimeout(timer));
}

/** One server-sent event; JSON holds no line end, so one `data` line is enough. */
export function sse(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
