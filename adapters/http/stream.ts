/** Bodies that grow: pulled by the client, closed when it leaves. */

/** Makes a body of pieces; its signal fires when `gone` does or the client has left. */
export type Pieces = (signal: AbortSignal) => AsyncIterable<string>;

/**
 * A response whose pieces are made only as fast as the client reads them. `gone` is the request's own signal.
 * A failure inside `pieces` cuts the connection: what fails expectedly is written as a piece.
 */
export function streamed(type: string, gone: AbortSignal, pieces: Pieces): Response {
  const left = new AbortController();
  const iterator = pieces(AbortSignal.any([gone, left.signal]))[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const step = await iterator.next();
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

/** One server-sent event; JSON holds no line end, so one `data` line is enough. */
export function sse(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
