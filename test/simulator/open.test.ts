import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { answerIn, botId, call, gate, idsIn, messagesIn, question, start } from './wire.ts';

describe('who may ask', () => {
  test('a wrong token is refused as Coze refuses it', async () => {
    const simulator = await start();
    const refused = await call(simulator, '/v1/users/me', { headers: { authorization: 'Bearer pat_wrong' } });
    expect(refused.status).toBe(401);
    expect(refused.json).toMatchObject({ code: 4100, detail: { logid: expect.stringMatching(/^\d{14}/) } });
  });

  test('a token that was taken back is refused from then on', async () => {
    const simulator = await start();
    simulator.tokens.add('pat_second');
    const headers = { authorization: 'Bearer pat_second' };
    expect((await call(simulator, '/v1/users/me', { headers })).json.code).toBe(0);
    simulator.tokens.delete('pat_second');
    expect((await call(simulator, '/v1/users/me', { headers })).json.code).toBe(4100);
  });

  test('the log id in the header is the one in the body', async () => {
    const simulator = await start();
    const response = await fetch(`${simulator.url}/v1/users/me`);
    const body = (await response.json()) as { detail: { logid: string } };
    expect(response.headers.get('x-tt-logid')).toBe(body.detail.logid);
  });
});

describe('a streamed chat', () => {
  test('writes its events without a space, in Coze’s order', async () => {
    const simulator = await start();
    const answered = await call(simulator, '/v3/chat', { body: question('echo one two') });
    expect(answered.type).toContain('text/event-stream');
    expect(answered.text.startsWith('event:conversation.chat.created\ndata:{')).toBe(true);
    expect(answered.events.map(({ event }) => event)).toEqual([
      'conversation.chat.created',
      'conversation.chat.in_progress',
      'conversation.message.delta',
      'conversation.message.delta',
      'conversation.message.completed',
      'conversation.message.completed',
      'conversation.chat.completed',
      'done',
    ]);
    expect(answered.events.at(-1)?.data).toBe('"[DONE]"');
    expect(answerIn(answered)).toBe('one two');
  });

  test('has ids of 19 digits, as strings', async () => {
    const simulator = await start();
    const { chat, conversation } = idsIn(await call(simulator, '/v3/chat', { body: question('hi') }));
    expect(chat).toMatch(/^\d{19}$/);
    expect(conversation).toMatch(/^\d{19}$/);
    expect(chat).not.toBe(conversation);
  });

  test('tells its usage at the end', async () => {
    const simulator = await start();
    const { events } = await call(simulator, '/v3/chat', { body: question('echo hello') });
    const { usage } = JSON.parse(events.at(-2)?.data ?? '{}');
    expect(usage.token_count).toBe(usage.input_count + usage.output_count);
    expect(usage.output_count).toBeGreaterThan(0);
  });
});

