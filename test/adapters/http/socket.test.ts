/** The original's WebSocket, as its clients use it. */
import { once } from 'node:events';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { RealCozeError } from '#core/errors.ts';
import { type Script, speak, startSite } from './site.ts';

const data = [{ role: 2, content: 'Hello' }];

interface Frame {
  readonly uuid: string;
  readonly data?: { readonly content: string; readonly continue: boolean };
  readonly [field: string]: unknown;
}

/** A client that keeps each frame, and waits for the one it needs. */
async function open(script: Script = {}, autoPong = true) {
  const site = await startSite(script);
  const socket = new WebSocket(site.url.replace('http', 'ws'), { autoPong });
  await new Promise((resolve) => socket.once('open', resolve));
  onTestFinished(() => socket.terminate());
  const frames: Frame[] = [];
  const arrived = new EventTarget();
  socket.on('message', (text) => {
    frames.push(JSON.parse(String(text)));
    arrived.dispatchEvent(new Event('frame'));
  });
  const until = async (wanted: (frame: Frame) => boolean): Promise<Frame> => {
    for (;;) {
      const found = frames.find(wanted);
      if (found) return found;
      await new Promise((resolve) => arrived.addEventListener('frame', resolve, { once: true }));
    }
  };
  const last = (uuid: string) => until((frame) => frame.uuid === uuid && frame.data?.continue === false);
  return { ...site, socket, frames, until, last, send: (value: unknown) => socket.send(JSON.stringify(value)) };
}

describe('the WebSocket', () => {
  it('answers under the uuid of the question, the content always whole', async () => {
    const client = await open({ answer: () => speak('One', ' two', ' three') });
    client.send({ uuid: 'a', data });
    expect(await client.last('a')).toEqual({ uuid: 'a', data: { content: 'One two three', continue: false } });
    for (const frame of client.frames) expect('One two three').toContain(frame.data?.content);
  });

  it('answers several questions at once and keeps them apart', async () => {
    const client = await open({ answer: ({ options }) => speak(options?.turns?.[0]?.content ?? '') });
    client.send({ uuid: 'a', data: [{ role: 2, content: 'first' }] });
    client.send({ uuid: 'b', data: [{ role: 2, content: 'second' }], bot: 'bo' });
    expect((await client.last('b')).data?.content).toBe('second');
    expect((await client.last('a')).data?.content).toBe('first');
    expect(client.asked.map(({ options }) => options?.bot)).toEqual(['ada', 'bo']);
  });

  it('sends every event to a client that asks for them', async () => {
    const client = await open({
      answer: () => [
        { type: 'reasoning', text: 'Hm.' },
        { type: 'delta', text: 'Yes' },
        { type: 'suggest', text: 'Why?' },
        { type: 'done', finish: 'stop' },
      ],
    });
    client.send({ uuid: 'a', data, events: true });
    await client.last('a');
    const types = client.frames.flatMap(({ event }) => (event ? [(event as { type: string }).type] : []));
    expect(types).toEqual(['reasoning', 'delta', 'suggest', 'done']);
  });

  it('stops an answer on request', async () => {
    const client = await open({ answer: untilStopped });
    client.send({ uuid: 'a', data });
    await client.until((frame) => frame.data?.content === 'Wait');
    client.send({ uuid: 'a', stop: true });
    expect(await client.last('a')).toMatchObject({ error: { code: 'aborted' } });
  });

  it('stops asking when the client leaves', async () => {
    const client = await open({ answer: untilStopped });
    client.send({ uuid: 'a', data });
    await client.until((frame) => frame.data?.content === 'Wait');
    const signal = client.asked[0]?.signal;
    client.socket.terminate();
    await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
    expect(signal?.aborted).toBe(true);
  });

  it('tells a failure as the last content, so that clients of the original show it', async () => {
    const client = await open({
      answer: () => {
        throw new RealCozeError('region', 'Not from here. Set PROXY.');
      },
    });
    client.send({ uuid: 'a', data });
    expect(await client.last('a')).toEqual({
      uuid: 'a',
      data: { content: 'Not from here. Set PROXY.', continue: false },
      error: { code: 'region', message: 'Not from here. Set PROXY.' },
    });
  });

  it.each([
    ['no JSON', 'hello', /^The message is not JSON/],
    ['no uuid', '{"data": []}', /^The message cannot be used/],
  ])('tells a frame with %s on the main thread and stays open', async (_, text, sentence) => {
    const client = await open();
    client.socket.send(text);
    const told = await client.until((frame) => frame.uuid === 'main-thread');
    expect(told).toMatchObject({ success: false, errmsg: expect.stringMatching(sentence) });
    client.send({ uuid: 'a', data });
    await client.last('a');
  });

  it('refuses a second question under a running uuid, and a ninth at once', async () => {
    const client = await open({ answer: untilStopped });
    for (let number = 1; number <= 8; number++) client.send({ uuid: number, data });
    client.send({ uuid: 1, data });
    client.send({ uuid: 'ninth', data });
    expect(await client.last('ninth')).toMatchObject({ error: { code: 'busy' } });
    expect(client.frames).toContainEqual(
      expect.objectContaining({ uuid: 1, error: expect.objectContaining({ code: 'busy' }) }),
    );
  });

  it('names the turn that has an unknown role', async () => {
    const client = await open();
    client.send({ uuid: 'a', data: [{ role: 5, content: 'x' }] });
    expect((await client.last('a')).data?.content).toMatch(/^Turn 0 .* has the role 5\./);
  });
});

async function* untilStopped({ signal }: { signal: AbortSignal }) {
  yield { type: 'delta' as const, text: 'Wait' };
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  throw signal.reason;
}

describe('a client that says nothing', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  async function* waits({ signal }: { signal: AbortSignal }) {
    yield { type: 'delta' as const, text: 'One' };
    await once(signal, 'abort');
  }

  it('keeps its connection as long as it answers pings', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    const client = await open();
    for (let beat = 0; beat < 3; beat += 1) {
      const pinged = once(client.socket, 'ping');
      vi.advanceTimersByTime(30_000);
      await pinged;
      client.send({ uuid: String(beat), data }); // The answer comes behind the pong.
      await client.last(String(beat));
    }
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('is cut off with what runs for it when it answers none', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    const client = await open({ answer: waits }, false);
    client.send({ uuid: 'a', data });
    await client.until(({ uuid }) => uuid === 'a');
    const closed = once(client.socket, 'close');
    vi.advanceTimersByTime(60_000);
    await closed;
    await expect.poll(() => client.asked[0]?.signal.aborted).toBe(true);
  });
});
