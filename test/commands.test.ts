import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { commandTable, parseCommand } from '#core/commands.ts';
import { DEFAULT_SETTINGS } from '#core/conversation/bindings.ts';
import type { AnswerOptions } from '#core/engine.ts';
import type { Attachment, Incoming, Notice, Place } from '#core/message.ts';
import { ANSWER_TEXTS } from '#core/texts/answers.ts';
import { COMMAND_TEXTS } from '#core/texts/commands.ts';
import { FILE_TEXTS } from '#core/texts/files.ts';
import { allTexts, LANGUAGES } from '#core/texts.ts';
import { ada, bob, bot, channel, dm, echo, message, openHouse, read, type TestHouse, thread } from './engine/house.ts';

let house: TestHouse;
beforeEach(async () => {
  house = await openHouse({ bots: [bot('nim'), bot('ari', { suggestions: ['Why?', 'How?'] })] });
});

const run = async (line: string, change: Partial<Incoming> = {}): Promise<Notice> => {
  const notice = await house.engine.command(line, message('', change));
  if (!notice) throw new Error(`"${line}" is no command.`);
  return notice;
};
const ask = (text: string, change: Partial<Incoming> = {}, options: AnswerOptions = {}) =>
  read(house.engine.answer(message(text, change), undefined, options));

