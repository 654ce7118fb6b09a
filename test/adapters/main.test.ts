/** The program itself, as `npm start` runs it, in a process of its own: what an owner sees and what survives. */
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFakeDiscord } from '../fake/discord/server.ts';
import { startFakeTelegram } from '../fake/telegram/server.ts';
import { type Program, startProgram } from './program.ts';

const session = '0123456789abcdef0123456789abcdef';

async function start(env: Record<string, string> = {}, args: readonly string[] = []): Promise<Program> {
  const program = await startProgram(env, args);
  onTestFinished(async () => {
    await program.end('SIGKILL');
  });
  return program;
}

function post(program: Program, path: string, body: unknown): Promise<Response> {
  return fetch(program.url + path, { method: 'POST', body: JSON.stringify(body) });
}

/** Asks as the page does; resolves to the whole answer. */
async function ask(program: Program, text: string, who = session): Promise<string> {
  const events = await (await post(program, '/api/chat', { session: who, text })).text();
  return /"type":"done","text":"(.*?)","finish"/.exec(events)?.[1] ?? events;
}

describe('npm start without any account', () => {
  it('says that it runs on the local Coze service, how to connect a real one, and where the page is', async () => {
    const program = await start();
    expect(program.stdout()).toMatch(/^\nReal Coze is ready after \d+ ms\.\n {2}Page {6}http:\/\/127\.0\.0\.1:\d+\n/);
    expect(program.stdout()).toContain('the local Coze service, with no account');
    expect(program.stdout()).toContain('run npm run setup, or set COZE_API_TOKEN in .env');
    expect(await program.end()).toBe(0);
  });

  it("answers the original's POST /, and two sessions of the page apart", async () => {
    const program = await start();
    const answer = await (await post(program, '/', [{ role: 2, content: 'Who are you?' }])).json();
    expect(answer).toEqual({ content: expect.stringContaining('Nim'), continue: false });
    await ask(program, 'My name is Ann.');
    expect(await ask(program, 'What is my name?')).toContain('Ann');
    expect(await ask(program, 'What is my name?', session.replace('0', 'f'))).not.toContain('Ann');
  });

  it('keeps the history over a restart', async () => {
    const STORE_URL = `sqlite://${join(mkdtempSync(join(tmpdir(), 'store-')), 'data', 'talk.sqlite')}`;
    const first = await start({ STORE_URL });
    await ask(first, 'My name is Ann.');
    expect(await first.end('SIGINT')).toBe(0);
    const second = await start({ STORE_URL });
    expect(await ask(second, 'What is my name?')).toContain('Ann');
  });

  it('reaches the local Coze service past a proxy, and keeps launch data of the playground in TEMP_PATH', async () => {
    const TEMP_PATH = mkdtempSync(join(tmpdir(), 'temp-'));
    const program = await start({ PROXY: 'socks5://127.0.0.1:1', DEFAULT_BOT: 'tutor', TEMP_PATH });
    const answer = await (await post(program, '/', [{ role: 2, content: 'Who are you?' }])).json();
    expect(answer).toMatchObject({ content: expect.stringContaining('Euclid') });
    expect(await program.end()).toBe(0);
    expect(existsSync(join(TEMP_PATH, 'coze.sqlite'))).toBe(true);
  });

  it('speaks Chinese where the machine does', async () => {
    const program = await start({ LANG: 'zh_CN.UTF-8' });
    expect(program.stdout()).toContain('Real Coze 已就绪');
    const taiwan = await start({ LANG: 'zh_TW.UTF-8' });
    expect(taiwan.stdout()).toContain('Real Coze 已就緒');
  });

  it('streams POST / by default when started as server:stream', async () => {
    const program = await start({}, ['--only', 'stream']);
    const text = await (await post(program, '/', [{ role: 2, content: 'Who are you?' }])).text();
    const lines = text.split('\n').map((line) => JSON.parse(line));
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.at(-1)).toMatchObject({ continue: false });
    expect(program.stdout()).not.toContain('Discord');
  });

  it('ends a running answer when it is told to end, and leaves nothing behind', async () => {
    const program = await start();
    const response = await post(program, '/api/chat', { session, text: 'Write a long essay' });
    const body = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    await body?.read();
    const ended = program.end();
    let last = '';
    for (let step = await body?.read(); step && !step.done; step = await body?.read()) last = step.value;
    expect(last).toContain('"type":"fault","code":"aborted"');
    expect(await ended).toBe(0);
  });
});

