/** Bodies that grow. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { sse, streamed } from '../../../adapters/http/stream.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A stream of one piece that comes when it is let, and what reads it. */
function open(type: string) {
  const piece = Promise.withResolvers<string>();
  const response = streamed(type, new AbortController().signal, async function* () {
    yield await piece.promise;
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  return { piece, read: async () => (await reader?.read())?.value };
}

it('tells a proxy that a silent event stream lives, and loses nothing by it', async () => {
  const { piece, read } = open('text/event-stream; charset=utf-8');
  for (let silence = 0; silence < 3; silence += 1) {
    const next = read();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await next).toBe(': still here\n\n');
  }
  const last = read();
  piece.resolve(sse({ ok: true }));
  expect(await last).toBe('data: {"ok":true}\n\n');
  expect(await read()).toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
});

it('puts nothing into a stream whose format has no comments', async () => {
  const { piece, read } = open('application/x-ndjson');
  const next = read();
  await vi.advanceTimersByTimeAsync(60_000);
  piece.resolve('{}');
  expect(await next).toBe('{}');
});

it('breaks where its source breaks, also in its silence', async () => {
  const { piece, read } = open('text/event-stream');
  const next = read();
  await vi.advanceTimersByTimeAsync(15_000);
  await next;
  const last = read();
  piece.reject(new Error('gone'));
  await expect(last).rejects.toThrow('gone');
});
