/** The class as the original documents it, against the local Coze service. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PlaygroundDraft } from '#core/bots/bot.ts';
import { parseBot } from '#core/bots/schema.ts';
import type { ReplyEvent, Transport } from '#core/coze/transport.ts';
import RealCoze, { RealCozeAPI, type RealCozeOptions } from '#core/index.ts';
import { type Simulator, startSimulator } from '#core/simulator/index.ts';

const config: PlaygroundDraft = {
  space_id: '7000',
  bot_id: '7001',
  name: 'Nim',
  work_info: { prompt: 'You are Nim, a friendly gardener.', message_info: '[]' },
};
const openConfig = { bot_id: '7400000000000000001' };

let coze: Simulator;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'real-coze-'));
  const bots = [parseBot('nim', JSON.stringify(config)), parseBot('open', JSON.stringify(openConfig))];
  coze = await startSimulator({ bots: () => bots, wordMs: 0 });
});
afterAll(async () => {
  await coze.close();
  await rm(folder, { recursive: true });
});

const open: RealCozeAPI[] = [];
afterEach(async () => {
  for (const bot of open.splice(0)) await bot.disconnect();
});
const bot = (more: RealCozeOptions = {}) => {
  const made = new RealCozeAPI({ session: coze.session, bot: config, base: coze.url, tmppath: folder, ...more });
  open.push(made);
  return made;
};
const hello = [{ role: 2, content: 'Hello, Coze!' }];

describe('the samples of the original’s README', () => {
  it('build an instance, connect, send with a callback, and disconnect', async () => {
    const Bot = new RealCoze({ session: coze.session, bot: config, tmppath: folder, base: coze.url });
    expect(await Bot.connect()).toEqual({ success: true });
    const heard: unknown[] = [];
    const reply = await Bot.send(hello, (data) => heard.push(data));
    expect(heard[0]).toEqual({ success: true, data: { content: expect.any(String), continue: true, reply_type: 1 } });
    expect(heard.at(-1)).toEqual({ success: true, data: { content: reply.content, continue: false, reply_type: 1 } });
    expect(reply).toEqual({ content: expect.stringMatching(/\S/), continue: false, reply_type: 1 });
    await Bot.disconnect();
  });

  it('work without a callback [16] and without connect', async () => {
    expect((await bot().send(hello)).content).not.toBe('');
    expect((await bot().send(hello, null, null)).content).not.toBe('');
  });

  it('make history for words, images and files', () => {
    const Bot = bot();
    expect(Bot.generateChatHistory('Hi')).toEqual([{ role: 2, content: 'Hi', contentType: 1 }]);
    expect(Bot.generateChatHistory('Hi', null, null)).toEqual([{ role: 2, content: 'Hi', contentType: 1 }]);
    expect(Bot.generateChatHistory('Hi', 'odd', 1)).toEqual([{ role: 1, content: 'Hi', contentType: 1 }]);
    expect(Bot.generateChatHistory('tos/1.jpg', 'image')).toEqual([
      { role: 2, content: '{"image_list":[{"key":"tos/1.jpg"}]}', contentType: 6 },
    ]);
    expect(Bot.generateChatHistory('tos/1.pdf', 'file')).toEqual([
      { role: 2, content: '{"file_list":[{"key":"tos/1.pdf"}]}', contentType: 9 },
    ]);
  });

  it('upload an image and ask about it', async () => {
    const Bot = bot();
    const key = await Bot.uploadFile(new Uint8Array([0xff, 0xd8, 0xff, 1, 2, 3]), '.jpg').then((res) => res.data);
    expect(key).toMatch(/\S+\.jpg$/);
    const history = [...Bot.generateChatHistory(key, 'image'), ...Bot.generateChatHistory('What do you see?')];
    expect((await Bot.send(history)).content).not.toBe('');
  });

  it('carry the whole history, so that the bot knows what was said', async () => {
    const history = [
      { role: 2, content: 'My name is Natsuki.' },
      { role: 1, content: 'Nice to meet you, Natsuki.' },
      { role: 2, content: 'What did I just tell you?' },
    ];
    await bot().send(history);
    const asked = coze.requests.filter(({ path }) => path === '/api/draftbot/execute').at(-1);
    expect(JSON.stringify(asked)).toContain('Natsuki');
  });

  it('hear of what is not the answer, where subscribed', async () => {
    coze.faults.next({
      say: [
        { type: 'tool', name: 'search', arguments: '{"q":"tea"}', output: 'tea is a plant' },
        { type: 'answer', text: 'A plant.' },
        { type: 'suggest', text: 'Which one?' },
      ],
    });
    const heard: { reply_type: number; content: string }[] = [];
    const reply = await bot().send(hello, (result) => result.success && heard.push(result.data), [1, 2, 3, 4, 6]);
    expect(reply.content).toBe('A plant.');
    expect(new Set(heard.map((data) => data.reply_type))).toEqual(new Set([1, 2, 3, 4]));
    expect(heard.find((data) => data.reply_type === 2)?.content).toBe('Which one?');
    expect(heard.find((data) => data.reply_type === 4)?.content).toBe('tea is a plant');
  });
});

describe('what a developer would want today', () => {
  it('streams events', async () => {
    const events: ReplyEvent[] = [];
    for await (const event of bot().stream(hello)) events.push(event);
    expect(events.some((event) => event.type === 'delta')).toBe(true);
    expect(events.at(-1)).toEqual({ type: 'done', finish: 'stop' });
  });

  it('stops when told to', async () => {
    const stop = new AbortController();
    let release = () => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    coze.faults.next({ pause: { afterWords: 2, until } });
    const reading = (async () => {
      for await (const event of bot().stream(hello, { signal: stop.signal })) if (event.type === 'delta') stop.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
    release();
  });

  it('closes itself at the end of its block', async () => {
    await expect.poll(() => coze.sockets).toBe(0);
    {
      await using Bot = new RealCozeAPI({ session: coze.session, bot: config, base: coze.url, tmppath: folder });
      await Bot.connect();
      expect(coze.sockets).toBe(1);
    }
    await expect.poll(() => coze.sockets).toBe(0);
  });

  it('connects again after it was disconnected', async () => {
    const Bot = bot();
    await Bot.send(hello);
    await Bot.disconnect();
    expect((await Bot.send(hello)).content).not.toBe('');
  });

  it('asks through any transport', async () => {
    const transport: Transport = {
      async *ask({ turns }) {
        yield { type: 'delta', text: turns.map((turn) => turn.content).join() };
        yield { type: 'done', finish: 'stop' };
      },
    };
    const Bot = new RealCozeAPI({ transport });
    expect((await Bot.send(hello)).content).toBe('Hello, Coze!');
    await expect(Bot.uploadFile(new Uint8Array(1))).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('asks a bot of the Open API', async () => {
    const Bot = new RealCozeAPI({ bot: openConfig, token: coze.token, base: coze.url, tmppath: folder });
    open.push(Bot);
    expect((await Bot.send(hello)).content).not.toBe('');
  });

  it('uploads to the Open API, and asks about what was uploaded', async () => {
    const Bot = new RealCozeAPI({ bot: openConfig, token: coze.token, base: coze.url, tmppath: folder });
    open.push(Bot);
    const image = await Bot.uploadFile(new Uint8Array([0xff, 0xd8, 0xff, 4]), '.jpg');
    const paper = await Bot.uploadFile(new Uint8Array([0x25, 0x50]), '.pdf');
    const history = [
      ...Bot.generateChatHistory(image.data, 'image'),
      ...Bot.generateChatHistory(paper.data, 'file'),
      ...Bot.generateChatHistory('What do you see?'),
    ];
    expect((await Bot.send(history)).content).toMatch(/an image, `file\.jpg`, 4 bytes\n- a file, `file\.pdf`, 2 bytes/);
  });

  it('reads its config from a path, a text or bytes', async () => {
    const path = join(folder, 'config.json');
    const text = JSON.stringify(config);
    await writeFile(path, text);
    for (const given of [path, text, Buffer.from(text)])
      expect((await bot({ bot: given }).send(hello)).content).not.toBe('');
  });

  it('remembers device and launch data in its folder, without the session', async () => {
    const tmppath = await mkdtemp(join(folder, 'deep-'));
    const launches = () => coze.requests.filter(({ path }) => path === '/api/playground/user/launch').length;
    const before = launches();
    for (let i = 0; i < 2; i++) {
      const Bot = bot({ tmppath: join(tmppath, 'a/b') });
      await Bot.connect();
      await Bot.disconnect();
    }
    expect(launches() - before).toBe(1);
    expect(await readdir(join(tmppath, 'a/b'))).toContain('real-coze.sqlite');
  });
});

describe('misuse', () => {
  const wrong: [string, unknown, RegExp][] = [
    ['no options', undefined, /takes one object/],
    ['no bot', { session: 's' }, /`bot` is missing/],
    ['no session', { bot: config }, /`session` is missing.*sessionid/],
    ['no token', { bot: { bot_id: '1', token_env: 'SURELY_NOT_SET' } }, /SURELY_NOT_SET/],
    ['a proxy of another kind', { session: 's', bot: config, proxy: 'ftp://x' }, /`proxy` must begin with socks5/],
    ['a proxy that is no address', { session: 's', bot: config, proxy: 'socks5://[::1' }, /`proxy` must begin with/],
    ['a base without a scheme', { session: 's', bot: config, base: 'coze.lan:8888' }, /`base` must be the address of/],
    ['the placeholder of the README', { session: 's', bot: '{BOT_CONFIG}' }, /`bot`: It is not JSON/],
    ['another object', { session: 's', bot: { hello: 1 } }, /`bot`: It has neither/],
  ];

  it.each(wrong)('%s is an error with its cure, not half an instance [12]', (_, options, sentence) => {
    expect(() => new RealCozeAPI(options as RealCozeOptions)).toThrow(sentence);
  });

  it('of the history names the item', async () => {
    const Bot = bot();
    await expect(Bot.send([])).rejects.toMatchObject({ code: 'invalid' });
    await expect(Bot.send([...hello, { role: 9, content: 'x' }])).rejects.toThrow(/history\[1\]\.role/);
    await expect(Bot.send([{ role: 2, content: 7 } as never])).rejects.toThrow(/history\[0\]\.content/);
    await expect(Bot.send([{ role: 2, content: 'x', contentType: 4 }])).rejects.toThrow(/contentType/);
  });

  it('changes nothing in the caller’s objects, and two instances share none [11]', async () => {
    const options = {
      session: coze.session,
      bot: structuredClone(config),
      base: coze.url,
      tmppath: folder,
      proxy: null,
    };
    const before = structuredClone(options);
    const [one, two] = [new RealCozeAPI(options), new RealCozeAPI(options)];
    open.push(one, two);
    await Promise.all([one.send(hello), two.send(hello)]);
    expect(options).toEqual(before);
  });
});

describe('failures', () => {
  it('reach the callback and the promise, both with the same sentence', async () => {
    const heard: unknown[] = [];
    coze.faults.next({ refuse: { code: 4028, msg: 'credits used up' } });
    const error = await bot()
      .send(hello, (result) => heard.push(result))
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'quota' });
    expect(heard).toEqual([{ success: false, data: {}, errmsg: (error as Error).message }]);
  });

  it('of connecting reject, and the next try starts anew [6]', async () => {
    const Bot = bot();
    coze.faults.next({ path: '/api/playground/user/launch', refuse: { code: 1, msg: 'regional restrictions' } });
    const fresh = bot({ tmppath: await mkdtemp(join(folder, 'fresh-')) });
    await expect(fresh.connect()).rejects.toMatchObject({ code: 'region', message: expect.stringContaining('PROXY') });
    expect(await fresh.connect()).toEqual({ success: true });
    expect(await Bot.connect()).toEqual({ success: true });
  });

  it('of an unknown session say how to renew it', async () => {
    const error = await bot({ session: 'expired' })
      .connect()
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'auth', message: expect.stringContaining('COZE_SESSION_ID') });
  });
});
