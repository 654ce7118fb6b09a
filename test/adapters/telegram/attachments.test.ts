import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Downloads, fetchAttachment } from '../../../adapters/telegram/attachments.ts';
import { createApi } from '../../../adapters/telegram/client.ts';
import { type FakeTelegram, startFakeTelegram } from '../../fake/telegram/server.ts';

let fake: FakeTelegram;
let from: Downloads;
const signal = new AbortController().signal;

beforeEach(async () => {
  fake = await startFakeTelegram();
  const api = createApi({ token: fake.token, apiUrl: fake.url, network: {} });
  from = { api, fileRoot: `${fake.url}/file/bot${fake.token}`, fetch };
});
afterEach(() => fake.close());

function store(bytes: Uint8Array, size = bytes.length): string {
  const ada = fake.person('Ada');
  fake.write({ chat: ada.id, from: ada, file: { kind: 'document', name: 'notes.txt', bytes, size } });
  return `telegram:${[...fake.world.files.keys()].at(-1)}`;
}

const file = (ref: string, size?: number) => ({ name: 'notes.txt', type: 'text/plain', ref, size });

test('the bytes of a file are those that were sent', async () => {
  const ref = store(new TextEncoder().encode('hello'));
  expect(new TextDecoder().decode(await fetchAttachment(from, file(ref), signal))).toBe('hello');
});

test('a file over 20 MB is refused with a sentence, whether its size is known or not', async () => {
  const ref = store(new Uint8Array(1), 21 * 1024 * 1024);
  const sentence = { code: 'too_large', message: expect.stringContaining('over 20 MB') };
  await expect(fetchAttachment(from, file(ref, 21 * 1024 * 1024), signal)).rejects.toMatchObject(sentence);
  await expect(fetchAttachment(from, file(ref), signal)).rejects.toMatchObject(sentence);
});

test('a file that Telegram has forgotten asks to be sent again', async () => {
  await expect(fetchAttachment(from, file('telegram:gone'), signal)).rejects.toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('Send it again'),
  });
});

test('a download that breaks off does not tell the address', async () => {
  const ref = store(new Uint8Array(3));
  const broken = { ...from, fetch: () => Promise.reject(new Error(`connect failed: ${from.fileRoot}`)) };
  const error: unknown = await fetchAttachment(broken, file(ref), signal).catch((e: unknown) => e);
  expect(error).toMatchObject({ code: 'network' });
  expect(`${error}${JSON.stringify(error)}`).not.toContain(fake.token);
});

test('a file on the disk of a Bot API server of one’s own is read there', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'bot-api-')), 'notes.txt');
  await writeFile(path, 'on disk');
  fake.world.files.set('local', { id: 'local', path, name: 'notes.txt', type: '', bytes: new Uint8Array(), size: 7 });
  expect(new TextDecoder().decode(await fetchAttachment(from, file('telegram:local'), signal))).toBe('on disk');
  await rm(dirname(path), { recursive: true });
  await expect(fetchAttachment(from, file('telegram:local'), signal)).rejects.toMatchObject({ code: 'not_found' });
});

test('a file of another platform is not asked for', async () => {
  await expect(fetchAttachment(from, file('https://cdn.example/x'), signal)).rejects.toMatchObject({ code: 'invalid' });
});
