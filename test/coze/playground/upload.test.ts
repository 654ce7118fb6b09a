/** Files: token, Apply, bytes, Commit. Numbers in brackets are the faults of Real-Coze-API. */
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { authorization } from '#core/coze/playground/sigv4.ts';
import { FILE_LIMIT } from '#core/coze/playground/upload.ts';
import type { Call, FakeCoze } from './fake-coze.ts';
import { fakeCoze, neverAborted, transportTo } from './setting.ts';

const uri = 'tos-alisg-i-example-sg/1*2.jpg';
const bytes = new TextEncoder().encode('a picture, really');
const picture = { name: 'cat "夏".JPG', type: 'image/jpeg', bytes };

interface Storage {
  readonly coze: FakeCoze;
  /** Steps in the order they came. */
  readonly steps: string[];
  readonly calls: Record<string, Call>;
}

/** A fake with a storage behind it, on a host name of its own so that a leaked cookie shows. */
async function storage(auth: object = {}, answers: Record<string, object> = {}): Promise<Storage> {
  const coze = await fakeCoze();
  const host = coze.host.replace('127.0.0.1', 'localhost');
  const steps: string[] = [];
  const calls: Record<string, Call> = {};
  coze.on('/api/playground/upload/auth_token', (call) => {
    steps.push('token');
    calls.token = call;
    return {
      body: {
        code: 0,
        data: {
          service_id: 'svc',
          upload_path_prefix: 'bot_files',
          upload_host: host,
          auth: { access_key_id: 'AK', secret_access_key: 'SK', session_token: 'ST*+/=', ...auth },
        },
      },
    };
  });
  const result = {
    StoreInfos: [{ StoreUri: uri, Auth: 'SpaceKey/x', UploadID: 'u' }],
    UploadHosts: [host],
    SessionKey: 'sk',
  };
  const results = { Results: [{ Uri: uri, UriStatus: 2000 }] };
  coze.on('/', (call) => {
    const action = call.search.get('Action') ?? '';
    steps.push(action);
    calls[action] = call;
    return { body: answers[action] ?? { Result: action.startsWith('Apply') ? { UploadAddress: result } : results } };
  });
  coze.on(`/upload/v1/${uri}`, (call) => {
    steps.push('bytes');
    calls.bytes = call;
    return { body: answers.bytes ?? { code: 2000 } };
  });
  return { coze, steps, calls };
}

const upload = ({ coze }: Storage, file = picture) => transportTo(coze).upload(file, neverAborted());

