import Keyv from 'keyv';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { checkFile } from '#core/coze/open/files.ts';
import { createOpenTransport } from '#core/coze/open/transport.ts';
import type { Transport } from '#core/coze/transport.ts';
import { json, openBot, type Scripted, startScripted } from './scripted.ts';

let server: Scripted;
let cache: Keyv;

beforeEach(async () => {
  server = await startScripted();
  cache = new Keyv();
  server.on('POST /v1/files/upload', json({ code: 0, data: { id: '7420000000000000001', bytes: 3, file_name: 'x' } }));
});

afterEach(async () => {
  vi.useRealTimers();
  await server.close();
});

const open = (token = 'pat_1'): Transport =>
  createOpenTransport({ bot: openBot.coze, base: server.url, token, fetch, cache, sleep: async () => {} });
const bytes = (text: string) => new TextEncoder().encode(text);
const file = (name: string, type = '', content = 'abc') => ({ name, type, bytes: bytes(content) });
const upload = (transport: Transport, one = file('cat.png', 'image/png')) =>
  transport.upload?.(one, new AbortController().signal);

describe('uploading', () => {
  test('sends one part with name, type and bytes', async () => {
    expect(await upload(open())).toEqual({ id: '7420000000000000001', kind: 'image' });
    const [asked] = server.to('/v1/files/upload');
    const form = await new Response(asked?.body, {
      headers: { 'content-type': asked?.headers['content-type'] ?? '' },
    }).formData();
    const sent = form.get('file') as File;
    expect([...form.keys()]).toEqual(['file']);
    expect([sent.name, sent.type, await sent.text()]).toEqual(['cat.png', 'image/png', 'abc']);
  });

  test('uploads one content once, also at the same moment and after a restart', async () => {
    const transport = open();
    await Promise.all([upload(transport), upload(transport), upload(transport, file('other.png', 'image/png'))]);
    await upload(open());
    expect(server.to('/v1/files/upload')).toHaveLength(1);
    await upload(transport, file('cat.png', 'image/png', 'def'));
    expect(server.to('/v1/files/upload')).toHaveLength(2);
  });

  test('uploads it again before Coze forgets it, after three months', async () => {
    await upload(open());
    vi.setSystemTime(Date.now() + 89 * 24 * 3600_000);
    await upload(open());
    expect(server.to('/v1/files/upload')).toHaveLength(2);
  });

  test('goes on for the others when one of them stops waiting', async () => {
    const go = Promise.withResolvers<void>();
    server.on('POST /v1/files/upload', async (response, asked) => {
      await go.promise;
      json({ code: 0, data: { id: '8' } })(response, asked);
    });
    const transport = open();
    const stop = new AbortController();
    const stopped = transport.upload?.(file('cat.png', 'image/png'), stop.signal);
    const other = upload(transport);
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    go.resolve();
    expect(await other).toEqual({ id: '8', kind: 'image' });
  });

  test('more than Coze takes a second are sent again', async () => {
    const busy = json({ code: 4013, msg: 'qps' }, 429, { 'retry-after': '1' });
    server.on('POST /v1/files/upload', busy, busy, json({ code: 0, data: { id: '8' } }));
    expect(await upload(open())).toEqual({ id: '8', kind: 'image' });
  });

  test('does not share files between accounts', async () => {
    await upload(open('pat_1'));
    await upload(open('pat_2'));
    expect(server.to('/v1/files/upload')).toHaveLength(2);
  });

  test('an upload that failed is not remembered', async () => {
    server.on('POST /v1/files/upload', json({ code: 4304, msg: 'bad file' }), json({ code: 0, data: { id: 8 } }));
    const transport = open();
    await expect(upload(transport)).rejects.toMatchObject({ code: 'invalid' });
    expect(await upload(transport)).toEqual({ id: '8', kind: 'image' });
  });

  test('a cache that fails costs an upload, not the answer', async () => {
    const broken = { get: () => Promise.reject(new Error('disk')), set: () => Promise.reject(new Error('disk')) };
    const transport = createOpenTransport({
      bot: openBot.coze,
      base: server.url,
      token: 'pat_1',
      fetch,
      cache: broken,
    });
    expect(await upload(transport)).toMatchObject({ kind: 'image' });
  });

  test.each([
    [json({ code: 4101, msg: 'no uploadFile' })],
    [json({ code: 401, msg: 'missing session_key in cookie' }, 401)],
    [json({ code: 'x' }, 405)],
  ])('a token or a Coze without uploads says so, and is asked once', async (handler) => {
    server.on('POST /v1/files/upload', handler);
    const transport = open();
    await expect(upload(transport)).rejects.toMatchObject({ code: 'unsupported' });
    await expect(upload(transport)).rejects.toThrow('sending files');
    expect(server.to('/v1/files/upload')).toHaveLength(1);
  });

  test('a type that is refused here does not switch uploads off', async () => {
    const transport = open();
    await expect(upload(transport, file('setup.exe'))).rejects.toThrow('Coze does not take files like "setup.exe".');
    expect(await upload(transport)).toMatchObject({ kind: 'image' });
  });

  test('Coze Studio, which drops audio without a word, is not handed any', async () => {
    const stored = { id: '9', bytes: 3, file_name: 'x', uri: 'tos/9', url: '', CreatedAt: 1760000000 };
    server.on('POST /v1/files/upload', json({ code: 0, data: stored }));
    const transport = open();
    await expect(upload(transport, file('voice.ogg', 'audio/ogg'))).rejects.toMatchObject({
      code: 'unsupported',
      message: 'Coze Studio takes no audio. Send words instead.',
    });
    expect(await upload(transport)).toMatchObject({ id: '9' });
  });

  test('a type that Coze refuses does not switch uploads off', async () => {
    server.on('POST /v1/files/upload', json({ code: 4303, msg: 'type' }), json({ code: 0, data: { id: '8' } }));
    const transport = open();
    await expect(upload(transport)).rejects.toMatchObject({ code: 'unsupported' });
    expect(await upload(transport)).toEqual({ id: '8', kind: 'image' });
  });
});

