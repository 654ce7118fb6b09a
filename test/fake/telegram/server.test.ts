/** The fake refuses what the real server refuses, in its words, also for the official client library. */
import { Api, InputFile } from 'grammy';
import type { InputRichMessageWithoutUpload, RichText } from 'grammy/types';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FakeTelegram, startFakeTelegram } from './server.ts';

let fake: FakeTelegram;
let api: Api;
let time = 0;

beforeEach(async () => {
  fake = await startFakeTelegram({ now: () => time });
  api = new Api(fake.token, { apiRoot: fake.url });
});
afterEach(() => fake.close());

const said = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: { error_code?: number; description?: string }) => `${error.error_code} ${error.description}`,
  );

test('it is a bot', async () => {
  expect(await api.getMe()).toMatchObject({ is_bot: true, username: 'real_coze_bot' });
  expect(await said(new Api('1:AAanother-token-of-the-tests_0123456789', { apiRoot: fake.url }).getMe())).toBe(
    '401 Unauthorized',
  );
  expect(await said(new Api('nonsense', { apiRoot: fake.url }).getMe())).toBe('404 Not Found');
});

test('texts are refused when empty, too long or unknown in place', async () => {
  const { id } = fake.person('Ada');
  expect(await said(api.sendMessage(id, '  '))).toBe('400 Bad Request: message text is empty');
  expect(await said(api.sendMessage(id, 'x'.repeat(4097)))).toBe('400 Bad Request: message is too long');
  expect(await said(api.sendMessage(id, '🙂'.repeat(4096)))).toBe('done');
  expect(await said(api.sendMessage(4, 'x'))).toBe('400 Bad Request: chat not found');
  expect(await said(api.sendMessage(id, 'x', { message_thread_id: 9 }))).toBe(
    '400 Bad Request: message thread not found',
  );
});

test('edits are refused when nothing changes or nothing is there', async () => {
  const { id } = fake.person('Ada');
  const { message_id } = await api.sendMessage(id, 'x');
  expect(await said(api.editMessageText(id, message_id, 'x'))).toMatch(/^400 Bad Request: message is not modified: /);
  expect(await said(api.editMessageText(id, 99, 'x'))).toBe('400 Bad Request: message to edit not found');
});

test('entities are refused inside a character, dropped over a hundred, corrected when they cross', async () => {
  const { id } = fake.person('Ada');
  const bold = (offset: number, length: number) => ({ type: 'bold' as const, offset, length });
  expect(await said(api.sendMessage(id, '😀', { entities: [bold(1, 1)] }))).toMatch(/middle of a UTF-16 symbol/);
  const many = Array.from({ length: 120 }, (_, i) => bold(i * 2, 1));
  await api.sendMessage(id, 'x '.repeat(120), { entities: many });
  expect(fake.answers(id).at(-1)?.entities.length).toBe(100);
  await api.sendMessage(id, 'abcdef', { entities: [bold(0, 4), { type: 'code', offset: 2, length: 4 }] });
  expect(fake.answers(id).at(-1)?.entities.length).toBe(1);
  expect(fake.complaints.length).toBeGreaterThan(0);
});

test('buttons carry at most 64 bytes', async () => {
  const { id } = fake.person('Ada');
  const keyboard = (data: string) => ({ reply_markup: { inline_keyboard: [[{ text: 'x', callback_data: data }]] } });
  expect(await said(api.sendMessage(id, 'x', keyboard('火'.repeat(22))))).toBe('400 Bad Request: BUTTON_DATA_INVALID');
  expect(await said(api.sendMessage(id, 'x', keyboard('x'.repeat(64))))).toBe('done');
});

test('a private chat takes bursts and 1.1 s edits, but not one a second for long', async () => {
  const { id } = fake.person('Ada');
  const { message_id } = await api.sendMessage(id, '0');
  const editFor = async (from: number, step: number, count: number) => {
    for (let i = 0; i < count; i += 1) {
      time += step;
      await api.editMessageText(id, message_id, `${from}-${i}`);
    }
  };
  await editFor(1, 1_100, 40);
  expect(fake.tooManyRequests).toBe(0);
  expect(await said(editFor(2, 1_000, 40))).toMatch(/^429 Too Many Requests: retry after \d+$/);
  expect(fake.tooManyRequests).toBe(1);
});

test('a group takes 20 sends and edits a minute, all topics together', async () => {
  const chat = fake.group('Lab', { forum: true });
  const topics = [fake.topic(chat, 'a'), fake.topic(chat, 'b')];
  for (let i = 0; i < 20; i += 1) await api.sendMessage(chat, 'x', { message_thread_id: topics[i % 2] ?? 0 });
  expect(await said(api.sendMessage(chat, 'x'))).toBe('429 Too Many Requests: retry after 60');
});

