/** The original project's surface: `POST /` whole and streamed, and what it refuses. */
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { RealCozeError } from '#core/errors.ts';
import { sentenceOf, speak, startSite } from './site.ts';

const history = [
  { role: 2, content: 'I am Ann.' },
  { role: 1, content: 'Hello Ann.' },
  { role: 2, content: 'Who am I?' },
];

describe('POST /', () => {
  it('answers a whole history with content and continue', async () => {
    const site = await startSite();
    const response = await site.post('/', history);
    expect(await response.json()).toEqual({ content: 'Hello world', continue: false });
    expect(site.asked[0]?.options).toEqual({ turns: history, bot: 'ada' });
  });

  it('keeps two callers apart', async () => {
    const site = await startSite();
    await Promise.all([site.post('/', history), site.post('/', history)]);
    const [one, two] = site.asked.map(({ incoming }) => incoming.place.levels[0].id);
    expect(one).not.toBe(two);
  });

  it('asks the bot that is named', async () => {
    const site = await startSite();
    await site.post('/?bot=bo', history);
    expect(site.asked[0]?.options?.bot).toBe('bo');
  });

  it('streams lines that each hold the whole answer so far', async () => {
    const site = await startSite();
    const response = await site.post('/?stream=true', history);
    const lines = (await response.text()).split('\n').map((line) => JSON.parse(line));
    expect(lines.at(-1)).toEqual({ content: 'Hello world', continue: false });
    expect(lines.slice(0, -1).every((line) => line.continue && 'Hello world'.startsWith(line.content))).toBe(true);
  });

  it('streams so that the clients of the original, which cut at each brace, read it', async () => {
    const site = await startSite({ answer: () => speak('function f() { return {}; }') }, { streamByDefault: true });
    const text = await (await site.post('/', history)).text();
    const pieces = text.split('}').slice(0, -1);
    expect(text.endsWith('}')).toBe(true);
    expect(pieces.map((piece) => JSON.parse(`${piece}}`)).at(-1)).toEqual({
      content: 'function f() { return {}; }',
      continue: false,
    });
  });

  it('ends a stream that failed with what there was, and says why', async () => {
    async function* dies() {
      yield { type: 'delta' as const, text: 'Half' };
      throw new RealCozeError('quota', 'The credits are used up.');
    }
    const site = await startSite({ answer: dies });
    const text = await (await site.post('/?stream=true', history)).text();
    expect(JSON.parse(text.split('\n').at(-1) ?? '')).toEqual({
      content: 'Half',
      continue: false,
      code: 'quota',
      message: 'The credits are used up.',
    });
  });

  it('stops asking when the client leaves', async () => {
    const site = await startSite({ answer: endless });
    const leave = new AbortController();
    const response = await fetch(`${site.url}/?stream=true`, {
      method: 'POST',
      body: JSON.stringify(history),
      signal: leave.signal,
    });
    await response.body?.getReader().read();
    const signal = site.asked[0]?.signal;
    leave.abort();
    await aborted(signal);
  });

  it('stops asking when a client that waits for the whole answer leaves', async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    const site = await startSite({
      answer: (question) => {
        asked.resolve(question.signal);
        return endless(question);
      },
    });
    const leave = new AbortController();
    const request = fetch(site.url, { method: 'POST', body: JSON.stringify(history), signal: leave.signal });
    const signal = await asked.promise;
    leave.abort();
    await expect(request).rejects.toThrow();
    await aborted(signal);
  });
});

describe('a bad request', () => {
  it.each([
    ['that is not JSON', 'hello', /^The body is not JSON\. Send UTF-8 JSON, for example/],
    ['that is no array', { role: 2 }, /^The history is not an array\./],
    ['that is empty', [], /^The history is empty\./],
    ['with a turn that is no object', [1], /^Turn 0 of the history \(counted from 0\) is not an object\./],
    [
      'with an unknown role',
      [history[0], { role: 9, content: 'x' }],
      /^Turn 1 .* has the role 9\. Roles are 1 \(assistant\), 2 \(user\) and 6 \(knowledge\)\.$/,
    ],
    ['without a role', [{ content: 'x' }], /^Turn 0 .* has the role missing\./],
    ['without content', [{ role: 2 }], /^Turn 0 .* has no "content" of type string\.$/],
    ['with an unknown content type', [{ role: 2, content: 'x', contentType: 3 }], /unknown contentType/],
  ])('%s is told what to send', async (_, body, sentence) => {
    const site = await startSite();
    const refused = await sentenceOf(await site.post('/', body));
    expect(refused).toMatchObject({ status: 400, code: 'invalid', message: expect.stringMatching(sentence) });
    expect(site.asked).toEqual([]);
  });

  it('of 10 MB is refused with a sentence', async () => {
    const site = await startSite();
    const refused = await sentenceOf(await site.post('/', [{ role: 2, content: 'x'.repeat(10_000_000) }]));
    expect(refused).toMatchObject({ status: 413, code: 'too_large', message: /4 MiB/ });
  });

  it('of 10 MB that does not say its length is not read to its end', async () => {
    const site = await startSite();
    let sent = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        sent += 100_000;
        if (sent > 10_000_000) controller.close();
        else controller.enqueue(new Uint8Array(100_000).fill(32));
      },
    });
    const response = await fetch(site.url, { method: 'POST', body, duplex: 'half' } as RequestInit);
    expect(response.status).toBe(413);
  });

  it('that names an unknown bot is told which there are', async () => {
    const site = await startSite();
    const refused = await sentenceOf(await site.post('/?bot=eve', history));
    expect(refused).toMatchObject({ status: 404, message: 'There is no bot "eve". Choose one of: ada, bo.' });
  });

  it('leaves the server standing, also when it is not HTTP at all', async () => {
    const site = await startSite();
    const { port } = new URL(site.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('\x00\x01\x02 nonsense\r\n\r\n');
    await new Promise((resolve) => socket.on('close', resolve).resume());
    expect((await site.post('/', history)).status).toBe(200);
  });

  it('finds the sentence where the original’s clients look for an answer', async () => {
    const site = await startSite();
    for (const [path, body] of [
      ['/?bot=eve', history],
      ['/', []],
      ['/', '{'],
    ] as const) {
      const refused = (await (await site.post(path, body)).json()) as { error: { message: string } };
      expect(refused).toMatchObject({ content: refused.error.message, continue: false });
    }
  });

  it('gets the status that fits the failure, and how long to wait', async () => {
    const site = await startSite({
      answer: () => {
        throw new RealCozeError('rate_limited', 'Too fast.', { retryAfterMs: 1500 });
      },
    });
    const response = await site.post('/', history);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await sentenceOf(response)).toEqual({ status: 429, code: 'rate_limited', message: 'Too fast.' });
  });

  it('sees nothing of a failure that nobody foresaw', async () => {
    const site = await startSite({
      answer: () => {
        throw new Error('secret inside');
      },
    });
    const refused = await sentenceOf(await site.post('/', history));
    expect(refused).toEqual({
      status: 502,
      code: 'server',
      message: 'Something failed inside the program. Its log says what.',
    });
  });
});

async function* endless({ signal }: { signal: AbortSignal }) {
  yield { type: 'delta' as const, text: 'Wait' };
  await aborted(signal);
  throw signal.reason;
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
