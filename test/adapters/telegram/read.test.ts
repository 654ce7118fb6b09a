import type { Message } from 'grammy/types';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApi } from '../../../adapters/telegram/client.ts';
import { type Read, read } from '../../../adapters/telegram/read.ts';
import { createRichRenderer } from '../../../adapters/telegram/rich.ts';
import { groupAlbums } from '../../../adapters/telegram/updates.ts';
import { type FakeTelegram, startFakeTelegram } from '../../fake/telegram/server.ts';

let fake: FakeTelegram;

beforeEach(async () => {
  fake = await startFakeTelegram({ me: { can_read_all_group_messages: true } });
});
afterEach(() => fake.close());

/** What we make of everything that was written, as grammY hands it over. */
async function readAll(): Promise<(Read | undefined)[]> {
  const api = createApi({ token: fake.token, apiUrl: fake.url, network: {} });
  const groups = groupAlbums(await api.getUpdates());
  return groups.map((group) => {
    const messages = group.flatMap((update) => (update.message as Message | undefined) ?? []);
    const [first, ...rest] = messages;
    return first && read([first, ...rest], { me: fake.world.me, moderator: false });
  });
}

test('a private message is for us, with its author, language and place', async () => {
  const wei = fake.person('Wei', { last_name: 'Li', language_code: 'zh-hans' });
  const id = fake.write({ chat: wei.id, from: wei, text: '你好' });
  const [found] = await readAll();
  expect(found?.addressed).toBe('us');
  expect(found?.incoming).toMatchObject({
    id: String(id),
    text: '你好',
    language: 'zh-CN',
    author: { id: String(wei.id), name: 'Wei Li' },
    place: { platform: 'telegram', direct: true, levels: [{ kind: 'channel', id: String(wei.id) }] },
  });
});

test('in a group a mention, a reply to us and a command with our name are for us, other talk is not', async () => {
  const ada = fake.person('Ada');
  const chat = fake.group('Lab', { members: [ada] });
  const api = createApi({ token: fake.token, apiUrl: fake.url, network: {} });
  const { message_id: ours } = await api.sendMessage(chat, 'earlier answer');
  fake.write({ chat, from: ada, text: 'what is @Real_Coze_Bot this?' });
  fake.write({ chat, from: ada, text: 'and this?', replyTo: ours });
  fake.write({ chat, from: ada, text: '/bot@real_coze_bot nim' });
  fake.write({ chat, from: ada, text: '/bot nim' });
  fake.write({ chat, from: ada, text: 'just chatting' });
  fake.write({ chat, from: ada, text: '/bot@other_bot nim' });
  const all = await readAll();
  expect(all.map((found) => found && [found.addressed, found.incoming.text])).toEqual([
    ['us', 'what is this?'],
    ['us', 'and this?'],
    ['us', '/bot nim'],
    ['anyone', '/bot nim'],
    ['nobody', 'just chatting'],
    undefined,
  ]);
  expect(all[1]?.incoming.quote).toEqual({ id: String(ours), author: 'Coze', text: 'earlier answer' });
});

test('a rich message is quoted by its words', async () => {
  const ada = fake.person('Ada');
  const chat = fake.group('Lab', { members: [ada] });
  const api = createApi({ token: fake.token, apiUrl: fake.url, network: {} });
  const { render } = createRichRenderer({ guardMentions: true });
  const answer = '# Fruit\n\n1. *apple*\n   - red\n\n| a | b |\n|---|---|\n| 1 | $x$ |\n\n> so $$y$$';
  const { message_id: ours } = await api.sendRichMessage(chat, render(answer).message);
  fake.write({ chat, from: ada, text: 'why?', replyTo: ours });
  const [found] = await readAll();
  expect(found?.addressed).toBe('us');
  expect(found?.incoming.quote?.text).toBe('Fruit\n1. apple\n• red\na | b\n1 | x\nso y');
});

