import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Fault } from '#core/simulator/faults.ts';
import type { Simulator } from '#core/simulator/index.ts';
import { answerIn, call, gate, idsIn, messagesIn, question, start } from './wire.ts';

async function asked(fault: Fault, text = 'echo one two three') {
  const simulator = await start();
  simulator.faults.next(fault);
  return await call(simulator, '/v3/chat', { body: question(text) });
}

/** The bytes of an answer's body until the connection ends, however it ends. */
async function rawBody(simulator: Simulator, text: string): Promise<string> {
  const { port } = new URL(simulator.url);
  const socket = connect(Number(port), '127.0.0.1');
  const body = JSON.stringify(question(text));
  const head = ['POST /v3/chat HTTP/1.0', `Authorization: Bearer ${simulator.token}`, `Content-Length: ${body.length}`];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  await once(socket, 'close');
  return received.slice(received.indexOf('\r\n\r\n') + 4);
}

describe('before the stream', () => {
  test('a refusal comes as plain JSON, with its status and headers', async () => {
    const simulator = await start();
    const refuse = { code: 4013, msg: 'slow down', status: 429, headers: { 'retry-after': '3' } };
    simulator.faults.next({ refuse });
    const response = await fetch(`${simulator.url}/v3/chat`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('3');
    expect(await response.json()).toMatchObject({ code: 4013, msg: 'slow down' });
  });

  test('a gateway’s page comes as it is', async () => {
    const answered = await asked({ body: { text: '<html>502</html>', type: 'text/html', status: 502 } });
    expect(answered).toMatchObject({ status: 502, type: 'text/html', text: '<html>502</html>' });
  });

  test('a fault for one path leaves the others alone', async () => {
    const simulator = await start();
    simulator.faults.next({ path: '/v1/users/me', refuse: { code: 4101, msg: 'no' } });
    expect(answerIn(await call(simulator, '/v3/chat', { body: question('echo a') }))).toBe('a');
    expect(simulator.faults.waiting).toBe(1);
    expect((await call(simulator, '/v1/users/me')).json.code).toBe(4101);
    expect((await call(simulator, '/v1/users/me')).json.code).toBe(0);
    expect(simulator.faults.waiting).toBe(0);
  });
});

describe('within the stream', () => {
  test('it is cut at the byte, and the chat can be fetched whole', async () => {
    const simulator = await start();
    for (const cutAfterBytes of [1, 300, 777]) {
      simulator.faults.next({ cutAfterBytes });
      expect(await rawBody(simulator, 'echo one two three')).toHaveLength(cutAfterBytes);
    }
    simulator.faults.next({ cutAfterBytes: 1500 });
    const [, data = '{}'] = /data:(.*)\n/.exec(await rawBody(simulator, 'echo one two three')) ?? [];
    const { id, conversation_id } = JSON.parse(data);
    const path = `chat_id=${id}&conversation_id=${conversation_id}`;
    expect((await call(simulator, `/v3/chat/retrieve?${path}`)).json.data.status).toBe('completed');
    const { json } = await call(simulator, `/v3/chat/message/list?${path}`);
    expect(json.data).toContainEqual(expect.objectContaining({ type: 'answer', content: 'one two three' }));
  });

  test('it stalls with the connection open', async () => {
    const simulator = await start();
    simulator.faults.next({ stallAfterBytes: 40 });
    const stop = new AbortController();
    const response = await fetch(`${simulator.url}/v3/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${simulator.token}` },
      body: JSON.stringify(question('echo one')),
      signal: stop.signal,
    });
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value).toHaveLength(40);
    const more = reader?.read();
    stop.abort();
    await expect(more).rejects.toThrow();
  });

  test('it waits where it is told to, and goes on', async () => {
    const simulator = await start();
    const { promise, open } = gate();
    simulator.faults.next({ pause: { afterWords: 1, until: promise } });
    const chat = call(simulator, '/v3/chat', { body: question('echo one two') });
    open();
    expect(answerIn(await chat)).toBe('one two');
  });

  test.each([
    ['error', 'error'],
    ['failed', 'conversation.chat.failed'],
  ] as const)('it fails after some words, as %s', async (as, event) => {
    const { events } = await asked({ fail: { afterWords: 2, code: 5000, msg: 'broken', as } });
    expect(events.filter((each) => each.event === 'conversation.message.delta')).toHaveLength(2);
    expect(events.find((each) => each.event === event)?.data).toContain('broken');
    expect(events.some((each) => each.event === 'conversation.chat.completed')).toBe(false);
  });

  test.each([
    ['bare', '\nevent:done\ndata:[DONE]\n\n'],
    ['empty', '\nevent:done\ndata:\n\n'],
    ['stream.done', '\nevent:conversation.stream.done\ndata:\n\n'],
    ['debug_url', '/work_flow?execute_id=1"}\n\n'],
  ] as const)('it ends with done of the kind %s', async (ending, last) => {
    expect((await asked({ ending })).text.endsWith(last)).toBe(true);
  });

  test('it ends without done', async () => {
    expect((await asked({ ending: 'none' })).events.at(-1)?.event).toBe('conversation.chat.completed');
  });

  test('it goes on after the chat has completed', async () => {
    const { events } = await asked({ afterwards: 'event:conversation.audio.delta\ndata:{}\n\n' });
    expect(events.slice(-3).map(({ event }) => event)).toEqual([
      'conversation.chat.completed',
      'conversation.audio.delta',
      'done',
    ]);
  });

  test('it holds garbage, and the answer twice', async () => {
    const answered = await asked({ garbage: ':ping\nevent:x\ndata:{"a"\n\n', twice: true });
    expect(answered.text).toContain('data:{"a"');
    expect(messagesIn(answered).filter((message) => message.type === 'answer')).toHaveLength(2);
  });
});