test('a second poller ends the first', async () => {
  const first = said(api.getUpdates({ timeout: 30 }));
  await fake.waitFor(() => fake.calls.length === 1);
  const second = api.getUpdates({ timeout: 30 });
  expect(await first).toMatch(/^409 Conflict: terminated by other getUpdates request/);
  const ada = fake.person('Ada');
  fake.write({ chat: ada.id, from: ada, text: 'hi' });
  expect((await second).map((update) => update.message?.text)).toEqual(['hi']);
});

test('what could not be delivered is there to be asked for when the webhook is taken away', async () => {
  const ada = fake.person('Ada');
  fake.webhook.proxies.set('bot.example.com', 'http://127.0.0.1:9');
  await api.setWebhook('https://bot.example.com/');
  fake.write({ chat: ada.id, from: ada, text: 'hi' });
  await fake.waitFor(() => fake.webhook.deliveries.length === 1);
  await api.deleteWebhook();
  expect((await api.getUpdates()).map((update) => update.message?.text)).toEqual(['hi']);
  expect(await api.getUpdates({ offset: 1_000_000_000, timeout: 1 })).toEqual([]);
  expect(fake.webhook.deliveries.length).toBe(1);
});

test('privacy mode hides ordinary talk of a group', async () => {
  const ada = fake.person('Ada');
  const chat = fake.group('Lab', { members: [ada] });
  for (const text of ['hello all', '@real_coze_bot hi', '/help', '/help@other_bot'])
    fake.write({ chat, from: ada, text });
  expect((await api.getUpdates()).map((update) => update.message?.text)).toEqual(['@real_coze_bot hi', '/help']);
});

test('a press is answered once', async () => {
  const ada = fake.person('Ada');
  const { message_id } = await api.sendMessage(ada.id, 'x', {
    reply_markup: { inline_keyboard: [[{ text: 'Go', callback_data: 'go' }]] },
  });
  const press = fake.press({ chat: ada.id, from: ada, message: message_id, label: 'Go' });
  await api.answerCallbackQuery(press, { text: 'Going' });
  expect(fake.answered(press)?.text).toBe('Going');
  expect(await said(api.answerCallbackQuery(press))).toMatch(/^400 Bad Request: query is too old/);
});

test('drafts are for private chats', async () => {
  const chat = fake.group('Lab');
  expect(await said(api.sendMessageDraft(chat, 1, 'x'))).toBe('400 Bad Request: TEXTDRAFT_PEER_INVALID');
});

test('menus have scopes and languages and strict names', async () => {
  await api.setMyCommands([{ command: 'bot', description: '选择' }], { language_code: 'zh' });
  expect(await api.getMyCommands({ language_code: 'zh' })).toEqual([{ command: 'bot', description: '选择' }]);
  expect(await api.getMyCommands()).toEqual([]);
  expect(await said(api.setMyCommands([{ command: 'Bot', description: 'x' }]))).toBe(
    '400 Bad Request: BOT_COMMAND_INVALID',
  );
});

test('files go up and come down', async () => {
  const ada = fake.person('Ada');
  const sent = await api.sendDocument(ada.id, new InputFile(new Uint8Array([7, 8]), 'x.bin'), { caption: 'two bytes' });
  const { file_path } = await api.getFile(sent.document.file_id);
  const response = await fetch(`${fake.url}/file/bot${fake.token}/${file_path}`);
  expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([7, 8]);
  expect(fake.answers(ada.id)[0]).toMatchObject({ text: 'two bytes' });
});