test('a topic is a level of its own', async () => {
  const ada = fake.person('Ada');
  const chat = fake.group('Lab', { members: [ada], forum: true });
  const topic = fake.topic(chat, 'ideas');
  fake.write({ chat, from: ada, topic, text: '@real_coze_bot hi' });
  const [found] = await readAll();
  expect(found?.incoming.place.levels.map(({ kind, id }) => [kind, id])).toEqual([
    ['channel', String(chat)],
    ['thread', String(topic)],
  ]);
});

test('an album is one message with its caption and every picture', async () => {
  const ada = fake.person('Ada');
  const file = { kind: 'photo' as const, bytes: new Uint8Array([1]) };
  fake.write({ chat: ada.id, from: ada, file, album: 'x' });
  fake.write({ chat: ada.id, from: ada, text: 'compare these', file, album: 'x' });
  fake.write({ chat: ada.id, from: ada, text: 'next' });
  const [album, next] = await readAll();
  expect(album?.incoming.text).toBe('compare these');
  expect(album?.incoming.attachments.map(({ type }) => type)).toEqual(['image/jpeg', 'image/jpeg']);
  expect(next?.incoming.text).toBe('next');
});

test('an album with a caption at each picture says all of them', async () => {
  const ada = fake.person('Ada');
  const file = { kind: 'photo' as const, bytes: new Uint8Array([1]) };
  fake.write({ chat: ada.id, from: ada, text: 'before', file, album: 'x' });
  fake.write({ chat: ada.id, from: ada, text: 'after', file, album: 'x' });
  const [album] = await readAll();
  expect(album?.incoming.text).toBe('before\n\nafter');
});

test('a forwarded text names its author, a marked passage is the quotation', async () => {
  const ada = fake.person('Ada');
  const first = fake.write({ chat: ada.id, from: ada, text: 'old words', forwardedFrom: 'Grace' });
  fake.write({ chat: ada.id, from: ada, text: 'explain', replyTo: first, quote: 'words' });
  const [forwarded, quoting] = await readAll();
  expect(forwarded?.incoming.text).toBe('Forwarded from Grace:\n\nold words');
  expect(quoting?.incoming.quote?.text).toBe('words');
});

test('a question under somebody’s picture brings the picture along', async () => {
  const ada = fake.person('Ada');
  const chat = fake.group('Lab', { members: [ada] });
  const picture = fake.write({ chat, from: ada, file: { kind: 'photo', bytes: new Uint8Array([1]) } });
  fake.write({ chat, from: ada, text: '@real_coze_bot what is this?', replyTo: picture });
  const [, found] = await readAll();
  expect(found?.incoming).toMatchObject({ text: 'what is this?', attachments: [{ type: 'image/jpeg' }] });
});

test('a file keeps its name, type, size and a reference without the token', async () => {
  const ada = fake.person('Ada');
  const bytes = new Uint8Array(12);
  fake.write({ chat: ada.id, from: ada, file: { kind: 'document', name: 'a.pdf', type: 'application/pdf', bytes } });
  const [found] = await readAll();
  expect(found?.incoming.attachments).toMatchObject([{ name: 'a.pdf', type: 'application/pdf', size: 12 }]);
  expect(JSON.stringify(found)).not.toContain(fake.token);
});

/** A message as Telegram sends it, for kinds that the fake's members do not write. */
function told(more: object): Read | undefined {
  const chat = { id: 5, type: 'private', first_name: 'Ada' };
  const from = { id: 5, is_bot: false, first_name: 'Ada' };
  return read([{ message_id: 1, date: 1, chat, from, ...more } as Message], { me: fake.world.me, moderator: true });
}