describe('a reader', () => {
  const long = 'word '.repeat(20_000);

  test('that is slow gets everything', async () => {
    expect(answerIn(await asked({ say: [{ type: 'answer', text: long }] }))).toBe(long);
  });

  test('that leaves does not end the chat', async () => {
    const simulator = await start();
    simulator.faults.next({ say: [{ type: 'answer', text: long }] });
    const leaving = new AbortController();
    const response = await fetch(`${simulator.url}/v3/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${simulator.token}` },
      body: JSON.stringify(question('hi')),
      signal: leaving.signal,
    });
    const first = await response.body?.pipeThrough(new TextDecoderStream()).getReader().read();
    leaving.abort();
    const { id, conversation_id } = JSON.parse(/data:(.*)\n/.exec(first?.value ?? '')?.[1] ?? '{}');
    const path = `/v3/chat/retrieve?chat_id=${id}&conversation_id=${conversation_id}`;
    while ((await call(simulator, path)).json.data.status !== 'completed');
  });
});

describe('what the bot does', () => {
  test('is what the fault says', async () => {
    const answered = await asked({
      say: [
        { type: 'reasoning', text: 'Hm.' },
        { type: 'answer', text: 'One' },
        { type: 'answer', text: 'Two' },
        { type: 'card', content: '{"card_type":3}' },
      ],
    });
    const made = messagesIn(answered).filter((message) => message.type === 'answer');
    expect(made.map((message) => message.content)).toEqual(['One', 'Two', '{"card_type":3}']);
    expect(made.at(-1)?.content_type).toBe('card');
    expect(answered.text).toContain('"content":"","reasoning_content":"Hm."');
  });
});

test('a cancelled chat runs out, and stays cancelled', async () => {
  const simulator = await start();
  const { promise, open } = gate();
  simulator.faults.next({ pause: { afterWords: 1, until: promise } });
  const response = await fetch(`${simulator.url}/v3/chat`, {
    method: 'POST',
    headers: { authorization: `Bearer ${simulator.token}` },
    body: JSON.stringify(question('echo one two')),
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader?.read())?.value ?? '';
  const created = JSON.parse(/data:(.*)\n/.exec(text)?.[1] ?? '{}');
  await call(simulator, '/v3/chat/cancel', { body: { conversation_id: created.conversation_id, chat_id: created.id } });
  open();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) text += part.value;
  expect(text).toContain('"content":"one two"');
  expect(text).toContain('event:conversation.chat.canceled\n');
});

test('what was asked is on record', async () => {
  const simulator = await start();
  await call(simulator, '/v3/chat?conversation_id=', { body: question('echo one') });
  expect(simulator.requests.at(-1)).toMatchObject({
    method: 'POST',
    path: '/v3/chat',
    query: { conversation_id: '' },
    headers: { authorization: `Bearer ${simulator.token}` },
    body: { user_id: 'ada' },
  });
});

