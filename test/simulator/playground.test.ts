import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { amzDate, authorization } from '#core/coze/playground/sigv4.ts';
import type { Simulator } from '#core/simulator/index.ts';
import { accessKey } from '#core/simulator/playground/launch.ts';
import { start } from './wire.ts';

const device = '123456789';

interface Replied {
  readonly code: number;
  readonly msg: string;
  readonly data?: { readonly service_id: string; readonly auth: Readonly<Record<string, string>> };
}

async function post(simulator: Simulator, path: string, body: unknown, session = simulator.session) {
  const response = await fetch(simulator.url + path, {
    method: 'POST',
    headers: { cookie: `a=b; sessionid=${session}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as Replied };
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

interface Applied {
  readonly StoreInfos: readonly { readonly StoreUri: string; readonly Auth: string }[];
  readonly SessionKey: string;
}

describe('uploads', () => {
  /** Signs and sends the calls as the site does, so that one thing at a time can be wrong. */
  async function uploader(simulator: Simulator) {
    const granted = await post(simulator, '/api/playground/upload/auth_token', { scene: 'bot_task' });
    const { service_id: ServiceId, auth } = granted.json.data ?? { service_id: '', auth: {} };
    const keys = {
      accessKeyId: auth.access_key_id ?? '',
      secretAccessKey: auth.secret_access_key ?? '',
      region: 'ap-singapore-1',
      service: 'imagex',
    };
    const signed = async (method: 'GET' | 'POST', query: Record<string, string>, body = '') => {
      const search = new URLSearchParams({ Version: '2018-08-01', ServiceId, ...query });
      const url = new URL(`${simulator.url}/?${search}`);
      const headers = {
        'x-amz-date': amzDate(Date.now()),
        'x-amz-security-token': auth.session_token ?? '',
        ...(method === 'POST' ? { 'x-amz-content-sha256': createHash('sha256').update(body).digest('hex') } : {}),
      };
      const signature = await authorization({ method, url, headers, body }, keys);
      const init = { method, headers: { ...headers, authorization: signature }, ...(body === '' ? {} : { body }) };
      return (await (await fetch(url, init)).json()) as Record<string, Record<string, unknown>>;
    };
    const apply = async () => {
      const applied = await signed('GET', { Action: 'ApplyImageUpload', FileSize: '3', FileExtension: '.png' });
      const address = applied.Result?.UploadAddress as Applied;
      const [store] = address.StoreInfos;
      return { uri: store?.StoreUri ?? '', auth: store?.Auth ?? '', key: address.SessionKey };
    };
    const store = async (to: { uri: string; auth: string }, bytes: string, crc: string) => {
      const headers = { authorization: to.auth, 'content-crc32': crc };
      const response = await fetch(`${simulator.url}/upload/v1/${to.uri}`, { method: 'POST', headers, body: bytes });
      return ((await response.json()) as { code: number }).code;
    };
    const commit = (key: string) =>
      signed('POST', { Action: 'CommitImageUpload' }, JSON.stringify({ SessionKey: key }));
    return { signed, apply, store, commit };
  }

  test('need a signature, and no cookie gets one', async () => {
    const simulator = await start();
    const query = 'Action=ApplyImageUpload&Version=2018-08-01&ServiceId=localdemo&FileSize=3';
    const response = await fetch(`${simulator.url}/?${query}`, {
      headers: { cookie: `sessionid=${simulator.session}` },
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ ResponseMetadata: { Error: { Code: 'SignatureDoesNotMatch' } } });
  });

  test('want the bytes before the commit, whole and with their sum', async () => {
    const { apply, store, commit } = await uploader(await start());
    const place = await apply();
    expect(await commit(place.key)).toMatchObject({ ResponseMetadata: { Error: { Code: 'NotUploaded' } } });
    expect(await store({ ...place, auth: 'other' }, 'cat', '9e5e43a8')).toBe(4003);
    expect(await store(place, 'cat', '00000000')).toBe(4008);
    expect(await store(place, 'cats', crcOf('cats'))).toBe(4009);
    expect(await store(place, 'cat', crcOf('cat'))).toBe(2000);
    expect(await commit(place.key)).toMatchObject({ Result: { Results: [{ Uri: place.uri, UriStatus: 2000 }] } });
  });

  test('refuse unknown services, versions and actions', async () => {
    const { signed } = await uploader(await start());
    for (const odd of [{ ServiceId: 'x' }, { Version: '1' }, { Action: 'Delete' }])
      expect(await signed('GET', { Action: 'ApplyImageUpload', FileSize: '3', ...odd })).toMatchObject({
        ResponseMetadata: { Error: { Code: `Invalid${Object.keys(odd)[0]}` } },
      });
  });

  test('are known to a bot only once they are committed', async () => {
    const simulator = await start();
    const turns = [
      { role: 2, content: '{"image_list":[{"key":"tos-local/none.png"}]}', contentType: 6 },
      { role: 2, content: 'Look', contentType: 1 },
    ];
    const work_info = { message_info: JSON.stringify(turns) };
    const refused = await post(simulator, '/api/draftbot/execute', execution('', { work_info }));
    expect(refused.json.code).toBe(4200);
  });
});

const crcOf = (text: string) => crc32(text).toString(16).padStart(8, '0');