test('an answer to what was said in another chat brings its words and files along', () => {
  const origin = { type: 'user', date: 1, sender_user: { id: 7, is_bot: false, first_name: 'Grace' } };
  const photo = [{ file_id: 'f1', file_unique_id: 'u1', width: 1, height: 1 }];
  const elsewhere = { origin, chat: { id: -100, type: 'supergroup', title: 'Far' }, message_id: 1, photo };
  const quote = { text: 'the marked words', position: 0 };
  const found = told({ text: 'explain', external_reply: elsewhere, quote })?.incoming;
  expect(found).toMatchObject({
    text: 'explain',
    quote: { author: 'Grace', text: 'the marked words' },
    attachments: [{ ref: 'telegram:f1' }],
  });
  expect(found?.quote?.id).not.toBe('1');
  expect(told({ text: 'explain', external_reply: elsewhere })?.incoming.quote).toBeUndefined();
});

test('places, contacts, polls and checklists are told in words', () => {
  expect(told({ location: { latitude: 48.1, longitude: 11.5 } })?.incoming.text).toBe('Location: 48.1, 11.5');
  expect(told({ contact: { first_name: 'Ada', phone_number: '+44' } })?.incoming.text).toBe('Contact: Ada +44');
  expect(told({ poll: { question: 'Tea?', options: [{ text: 'yes' }, { text: 'no' }] } })?.incoming.text).toBe(
    'Poll: Tea?\n- yes\n- no',
  );
  const tasks = [
    { id: 1, text: 'milk', completion_date: 5 },
    { id: 2, text: 'tea' },
  ];
  expect(told({ checklist: { title: 'Shop', tasks } })?.incoming.text).toBe('Checklist: Shop\n- [x] milk\n- [ ] tea');
});

test('a story, a game and an invoice are named', () => {
  const chat = { id: -200, type: 'channel', title: 'News' };
  expect(told({ story: { chat, id: 1 } })?.incoming.text).toBe('Story: News (bots cannot see stories)');
  expect(told({ game: { title: 'Chess', description: 'Mate.' } })?.incoming.text).toBe('Game: Chess\nMate.');
  expect(told({ invoice: { title: 'Tea', description: '50 g' } })?.incoming.text).toBe('Invoice: Tea\n50 g');
});

test('a live photo is the picture that it begins with', () => {
  const photo = [{ file_id: 'p1', file_unique_id: 'u1', width: 1, height: 1 }];
  const live_photo = { file_id: 'v1', file_unique_id: 'u2', width: 1, height: 1, duration: 3, photo };
  expect(told({ live_photo })?.incoming.attachments).toMatchObject([{ ref: 'telegram:p1', type: 'image/jpeg' }]);
});

test('voice is a file, a sticker is its picture and what it stands for', () => {
  expect(told({ voice: { file_id: 'v', duration: 3 } })?.incoming.attachments).toMatchObject([{ type: 'audio/ogg' }]);
  expect(told({ sticker: { file_id: 's', emoji: '🙂' } })?.incoming).toMatchObject({
    text: 'Sticker: 🙂',
    attachments: [{ type: 'image/webp' }],
  });
  for (const moving of [{ is_animated: true }, { is_video: true }])
    expect(told({ sticker: { file_id: 's', emoji: '😂', ...moving } })?.incoming).toMatchObject({
      text: 'Sticker: 😂',
      attachments: [],
    });
});

test('what was filmed or recorded in the app has a name that tells what it is', () => {
  const file = { file_id: 'f', duration: 3 };
  const nameOf = (more: object) => told(more)?.incoming.attachments.map(({ name, type }) => `${name} ${type}`);
  expect(nameOf({ video: { ...file, mime_type: 'video/mp4' } })).toEqual(['video-1.mp4 video/mp4']);
  expect(nameOf({ animation: file, document: file })).toEqual(['video-1.mp4 video/mp4']);
  expect(nameOf({ audio: file })).toEqual(['audio-1.mp3 audio/mpeg']);
  expect(nameOf({ document: { ...file, file_name: 'a.zip' } })).toEqual(['a.zip application/octet-stream']);
});