describe('the table', () => {
  test('has every text in every language, with the same names to fill in', () => {
    for (const [key, texts] of Object.entries(allTexts)) {
      const names = LANGUAGES.map((language) => [...texts[language].matchAll(/\{\w+\}/g)].map(String).sort().join());
      expect(new Set(names).size, key).toBe(1);
      for (const language of LANGUAGES) expect(texts[language].trim(), `${key} ${language}`).not.toBe('');
    }
  });

  test('has each text once', () => {
    const keys = [ANSWER_TEXTS, COMMAND_TEXTS, FILE_TEXTS].flatMap((texts) => Object.keys(texts));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('has no text that nobody uses', async () => {
    const root = join(import.meta.dirname, '../src');
    const files = (await readdir(root, { recursive: true })).filter(
      (file) => file.endsWith('.ts') && !file.startsWith('texts'),
    );
    const source = (await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')))).join('\n');
    expect(Object.keys(allTexts).filter((key) => !source.includes(`'${key}'`))).toEqual([]);
  });

  test('names each command once, in lower case', () => {
    const names = commandTable.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((name) => /^[a-z]{2,16}$/.test(name))).toBe(true);
  });

  test('reads lines with and without their slash, and leaves other texts alone', () => {
    expect(parseCommand('/bot  nim server ')).toMatchObject({ words: ['nim', 'server'] });
    expect(parseCommand('BOT')?.command.name).toBe('bot');
    expect(parseCommand('/etc/passwd is what?')).toBeUndefined();
    expect(parseCommand('/botany')).toBeUndefined();
    expect(parseCommand('')).toBeUndefined();
  });
});

describe('bot', () => {
  test('alone shows the choice as buttons, the present one marked', async () => {
    expect((await run('bot')).buttons).toEqual([
      { label: 'nim', command: 'bot nim', style: 'primary' },
      { label: 'ari', command: 'bot ari', style: 'plain' },
    ]);
  });

  test('chooses at once, and the bot greets with its suggestions', async () => {
    const notice = await run('bot ari');
    expect(notice.text).toContain('ari greets you.');
    expect(notice.buttons).toEqual([
      { label: 'Why?', command: 'ask Why?' },
      { label: 'How?', command: 'ask How?' },
    ]);
    await ask('hello');
    expect(house.asked.at(-1)?.bot).toBe('ari');
  });

  test('the nearest choice wins, and why prints the chain', async () => {
    const answering = async (place: Place) => {
      await ask('who?', { place });
      return house.asked.at(-1)?.bot;
    };
    await run('bot ari server', { place: thread });
    expect([await answering(channel), await answering(thread)]).toEqual(['ari', 'ari']);
    await run('bot nim channel', { place: thread });
    expect([await answering(channel), await answering(thread)]).toEqual(['nim', 'nim']);
    await run('bot ari', { place: thread });
    expect([await answering(channel), await answering(thread)]).toEqual(['nim', 'ari']);
    expect((await run('bot why', { place: thread })).text.split('\n').slice(2)).toEqual([
      '- this thread: “ari” ← **answers**',
      '- this channel: “nim”',
      '- this category: nothing chosen',
      '- this server: “ari”',
      '- default: “nim”',
    ]);
    await run('bot reset', { place: thread });
    expect(await answering(thread)).toBe('nim');
  });

  test('changing back finds the old history', async () => {
    await ask('remember me');
    await run('bot ari');
    await ask('hello');
    await run('bot nim');
    await ask('again');
    expect(house.asked.at(-1)?.question.turns[0]?.content).toBe('remember me');
  });

  test('falls back with a sentence when the folder is gone, and comes back with it', async () => {
    await run('bot ari');
    const [, ari] = house.catalog.bots.splice(1, 1, bot('new'));
    expect(ari).toBeUndefined();
    expect((await run('bot why')).text).toContain('“ari”, which is gone or broken');
    await ask('hello');
    expect(house.asked.at(-1)?.bot).toBe('nim');
  });

  test('is for moderators where the place does not open it', async () => {
    const there = { place: channel, author: bob };
    expect((await run('bot ari', there)).text).toContain('Only moderators');
    await run('settings choose everyone', { place: channel, author: ada });
    expect((await run('bot ari', there)).text).toContain('ari greets you.');
  });

  test('opened to everyone in a channel is not opened around it', async () => {
    await run('settings choose everyone', { place: channel, author: ada });
    const there = { place: thread, author: bob };
    for (const line of ['bot ari server', 'settings choose everyone server', 'settings deny user:ada category'])
      expect((await run(line, there)).text, line).toContain('Only moderators');
    for (const line of ['bot ari', 'bot ari channel', 'settings scope user channel'])
      expect((await run(line, there)).text, line).not.toContain('Only moderators');
    await run('settings choose moderators', { place: thread, author: ada });
    expect((await run('bot nim', there)).text).toContain('Only moderators');
    expect((await run('bot nim channel', there)).text).toContain('nim greets you.');
  });

  test.each(['bot nobody', 'bot nim nowhere', 'bot nim thread more', 'bot nim thread'])(
    'answers "%s" with a sentence',
    async (line) => {
      expect((await run(line)).text).toMatch(/There is no|Write it like this|This place has no/);
      await ask('hello');
      expect(house.asked.at(-1)?.bot).toBe('nim');
    },
  );

  test('is known by its name, and by its folder too where two have the same', async () => {
    const named = (name: string, title: string) => ({ ...bot(name), bridge: { ...bot(name).bridge, name: title } });
    const { name: _, ...nameless } = bot('bot-3').bridge;
    house = await openHouse({
      bots: [named('bot-1', '客服小助手'), named('bot-2', 'Nim'), { ...bot('bot-3'), bridge: nameless }, bot('bot-4')],
      transport: { profile: async () => ({ name: 'Nim' }) },
    });
    const notice = await run('bot', { language: 'zh-CN' });
    expect(notice.text).toContain('由 “客服小助手” 回答');
    const labels = ['客服小助手', 'Nim (bot-2)', 'Nim (bot-3)', 'bot-4'];
    expect(notice.buttons?.map(({ label }) => label)).toEqual(labels);
    expect((await run('bots')).buttons?.map(({ label }) => label)).toEqual(labels);
    expect((await run('about')).text).toContain('客服小助手');
    expect((await run('history')).text).toContain('“客服小助手”');
    expect((await run('history export')).text).toContain('“客服小助手”');
    await ask('hi');
    expect((await run('history')).text).toMatch(/“客服小助手”.*\*\*客服小助手:\*\*/s);
    expect((await run('history export')).text).toContain('“客服小助手”');
    expect((await run('usage')).text).toContain('- Nim (bot-3): 0 / 0');
    expect((await run('bot reset')).text).toContain('“客服小助手” answers');
    expect((await run('bot bot-2')).text).toContain('“Nim” now answers');
    const completed = await house.engine.complete('bot', '小助', message(''), 25);
    expect(completed).toEqual([{ value: 'bot-1', label: '客服小助手' }]);
    expect(await house.engine.complete('bot', 'nim', message(''), 25)).toHaveLength(2);
  });

  test('keeps the name of its folder where Coze cannot tell another', async () => {
    const { name: _, ...nameless } = bot('nim').bridge;
    let asked = 0;
    const away = () => {
      asked += 1;
      return Promise.reject(new Error('away'));
    };
    house = await openHouse({ bots: [{ ...bot('nim'), bridge: nameless }], transport: { profile: away } });
    for (const typed of ['n', 'ni', 'nim'])
      expect(await house.engine.complete('bot', typed, message(''), 25)).toEqual([{ value: 'nim', label: 'nim' }]);
    expect((await run('bot')).buttons?.[0]?.label).toBe('nim');
    expect(asked).toBe(1);
  });

  test('keeps it where Coze does not tell in time, too', async () => {
    const { name: _, ...nameless } = bot('nim').bridge;
    const silence = () => new Promise<never>(() => {});
    house = await openHouse({ bots: [{ ...bot('nim'), bridge: nameless }], transport: { profile: silence } });
    expect((await run('about')).text).toContain('“nim” answers here');
  });

  test('completes names', async () => {
    expect(await house.engine.complete('bot', 'ar', message(''), 25)).toEqual([{ value: 'ari', label: 'ari' }]);
    expect(await house.engine.complete('settings', 'mem', message(''), 1)).toHaveLength(1);
    expect(await house.engine.complete('new', '', message(''), 25)).toEqual([]);
  });

  test('says so when there is none', async () => {
    house = await openHouse({ bots: [] });
    expect((await run('bot')).text).toContain('There is no bot yet');
    await expect(ask('hello')).rejects.toMatchObject({ code: 'config' });
  });
});

describe('history', () => {
  test('shows, takes back and forgets', async () => {
    expect((await run('history')).text).toContain('is empty');
    await ask('one');
    await ask('two');
    expect((await run('history show 1')).text).toContain('the last 1 of 2:');
    expect((await run('history show')).text).toContain('You said: one');
    expect((await run('undo')).text).toContain('two');
    await ask('three');
    expect(house.asked.at(-1)?.question.turns.map((turn) => turn.content)).toEqual(['one', 'You said: one', 'three']);
    expect((await run('new')).text).toContain('Exchanges forgotten: 2');
    expect((await run('undo')).text).toContain('nothing to take back');
  });

  test('takes back once, however often the platform delivers the message', async () => {
    await ask('one');
    await ask('two');
    const incoming = message('/undo');
    const again = { ...incoming };
    expect((await house.engine.command('undo', incoming))?.text).toContain('two');
    expect((await house.engine.command('undo', again))?.text).toContain('came a second time');
    expect((await run('history')).text).toContain('the last 1 of 1:');
  });

  test.each([
    ['new', []],
    ['history import', [upload('[{"role":2,"content":"zero"}]')]],
  ])('forgets nothing more when the platform delivers /%s a second time', async (line, attachments) => {
    const incoming = message('', { attachments });
    await house.engine.command(line, incoming);
    await ask('one');
    expect((await house.engine.command(line, { ...incoming }))?.text).toContain('came a second time');
    expect((await run('history')).text).toContain('You said: one');
  });

  test('comes back from its export the same', async () => {
    await ask('one');
    await ask('two');
    const file = (await run('history export')).file;
    await run('new');
    const notice = await run('history import', { attachments: [upload(file?.bytes ?? new Uint8Array())] });
    expect(notice.text).toContain('Turns imported: 4.');
    await ask('three');
    expect(house.asked.at(-1)?.question.turns.map((turn) => turn.content)).toEqual([
      'one',
      'You said: one',
      'two',
      'You said: two',
      'three',
    ]);
  });

  test('reads OpenAI-style files, forged turns and knowledge', async () => {
    const messages = [
      { role: 'system', content: 'Speak softly.' },
      { role: 'user', content: [{ type: 'text', text: 'hi' }] },
      { role: 'assistant', content: 'hello' },
    ];
    await run('history import', { attachments: [upload(JSON.stringify({ messages }))] });
    await run('history add assistant I never said this');
    await run('history add 6 Water boils at 100 °C.');
    await ask('so?');
    expect(house.asked.at(-1)?.question.turns.map(({ role, content }) => [role, content])).toEqual([
      [6, 'Speak softly.'],
      [2, 'hi'],
      [1, 'hello'],
      [1, 'I never said this'],
      [6, 'Water boils at 100 °C.'],
      [2, 'so?'],
    ]);
  });

  test.each([
    ['not JSON', 'not JSON'],
    ['{"x":1}', 'holds no turns'],
    ['[{"role":"king","content":"x"}]', 'Turn 1: role "king"'],
    ['[{"role":"constructor","content":"x"}]', 'Turn 1: role "constructor"'],
    ['[{"role":2}]', 'Turn 1: content'],
    ['[null]', 'Turn 1 is not an object'],
    ['[{"role":2,"content":"x","contentType":7}]', 'contentType'],
  ])('refuses the file %s and keeps what was there', async (file, sentence) => {
    await ask('one');
    expect((await run('history import', { attachments: [upload(file)] })).text).toContain(sentence);
    expect((await run('history')).text).toContain('You said: one');
  });

  test('says what is wrong with a file, or with getting it, in the reader’s language', async () => {
    const sentence = async (file: Attachment) =>
      (await run('history import', { attachments: [file], language: 'zh-CN' })).text;
    expect(await sentence(upload('[{"role":2}]'))).toBe('第 1 条记录：content 必须是文本。');
    expect(await sentence(upload('{}'))).toContain('文件中没有记录');
    expect(await sentence({ name: 'a.json', type: 'application/json', ref: 'https://10.0.0.1/a' })).toBe(
      '未使用 a.json：无法下载或上传。',
    );
    expect((await run('history add king x', { language: 'zh-TW' })).text).toContain('角色為 "king"');
  });

  test.each([
    'history import',
    'history show x',
    'history show 0',
    'history nonsense',
    'history add',
    'history add king x',
  ])('answers "%s" with a sentence', async (line) => expect((await run(line)).text).toMatch(/\w+/));
});

describe('settings', () => {
  test('shows every setting with its values', async () => {
    const { text } = await run('settings');
    for (const line of ['**scope** = thread', '**mailbox** = wait', '**language** = (automatic)', '**allow** = (none)'])
      expect(text).toContain(line);
    expect(text.split('\n').filter((line) => line.startsWith('- '))).toHaveLength(16);
  });

  test('keeps a choice for the level that is named, and takes it back', async () => {
    await run('settings scope channel server', { place: channel });
    expect((await house.engine.settings(thread)).scope).toBe('channel');
    await run('settings scope user', { place: thread });
    expect((await house.engine.settings(thread)).scope).toBe('user');
    expect((await house.engine.settings(channel)).scope).toBe('channel');
    await run('settings scope reset', { place: thread });
    expect((await house.engine.settings(thread)).scope).toBe('channel');
    expect(await house.engine.settings(dm)).toEqual(DEFAULT_SETTINGS);
  });

  test('speaks the language that is set', async () => {
    await run('settings language zh-tw');
    expect((await run('help')).text).toContain('直接向我傳訊息');
  });

  test.each([
    'settings nothing on',
    'settings scope moon',
    'settings streaming maybe',
    'settings limit-hours 0',
    'settings deny me',
    'settings member-turns -1',
    'settings constructor x',
    'settings answer all all',
    'settings answer all thread',
  ])('refuses "%s" with a sentence and changes nothing', async (line) => {
    expect((await run(line)).text).toMatch(/\w+.*\./);
    expect(await house.engine.settings(dm)).toEqual(DEFAULT_SETTINGS);
  });
});

describe('access', () => {
  const discordDm: Place = { ...dm, platform: channel.platform, account: channel.account };

  test('a denied member is told so, everywhere below the level', async () => {
    await run('settings deny user:bob server', { place: channel });
    await expect(ask('hi', { place: thread, author: bob })).rejects.toMatchObject({ code: 'forbidden' });
    expect((await run('help', { place: thread, author: bob })).text).toContain('You may not ask');
    await ask('hi', { place: thread });
  });

  test('a denied member cannot take the denial back where everyone may choose', async () => {
    await run('settings choose everyone', { place: channel });
    await run('settings deny user:bob', { place: channel });
    expect((await run('settings deny reset', { place: channel, author: bob })).text).toContain('You may not ask');
    expect((await house.engine.settings(channel)).deny).toEqual(['user:bob']);
    expect((await run('settings deny reset', { place: channel })).text).toContain('(none)');
  });

  test('an allow list lets in roles, and nobody else', async () => {
    await run('settings allow role:vip', { place: channel });
    await expect(ask('hi', { place: channel, author: bob })).rejects.toMatchObject({ code: 'forbidden' });
    await ask('hi', { place: channel, author: { ...bob, roles: ['vip'] } });
  });

  test('a limit says when it ends, and ends', async () => {
    let at = Date.UTC(2026, 0, 1, 22, 30);
    house = await openHouse({ now: () => at });
    await run('settings member-turns 2', { place: channel });
    await ask('1', { place: channel, author: bob });
    await ask('2', { place: channel, author: bob });
    await expect(ask('3', { place: channel, author: bob })).rejects.toMatchObject({
      code: 'quota',
      message: 'The limit of questions for each member here is 2. You may ask again in 90 minutes.',
    });
    await ask('1', { place: channel, author: ada });
    at += 90 * 60_000;
    await ask('3', { place: channel, author: bob });
  });

  test('a limit counts in the level that it was set for, and in no other server', async () => {
    const other: Place = {
      ...channel,
      levels: [
        { kind: 'server', id: 's2' },
        { kind: 'channel', id: 'c2' },
      ],
    };
    await run('settings place-turns 2 server', { place: channel });
    for (const place of [channel, other]) await run('settings member-turns 2 server', { place });
    await ask('1', { place: channel, author: bob });
    await ask('2', { place: thread, author: ada });
    await expect(ask('3', { place: thread, author: ada })).rejects.toMatchObject({
      message: expect.stringContaining('The limit of questions in this place is 2.'),
    });
    await run('settings place-turns reset server', { place: channel });
    await ask('4', { place: thread, author: bob });
    await expect(ask('5', { place: channel, author: bob })).rejects.toMatchObject({
      message: expect.stringContaining('each member here is 2.'),
    });
    for (const words of ['1', '2']) await ask(words, { place: other, author: bob });
    await expect(ask('3', { place: other, author: bob })).rejects.toMatchObject({ code: 'quota' });
    await ask('anywhere', { place: discordDm, author: bob });
  });

  test('a limit of the owner counts for a channel with all its threads, and for a member everywhere', async () => {
    house = await openHouse({ owner: { placeTurns: 2, memberTurns: 3 } });
    for (const place of [channel, thread]) await ask('hi', { place, author: bob });
    const another: Place = { ...channel, levels: [...channel.levels, { kind: 'thread', id: 't2' }] };
    await expect(ask('hi', { place: another, author: ada })).rejects.toMatchObject({ code: 'quota' });
    await ask('hi', { place: discordDm, author: bob });
    await expect(ask('hi', { place: discordDm, author: bob })).rejects.toMatchObject({
      message: expect.stringContaining('each member here is 3.'),
    });
  });

  test('questions at once in several places pass a limit no more often than one after the other', async () => {
    const waits = Promise.withResolvers<void>();
    house = await openHouse({
      owner: { memberTurns: 2 },
      mind: async function* (question) {
        await waits.promise;
        yield* echo(question);
      },
    });
    const places = ['t1', 't2', 't3'].map(
      (id): Place => ({ ...channel, levels: [...channel.levels, { kind: 'thread', id }] }),
    );
    const answers = places.map((place) => ask('hi', { place, author: bob }));
    await expect(answers[2]).rejects.toMatchObject({ code: 'quota' });
    await expect(ask('hi', { place: channel, author: bob }, { turns: [] })).rejects.toMatchObject({ code: 'quota' });
    waits.resolve();
    expect(await Promise.all(answers.slice(0, 2))).toEqual(['You said: Bob: hi', 'You said: Bob: hi']);
    expect((await run('usage', { place: channel, author: bob })).text).toContain('You: 2 / 2 questions');
  });

  test('a question that fails before Coze is called takes nothing from a limit', async () => {
    house = await openHouse({ owner: { memberTurns: 1 } });
    await expect(ask('')).rejects.toMatchObject({ code: 'invalid' });
    expect(await ask('hi')).toBe('You said: hi');
    await expect(ask('more')).rejects.toMatchObject({ code: 'quota' });
  });

  test('usage tells how much of each limit is used, and when it is counted anew', async () => {
    house = await openHouse({ now: () => Date.UTC(2026, 0, 1, 22, 30), owner: { memberTurns: 5 } });
    await run('settings place-tokens 50', { place: channel });
    await ask('1', { place: channel, author: bob });
    const { text } = await run('usage', { place: channel, author: bob });
    expect(text.split('\n').slice(-2)).toEqual([
      '- You: 1 / 5 questions, counted anew in 90 minutes',
      '- This place: 5 / 50 tokens, counted anew in 90 minutes',
    ]);
    expect((await run('usage', { place: channel, author: bob, language: 'zh-CN' })).text).toContain(
      '1 / 5 次提问，90 分钟后重新计数',
    );
  });

  test.each([
    ['en', 'The limit of questions for each member here is 1. You may ask again in a minute.'],
    ['zh-CN', '您已提问 1 次，达到此处上限。您可在 1 分钟后再次提问。'],
    ['zh-TW', '您已提問 1 次，達到此處上限。您可在 1 分鐘後再次提問。'],
  ] as const)('says in %s that a limit of one ends in one minute', async (language, message) => {
    house = await openHouse({ now: () => Date.UTC(2026, 0, 1, 23, 59, 30), owner: { memberTurns: 1 } });
    await ask('1');
    await expect(ask('2', { language })).rejects.toMatchObject({ message });
  });

  test('what the owner forbids no place can allow', async () => {
    house = await openHouse({ owner: { deny: ['user:bob'], memberTurns: 1 } });
    await run('settings allow user:bob', { place: channel });
    await expect(ask('hi', { place: channel, author: bob })).rejects.toMatchObject({ code: 'forbidden' });
    expect((await run('help', { author: bob })).text).toContain('You may not ask');
    await ask('1');
    await run('settings member-turns 0');
    await expect(ask('2')).rejects.toMatchObject({ code: 'quota' });
  });

  test('tokens are counted as Coze counts them, for member and place', async () => {
    await run('settings place-tokens 10', { place: channel });
    await ask('1', { place: channel });
    await ask('2', { place: channel });
    await expect(ask('3', { place: channel, author: bob })).rejects.toMatchObject({
      message: expect.stringContaining('10 tokens'),
    });
    const { text } = await run('usage', { place: channel });
    expect(text).toContain('- You: 2 / 2 questions, 10 / 10 tokens');
    expect(text).toContain('- nim: 2 / 2 questions, 10 / 10 tokens');
    expect((await run('usage', { place: channel, author: bob })).text).not.toContain('nim');
    const steward = { ...bob, moderator: true, upTo: 'channel' } as const;
    const { text: told } = await run('usage', { place: channel, author: steward });
    expect(told).toContain('This place');
    expect(told).not.toContain('nim');
  });
});

test('help, about, bots and start answer in every language', async () => {
  for (const language of LANGUAGES)
    for (const line of ['help', 'about', 'bots', 'start', 'stop', 'usage', 'sources'])
      expect((await run(line, { language })).text.length, `${line} ${language}`).toBeGreaterThan(3);
});

function upload(content: string | Uint8Array): Attachment {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return {
    name: 'history.json',
    type: 'application/json',
    ref: `data:application/json;base64,${Buffer.from(bytes).toString('base64')}`,
  };
}