describe('what Coze refuses, this refuses', () => {
  const message = { role: 'user', content: 'hi', content_type: 'text' };
  const many = Array.from({ length: 101 }, () => message);
  const parts = (...list: object[]) => [{ role: 'user', content: JSON.stringify(list), content_type: 'object_string' }];
  test.each([
    ['no user', { user_id: undefined }, 4000],
    ['an id that is a number', { bot_id: 74 }, 4000],
    ['an unknown bot', { bot_id: '7400000000000000999' }, 4200],
    ['a bot that was never published', { bot_id: '7400000000000000003' }, 4015],
    ['the role system', { additional_messages: [{ ...message, role: 'system' }] }, 4000],
    [
      'a question of the assistant',
      { additional_messages: [{ ...message, role: 'assistant', type: 'question' }] },
      4000,
    ],
    ['content that is no string', { additional_messages: [{ ...message, content: { text: 'hi' } }] }, 4000],
    ['more than a hundred messages', { additional_messages: many }, 4004],
    ['nothing asked', { additional_messages: [] }, 4000],
    [
      'an object_string that is no JSON',
      { additional_messages: [{ ...message, content_type: 'object_string' }] },
      4000,
    ],
    ['text alone in an object_string', { additional_messages: parts({ type: 'text', text: 'hi' }) }, 4000],
    ['two text parts', { additional_messages: parts({ type: 'text', text: 'a' }, { type: 'text', text: 'b' }) }, 4000],
    ['a file alone', { additional_messages: parts({ type: 'file', file_url: 'https://example.com/a.pdf' }) }, 4000],
    ['a data: address', { additional_messages: [...parts({ type: 'image', file_url: 'data:,x' }), message] }, 4000],
    ['somebody else’s file', { additional_messages: [...parts({ type: 'image', file_id: '7' }), message] }, 4000],
    ['a long value in meta_data', { meta_data: { key: 'x'.repeat(513) } }, 4003],
    ['a variable with a space in its name', { custom_variables: { 'a b': 'x' } }, 4000],
    ['parameters that are no object', { parameters: '{"depth":3}' }, 4000],
    ['a shortcut that is no object', { shortcut_command: 's1' }, 4000],
    ['neither a stream nor a history', { stream: false, auto_save_history: false }, 4007],
  ])('%s', async (_what, more, code) => {
    const simulator = await start();
    const answered = await call(simulator, '/v3/chat', { body: question('hi', more) });
    expect(answered.type).toContain('application/json');
    expect(answered.json.code).toBe(code);
  });

  test('a body that is not JSON, and one that is too large', async () => {
    const simulator = await start();
    expect(await call(simulator, '/v3/chat', { body: '{"bot_id"' })).toMatchObject({
      status: 400,
      json: { code: 4000 },
    });
    const large = ' '.repeat(16_000_000);
    expect(await call(simulator, '/v3/chat', { body: large })).toMatchObject({ status: 413, json: { code: 4000 } });
    expect(await call(simulator, '/v1/workflows/chat', { body: large })).toMatchObject({ status: 400 });
  });

  test('files of a kind it does not take, and empty ones', async () => {
    const simulator = await start();
    const upload = async (name: string, content: string | Uint8Array<ArrayBuffer>, part = 'file') => {
      const form = new FormData();
      form.append(part, new File([content], name));
      const headers = { authorization: `Bearer ${simulator.token}` };
      const response = await fetch(`${simulator.url}/v1/files/upload`, { method: 'POST', body: form, headers });
      return ((await response.json()) as { code: number }).code;
    };
    expect(await upload('notes.txt', 'hello')).toBe(4303);
    expect(await upload('cat.png', '')).toBe(4300);
    expect(await upload('cat.png', 'hello')).toBe(0);
    expect(await upload('cat.png', 'hello', 'picture')).toBe(4300);
    expect(await upload('cat.png', new Uint8Array(21 * 1024 * 1024))).toBe(0);
    expect(await upload('cat.png', new Uint8Array(128_000_001))).toBe(4302);
  });
});

describe('a conversation', () => {
  test('keeps what was said, until it is cleared', async () => {
    const simulator = await start();
    const first = await call(simulator, '/v3/chat', { body: question('The key is under the mat') });
    const { conversation } = idsIn(first);
    const path = `/v3/chat?conversation_id=${conversation}`;
    expect(answerIn(await call(simulator, path, { body: question('What did I tell you?') }))).toContain('mat');
    await call(simulator, `/v1/conversations/${conversation}/clear`, { body: {} });
    expect(answerIn(await call(simulator, path, { body: question('What did I tell you?') }))).toContain('Nothing yet');
    const listed = await call(simulator, `/v1/conversation/message/list?conversation_id=${conversation}`, { body: {} });
    expect(listed.json.data).toHaveLength(6);
  });

  test('takes one chat at a time (4016), and is free again after a cancel', async () => {
    const simulator = await start();
    const { promise, open } = gate();
    simulator.faults.next({ pause: { afterWords: 1, until: promise } });
    const created = await call(simulator, '/v1/conversation/create', { body: { bot_id: botId } });
    const conversation_id = created.json.data.id;
    const path = `/v3/chat?conversation_id=${conversation_id}`;
    const begun = await call(simulator, path, { body: question('echo one two', { stream: false }) });
    expect(begun.json.data.status).toBe('in_progress');
    expect((await call(simulator, path, { body: question('hi') })).json.code).toBe(4016);
    const body = { conversation_id, chat_id: begun.json.data.id };
    expect((await call(simulator, '/v3/chat/cancel', { body })).json.data.status).toBe('canceled');
    expect((await call(simulator, '/v3/chat/cancel', { body })).json.code).toBe(4104);
    expect(answerIn(await call(simulator, path, { body: question('What did I tell you?') }))).toContain('Nothing yet');
    open();
  });

  test('that nobody has is 4002', async () => {
    const simulator = await start();
    const answered = await call(simulator, '/v3/chat?conversation_id=7', { body: question('hi') });
    expect(answered.json.code).toBe(4002);
  });
});

