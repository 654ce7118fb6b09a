import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Surface } from '#core/surface.ts';
import { createButtons } from '../../../adapters/telegram/buttons.ts';
import { createApi } from '../../../adapters/telegram/client.ts';
import { createSurface } from '../../../adapters/telegram/surface.ts';
import { type FakeTelegram, startFakeTelegram } from '../../fake/telegram/server.ts';

let fake: FakeTelegram;
let time = 0;

beforeEach(async () => {
  time = 1_800_000_000_000;
  fake = await startFakeTelegram({ now: () => time });
});
afterEach(() => fake.close());

function surfaceIn(chat: number, more: { topic?: number; replyTo?: number } = {}): Surface {
  return createSurface({
    api: createApi({ token: fake.token, apiUrl: fake.url, network: {} }),
    account: String(fake.world.me.id),
    target: { chat, topic: more.topic },
    direct: chat > 0,
    replyTo: more.replyTo,
    buttons: createButtons(new Map() as never),
  });
}

const content = (text: string, more: object = {}) => ({ text, final: false, ...more });

test('a message is posted with formatting, without link previews, and grows by edits', async () => {
  const ada = fake.person('Ada');
  const surface = surfaceIn(ada.id);
  const { id } = await surface.post(content('**Hel'), 'k');
  await surface.edit(id, content('**Hello** https://example.com'));
  const [seen] = fake.answers(ada.id);
  expect(seen).toMatchObject({ text: 'Hello https://example.com', previewOff: true, edits: 1 });
  expect(seen?.entities[0]).toEqual({ type: 'bold', offset: 0, length: 5 });
  expect(fake.complaints).toEqual([]);
});

test('an edit that changes nothing is a success', async () => {
  const ada = fake.person('Ada');
  const surface = surfaceIn(ada.id);
  const { id } = await surface.post(content('same'), 'k');
  await expect(surface.edit(id, content('same'))).resolves.toMatchObject({ id });
});

test('an edit of a deleted message says that it is gone', async () => {
  const ada = fake.person('Ada');
  const surface = surfaceIn(ada.id);
  const { id } = await surface.post(content('soon away'), 'k');
  fake.remove(ada.id, Number(id));
  await expect(surface.edit(id, content('more'))).rejects.toMatchObject({ code: 'gone' });
  await expect(surface.remove?.(id)).resolves.toBeUndefined();
});

test('a member who blocked the bot is forbidden', async () => {
  const ada = fake.person('Ada');
  fake.block(ada);
  await expect(surfaceIn(ada.id).post(content('hi'), 'k')).rejects.toMatchObject({ code: 'forbidden' });
});

test('a group that removed the bot is forbidden', async () => {
  const chat = fake.group('Lab');
  const surface = surfaceIn(chat);
  const { id } = await surface.post(content('hi'), 'k');
  fake.kick(chat);
  await expect(surface.edit(id, content('hello'))).rejects.toMatchObject({ code: 'forbidden' });
});

test('a group where the bot may only read is forbidden', async () => {
  const chat = fake.group('Lab');
  fake.mute(chat);
  await expect(surfaceIn(chat).post(content('hi'), 'k')).rejects.toMatchObject({ code: 'forbidden' });
});

test.each(['closeTopic', 'deleteTopic'] as const)('after %s the topic is gone', async (end) => {
  const chat = fake.group('Lab', { forum: true });
  const topic = fake.topic(chat, 'ideas');
  fake[end](chat, topic);
  await expect(surfaceIn(chat, { topic }).post(content('hi'), 'k')).rejects.toMatchObject({ code: 'gone' });
});

test('too many edits in a group are refused with the time to wait, and pass after it', async () => {
  const chat = fake.group('Lab');
  const surface = surfaceIn(chat);
  const { id } = await surface.post(content('0'), 'k');
  for (let i = 1; i < 20; i += 1) {
    time += 1_000;
    await surface.edit(id, content(`${i}`));
  }
  const refused = await surface.edit(id, content('20')).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'rate_limited', retryAfterMs: 41_000 });
  time += 41_000;
  await surface.edit(id, content('20'));
  expect(fake.answers(chat)[0]?.text).toBe('20');
});

test('the first message answers the question and later ones follow it', async () => {
  const ada = fake.person('Ada');
  const chat = fake.group('Lab', { members: [ada] });
  const replyTo = fake.write({ chat, from: ada, text: '@real_coze_bot hi' });
  const surface = surfaceIn(chat, { replyTo });
  await surface.post(content('one'), 'k:0');
  await surface.post(content('two'), 'k:1');
  expect(fake.answers(chat).map((message) => message.replyTo)).toEqual([replyTo, undefined]);
});

test('formatting that Telegram refuses is left out, the text is kept', async () => {
  const ada = fake.person('Ada');
  fake.failNext('sendMessage', { status: 400, description: "Bad Request: can't parse entities: unsupported entity" });
  await surfaceIn(ada.id).post(content('**kept**'), 'k');
  expect(fake.answers(ada.id)[0]).toMatchObject({ text: 'kept', entities: [] });
});

test('buttons that Telegram refuses do not keep the text from being seen', async () => {
  const ada = fake.person('Ada');
  const buttons = [{ label: '\u200b', command: 'ask \u200b' }];
  await surfaceIn(ada.id).post(content('**kept**', { final: true, buttons }), 'k');
  expect(fake.answers(ada.id)).toMatchObject([{ text: 'kept', entities: [{ type: 'bold' }], buttons: [] }]);
});

