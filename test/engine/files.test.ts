import { expect, test, vi } from 'vitest';
import type { UploadedFile } from '#core/coze/transport.ts';
import { RealCozeError } from '#core/errors.ts';
import type { Incoming } from '#core/message.ts';
import { message, openHouse, screen } from './house.ts';

const file = (name: string, type: string, content: string, size = content.length) => ({
  name,
  type,
  size,
  ref: `data:${type};base64,${Buffer.from(content).toString('base64')}`,
});
const upload = async ({ name, type }: { name: string; type: string }): Promise<UploadedFile> => ({
  id: `up-${name}`,
  kind: type.startsWith('image/') ? 'image' : 'file',
});
const asking = async (change: Partial<Incoming>, takes = true) => {
  const { engine, asked } = await openHouse(takes ? { transport: { upload } } : {});
  const { surface, messages } = screen();
  await engine.reply(message('look', change), surface);
  return { question: asked[0]?.question, note: messages.at(-1)?.content.note };
};

test('an album goes with its caption as one question', async () => {
  const attachments = [file('a.png', 'image/png', 'a'), file('b.png', 'image/png', 'b')];
  const { question, note } = await asking({ attachments });
  expect(question?.files).toEqual([
    { id: 'up-a.png', kind: 'image' },
    { id: 'up-b.png', kind: 'image' },
  ]);
  expect(question?.turns.at(-1)?.content).toBe('look\n\n[image: a.png] [image: b.png]');
  expect(note).toBeUndefined();
});

test('a text file is read into the question, in a fence that it cannot leave', async () => {
  const { question } = await asking({ attachments: [file('a.md', 'text/markdown', '```js\n1\n```')] });
  expect(question?.files).toEqual([]);
  expect(question?.turns.at(-1)?.content).toBe('look\n\na.md:\n````\n```js\n1\n```\n````');
});

test.each([
  ['zh-CN', [0xc4, 0xe3, 0xba, 0xc3], '你好'],
  ['zh-TW', [0xa7, 0x41, 0xa6, 0x6e], '你好'],
] as const)('a text file as Windows writes it where %s is spoken is read', async (language, bytes, words) => {
  const ref = `data:text/plain;base64,${Buffer.from(bytes).toString('base64')}`;
  const { question, note } = await asking({ language, attachments: [{ name: 'a.txt', type: 'text/plain', ref }] });
  expect(question?.turns.at(-1)?.content).toBe(`look\n\na.txt:\n\`\`\`\n${words}\n\`\`\``);
  expect(note).toBeUndefined();
});

test.each([
  ['that Coze does not take', async () => Promise.reject(new RealCozeError('unsupported', 'Not like this.'))],
  ['that is only a little too long', upload],
])('the beginning of a long text %s is read, and that is said', async (what, takes) => {
  const length = what === 'that Coze does not take' ? 100_000 : 20_000;
  const { engine, asked } = await openHouse({ transport: { upload: takes } });
  const { surface, messages } = screen();
  const attachments = [file('message.txt', 'text/plain', `begin ${'x'.repeat(length)} end`)];
  await engine.reply(message('look', { attachments }), surface);
  const content = asked[0]?.question.turns.at(-1)?.content ?? '';
  expect(content).toContain('begin xxx');
  expect(content).toContain('[…]');
  expect(content.length).toBeLessThan(17_000);
  expect(messages.at(-1)?.content.note).toBe('Only the first 16000 characters of message.txt were read.');
});

test('a long text goes to Coze where Coze takes it, and is read where nothing can be uploaded', async () => {
  const attachments = [file('a.csv', 'text/csv', 'x'.repeat(100_000))];
  expect((await asking({ attachments })).question?.files).toEqual([{ id: 'up-a.csv', kind: 'file' }]);
  const { question, note } = await asking({ attachments }, false);
  expect(question?.turns.at(-1)?.content).toContain('a.csv:');
  expect(note).toContain('Only the first');
});

test('what is too large or cannot be taken is named, and the rest is asked', async () => {
  const big = file('big.zip', 'application/zip', 'x', 30_000_000);
  expect((await asking({ attachments: [big] })).note).toBe('big.zip was left out: it is larger than 20 MB.');
  const sound = file('a.ogg', 'audio/ogg', 'x');
  const { question, note } = await asking({ attachments: [sound] }, false);
  expect(note).toBe('a.ogg was left out: this bot takes text files only.');
  expect(question?.turns.at(-1)?.content).toBe('look');
  expect((await asking({ attachments: [sound], text: '' }, false)).note).toContain('nothing to answer');
  const many = Array.from({ length: 12 }, (_, n) => file(`${n}.png`, 'image/png', 'x'));
  expect((await asking({ attachments: many })).note?.split('\n')).toHaveLength(2);
});

test.each([
  ['auth', 'a.png：Coze 拒绝了此机器人的登录'],
  ['unsupported', 'a.png：Coze 不接收这种类型的文件。'],
  ['gone', 'a.png：文件已不存在'],
  ['network', 'a.png：无法下载或上传。'],
] as const)(
  'why a file was left out (%s) is told in the reader’s language, without what is for the owner',
  async (code, words) => {
    const failing = () => Promise.reject(new RealCozeError(code, 'COZE_API_TOKEN at https://api.example.com failed.'));
    const { engine } = await openHouse({ transport: { upload: failing } });
    const { surface, messages } = screen();
    const attachments = [file('a.png', 'image/png', 'a')];
    await engine.reply(message('look', { attachments, language: 'zh-CN' }), surface);
    expect(messages[0]?.content.note).toContain(words);
    expect(messages[0]?.content.note).not.toContain('example.com');
  },
);

test('an empty file is named', async () => {
  const { question, note } = await asking({
    attachments: [file('a.png', 'image/png', ''), file('a.txt', 'text/plain', '')],
  });
  expect(note).toBe('a.png was left out: it is empty.\na.txt was left out: it is empty.');
  expect(question?.files).toEqual([]);
});

test('a download that fails is a sentence without its address', async () => {
  const attachments = [{ name: 'a.png', type: 'image/png', ref: 'https://10.0.0.1/secret' }];
  const { note } = await asking({ attachments });
  expect(note).toContain('a.png was left out');
  expect(note).not.toContain('10.0.0.1');
});

test('a file that does not come in time is left out, and the rest is asked', async () => {
  const timeout = vi
    .spyOn(AbortSignal, 'timeout')
    .mockReturnValue(AbortSignal.abort(new DOMException('', 'TimeoutError')));
  const { engine, asked } = await openHouse({ transport: { upload }, fetchAttachment: () => new Promise(() => {}) });
  const { surface, messages } = screen();
  await engine.reply(message('look', { attachments: [file('slow.png', 'image/png', 'x')] }), surface);
  timeout.mockRestore();
  expect(messages[0]?.content).toMatchObject({ text: 'You said: look', note: expect.stringContaining('slow.png') });
  expect(asked[0]?.question.files).toEqual([]);
});

test('a retry sends the files again', async () => {
  const { engine, asked } = await openHouse({ transport: { upload } });
  const { surface } = screen();
  await engine.reply(message('look', { attachments: [file('a.png', 'image/png', 'a')] }), surface);
  await engine.reply(message('/retry'), surface);
  expect(asked[1]?.question).toEqual(asked[0]?.question && { ...asked[0].question, onChat: expect.anything() });
});