describe('the messages of a conversation', () => {
  test('are added, changed, listed by page and deleted', async () => {
    const simulator = await start();
    const { id } = (await call(simulator, '/v1/conversation/create', { body: {} })).json.data;
    const at = (what: string, more = '') => `/v1/conversation/message/${what}?conversation_id=${id}${more}`;
    const add = async (content: string) =>
      (await call(simulator, at('create'), { body: { role: 'user', content, content_type: 'text' } })).json.data.id;
    const [one, two, three] = [await add('one'), await add('two'), await add('three')];
    const changed = await call(simulator, at('modify', `&message_id=${two}`), { body: { content: 'second' } });
    expect(changed.json).toMatchObject({ message: { id: two, content: 'second' } });
    const page = await call(simulator, at('list'), { body: { order: 'asc', limit: 2 } });
    expect(page.json).toMatchObject({ first_id: one, last_id: two, has_more: true });
    const next = await call(simulator, at('list'), { body: { order: 'asc', limit: 2, after_id: two } });
    expect(next.json).toMatchObject({ data: [{ id: three }], has_more: false });
    await call(simulator, at('delete', `&message_id=${one}`), { body: {} });
    expect((await call(simulator, at('retrieve', `&message_id=${one}`))).json.code).toBe(4005);
  });

  test('go with it when it is deleted', async () => {
    const simulator = await start();
    const { id } = (await call(simulator, '/v1/conversation/create', { body: { bot_id: botId } })).json.data;
    const renamed = await call(simulator, `/v1/conversations/${id}`, { method: 'PUT', body: { name: 'Plans' } });
    expect(renamed.json.data).toMatchObject({ id, name: 'Plans' });
    const list = `/v1/conversations?bot_id=${botId}`;
    expect((await call(simulator, list)).json.data).toMatchObject({ conversations: [{ id }], has_more: false });
    await call(simulator, `/v1/conversations/${id}`, { method: 'DELETE' });
    expect((await call(simulator, list)).json.data).toMatchObject({ conversations: [] });
    expect((await call(simulator, `/v1/conversation/retrieve?conversation_id=${id}`)).json.code).toBe(4002);
  });
});

describe('a chat that waits for tools', () => {
  const calls = [{ id: 'c1', name: 'door', arguments: '{"open":true}' }];

  test('goes on with their outputs', async () => {
    const simulator = await start();
    simulator.faults.next({ say: [{ type: 'action', calls }] });
    const asked = await call(simulator, '/v3/chat', { body: question('Open the door') });
    expect(asked.events.at(-2)?.event).toBe('conversation.chat.requires_action');
    const { chat, conversation } = idsIn(asked);
    const path = `/v3/chat/submit_tool_outputs?conversation_id=${conversation}&chat_id=${chat}`;
    const none = await call(simulator, path, { body: { tool_outputs: [] } });
    expect(none.json).toMatchObject({ code: 4000, msg: expect.stringContaining('c1') });
    const tool_outputs = [{ tool_call_id: 'c1', output: 'The door is open' }];
    expect(answerIn(await call(simulator, path, { body: { stream: true, tool_outputs } }))).toContain(
      'The door is open',
    );
  });
});

