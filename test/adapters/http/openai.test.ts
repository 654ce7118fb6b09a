/** The OpenAI-compatible API. */
import { describe, expect, it } from 'vitest';
import { eventsOf, type Script, sentenceOf, speak, startSite } from './site.ts';

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
      /messages\.0\.content: send a string, or an array of .* pictures, are not taken/,
    ],
    ['what is no JSON', '{model', /for example \{"model": "BOT", "messages"/],
  ])('refuses %s with a sentence', async (_, body, sentence) => {
    const site = await startSite();
    const refused = await sentenceOf(await site.post('/v1/chat/completions', body));
    expect(refused).toMatchObject({ status: 400, message: expect.stringMatching(sentence) });
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
