/** The OpenAI-compatible API. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RealCozeError } from '#core/errors.ts';
import { eventsOf, type Script, sentenceOf, speak, startSite } from './site.ts';

afterEach(() => {
  vi.useRealTimers();
});

const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
];

describe('GET /v1/models', () => {
  it('lists the bots', async () => {
    const site = await startSite();
    const list = (await (await fetch(`${site.url}/v1/models`)).json()) as { data: { id: string }[] };
    expect(list.data.map(({ id }) => id)).toEqual(['ada', 'bo']);
  });

  it('shows one of them by its name', async () => {
    const site = await startSite();
    expect(await (await fetch(`${site.url}/v1/models/bo`)).json()).toMatchObject({ id: 'bo', object: 'model' });
    const refused = await sentenceOf(await fetch(`${site.url}/v1/models/cy`));
    expect(refused).toMatchObject({ status: 404, message: 'There is no bot "cy". Choose one of: ada, bo.' });
  });
});

describe('POST /v1/chat/completions', () => {
  const full: Script = {
    answer: () => [
      { type: 'reasoning', text: 'Greet.' },
      ...speak('Hel', 'lo').take(2),
      { type: 'usage', input: 3, output: 2 },
      { type: 'done', finish: 'stop' },
    ],
  };

  it('answers whole', async () => {
    const site = await startSite(full);
    const answer = await (await site.post('/v1/chat/completions', { model: 'bo', messages, user: 'ann' })).json();
    expect(answer).toMatchObject({
      object: 'chat.completion',
      model: 'bo',
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          message: { role: 'assistant', content: 'Hello', reasoning_content: 'Greet.' },
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
    const [asked] = site.asked;
    expect(asked?.options?.turns).toEqual([
      { role: 6, content: 'Be brief.' },
      { role: 2, content: 'Hello' },
    ]);
    expect(asked?.incoming.author.id).toBe('ann');
  });

  it('reads what other models and their tools have said, though nobody here calls any', async () => {
    const site = await startSite();
    const call = { id: 'c1', type: 'function', function: { name: 'lookup', arguments: '{"q":"tea"}' } };
    const talk = [
      { role: 'user', content: 'What is tea?' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'A plant.' },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'I would rather not.' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'And' },
          { type: 'text', text: 'coffee?' },
        ],
      },
    ];
    expect((await site.post('/v1/chat/completions', { model: 'bo', messages: talk })).status).toBe(200);
    expect(site.asked[0]?.options?.turns).toEqual([
      { role: 2, content: 'What is tea?' },
      { role: 6, content: 'lookup({"q":"tea"}): A plant.' },
      { role: 1, content: 'I would rather not.' },
      { role: 2, content: 'And\ncoffee?' },
    ]);
  });

  it('hands on pictures, sound and files beside the words', async () => {
    const site = await startSite();
    const content = [
      { type: 'text', text: 'Look' },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      { type: 'input_audio', input_audio: { data: 'SUQz', format: 'mp3' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' } },
    ];
    await site.post('/v1/chat/completions', { model: 'bo', messages: [{ role: 'user', content }] });
    const [turn] = site.asked[0]?.options?.turns ?? [];
    expect(turn).toMatchObject({ role: 2, contentType: 6 });
    expect(JSON.parse(turn?.content ?? '')).toEqual([
      { type: 'text', text: 'Look' },
      { type: 'image', file_url: 'https://example.com/a.png' },
      { type: 'audio', file_url: 'data:audio/mpeg;base64,SUQz' },
      { type: 'file', name: 'a.pdf', file_url: 'data:application/pdf;base64,JVBE' },
    ]);
  });

  it('streams pieces that add up, with usage where asked, and says that it is done', async () => {
    const site = await startSite(full);
    const request = { model: 'ada', messages, stream: true, stream_options: { include_usage: true } };
    const events = await eventsOf(await site.post('/v1/chat/completions', request));
    expect(events.at(-1)).toEqual({ end: '[DONE]' });
    expect(events.at(-2)).toMatchObject({ choices: [], usage: { total_tokens: 5 } });
    const deltas = events.flatMap((event) => (event.choices as { delta: { content?: string } }[] | undefined) ?? []);
    expect(deltas.map(({ delta }) => delta.content ?? '').join('')).toBe('Hello');
    expect(deltas.at(-1)).toMatchObject({ delta: {}, finish_reason: 'stop' });
  });

  it('gives the whole text again when Coze has rewritten what was sent', async () => {
    async function* rewrites() {
      yield { type: 'delta' as const, text: 'Wrong' };
      await new Promise((resolve) => setImmediate(resolve));
      yield { type: 'replace' as const, text: 'Right' };
      yield { type: 'done' as const, finish: 'stop' as const };
    }
    const site = await startSite({ answer: rewrites });
    const events = await eventsOf(await site.post('/v1/chat/completions', { model: 'ada', messages, stream: true }));
    const deltas = events.flatMap((event) => (event.choices as { delta: { content?: string } }[] | undefined) ?? []);
    expect(deltas.map(({ delta }) => delta.content ?? '').join('')).toMatch(/^(Wrong\n\n)?Right$/);
  });

  it.each([
    [
      'an unknown role',
      { model: 'ada', messages: [{ role: 'robot', content: 'x' }] },
      /messages\.0\.role: the role is unknown/,
    ],
    ['no messages', { model: 'ada', messages: [] }, /messages: send at least the question/],
    ['no model', { messages }, /model: name a bot/],
    [
      'an unknown part',
      { model: 'ada', messages: [{ role: 'user', content: [{ type: 'video' }] }] },
      /messages\.0\.content\.0\.type: the part is unknown; parts are text, image_url, input_audio and file\./,
    ],
    [
      'a picture at an address that nobody may fetch',
      {
        model: 'ada',
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] }],
      },
      /messages\.0\.content\.0\.image_url\.url: pictures come as data:TYPE;base64,BYTES, or by an address/,
    ],
    [
      'a question without content',
      { model: 'ada', messages: [{ role: 'user', content: null }] },
      /messages\.0\.content: send a string, or an array of parts/,
    ],
    [
      'answers that say nothing, alone',
      { model: 'ada', messages: [{ role: 'assistant', content: null }] },
      /The messages hold no words/,
    ],
    ['what is no JSON', '{model', /for example \{"model": "BOT", "messages"/],
  ])('refuses %s with a sentence', async (_, body, sentence) => {
    const site = await startSite();
    const refused = await sentenceOf(await site.post('/v1/chat/completions', body));
    expect(refused).toMatchObject({ status: 400, message: expect.stringMatching(sentence) });
  });

  it('complains of a few faults only, however many there are', async () => {
    const site = await startSite();
    const refusal = async (...wrong: unknown[]) =>
      await sentenceOf(await site.post('/v1/chat/completions', { model: 'ada', messages: wrong }));
    const some = await refusal(...Array(9_000).fill(1));
    expect(some).toMatchObject({ status: 400, message: expect.stringContaining('messages.4: ') });
    expect(some.message.length).toBeLessThan(1_000);
    const tooMany = { status: 413, message: 'The request has more than 10000 messages and parts. Send fewer.' };
    expect(await refusal(...Array(20_000).fill(1))).toMatchObject(tooMany);
    expect(await refusal({ role: 'user', content: Array(20_000).fill(1) })).toMatchObject(tooMany);
  });

  it.each([
    ['rate_limited', 429, 'true'],
    ['busy', 409, 'true'],
    ['quota', 429, 'false'],
    ['timeout', 504, 'false'],
    ['network', 502, 'false'],
    ['config', 503, 'false'],
  ] as const)('tells clients that send again by themselves whether to, after %s', async (code, status, again) => {
    const fails = () => {
      throw new RealCozeError(code, 'No.');
    };
    const site = await startSite({ answer: fails });
    const response = await site.post('/v1/chat/completions', { model: 'ada', messages });
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([status, again]);
  });

  it('gives a failure before the first word its status, also where a stream was asked for', async () => {
    const site = await startSite({
      answer: () => {
        throw new RealCozeError('rate_limited', 'Wait a little.', { retryAfterMs: 2000 });
      },
    });
    const response = await site.post('/v1/chat/completions', { model: 'ada', messages, stream: true });
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await sentenceOf(response)).toMatchObject({ status: 429, message: 'Wait a little.' });
  });

  it('begins its stream without a word when none comes for a while, and tells a later failure inside it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const fail = Promise.withResolvers<never>();
    const site = await startSite({
      async *answer() {
        yield* speak(await fail.promise);
      },
    });
    const answering = site.post('/v1/chat/completions', { model: 'ada', messages, stream: true });
    await site.begun;
    await vi.advanceTimersByTimeAsync(5_000);
    const response = await answering;
    expect(response.status).toBe(200);
    fail.reject(new RealCozeError('server', 'Coze failed.'));
    expect((await eventsOf(response)).at(-1)).toMatchObject({ error: { message: 'Coze failed.' } });
  });

  it.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['DELETE', '/v1/models', 'GET, HEAD'],
    ['PUT', '/', 'GET, HEAD, POST'],
  ])('says which methods there are to who comes by %s %s', async (method, path, allowed) => {
    const site = await startSite();
    const response = await fetch(site.url + path, { method });
    expect(response.headers.get('allow')).toBe(allowed);
    expect(await sentenceOf(response)).toMatchObject({
      status: 405,
      message: `${path} takes ${allowed}, not ${method}.`,
    });
  });

  it('refuses an unknown model with the bots there are', async () => {
    const site = await startSite();
    const refused = await sentenceOf(await site.post('/v1/chat/completions', { model: 'gpt-4', messages }));
    expect(refused).toMatchObject({ status: 404, message: 'There is no bot "gpt-4". Choose one of: ada, bo.' });
  });
});