test('what is left of a name when formatting is refused notifies nobody', async () => {
  const chat = fake.group('Lab');
  fake.failNext('sendMessage', { status: 400, description: "Bad Request: can't parse entities: unsupported entity" });
  await surfaceIn(chat).post(content('ask @ada_lovelace'), 'k');
  expect(fake.answers(chat)[0]?.text.replace('\u2060', '')).toBe('ask @ada_lovelace');
  expect(fake.answers(chat)[0]?.entities).toEqual([]);
});

test('a text in which nothing is to be seen is shown as three dots', async () => {
  const ada = fake.person('Ada');
  await surfaceIn(ada.id).post(content('\u200b'), 'k');
  expect(fake.answers(ada.id)[0]?.text).toBe('…');
});

test('a lost connection is a network error that does not tell the token', async () => {
  const ada = fake.person('Ada');
  fake.failNext('sendMessage', 'drop');
  const error: unknown = await surfaceIn(ada.id)
    .post(content('hi'), 'k')
    .catch((e: unknown) => e);
  expect(error).toMatchObject({ code: 'network' });
  expect(JSON.stringify(error) + String(error)).not.toContain(fake.token);
});

test('pictures are sent as photos and other files as documents', async () => {
  const ada = fake.person('Ada');
  const surface = surfaceIn(ada.id);
  await surface.file?.({ name: 'a.png', type: 'image/png', bytes: new Uint8Array([1, 2]) });
  await surface.file?.({ name: 'answer.md', type: 'text/markdown', bytes: new TextEncoder().encode('# hi') });
  const files = fake.answers(ada.id).map(({ file }) => file);
  expect(files.map((file) => file?.name)).toEqual(['a.png', 'answer.md']);
  expect(new TextDecoder().decode(files[1]?.bytes)).toBe('# hi');
});

test('a picture that Telegram does not take as a photo goes as a document', async () => {
  const ada = fake.person('Ada');
  fake.failNext('sendPhoto', { status: 400, description: 'Bad Request: PHOTO_INVALID_DIMENSIONS' });
  await surfaceIn(ada.id).file?.({ name: 'thin.png', type: 'image/png', bytes: new Uint8Array([1]) });
  expect(fake.calls.map(({ method }) => method)).toEqual(['sendPhoto', 'sendDocument']);
  expect(fake.answers(ada.id)[0]?.file?.name).toBe('thin.png');
});

test('the first picture of a finished answer is shown, not while it grows', async () => {
  const ada = fake.person('Ada');
  const surface = surfaceIn(ada.id);
  const markdown = 'Here: ![cat](https://img.example/cat.png)';
  const { id } = await surface.post(content(markdown), 'k');
  expect(fake.answers(ada.id)[0]?.preview).toBeUndefined();
  await surface.edit(id, content(markdown, { final: true }));
  expect(fake.answers(ada.id)[0]?.preview).toBe('https://img.example/cat.png');
});

test('a group that became a supergroup is followed', async () => {
  const chat = fake.group('Lab');
  const moved = fake.group('Lab, larger');
  fake.failNext('sendMessage', {
    status: 400,
    description: 'Bad Request: group chat was upgraded to a supergroup chat',
    movedTo: moved,
  });
  await surfaceIn(chat).post(content('still here'), 'k');
  expect(fake.answers(moved)[0]?.text).toBe('still here');
});

test('an answer that grows while its group becomes a supergroup goes on there, and touches nothing else', async () => {
  const chat = fake.group('Lab', { members: [fake.person('Ada')], basic: true });
  const surface = surfaceIn(chat, { replyTo: 1 });
  const { id } = await surface.post(content('It gro'), 'k');
  const after = fake.upgrade(chat);
  const other = surfaceIn(after);
  await other.post(content('another answer'), 'l');
  await surface.edit(id, content('It grows'));
  await surface.edit(id, content('It grows on.'));
  expect(fake.answers(after).map(({ text, replyTo }) => [text, replyTo])).toEqual([
    ['another answer', undefined],
    ['It grows on.', undefined],
  ]);
});

test('a note stands in italics under the text', async () => {
  const ada = fake.person('Ada');
  await surfaceIn(ada.id).post(content('half', { note: 'stopped' }), 'k');
  expect(fake.answers(ada.id)[0]).toMatchObject({
    text: 'half\n\nstopped',
    entities: [{ type: 'italic', offset: 6, length: 7 }],
  });
});

test('typing is shown and counted apart from messages', async () => {
  const ada = fake.person('Ada');
  const surface = surfaceIn(ada.id);
  for (let i = 0; i < 20; i += 1) await surface.typing?.();
  await expect(surface.typing?.()).rejects.toMatchObject({ code: 'rate_limited' });
  await surface.post(content('still free'), 'k');
  expect(fake.answers(ada.id)[0]?.text).toBe('still free');
});

test('a draft shows which tool is at work', async () => {
  const ada = fake.person('Ada');
  const surface = createSurface({
    api: createApi({ token: fake.token, apiUrl: fake.url, network: {} }),
    account: String(fake.world.me.id),
    target: { chat: ada.id, topic: undefined },
    direct: true,
    drafts: true,
    buttons: createButtons(new Map() as never),
  });
  await surface.draft?.(content('', { note: '⚙ search …' }));
  expect(fake.draft(ada.id)).toBe('⚙ search …');
});