describe('what is sent', () => {
  test.each([
    ['voice.oga', 'audio/ogg', 'voice.ogg', 'audio'],
    ['photo.JPG', 'image/jpeg', 'photo.jpg', 'image'],
    ['photo', 'image/jpeg', 'photo.jpg', 'image'],
    ['scan.tif', '', 'scan.tiff', 'image'],
    ['a"b\r\nc/d.pdf', 'application/pdf', 'a_b_c_d.pdf', 'file'],
    ['clip.mp4', 'video/mp4', 'clip.mp4', 'file'],
    ['sheet.csv', 'text/csv', 'sheet.csv', 'file'],
    ['nameless', 'image/heic', 'nameless.heic', 'image'],
    ['nameless', 'audio/x-wav; rate=8000', 'nameless.wav', 'audio'],
    ['猫.png', 'image/png', '猫.png', 'image'],
  ])('%s goes as %s', (name, type, sent, kind) => {
    expect(checkFile(file(name, type))).toEqual({ name: sent, kind });
  });

  test.each([
    ['notes.txt', 'unsupported'],
    ['readme.md', 'unsupported'],
    ['data.json', 'unsupported'],
    ['setup.exe', 'unsupported'],
    ['nameless', 'unsupported'],
  ])('%s is refused before sending', (name, code) => {
    expect(() => checkFile(file(name))).toThrow(expect.objectContaining({ code }));
  });

  test('what is refused is named by its kind where its name says nothing', () => {
    expect(() => checkFile(file('image', 'image/svg+xml'))).toThrow(
      'files like "image (image/svg+xml)". Send a picture',
    );
  });

  test('nothing at all and more than 512 MB are refused before sending', () => {
    expect(() => checkFile(file('a.png', 'image/png', ''))).toThrow(expect.objectContaining({ code: 'invalid' }));
    const huge = { byteLength: 513 * 1024 * 1024 } as Uint8Array;
    expect(() => checkFile({ name: 'a.png', type: '', bytes: huge })).toThrow(
      expect.objectContaining({ code: 'too_large' }),
    );
  });
});