describe('an upload to the playground', () => {
  it('applies, sends the bytes, and only then commits [20]', async () => {
    const place = await storage();
    expect(await upload(place)).toEqual({ id: uri, kind: 'image' });
    expect(place.steps).toEqual(['token', 'ApplyImageUpload', 'bytes', 'CommitImageUpload']);
    const { token, ApplyImageUpload: apply, bytes: sent, CommitImageUpload: commit } = place.calls;
    expect(token?.json).toEqual({ scene: 'bot_task' });
    expect(Object.fromEntries(apply?.search ?? [])).toMatchObject({
      Version: '2018-08-01',
      ServiceId: 'svc',
      FileSize: String(bytes.length),
      FileExtension: '.jpg',
    });
    expect(sent?.bytes.equals(bytes)).toBe(true);
    expect(sent?.headers).toMatchObject({
      authorization: 'SpaceKey/x',
      'content-crc32': crc32(bytes).toString(16).padStart(8, '0'),
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="cat ___.JPG"',
      'content-length': String(bytes.length),
    });
    expect(commit?.json).toEqual({ SessionKey: 'sk' });
  });

  it('shows the session cookie to Coze alone [21]', async () => {
    const place = await storage();
    await upload(place);
    const { token, ...others } = place.calls;
    expect(token?.headers.cookie).toBe('sessionid=secret-session-value');
    for (const call of Object.values(others))
      expect(JSON.stringify(call.headers)).not.toContain('secret-session-value');
  });

  it('signs Apply and Commit as the storage checks it [22]', async () => {
    const place = await storage();
    await upload(place);
    for (const [name, signed] of [
      ['ApplyImageUpload', 'x-amz-date;x-amz-security-token'],
      ['CommitImageUpload', 'x-amz-content-sha256;x-amz-date;x-amz-security-token'],
    ] as const) {
      const call = place.calls[name];
      const headers = Object.fromEntries(signed.split(';').map((header) => [header, String(call?.headers[header])]));
      const request = {
        method: call?.method === 'GET' ? 'GET' : 'POST',
        url: new URL(call?.url ?? '', 'http://fake'),
        headers,
        body: call?.bytes.toString() ?? '',
      } as const;
      const who = { accessKeyId: 'AK', secretAccessKey: 'SK', region: 'ap-singapore-1', service: 'imagex' };
      expect(call?.headers.authorization).toBe(await authorization(request, who));
      expect(call?.headers['x-amz-security-token']).toBe('ST*+/=');
    }
  });

  it('names the kinds of files', async () => {
    const place = await storage();
    expect(await upload(place, { name: 'a.pdf', type: 'application/pdf', bytes })).toEqual({ id: uri, kind: 'file' });
    expect(await upload(place, { name: 'noext', type: 'image/png', bytes })).toEqual({ id: uri, kind: 'image' });
    expect(place.calls.ApplyImageUpload?.search.get('FileExtension')).toBe('.png');
  });

  it('refuses what is too large or empty before anything is sent [22]', async () => {
    const place = await storage();
    const large = { ...picture, bytes: new Uint8Array(FILE_LIMIT + 1) };
    await expect(upload(place, large)).rejects.toMatchObject({ code: 'too_large' });
    await expect(upload(place, { ...picture, bytes: new Uint8Array() })).rejects.toMatchObject({ code: 'invalid' });
    expect(place.steps).toEqual([]);
  });

  const error = {
    ResponseMetadata: { Error: { CodeN: 100004, Code: 'SignatureDoesNotMatch', Message: 'bad signature' } },
  };
  it.each([
    ['ApplyImageUpload', error, /bad signature/],
    ['ApplyImageUpload', { Result: {} }, /no place/],
    ['bytes', { code: 4000, message: 'crc mismatch' }, /crc mismatch/],
    ['CommitImageUpload', error, /bad signature/],
    ['CommitImageUpload', { Result: { Results: [{ UriStatus: 2001 }] } }, /did not keep/],
  ])('says so when %s fails [22]', async (step, answer, sentence) => {
    const place = await storage({}, { [step]: answer });
    await expect(upload(place)).rejects.toMatchObject({
      name: 'RealCozeError',
      code: 'server',
      message: expect.stringMatching(sentence),
    });
    expect(place.steps.at(-1)).toBe(step);
  });

  it('says so when Coze gives no token', async () => {
    const place = await storage();
    place.coze.on('/api/playground/upload/auth_token', () => ({ body: { code: 0, data: {} } }));
    await expect(upload(place)).rejects.toMatchObject({ code: 'protocol' });
  });
});

describe('the upload token', () => {
  const inOneHour = Date.now() + 3_600_000;
  it.each([
    ['ISO text', new Date(inOneHour).toISOString(), 1],
    ['unix seconds', Math.floor(inOneHour / 1000), 1],
    ['unix seconds in text', String(Math.floor(inOneHour / 1000)), 1],
    ['milliseconds', inOneHour, 1],
    ['nonsense', 'soon', 1],
    ['ISO text long past', '2020-01-01T00:00:00Z', 2],
    ['unix seconds long past', 1_600_000_000, 2],
  ])('with its expiry in %s is asked for as often as it must be [14]', async (_, expired, times) => {
    const place = await storage({ expired_time: expired });
    const transport = transportTo(place.coze);
    for (let i = 0; i < 2; i++) await transport.upload(picture, neverAborted());
    expect(place.steps.filter((step) => step === 'token')).toHaveLength(times);
  });

  it('brings Coze’s clock, by which signatures are dated', async () => {
    const place = await storage({ current_time: '2031-01-01T00:00:00Z', expired_time: '2031-01-01T01:00:00Z' });
    await upload(place);
    expect(place.calls.ApplyImageUpload?.headers['x-amz-date']).toMatch(/^20310101T0000\d\dZ$/);
  });

  it('belongs to one session and is never written down [13]', async () => {
    const place = await storage();
    for (const session of ['one', 'two']) await transportTo(place.coze, { session }).upload(picture, neverAborted());
    expect(place.steps.filter((step) => step === 'token')).toHaveLength(2);
  });
});
