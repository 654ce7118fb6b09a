import { getEventListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as realTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createOpenTransport, type OpenTransportOptions } from '#core/coze/open/transport.ts';
import type { ChatRef, ReplyEvent, Transport } from '#core/coze/transport.ts';
import { createNetwork } from '#core/network.ts';
import { questionOf, readAll, textOf } from '../../contract/transport.ts';
import {
  chat,
  completed,
  cut,
  delta,
  done,
  ids,
  json,
  openBot,
  type Scripted,
  sse,
  stall,
  startScripted,
  stream,
  text,
} from './scripted.ts';

let server: Scripted;
let transports: Transport[];
/** Milliseconds of every wait, which none of these tests waits for. */
let slept: number[];

beforeEach(async () => {
  server = await startScripted();
  transports = [];
  slept = [];
});

afterEach(async () => {
  for (const transport of transports) await transport.close?.();
  await server.close();
});

function open(options: Partial<OpenTransportOptions> = {}): Transport {
  const transport = createOpenTransport({
    bot: openBot.coze,
    base: server.url,
    token: 'pat_secret',
    fetch,
    sleep: async (ms) => void slept.push(ms),
    random: () => 0.5,
    ...options,
  });
  transports.push(transport);
  return transport;
}

const ask = (options: Partial<OpenTransportOptions> = {}, more = {}) =>
  readAll(open(options).ask(questionOf('Hi', more), new AbortController().signal));

const whole = sse(
  chat('created'),
  chat('in_progress'),
  delta('Hel'),
  delta('lo'),
  completed('Hello'),
  chat('completed'),
  done,
);

describe('a body in place of a stream', () => {
  test.each([200, 400, 401, 403, 500])('JSON with status %i is the error it says', async (status) => {
    server.on(
      'POST /v3/chat',
      json({ code: 4101, msg: 'token lacks permission', detail: { logid: '2025abc' } }, status),
    );
    const { error } = await ask();
    expect(error).toMatchObject({ code: 'forbidden', upstreamCode: '4101', logid: '2025abc' });
  });

  test('JSON under the type of an event stream is read as JSON', async () => {
    server.on('POST /v3/chat', stream('  \n{"code":4028,"msg":"no credits"}', 5));
    expect((await ask()).error).toMatchObject({ code: 'quota' });
  });

  test('an event stream under another type is read as an event stream', async () => {
    server.on('POST /v3/chat', text(whole, 'text/plain'));
    expect((await ask()).text).toBe('Hello');
  });

  test('a web page with status 200 tells to check the address', async () => {
    server.on('POST /v3/chat', text('<!doctype html><html></html>', 'text/html'));
    const { error } = await ask();
    expect(error).toMatchObject({ code: 'config' });
    expect(String(error)).toContain('COZE_API_BASE');
  });

  test.each([
    ['<html>Bad gateway</html>', 502, 'server'],
    ['upstream timed out', 504, 'timeout'],
    ['<h1>Forbidden</h1>', 403, 'forbidden'],
    ['', 404, 'not_found'],
  ])('a gateway says %j with status %i', async (body, status, code) => {
    server.on('POST /v3/chat', text(body, 'text/html', status));
    const { error } = await ask();
    expect(error).toMatchObject({ code });
    expect(String(error)).not.toMatch(/[<>]/);
  });

  test.each([
    [429, 'rate_limited', 4],
    [401, 'auth', 1],
    [200, 'network', 1],
  ])('a body that breaks off with status %i is still typed', async (status, code, asked) => {
    server.on('POST /v3/chat', (response) => {
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"code":', () => response.destroy());
    });
    expect((await ask()).error).toMatchObject({ name: 'RealCozeError', code });
    expect(server.to('/v3/chat')).toHaveLength(asked);
  });

  test('an empty answer and one that is no protocol at all are typed', async () => {
    server.on('POST /v3/chat', text('', 'text/event-stream'));
    expect((await ask()).error).toMatchObject({ code: 'network' });
    server.on('POST /v3/chat', text('hello, I am a teapot', 'text/plain'));
    expect((await ask()).error).toMatchObject({ code: 'protocol' });
  });

  test('a chat that was not streamed is fetched', async () => {
    server.on('POST /v3/chat', json({ code: 0, data: { ...ids, status: 'in_progress' } }));
    server.on(
      'GET /v3/chat/retrieve',
      json({ code: 0, data: { ...ids, status: 'in_progress' } }),
      json({ code: 0, data: { ...ids, status: 'completed' } }),
    );
    server.on('GET /v3/chat/message/list', json({ code: 0, data: [completed('Hello')[1]] }));
    const { text: answer, events } = await ask();
    expect(answer).toBe('Hello');
    expect(events.at(-1)).toEqual({ type: 'done', finish: 'stop' });
  });

  test('a chat that was answered without a stream is fetched too', async () => {
    server.on('POST /v3/chat', json({ code: 0, data: { ...ids, status: 'completed' } }));
    server.on('GET /v3/chat/retrieve', json({ code: 0, data: { ...ids, status: 'completed' } }));
    server.on('GET /v3/chat/message/list', json({ code: 0, data: [completed('Hello')[1]] }));
    expect((await ask()).text).toBe('Hello');
  });

  test('events that are no JSON are passed over, and named in the log for who looks there', async () => {
    const said: object[] = [];
    const debug = (fields: object) => void said.push(fields);
    const log = { debug, info: debug, warn: debug, error: debug };
    const broken = sse(['conversation.message.delta', '{"id":'], ['conversation.message.completed', 'x'], delta('Hi'));
    server.on('POST /v3/chat', stream(sse(chat('created')) + broken + sse(chat('completed'), done)));
    expect(textOf((await ask({ log })).events)).toBe('Hi');
    expect(said).toEqual([{ event: 'conversation.message.delta' }, { event: 'conversation.message.completed' }]);
  });

  test('logid comes from the header where the body has none', async () => {
    server.on('POST /v3/chat', json({ code: 4000, msg: 'x' }, 400, { 'x-tt-logid': 'tt-1' }));
    expect((await ask()).error).toMatchObject({ logid: 'tt-1' });
    server.on('POST /v3/chat', json({ code: 400, msg: 'x' }, 400, { 'X-Log-ID': 'uuid-1' }));
    expect((await ask()).error).toMatchObject({ logid: 'uuid-1' });
  });
});