test('addresses behind words and the fences of code are told with the text', () => {
  const text = 'see the page and\nlet a;\nplease';
  const entities = [
    { type: 'text_link', offset: 8, length: 4, url: 'https://a.example/x' },
    { type: 'bold', offset: 8, length: 4 },
    { type: 'pre', offset: 17, length: 6, language: 'ts' },
  ];
  const marked = 'see the [page](https://a.example/x) and\n```ts\nlet a;\n```\nplease';
  expect(told({ text, entities })?.incoming.text).toBe(marked);
  const photo = [{ file_id: 'f1', file_unique_id: 'u1', width: 1, height: 1 }];
  expect(told({ photo, caption: text, caption_entities: entities })?.incoming.text).toBe(marked);
  const replied = { message_id: 3, date: 1, from: { id: 9, first_name: 'Grace' }, text, entities };
  expect(told({ text: 'why?', reply_to_message: replied })?.incoming.quote?.text).toBe(marked);
});

test('a mention of us takes nothing else away', () => {
  const chat = { id: -100, type: 'supergroup', title: 'Lab' };
  const said = (text: string) => {
    const offset = text.indexOf('@real_coze_bot');
    return told({ chat, text, entities: [{ type: 'mention', offset, length: 14 }] })?.incoming.text;
  };
  expect(said('Sort this, @real_coze_bot\n- b\n- a')).toBe('Sort this,\n- b\n- a');
  expect(said('@real_coze_bot, what is\n\nthis?')).toBe('what is\n\nthis?');
  expect(said('@real_coze_bot：你好')).toBe('你好');
  expect(said('can @real_coze_bot help?')).toBe('can help?');
});

test('in private, what looks like the command of another bot is for us', () => {
  expect(told({ text: '/srv@host is full' })?.addressed).toBe('us');
});

test('who is quoted is the channel or the group that wrote', () => {
  const chat = { id: -100, type: 'supergroup', title: 'Lab' };
  const telegram = { id: 777000, is_bot: false, first_name: 'Telegram' };
  const news = { id: -200, type: 'channel', title: 'News' };
  const post = { message_id: 3, date: 1, chat, from: telegram, sender_chat: news, text: 'Rain.' };
  expect(told({ chat, text: 'why?', reply_to_message: post })?.incoming.quote?.author).toBe('News');
});

test('joins, pins and other bots are not for us', () => {
  expect(told({ new_chat_members: [] })).toBeUndefined();
  expect(told({ pinned_message: {} })).toBeUndefined();
  expect(told({ text: 'hi', from: { id: 9, is_bot: true, first_name: 'Other' } })).toBeUndefined();
});

test('what people write to a channel in private is not for us: all of them would share one conversation', () => {
  const chat = { id: -100, type: 'supergroup', title: 'News', is_direct_messages: true };
  const text = '@real_coze_bot my secret';
  expect(told({ chat, text, entities: [{ type: 'mention', offset: 0, length: 14 }] })).toBeUndefined();
});

test('an anonymous administrator is a moderator, a channel is not', () => {
  const chat = { id: -100, type: 'supergroup', title: 'Lab' };
  const from = { id: 1087968824, is_bot: true, first_name: 'Group' };
  const text = '/bot@real_coze_bot pepper';
  expect(told({ chat, from, text, sender_chat: chat })?.incoming.author).toMatchObject({ id: '-100', moderator: true });
  const channel = { id: -200, type: 'channel', title: 'News' };
  expect(told({ chat, from, text, sender_chat: channel })?.incoming.author).toEqual({
    id: '-200',
    name: 'News',
    moderator: false,
  });
});

test('a topic’s opening message is not what its messages reply to', () => {
  const chat = { id: -100, type: 'supergroup', title: 'Lab' };
  const opening = { message_id: 7, date: 1, chat, from: fake.world.me, forum_topic_created: { name: 'ideas' } };
  const found = told({
    chat,
    text: 'hello all',
    message_thread_id: 7,
    is_topic_message: true,
    reply_to_message: opening,
  });
  expect(found?.addressed).toBe('nobody');
  expect(found?.incoming.quote).toBeUndefined();
});