describe('rich messages', () => {
  const words = (text: RichText) => ({ type: 'paragraph' as const, text });
  const times = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, index) => make(index));
  const nested = (depth: number): RichText => (depth === 0 ? 'x' : { type: 'bold', text: nested(depth - 1) });

  test.each<[string, InputRichMessageWithoutUpload]>([
    ['rich message must be non-empty', {}],
    ['exactly one of the fields blocks, html and markdown must be used', { blocks: [words('x')], markdown: 'x' }],
    ['RICH_MESSAGE_CONTENT_REQUIRED', { blocks: [] }],
    ['RICH_MESSAGE_CONTENT_REQUIRED', { blocks: [{ type: 'heading', size: 1, text: '' }] }],
    ['RICH_MESSAGE_CONTENT_REQUIRED', { blocks: [{ type: 'list', items: [{ blocks: [] }] }] }],
    ['RICH_MESSAGE_EMPTY', { blocks: [{ type: 'divider' }] }],
    ['RICH_MESSAGE_TEXT_TOO_LONG', { blocks: [words('火'.repeat(10_923))] }],
    ['RICH_MESSAGE_BLOCKS_TOO_MANY', { blocks: times(501, () => words('x')) }],
    [
      'RICH_MESSAGE_BLOCKS_TOO_MANY',
      { blocks: [{ type: 'list', items: times(250, () => ({ blocks: [words('x')] })) }] },
    ],
    ['RICH_MESSAGE_DEPTH_INVALID', { blocks: [words(nested(15))] }],
    [
      'RICH_MESSAGE_TABLE_COLS_TOO_MANY',
      { blocks: [{ type: 'table', cells: [times(21, () => ({ text: 'x', align: 'left', valign: 'top' }))] }] },
    ],
    [
      'RICH_MESSAGE_MEDIA_TOO_MANY',
      {
        blocks: [
          words('x'),
          ...times(
            51,
            (n) => ({ type: 'photo', photo: { type: 'photo', media: `https://example.com/${n}` } }) as const,
          ),
        ],
      },
    ],
    [
      'list must be either ordered or unordered',
      { blocks: [{ type: 'list', items: [{ blocks: [words('x')] }, { type: '1', value: 2, blocks: [words('y')] }] }] },
    ],
    [
      'RICH_MESSAGE_URL_INVALID',
      { blocks: [words('x'), { type: 'paragraph', text: { type: 'url', url: 'x', text: 'x' } }] },
    ],
    ['RICH_MESSAGE_EMAIL_INVALID', { blocks: [words('openai:me@example.com')] }],
  ])('are refused: %s', async (refusal, message) => {
    const { id } = fake.person('Ada');
    const told = `400 Bad Request: ${refusal}`;
    const sent = await api.sendMessage(id, 'x');
    expect(await said(api.sendRichMessage(id, message))).toBe(told);
    expect(await said(api.editMessageText(id, sent.message_id, message))).toBe(told);
    expect(await said(api.sendRichMessageDraft(id, 1, message))).toBe(told);
    expect(fake.answers(id)).toMatchObject([{ text: 'x', rich: undefined }]);
  });

  test('take what is just within the limits', async () => {
    const { id } = fake.person('Ada');
    expect(await said(api.sendRichMessage(id, { blocks: [words('x'.repeat(32_768))] }))).toBe('done');
    expect(await said(api.sendRichMessage(id, { blocks: times(500, () => words('x')) }))).toBe('done');
    expect(await said(api.sendRichMessage(id, { blocks: [words(nested(14))] }))).toBe('done');
  });

  test('become plain ones and back, and have no text for a bot', async () => {
    const { id } = fake.person('Ada');
    const sent = await api.sendRichMessage(id, { blocks: [words('x')] });
    expect(sent).toMatchObject({ rich_message: { blocks: [words('x')] } });
    expect(sent).not.toHaveProperty('text');
    await api.editMessageText(id, sent.message_id, 'y');
    expect(fake.answers(id)).toMatchObject([{ text: 'y', rich: undefined }]);
    await api.editMessageText(id, sent.message_id, { blocks: [words('z')] });
    expect(fake.answers(id)).toMatchObject([{ text: 'z', rich: [words('z')] }]);
    expect(await said(api.editMessageText(id, sent.message_id, { blocks: [words('z')] }))).toMatch(
      /message is not modified/,
    );
  });

  test('count as messages do, and their drafts as drafts do', async () => {
    const chat = fake.group('Lab');
    const { message_id } = await api.sendRichMessage(chat, { blocks: [words('0')] });
    for (let i = 1; i < 20; i += 1) await api.editMessageText(chat, message_id, { blocks: [words(`${i}`)] });
    expect(await said(api.sendMessage(chat, 'x'))).toBe('429 Too Many Requests: retry after 60');
    expect(await said(api.sendRichMessageDraft(chat, 1, { blocks: [words('x')] }))).toBe(
      '400 Bad Request: TEXTDRAFT_PEER_INVALID',
    );
    const { id } = fake.person('Ada');
    for (let i = 0; i < 20; i += 1) await api.sendRichMessageDraft(id, 1, { blocks: [words(`${i}`)] });
    expect(await said(api.sendChatAction(id, 'typing'))).toBe('429 Too Many Requests: retry after 5');
    expect(fake.draft(id)).toBe('19');
    const photo = { type: 'photo', photo: { type: 'photo', media: 'https://example.com/x' } } as const;
    expect(await said(api.sendRichMessageDraft(id, 1, { blocks: [words('x'), photo] as never }))).toMatch(/^400 /);
  });

  test('are refused, all of them, where a test wants it so', async () => {
    const { id } = fake.person('Ada');
    fake.refuseRich = 'RICH_MESSAGE_UNSUPPORTED';
    for (const _ of 'twice')
      expect(await said(api.sendRichMessage(id, { blocks: [words('x')] }))).toBe(
        '400 Bad Request: RICH_MESSAGE_UNSUPPORTED',
      );
    expect(await said(api.sendMessage(id, 'x'))).toBe('done');
  });
});