describe('a self-hosted Studio', () => {
  const studio = () => start({ flavour: 'studio' });

  test('ends its stream in its own way, and tells no usage there', async () => {
    const answered = await call(await studio(), '/v3/chat', { body: question('echo one') });
    expect(answered.text.endsWith('event:conversation.stream.done\ndata:\n\n')).toBe(true);
    expect(answered.text).not.toContain('usage');
    expect(answerIn(answered)).toBe('one');
  });

  test('streams unless told not to, and puts lists and chats under names of its own', async () => {
    const simulator = await studio();
    const { chat, conversation } = idsIn(
      await call(simulator, '/v3/chat', { body: question('hi', { stream: undefined }) }),
    );
    const query = `?conversation_id=${conversation}&chat_id=${chat}`;
    expect((await call(simulator, `/v3/chat/message/list${query}`)).json).toHaveProperty('Messages');
    expect((await call(simulator, `/v3/chat/retrieve${query}`)).json.data.status).toBe('completed');
    expect((await call(simulator, `/v3/chat/retrieve${query}`)).text).not.toContain('logid');
    const conversationPath = `/v1/conversation/retrieve?conversation_id=${conversation}`;
    expect((await call(simulator, conversationPath)).json).toHaveProperty('ConversationData.creator_d');
  });

  test('makes a new conversation for one it does not know', async () => {
    const answered = await call(await studio(), '/v3/chat?conversation_id=7', { body: question('hi') });
    expect(idsIn(answered).conversation).not.toBe('7');
  });

  test('refuses with stacks, in the stream, as text, and as HTTP 400', async () => {
    const simulator = await studio();
    const unknown = await call(simulator, '/v3/chat', { body: question('hi', { bot_id: '7400000000000000999' }) });
    expect(unknown.events).toHaveLength(1);
    expect(JSON.parse(unknown.events[0]?.data ?? '')).toMatchObject({
      code: 103_100_001,
      msg: expect.stringMatching(/^code=103100002 message=.*\ncause=.*\nstack=/),
    });
    const lost = await call(simulator, '/v3/chat/retrieve?conversation_id=1&chat_id=2');
    expect(lost).toMatchObject({ status: 500, type: expect.stringContaining('text/plain') });
    const body = { conversation_id: '1', chat_id: '2' };
    expect(await call(simulator, '/v3/chat/cancel', { body })).toMatchObject({ status: 400, json: { code: 400 } });
  });

  test('passes over what it cannot read', async () => {
    const body = question('echo one');
    const odd = [
      { role: 'user', content: '', content_type: 'text' },
      { role: 'user', content: '[{', content_type: 'object_string' },
    ];
    const additional_messages = [...odd, { role: 'user', content: 'What did I tell you?', content_type: 'text' }];
    const answered = await call(await studio(), '/v3/chat', { body: { ...body, additional_messages } });
    expect(answerIn(answered)).toContain('Nothing yet');
  });

  test('asks a workflow in its own way: numbered events, and a conversation or a name for one', async () => {
    const simulator = await studio();
    const additional_messages = [{ role: 'user', content: 'echo one', content_type: 'text' }];
    const body = { workflow_id: '79', bot_id: '7400000000000000002', additional_messages };
    const named = { ...body, parameters: { CONVERSATION_NAME: 'one' } };
    const answered = await call(simulator, '/v1/workflows/chat', { body: named });
    expect(answered.text).toMatch(/^id: 0\nevent: conversation\.chat\.created\ndata: \{.*\}\n\nid: 1\nevent: /);
    expect(answerIn(answered)).toBe('one');
    for (const wrong of [
      { ...body, parameters: {} },
      { ...named, bot_id: undefined },
    ])
      expect((await call(simulator, '/v1/workflows/chat', { body: wrong })).json.code).toBe(4000);
  });

  test('has no users, and takes no wrong token', async () => {
    const simulator = await studio();
    expect(await call(simulator, '/v1/users/me')).toMatchObject({ status: 401, json: { code: 401 } });
    const headers = { authorization: 'Bearer wrong' };
    expect(await call(simulator, '/v3/chat', { body: {}, headers })).toMatchObject({
      status: 200,
      json: { code: 700_012_006 },
    });
  });

  test('says that all is well after an error', async () => {
    const simulator = await studio();
    simulator.faults.next({ fail: { afterWords: 1, code: 103_200_002, msg: 'run failed' } });
    const { events } = await call(simulator, '/v3/chat', { body: question('echo one two') });
    expect(events.slice(-3).map(({ event }) => event)).toEqual([
      'error',
      'conversation.chat.completed',
      'conversation.stream.done',
    ]);
  });
});