describe('npm start with what cannot work', () => {
  it('tells all faults of the settings and ends', async () => {
    const starting = startProgram({ PROXY: 'ftp://x', BOTS_DIR: 'bots', BOT_CONFIG_PATH: 'config.json' });
    await expect(starting).rejects.toThrow(/ended with 1.*- PROXY: .*- BOTS_DIR and BOT_CONFIG_PATH: both are set/s);
  });

  it('names the port that is in use, and ends when nothing else is left to run', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const sentence = new RegExp(`Port ${port} on 127.0.0.1 is in use. Stop the other program, or set SERVER_PORT`);
    await expect(startProgram({ SERVER_PORT: String(port) })).rejects.toThrow(sentence);
    const telegram = { TELEGRAM_BOT_TOKEN: '1:AAF-x', TELEGRAM_WEBHOOK_URL: 'https://bot.example.com' };
    await expect(startProgram({ SERVER_PORT: String(port), ...telegram })).rejects.toThrow(
      /Telegram is left out: it delivers to TELEGRAM_WEBHOOK_URL/,
    );
    other.close();
  });

  it('names a store that cannot be opened', async () => {
    const starting = startProgram({ STORE_URL: 'sqlite:///dev/null/talk.sqlite' });
    await expect(starting).rejects.toThrow(/ended with 1 .*\/dev\/null/s);
  });

  it('leaves the other bots running when one config is broken, and names file and reason', async () => {
    const BOTS_DIR = mkdtempSync(join(tmpdir(), 'bots-'));
    for (const [name, text] of Object.entries({ good: '{"bot_id": "7400000000000000001"}', bad: '{"bot_id": ' })) {
      mkdirSync(join(BOTS_DIR, name));
      writeFileSync(join(BOTS_DIR, name, 'config.json'), text);
    }
    const program = await start({ BOTS_DIR });
    expect(await (await fetch(`${program.url}/api/bots`)).json()).toMatchObject({
      bots: [{ name: 'good' }],
      faults: [{ name: 'bad', sentence: expect.stringContaining('bad/config.json') }],
    });
    expect(await ask(program, 'Who are you?')).not.toBe('');
  });

  it('leaves the rest running when tokens are refused, with a sentence for each', async () => {
    const [discord, telegram] = await Promise.all([startFakeDiscord(), startFakeTelegram()]);
    const program = await start({
      DISCORD_BOT_TOKEN: 'MTIzNDU2.wrong.hush-hush-discord',
      DISCORD_API_URL: discord.apiUrl,
      TELEGRAM_BOT_TOKEN: '12345:hush-hush-telegram',
      TELEGRAM_API_URL: telegram.url,
    });
    await program.says(/Discord is left out\..*DISCORD_BOT_TOKEN/);
    await program.says(/Telegram is left out\..*TELEGRAM_BOT_TOKEN/);
    expect(program.stderr()).not.toContain('hush-hush');
    expect(await ask(program, 'Who are you?')).toContain('Nim');
    const health = await fetch(`${program.url}/health`);
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({
      error: { message: expect.stringMatching(/Discord is left out\..*Telegram is left out\./) },
    });
    await Promise.all([discord.close(), telegram.close()]);
  });
});

describe('npm start with Telegram and Discord', () => {
  it('answers in both, and on the page, from one process', async () => {
    const [discord, telegram] = await Promise.all([startFakeDiscord(), startFakeTelegram()]);
    const program = await start({
      DISCORD_BOT_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_URL: telegram.url,
    });
    await Promise.all([program.says(/Discord is connected/), program.says(/Telegram is connected/)]);
    const ada = telegram.person('Ada');
    telegram.write({ chat: ada.id, from: ada, text: 'Who are you?' });
    await telegram.waitFor(() => telegram.answers(ada.id).find(({ text }) => text.includes('Nim')));
    const alice = discord.person('Alice');
    discord.say({ channel: discord.channel, author: alice, content: 'Who are you?', mention: true });
    await discord.waitFor(() => discord.visible(discord.channel).some(({ content }) => content.includes('Nim')));
    expect((await fetch(`${program.url}/health`)).status).toBe(200);
    expect(await program.end()).toBe(0);
    await Promise.all([discord.close(), telegram.close()]);
  });
});