describe('asking again', () => {
  test.each([
    [4009, 200],
    [4013, 200],
    [4020, 200],
    [0, 429],
    [0, 502],
    [0, 503],
  ])('code %i with status %i is asked again, with growing waits', async (code, status) => {
    const failure = json({ code: code || 'x', msg: 'busy' }, status);
    server.on('POST /v3/chat', failure, failure, stream(whole));
    expect((await ask()).text).toBe('Hello');
    expect(slept).toEqual([500, 1000]);
  });

  test('it gives up after three waits', async () => {
    server.on('POST /v3/chat', json({ code: 4013, msg: 'rpm' }));
    expect((await ask()).error).toMatchObject({ code: 'rate_limited' });
    expect(server.to('/v3/chat')).toHaveLength(4);
  });

  test('Retry-After is waited out, in seconds or as a date; a long one is handed on', async () => {
    server.on('POST /v3/chat', json({ code: 4013 }, 429, { 'retry-after': '7' }), stream(whole));
    expect((await ask()).text).toBe('Hello');
    expect(slept).toEqual([7000]);
    const later = new Date(Date.now() + 600_000).toUTCString();
    server.on('POST /v3/chat', json({ code: 4013 }, 429, { 'retry-after': later }));
    const { error } = await ask();
    expect(error).toMatchObject({ code: 'rate_limited' });
    expect(Math.round((error as { retryAfterMs: number }).retryAfterMs / 10_000)).toBe(60);
  });

  test('5000 is asked again once', async () => {
    server.on('POST /v3/chat', json({ code: 5000, msg: 'internal' }));
    expect((await ask()).error).toMatchObject({ code: 'server' });
    expect(server.to('/v3/chat')).toHaveLength(2);
  });

  test('a failure inside the stream before the first word is asked again', async () => {
    server.on('POST /v3/chat', stream(sse(chat('created'), ['error', { code: 4020, msg: 'rpm' }])), stream(whole));
    expect((await ask()).text).toBe('Hello');
  });

  test('nothing is asked again once a word was seen', async () => {
    server.on('POST /v3/chat', stream(sse(chat('created'), delta('Hel'), ['error', { code: 4020, msg: 'rpm' }])));
    const { text: answer, error } = await ask();
    expect([answer, error]).toEqual(['Hel', expect.objectContaining({ code: 'rate_limited' })]);
    expect(server.to('/v3/chat')).toHaveLength(1);
  });

  test.each([4000, 4011, 4014, 4015, 4019, 4022, 4027, 4028, 4033, 4102, 4105, 788788103])(
    'code %i is not asked again',
    async (code) => {
      server.on('POST /v3/chat', json({ code, msg: 'no' }));
      await ask();
      expect(server.to('/v3/chat')).toHaveLength(1);
    },
  );

  test.each([504, 520, 524])(
    'a gateway that waited in vain (%i) is not asked again: Coze may have heard',
    async (status) => {
      server.on('POST /v3/chat', text('upstream timed out', 'text/plain', status));
      expect((await ask()).error).toMatchObject({ code: 'timeout' });
      expect(server.to('/v3/chat')).toHaveLength(1);
    },
  );

  test('a connection that broke without an answer is not asked again: Coze may have heard', async () => {
    server.on('POST /v3/chat', (response) => void response.destroy());
    expect((await ask()).error).toMatchObject({ code: 'network' });
    expect(server.to('/v3/chat')).toHaveLength(1);
  });

  test("a connection that was refused is asked again, through the runtime's fetch and through the program's own", async () => {
    const gone = await startScripted();
    await gone.close();
    const network = createNetwork();
    for (const way of [fetch, network.fetch]) {
      slept = [];
      const { error } = await ask({ base: gone.url, fetch: way });
      expect(error).toMatchObject({ code: 'network', upstreamCode: 'ECONNREFUSED' });
      expect(slept).toHaveLength(3);
    }
    await network.close();
  });

  test.each([
    [4100, 401],
    [4100, 200],
    [4101, 200],
    [700012006, 200],
    [undefined, 401],
  ])('a refused token is renewed once (code %s, status %i)', async (code, status) => {
    const tokens = ['old', 'new'];
    const seen: (string | undefined)[] = [];
    const token = async (refused?: string) => {
      seen.push(refused);
      return refused === 'old' ? (tokens[1] ?? '') : (tokens[seen.length > 1 ? 1 : 0] ?? '');
    };
    server.on('POST /v3/chat', json({ code, msg: 'bad' }, status), stream(whole));
    expect((await ask({ token })).text).toBe('Hello');
    expect(server.to('/v3/chat').map((asked) => asked.headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
  });

  test.each(['pat_secret', ' pat_secret\n', 'Bearer pat_secret', '"pat_secret"', "'Bearer pat_secret' "])(
    'a token pasted as %j goes out as it should',
    async (token) => {
      server.on('POST /v3/chat', stream(whole));
      expect((await ask({ token })).text).toBe('Hello');
      expect(server.asked[0]?.headers.authorization).toBe('Bearer pat_secret');
    },
  );

  test.each(['', 'pat_secret (new)', 'pat_secret\r\npat_other', 'pat_ｓecret'])(
    'a token that no header can carry, %j, is told and not quoted',
    async (token) => {
      const { error } = await ask({ token });
      expect(error).toMatchObject({ code: 'config', message: expect.stringContaining('copy it from Coze again') });
      expect(inspect(error)).not.toContain('pat_');
      expect(server.asked).toEqual([]);
    },
  );

  test('a personal token that is refused is reported at once', async () => {
    server.on('POST /v3/chat', json({ code: 700012006, msg: 'invalid' }));
    const { error } = await ask();
    expect(error).toMatchObject({ code: 'auth' });
    expect(String(error)).not.toContain('pat_secret');
    expect(server.to('/v3/chat')).toHaveLength(1);
  });
});

describe('a conversation that Coze keeps', () => {
  const turns = [
    { role: 2, content: 'One' },
    { role: 1, content: 'Two' },
    { role: 2, content: 'Three' },
  ] as const;
  const kept = { turns, conversationId: '72' };
  const sentTo = () =>
    server
      .to('/v3/chat')
      .map((asked) => [asked.query.conversation_id, (asked.json.additional_messages as unknown[]).length]);

  test('gets only what is new', async () => {
    server.on('POST /v3/chat', stream(whole));
    await ask({}, kept);
    expect(sentTo()).toEqual([['72', 1]]);
  });

  test.each([
    [4002, 'gone'],
    [4200, 'gone'],
    [4101, 'no permission'],
    [103000002, 'gone'],
    [103000001, 'user not match'],
  ])('that is gone or of another account (%i) is begun anew, once, with the whole window', async (code, msg) => {
    server.on('POST /v3/chat', json({ code, msg }), stream(whole));
    expect((await ask({}, kept)).text).toBe('Hello');
    expect(sentTo()).toEqual([
      ['72', 1],
      [undefined, 3],
    ]);
    server.on('POST /v3/chat', json({ code, msg }));
    expect((await ask({}, kept)).error).toMatchObject({ upstreamCode: String(code) });
    expect(sentTo()).toHaveLength(4);
  });

  test('that is busy (4016) is waited for', async () => {
    const busy = json({ code: 4016, msg: 'running' });
    server.on('POST /v3/chat', busy, busy, stream(whole));
    expect((await ask({}, kept)).text).toBe('Hello');
    expect(slept).toEqual([1000, 2000]);
    expect(sentTo()).toEqual([
      ['72', 1],
      ['72', 1],
      ['72', 1],
    ]);
  });

  test('that stays busy is left for a new one', async () => {
    const busy = json({ code: 4016, msg: 'running' });
    server.on('POST /v3/chat', busy, busy, busy, busy, busy, stream(whole));
    expect((await ask({}, kept)).text).toBe('Hello');
    expect(sentTo().at(-1)).toEqual([undefined, 3]);
  });

  test('that is busy with an answer somebody reads is waited for, not cancelled', async () => {
    const transport = open();
    server.on(
      'POST /v3/chat',
      stall(sse(chat('created'), delta('Hel'))),
      json({ code: 4016, msg: 'running' }),
      stream(whole),
    );
    const first = transport.ask(questionOf('Hi'), new AbortController().signal)[Symbol.asyncIterator]();
    await first.next();
    const more = { conversationId: ids.conversation_id };
    const { text: answer } = await readAll(transport.ask(questionOf('And?', more), new AbortController().signal));
    expect(answer).toBe('Hello');
    expect(server.to('/v3/chat/cancel')).toEqual([]);
    await first.return?.();
  });

  test('that is busy with a chat we left and could not cancel has it cancelled now', async () => {
    const transport = open();
    server.on(
      'POST /v3/chat',
      stall(sse(chat('created'), delta('Hel'))),
      json({ code: 4016, msg: 'running' }),
      stream(whole),
    );
    server.on(
      'POST /v3/chat/cancel',
      text('', 'text/plain', 502),
      json({ code: 0, data: { ...ids, status: 'canceled' } }),
    );
    for await (const _ of transport.ask(questionOf('Hi'), new AbortController().signal)) break;
    await expect.poll(() => server.to('/v3/chat/cancel').length).toBe(1);
    await server.to('/v3/chat/cancel')[0]?.closed;
    const more = { conversationId: ids.conversation_id };
    const { text: answer } = await readAll(transport.ask(questionOf('And?', more), new AbortController().signal));
    expect(answer).toBe('Hello');
    expect(server.to('/v3/chat/cancel').at(-1)?.json).toEqual({
      conversation_id: ids.conversation_id,
      chat_id: ids.id,
    });
    expect(server.to('/v3/chat/cancel')).toHaveLength(2);
  });
});

describe('a stream that breaks', () => {
  const list = [
    completed('b', '2', { created_at: 2 })[1],
    completed('Hello', '81', { created_at: 1 })[1],
    completed('{}', '9', { type: 'verbose' })[1],
  ];
  const state = (status: string, more = {}) => json({ code: 0, data: { ...ids, status, ...more } });

  test('is finished by its chat id: waited for, then listed in order of age', async () => {
    server.on('POST /v3/chat', cut(whole, whole.indexOf('lo"')));
    server.on(
      'GET /v3/chat/retrieve',
      state('in_progress'),
      state('created'),
      state('completed', { usage: { input_count: 7, output_count: 2 } }),
    );
    server.on('GET /v3/chat/message/list', json({ code: 0, data: list }));
    const { text: answer, events } = await ask();
    expect(answer).toBe('Hello\n\nb');
    expect(events.slice(-2)).toEqual([
      { type: 'usage', input: 7, output: 2 },
      { type: 'done', finish: 'stop' },
    ]);
    expect(slept).toEqual([1000, 1500]);
    expect(server.to('/v3/chat/retrieve')[0]?.query).toEqual({ conversation_id: ids.conversation_id, chat_id: ids.id });
  });

  test('also where the server ends it in good order, without a terminal event', async () => {
    server.on('POST /v3/chat', stream(sse(chat('created'), delta('Hel'))));
    server.on('GET /v3/chat/retrieve', state('completed'));
    server.on('GET /v3/chat/message/list', json({ code: 0, data: { messages: list } }));
    expect((await ask()).text).toBe('Hello\n\nb');
  });

  test.each([404, 405])('is looked up with POST where GET is not there (%i)', async (status) => {
    server.on('POST /v3/chat', cut(whole, whole.indexOf('lo"')));
    server.on('GET /v3/chat/retrieve', text('', 'text/plain', status));
    server.on('POST /v3/chat/retrieve', state('completed'));
    server.on('GET /v3/chat/message/list', json({ code: 0, data: list }));
    expect((await ask()).text).toBe('Hello\n\nb');
  });

  test.each(['completed', 'compleated', 'COMPLETED'])('is over at Coze when its status is %s', async (status) => {
    server.on('POST /v3/chat', cut(whole, whole.indexOf('lo"')));
    server.on('GET /v3/chat/retrieve', state(status));
    server.on('GET /v3/chat/message/list', json({ code: 0, data: list }));
    expect((await ask()).text).toBe('Hello\n\nb');
  });

  test("Studio's list is under Messages, its chat may be bare", async () => {
    server.on('POST /v3/chat', cut(whole, whole.indexOf('lo"')));
    server.on('GET /v3/chat/retrieve', json({ ...ids, status: 'completed' }));
    server.on('GET /v3/chat/message/list', json({ Messages: list }));
    expect((await ask()).text).toBe('Hello\n\nb');
  });

  test('the way back may be rough too', async () => {
    server.on('POST /v3/chat', cut(whole, whole.indexOf('lo"')));
    server.on(
      'GET /v3/chat/retrieve',
      (response) => void response.destroy(),
      text('x', 'text/plain', 502),
      state('completed'),
    );
    server.on('GET /v3/chat/message/list', json({ code: 0, data: list }));
    expect((await ask()).text).toBe('Hello\n\nb');
  });

  test.each([
    ['failed', { last_error: { code: 4014, msg: 'refused' } }, 'moderated'],
    ['canceled', {}, 'aborted'],
    ['cancelled', {}, 'aborted'],
    ['deleted', {}, 'aborted'],
    ['expired', {}, 'timeout'],
  ])('and has %s at Coze says so', async (status, more, code) => {
    server.on('POST /v3/chat', cut(whole, whole.indexOf('lo"')));
    server.on('GET /v3/chat/retrieve', state(status, more));
    const { error, text: answer } = await ask();
    expect([answer, error]).toEqual(['Hel', expect.objectContaining({ code })]);
  });

  test.each(['in_progress', 'suspended', ''])('and stays %j for ever is given up and cancelled', async (status) => {
    server.on('POST /v3/chat', cut(whole, whole.indexOf('lo"')));
    server.on('GET /v3/chat/retrieve', state(status));
    server.on('POST /v3/chat/cancel', state('canceled'));
    const transport = open();
    const { error } = await readAll(transport.ask(questionOf('Hi'), new AbortController().signal));
    expect(error).toMatchObject({ code: 'timeout' });
    expect(Math.max(...slept)).toBe(5000);
    await transport.close?.();
    expect(server.to('/v3/chat/cancel')).toHaveLength(1);
  });

  test.each([
    ['the token may not', json({ code: 4101, msg: 'no getChat' })],
    ['there is no such call', json({ code: 401, msg: 'missing session_key in cookie' }, 401)],
    [
      'Studio fails in plain text',
      text('code=103200003 message=record not found\nstack=/app/x.go:1 Foo', 'text/plain', 500),
    ],
  ])('keeps what was said where %s', async (_, refusal) => {
    server.on('POST /v3/chat', cut(whole, whole.indexOf('lo"')));
    const kept = ['Hel', expect.objectContaining({ code: 'network', message: expect.not.stringContaining('.go') })];
    server.on('GET /v3/chat/retrieve', refusal);
    const first = await ask();
    expect([first.text, first.error]).toEqual(kept);
    server.on('GET /v3/chat/retrieve', state('completed'));
    server.on('GET /v3/chat/message/list', refusal);
    const second = await ask();
    expect([second.text, second.error]).toEqual(kept);
  });

  test('and was not kept by Coze leaves what was said', async () => {
    server.on('POST /v3/chat', cut(whole, whole.indexOf('lo"')));
    server.on('GET /v3/chat/retrieve', state('completed'));
    server.on('GET /v3/chat/message/list', json({ code: 0, data: [] }));
    const { text: answer, error } = await ask();
    expect([answer, error]).toEqual(['Hel', expect.objectContaining({ code: 'network' })]);
  });

  test('before Coze gave it an id cannot be finished', async () => {
    server.on('POST /v3/chat', cut(whole, 20));
    expect((await ask()).error).toMatchObject({ code: 'network' });
  });

  test('is found again after a crash by the ids it told', async () => {
    server.on('GET /v3/chat/retrieve', state('in_progress'), state('completed'));
    server.on('GET /v3/chat/message/list', json({ code: 0, data: list }));
    const chatRef: ChatRef = { chatId: ids.id, conversationId: ids.conversation_id };
    const recovered = open().recover?.(chatRef, new AbortController().signal);
    expect(recovered && (await readAll(recovered)).text).toBe('Hello\n\nb');
  });
});

describe('a chat that is not found again in time', () => {
  const chatRef: ChatRef = { chatId: ids.id, conversationId: ids.conversation_id };

  test.each([
    ['still runs', json({ code: 0, data: { ...ids, status: 'in_progress' } }), 'timeout', 1],
    ['cannot be looked at', json({ code: 5000 }, 500), 'server', 1],
    ['has failed', json({ code: 0, data: { ...ids, status: 'failed', last_error: { code: 4028 } } }), 'quota', 0],
  ])('because it %s is cancelled where it may go on, since it will be asked anew', async (_, state, code, cancels) => {
    server.on('GET /v3/chat/retrieve', state);
    server.on('POST /v3/chat/cancel', json({ code: 0, data: ids }));
    const transport = open({ timing: { recoverMs: 10 } });
    const recovered = transport.recover?.(chatRef, new AbortController().signal);
    expect((recovered && (await readAll(recovered)))?.error).toMatchObject({ code });
    await transport.close?.();
    expect(server.to('/v3/chat/cancel')).toHaveLength(cancels);
  });
});

describe('deadlines', () => {
  const timing = { firstEventMs: 30, idleMs: 30, recoverMs: 10, graceMs: 10 };
  const speech = ['conversation.audio.delta', { id: '7', content: 'UklGRg==' }] as const;

  test('no headers in time', async () => {
    server.on('POST /v3/chat', () => {});
    expect((await ask({ timing })).error).toMatchObject({ code: 'timeout' });
  });

  test('headers, and then nothing', async () => {
    server.on('POST /v3/chat', stall(''));
    expect((await ask({ timing })).error).toMatchObject({ code: 'timeout' });
    await server.to('/v3/chat')[0]?.closed;
  });

  test('a stream that falls silent is finished by its chat id', async () => {
    server.on('POST /v3/chat', stall(sse(chat('created'), delta('Hel'))));
    server.on('GET /v3/chat/retrieve', json({ code: 0, data: { ...ids, status: 'completed' } }));
    server.on('GET /v3/chat/message/list', json({ code: 0, data: [completed('Hello')[1]] }));
    expect((await ask({ timing })).text).toBe('Hello');
    await server.to('/v3/chat')[0]?.closed;
  });

  test.each([
    ['with pings in its silence', sse(chat('created'), delta('Hel')), 'Hello', undefined],
    ['with nothing but pings', ': ping\n\n', '', 'timeout'],
  ])('a stream %s does not go on for ever', async (_, said, answer, code) => {
    server.on('POST /v3/chat', (response) => {
      stall(said)(response, undefined as never);
      const pings = setInterval(() => response.write('event:ping\ndata:\n\n'), 5);
      response.once('close', () => clearInterval(pings));
    });
    server.on('GET /v3/chat/retrieve', json({ code: 0, data: { ...ids, status: 'completed' } }));
    server.on('GET /v3/chat/message/list', json({ code: 0, data: [completed('Hello')[1]] }));
    const { text: shown, error } = await ask({ timing: { ...timing, idleMs: 5000, quietMs: 100 } });
    expect([shown, (error as { code?: string } | undefined)?.code]).toEqual([answer, code]);
    await server.to('/v3/chat')[0]?.closed;
  });

  test.each([
    ['without done', sse(chat('created'), completed('Hello'), chat('completed'))],
    ['with speech behind it', sse(chat('created'), completed('Hello'), chat('completed'), speech, done)],
  ])('a stream that ends %s is complete', async (_, bytes) => {
    server.on('POST /v3/chat', stream(bytes));
    const { text: answer, events } = await ask({ timing });
    expect([answer, events.at(-1)]).toEqual(['Hello', { type: 'done', finish: 'stop' }]);
    expect(server.asked.map((asked) => asked.path)).toEqual(['/v3/chat']);
  });

  test('the answer is finished at chat.completed, although the stream goes on', async () => {
    server.on('POST /v3/chat', stall(sse(chat('created'), completed('Hello'), chat('completed'))));
    const { events } = await ask({ timing });
    expect(events.at(-1)).toEqual({ type: 'done', finish: 'stop' });
    await server.to('/v3/chat')[0]?.closed;
  });

  test('a stream that ends by itself leaves its connection for the next question', async () => {
    const sockets = new Set<unknown>();
    server.on('POST /v3/chat', (response, asked) => {
      sockets.add(response.socket);
      return stream(whole)(response, asked);
    });
    const transport = open();
    for (let n = 0; n < 3; n += 1) {
      await readAll(transport.ask(questionOf('Hi'), new AbortController().signal));
      await server.to('/v3/chat')[n]?.closed;
      await realTimeout(0);
    }
    expect(sockets.size).toBe(1);
  });
});

describe('stopping', () => {
  test('an abort is heard although nobody reads on, and closing waits until Coze was told', async () => {
    server.on('POST /v3/chat', stall(sse(chat('created'), delta('Hel'))));
    server.on('POST /v3/chat/cancel', json({ code: 0, data: ids }));
    const transport = open();
    const stop = new AbortController();
    const one = transport.ask(questionOf('Hi'), stop.signal)[Symbol.asyncIterator]();
    await one.next();
    stop.abort();
    await server.to('/v3/chat')[0]?.closed;
    await expect(one.next()).rejects.toMatchObject({ code: 'aborted' });
    const other = transport.ask(questionOf('Hi'), new AbortController().signal)[Symbol.asyncIterator]();
    await other.next();
    await transport.close?.();
    expect(server.to('/v3/chat/cancel')).toHaveLength(2);
  });

  test('an abort closes the request and cancels at Coze', async () => {
    server.on('POST /v3/chat', stall(sse(chat('created'), delta('Hel'))));
    server.on('POST /v3/chat/cancel', json({ code: 0, data: { ...ids, status: 'canceled' } }));
    const stop = new AbortController();
    const transport = open();
    const events: ReplyEvent[] = [];
    const reading = (async () => {
      for await (const event of transport.ask(questionOf('Hi'), stop.signal)) {
        events.push(event);
        stop.abort();
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
    await server.to('/v3/chat')[0]?.closed;
    await transport.close?.();
    expect(textOf(events)).toBe('Hel');
    expect(server.to('/v3/chat/cancel').map((asked) => asked.json)).toEqual([
      { conversation_id: ids.conversation_id, chat_id: ids.id },
    ]);
  });

  test('leaving while it waits for bytes closes the request at once', async () => {
    server.on('POST /v3/chat', stall(sse(chat('created'), delta('Hel'))));
    const reading = open().ask(questionOf('Hi'), new AbortController().signal)[Symbol.asyncIterator]();
    await reading.next();
    const pending = reading.next().catch((error: unknown) => error);
    await reading.return?.();
    expect(await pending).toMatchObject({ code: 'aborted' });
    await server.to('/v3/chat')[0]?.closed;
  });

  test('a finished answer is not cancelled, nor is one that Coze failed', async () => {
    const transport = open();
    server.on(
      'POST /v3/chat',
      stream(whole),
      stream(sse(chat('created'), chat('failed', { last_error: { code: 4014 } }))),
    );
    await readAll(transport.ask(questionOf('Hi'), new AbortController().signal));
    await readAll(transport.ask(questionOf('Hi'), new AbortController().signal));
    await transport.close?.();
    expect(server.to('/v3/chat/cancel')).toEqual([]);
  });

  test.each([
    ['that Coze refuses', json({ code: 4104, msg: 'cannot be cancelled' }, 400)],
    ['that is absent', json({ code: 401, msg: 'missing session_key in cookie' }, 401)],
    ['that Studio answers without an envelope', json({ ChatV3ChatDetail: { ...ids, status: 'cancelled' } })],
  ])('a cancel %s changes nothing', async (_, answer) => {
    server.on('POST /v3/chat', stall(sse(chat('created'), delta('Hel'))));
    server.on('POST /v3/chat/cancel', answer);
    const transport = open();
    for await (const _ of transport.ask(questionOf('Hi'), new AbortController().signal)) break;
    await transport.close?.();
    expect(server.to('/v3/chat/cancel')).toHaveLength(1);
  });

  test('closing the transport ends what it streams', async () => {
    server.on('POST /v3/chat', stall(sse(chat('created'), delta('Hel'))));
    const transport = open();
    const reading = transport.ask(questionOf('Hi'), new AbortController().signal)[Symbol.asyncIterator]();
    await reading.next();
    const pending = reading.next().catch((error: unknown) => error);
    await transport.close?.();
    expect(await pending).toMatchObject({ code: 'aborted' });
  });

  test('an abort during the wait before asking again ends at once', async () => {
    server.on('POST /v3/chat', json({ code: 4013, msg: 'rpm' }, 429, { 'retry-after': '15' }));
    const stop = new AbortController();
    const { error } = await readAll(
      open({
        sleep: (_, signal) => {
          stop.abort();
          return Promise.reject(signal?.reason);
        },
      }).ask(questionOf('Hi'), stop.signal),
    );
    expect(error).toMatchObject({ code: 'aborted' });
  });
});

describe('many at once', () => {
  test('leave no listener and no chat behind', async () => {
    server.on('POST /v3/chat', stream(whole, 500));
    const transport = open();
    const stop = new AbortController();
    const answers = Array.from({ length: 1000 }, () => readAll(transport.ask(questionOf('Hi'), stop.signal)));
    expect(new Set((await Promise.all(answers)).map((answer) => answer.text))).toEqual(new Set(['Hello']));
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    await transport.close?.();
    expect(server.to('/v3/chat/cancel')).toEqual([]);
  });

  test('and many that are stopped leave nothing either', async () => {
    server.on('POST /v3/chat', stall(sse(chat('created'), delta('Hel'))));
    server.on('POST /v3/chat/cancel', json({ code: 0, data: ids }));
    const transport = open();
    const stop = new AbortController();
    const answers = Array.from({ length: 100 }, () => readAll(transport.ask(questionOf('Hi'), stop.signal)));
    await expect.poll(() => server.to('/v3/chat').length).toBe(100);
    stop.abort();
    for (const { error } of await Promise.all(answers)) expect(error).toMatchObject({ code: 'aborted' });
    await Promise.all(server.to('/v3/chat').map((asked) => asked.closed));
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });
});

describe('tools that run on this side', () => {
  const wanted = chat('requires_action', {
    status: 'requires_action',
    required_action: {
      type: 'submit_tool_outputs',
      submit_tool_outputs: {
        tool_calls: [
          { id: 't1', type: 'function', function: { name: 'lamp', arguments: '{"on":true}' } },
          { id: 't2', type: 'function', function: { name: 'door', arguments: '{}' } },
        ],
      },
    },
  });
  const asking = sse(chat('created'), delta('Wait. ', '80'), completed('Wait. ', '80'), wanted, done);

  test('get their outputs in one call, and the answer goes on', async () => {
    server.on('POST /v3/chat', stream(asking));
    server.on(
      'POST /v3/chat/submit_tool_outputs',
      stream(sse(delta('The lamp is on.'), completed('The lamp is on.'), chat('completed'), done)),
    );
    const { text: answer, events } = await ask(
      {},
      {
        onAction: async (calls: readonly { id: string; name: string }[]) =>
          calls.map((call) => ({ toolCallId: call.id, output: `{"did":"${call.name}"}` })),
      },
    );
    expect(answer).toBe('Wait. \n\nThe lamp is on.');
    expect(events.at(-1)).toEqual({ type: 'done', finish: 'stop' });
    const [submitted] = server.to('/v3/chat/submit_tool_outputs');
    expect(submitted?.query).toEqual({ conversation_id: ids.conversation_id, chat_id: ids.id });
    expect(submitted?.json).toEqual({
      stream: true,
      tool_outputs: [
        { tool_call_id: 't1', output: '{"did":"lamp"}' },
        { tool_call_id: 't2', output: '{"did":"door"}' },
      ],
    });
  });

  test('are refused by name where nobody runs them', async () => {
    server.on('POST /v3/chat', stream(asking));
    const { error } = await ask();
    expect(error).toMatchObject({ code: 'action_required' });
    expect(String(error)).toContain('lamp, door');
  });

  test.each([
    ['fails', async () => Promise.reject(new Error('the lamp is broken'))],
    ['is stopped', () => new Promise<never>(() => {})],
  ])('are answered with errors when the one who runs them %s', async (how, onAction) => {
    server.on('POST /v3/chat', stream(asking));
    server.on('POST /v3/chat/submit_tool_outputs', json({ code: 0, data: ids }));
    server.on('POST /v3/chat/cancel', json({ code: 0, data: ids }));
    const transport = open();
    const stop = new AbortController();
    const begun = Promise.withResolvers<void>();
    const running = () => {
      begun.resolve();
      return onAction();
    };
    const asked = readAll(transport.ask(questionOf('Hi', { conversationId: '72', onAction: running }), stop.signal));
    await begun.promise;
    if (how === 'is stopped') stop.abort();
    expect((await asked).error).toBeInstanceOf(Error);
    await transport.close?.();
    expect(server.to('/v3/chat/submit_tool_outputs')).toHaveLength(1);
    expect(server.to('/v3/chat/cancel')).toHaveLength(1);
  });

  test('are answered with errors where the conversation would stay stuck', async () => {
    server.on('POST /v3/chat', stream(asking));
    server.on('POST /v3/chat/submit_tool_outputs', json({ code: 0, data: ids }));
    const transport = open();
    await readAll(transport.ask(questionOf('Hi', { conversationId: '72' }), new AbortController().signal));
    await transport.close?.();
    expect(server.to('/v3/chat/cancel')).toHaveLength(1);
    expect(server.to('/v3/chat/submit_tool_outputs')[0]?.json).toMatchObject({
      stream: false,
      tool_outputs: [{ tool_call_id: 't1' }, { tool_call_id: 't2' }],
    });
  });
});

describe('limits', () => {
  test('an event over a megabyte is refused and the request closed', async () => {
    server.on('POST /v3/chat', stall(`${sse(chat('created'))}data:${'x'.repeat(1_100_000)}`));
    expect((await ask()).error).toMatchObject({ code: 'too_large' });
    await server.to('/v3/chat')[0]?.closed;
  });

  test('an answer over 16 MiB is refused and the request closed', async () => {
    const piece = sse(delta('x'.repeat(500_000)));
    server.on('POST /v3/chat', stream(sse(chat('created')) + piece.repeat(40)));
    const { error, text: answer } = await ask();
    expect(error).toMatchObject({ code: 'too_large' });
    expect(answer.length).toBeLessThanOrEqual(16 * 1024 * 1024);
  });

  /** Says the same for as long as anybody listens. */
  const endless = (type: string, first: string, again: string) => async (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': type });
    response.write(first);
    while (!response.destroyed) {
      response.write(again);
      await new Promise(setImmediate);
    }
  };
  const megabyte = ' '.repeat(1_000_000);

  test.each([
    [
      'reasoning',
      'text/event-stream',
      sse(chat('created')),
      sse(delta('', '81', { reasoning_content: 'x'.repeat(500_000) })),
    ],
    [
      'calls of tools',
      'text/event-stream',
      sse(chat('created')),
      sse(...Array.from({ length: 500 }, () => completed('{"name":"x"}', '5', { type: 'function_call' }))),
    ],
    ['a body', 'application/json', '{"code":0,"data":"', 'x'.repeat(1_000_000)],
    ['white space', 'text/event-stream', '', megabyte],
  ])('endless %s is refused and the request closed', async (_, type, first, again) => {
    server.on('POST /v3/chat', endless(type, first, again));
    expect((await ask()).error).toMatchObject({ code: 'too_large' });
    await server.to('/v3/chat')[0]?.closed;
  });

  test('a list of messages over 16 MiB is refused', async () => {
    server.on('POST /v3/chat', stream(sse(chat('created'))));
    server.on('GET /v3/chat/retrieve', json({ code: 0, data: { ...ids, status: 'completed' } }));
    server.on('GET /v3/chat/message/list', json({ code: 0, data: [completed('x'.repeat(17_000_000))[1]] }));
    expect((await ask()).error).toMatchObject({ code: 'too_large' });
  });

  const workflow = { bot: { ...openBot.coze, workflowId: '7500' } };

  test.each([
    ['15 MB', 'x'.repeat(15_000_001), {}],
    ['15 MB of characters that take three bytes', '猫'.repeat(5_000_001), {}],
    ['20 MB to a workflow', 'x'.repeat(20_000_001), workflow],
  ])('a question over %s is not sent', async (_, words, options) => {
    const { error } = await readAll(open(options).ask(questionOf(words), new AbortController().signal));
    expect(error).toMatchObject({ code: 'too_large' });
    expect(server.asked).toEqual([]);
  });

  test('a workflow is sent what is too much for a chat', async () => {
    server.on('POST /v1/workflows/chat', stream(whole));
    const asking = open(workflow).ask(questionOf('x'.repeat(19_000_000)), new AbortController().signal);
    expect((await readAll(asking)).text).toBe('Hello');
    expect(server.asked[0]?.body.length).toBeGreaterThan(19_000_000);
  });
});
