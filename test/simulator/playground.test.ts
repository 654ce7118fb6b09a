import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Simulator } from '#core/simulator/index.ts';
import { accessKey } from '#core/simulator/playground/launch.ts';
import { start } from './wire.ts';

const device = '123456789';

async function post(simulator: Simulator, path: string, body: unknown, session = simulator.session) {
  const response = await fetch(simulator.url + path, {
    method: 'POST',
    headers: { cookie: `a=b; sessionid=${session}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as { code: number; msg: string } };
}

function address(simulator: Simulator, key = accessKey(device)): string {
  const query = new URLSearchParams({ access_key: key, fpid: '1000', aid: '100001', device_id: device });
  return `${simulator.url.replace('http', 'ws')}/ws/v2?${query}`;
}

function execution(text: string, more: object = {}): object {
  const message_info = JSON.stringify([{ role: 2, content: text, contentType: 1 }]);
  const work_info = { prompt: 'You are Nim, a guide.', message_info };
  return { space_id: '1', bot_id: '2', device_id: device, push_uuid: 'uuid-1', work_info, ...more };
}

/** Opens a socket and gathers its frames until an answer is whole. */
async function listen(simulator: Simulator): Promise<{ frames: Buffer[]; answer: Promise<string> }> {
  const socket = new WebSocket(address(simulator));
  const frames: Buffer[] = [];
  const answer = new Promise<string>((resolve) => {
    socket.on('message', (data: Buffer) => {
      frames.push(data);
      const found = /\{"event_type":1.*"is_finish":"1"\}\}\}/.exec(data.toString('utf8'))?.[0];
      const message = found && JSON.parse(found).message;
      if (message?.reply_type === 1) resolve(message.content);
    });
  });
  await once(socket, 'open');
  return { frames, answer };
}

describe('the playground', () => {
  test('gives launch data to a session, and none to a stranger', async () => {
    const simulator = await start();
    const launched = await post(simulator, '/api/playground/user/launch', {});
    expect(launched.json).toMatchObject({
      code: 0,
      data: { config: { frontier_product_id: 1000, frontier_domain: simulator.url.replace('http', 'ws') } },
    });
    const stranger = await post(simulator, '/api/playground/user/launch', {}, 'wrong');
    expect(stranger).toMatchObject({ status: 401, json: { code: 700_012_006 } });
  });

  test('opens no socket for a wrong key', async () => {
    const simulator = await start();
    const socket = new WebSocket(address(simulator, 'f'.repeat(32)));
    const [error] = await once(socket, 'error').catch((thrown: unknown) => [thrown]);
    expect(String(error)).toContain('401');
    expect(simulator.sockets).toBe(0);
  });

  test('answers over the socket, with the whole text so far in each frame', async () => {
    const simulator = await start();
    const { frames, answer } = await listen(simulator);
    expect((await post(simulator, '/api/draftbot/execute', execution('echo one two'))).json.code).toBe(0);
    expect(await answer).toBe('one two');
    const contents = frames.map((frame) => /"content":"([^"]*)"/.exec(frame.toString('utf8'))?.[1]);
    expect(contents.filter((content) => content !== undefined)).toEqual(['one ', 'one two', 'one two']);
  });

  test('wraps its frames in bytes that are no JSON, braces among them', async () => {
    const simulator = await start();
    const { frames, answer } = await listen(simulator);
    await post(simulator, '/api/draftbot/execute', execution('echo one two three'));
    await answer;
    const updates = frames.filter((frame) => frame.includes('event_type'));
    expect(updates.every((frame) => frame[0] === 0x08)).toBe(true);
    expect(updates.some((frame) => frame.indexOf('{') < frame.indexOf('{"event_type"'))).toBe(true);
    expect(frames.some((frame) => !frame.includes('{'))).toBe(true);
  });

  test.each([
    ['without a device', { device_id: 5 }],
    ['without a draft', { work_info: undefined }],
    ['with a draft that is no strings', { work_info: { message_info: [] } }],
    ['without turns', { work_info: { message_info: '' } }],
    ['with an answer as the last turn', { work_info: { message_info: '[{"role":1,"content":"a","contentType":1}]' } }],
  ])('refuses to execute %s', async (_what, more) => {
    const simulator = await start();
    expect((await post(simulator, '/api/draftbot/execute', execution('hi', more))).json.code).toBe(4000);
  });

  test('refuses a region, drops the socket, falls silent and sends noise, on demand', async () => {
    const simulator = await start();
    const refuse = { code: 700, msg: 'Due to regional restrictions, Coze is not available.' };
    simulator.faults.next({ path: '/api/playground/user/launch', refuse });
    expect((await post(simulator, '/api/playground/user/launch', {})).json.msg).toContain('regional restrictions');

    const socket = new WebSocket(address(simulator));
    await once(socket, 'open');
    simulator.faults.next({ dropSocketAfterWords: 1 });
    await post(simulator, '/api/draftbot/execute', execution('echo one two'));
    await once(socket, 'close');

    const { frames, answer } = await listen(simulator);
    simulator.faults.next({ fail: { afterWords: 1, code: 1, msg: '' } }, { garbage: '{"event_type":' });
    await post(simulator, '/api/draftbot/execute', execution('echo one two'));
    await post(simulator, '/api/draftbot/execute', execution('echo three'));
    expect(await answer).toBe('three');
    expect(frames.some((frame) => frame.toString() === '{"event_type":')).toBe(true);
  });
});

describe('uploads', () => {
  test('need a signature, and no cookie gets one', async () => {
    const simulator = await start();
    const query = 'Action=ApplyImageUpload&Version=2018-08-01&ServiceId=localdemo&FileSize=3';
    const response = await fetch(`${simulator.url}/?${query}`, {
      headers: { cookie: `sessionid=${simulator.session}` },
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ ResponseMetadata: { Error: { Code: 'SignatureDoesNotMatch' } } });
  });
});