describe('bots', () => {
  test('are read by id, in the older way too, and listed by page', async () => {
    const simulator = await start();
    const nim = { bot_id: botId, name: 'Nim', icon_url: `${simulator.url}/images/nim.png` };
    expect((await call(simulator, `/v1/bots/${botId}`)).json.data).toMatchObject(nim);
    expect((await call(simulator, `/v1/bot/get_online_info?bot_id=${botId}`)).json.data).toMatchObject(nim);
    const listed = await call(simulator, '/v1/space/published_bots_list?space_id=1&page_size=1');
    expect(listed.json.data).toMatchObject({ space_bots: [{ bot_id: botId, bot_name: 'Nim' }], total: 2 });
    expect((await call(simulator, '/v1/bots?workspace_id=1&page_size=0')).json.code).toBe(4000);
  });

  test('of a Studio have no envelope in the older way', async () => {
    const simulator = await start({ flavour: 'studio' });
    const old = `/v1/bot/get_online_info?bot_id=${botId}`;
    expect((await call(simulator, old)).status).toBe(500);
    expect((await call(simulator, `${old}&connector_id=1024`)).json).toMatchObject({ bot_id: botId });
  });

  test('have a picture each, and there is none of another kind', async () => {
    const simulator = await start();
    expect((await call(simulator, '/images/nim.png')).type).toBe('image/png');
    expect((await call(simulator, '/images/nim.gif')).status).toBe(404);
  });
});

describe('a workflow asked directly', () => {
  const body = { workflow_id: '79', parameters: {}, bot_id: '7400000000000000002' };
  const additional_messages = [{ role: 'user', content: 'echo hello', content_type: 'text' }];

  test('streams with a space behind the colon and without a bot', async () => {
    const simulator = await start();
    const answered = await call(simulator, '/v1/workflows/chat', { body: { ...body, additional_messages } });
    expect(answered.text.startsWith('event: conversation.chat.created\ndata: {')).toBe(true);
    expect(answered.text).not.toContain('bot_id');
    expect(answered.events.at(-1)).toMatchObject({ event: 'done', data: expect.stringContaining('debug_url') });
    expect(answerIn(answered)).toBe('hello');
  });

  test('knows its parameters', async () => {
    const simulator = await start();
    const more = { parameters: { city: 'Oslo' }, additional_messages: [{ role: 'user', content: 'weather?' }] };
    const answered = await call(simulator, '/v1/workflows/chat', { body: { ...body, ...more } });
    expect(answerIn(answered)).toContain('Oslo');
  });

  test('refuses an unknown workflow, missing parameters and a last word that is not the user’s', async () => {
    const simulator = await start();
    const code = async (more: object) =>
      (await call(simulator, '/v1/workflows/chat', { body: { ...body, additional_messages, ...more } })).json.code;
    expect(await code({ workflow_id: '1' })).toBe(4200);
    expect(await code({ parameters: undefined })).toBe(4000);
    expect(await code({ additional_messages: [{ role: 'assistant', content: 'hi' }] })).toBe(4000);
  });
});

test('knowledge, tools and follow-ups come as Coze sends them', async () => {
  const simulator = await start();
  const messages = messagesIn(await call(simulator, '/v3/chat', { body: question('Look up a fact with sources') }));
  expect(messages.map((message) => message.type)).toEqual([
    'verbose',
    'answer',
    'verbose',
    'follow_up',
    'follow_up',
    'follow_up',
  ]);
  expect(JSON.parse(JSON.parse(messages[0]?.content ?? '').data).chunks).toHaveLength(2);
});

test('a port that is taken is named', async () => {
  const { url } = await start();
  const port = Number(new URL(url).port);
  await expect(start({ port })).rejects.toMatchObject({ code: 'config', message: expect.stringContaining(`:${port}`) });
});

test('nonsense from outside does no harm', async () => {
  const simulator = await start();
  const { port } = new URL(simulator.url);
  for (const nonsense of [
    'GET // HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET http:// HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
    '\0\r\n\r\n',
  ]) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {}).resume();
    socket.write(nonsense);
    await once(socket, 'close');
  }
  expect((await call(simulator, '/v1/users/me')).json.code).toBe(0);
});
