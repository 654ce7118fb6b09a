/** `npm run doctor` itself, in a process of its own: what an owner reads about what is well and what is not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { createApi } from '../../../adapters/telegram/client.ts';
import { startFakeDiscord } from '../../fake/discord/server.ts';
import { startFakeTelegram } from '../../fake/telegram/server.ts';
import { startProgram } from '../program.ts';
import { botId, type Home, makeHome, startCoze } from './interview.ts';

const main = join(import.meta.dirname, '../../../adapters/setup/doctor/main.ts');
const samples = join(import.meta.dirname, '../../../bots');

async function examine(home: Home, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main], {
    cwd: home.folder,
    env: { PATH: process.env.PATH, LANG: 'en_US.UTF-8', SERVER_PORT: 'off', ...env },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  const [code] = await once(child, 'close');
  return { said, code };
}

async function addBot({ folder }: Home, name: string, config: object): Promise<void> {
  await mkdir(join(folder, 'bots', name), { recursive: true });
  await writeFile(join(folder, 'bots', name, 'config.json'), JSON.stringify(config));
}

/** With `bots/marvin` and `bots/ghost`, of whom Coze knows the first. */
async function cozeHome() {
  const coze = await startCoze();
  const home = await makeHome();
  await addBot(home, 'marvin', { bot_id: botId });
  await addBot(home, 'ghost', { bot_id: '7499999999999999999' });
  return { home, env: { COZE_API_TOKEN: coze.token, COZE_API_BASE: coze.url } };
}

async function platforms() {
  const [discord, telegram] = await Promise.all([startFakeDiscord(), startFakeTelegram()]);
  onTestFinished(async () => {
    await Promise.all([discord.close(), telegram.close()]);
  });
  const env = {
    DISCORD_BOT_TOKEN: discord.token,
    DISCORD_API_URL: discord.apiUrl,
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_URL: telegram.url,
  };
  return { discord, telegram, env };
}

it('asks each bot one question, and says what is wrong with the one that cannot answer', async () => {
  const { home, env } = await cozeHome();
  const { said, code } = await examine(home, env);
  expect(said).toContain('✓ The store (sqlite) keeps what is written.');
  expect(said).toMatch(/✓ marvin answers after \d+\.\d s: .*Marvin/);
  expect(said).toMatch(/✗ ghost: .+/);
  expect(said).toContain('· Telegram is off: TELEGRAM_BOT_TOKEN is not set.');
  expect(said).toContain('1 thing has to be mended.');
  expect(code).toBe(1);
});

it('says once of all sample bots what to do with them, instead of asking a Coze that does not know them', async () => {
  const { home, env } = await cozeHome();
  for (const name of ['nim', 'tutor'])
    await cp(join(samples, name), join(home.folder, 'bots', name), { recursive: true });
  const { said } = await examine(home, env);
  expect(said).toContain('✗ nim, tutor: sample bots, which Coze does not know. Delete their folders');
  expect(said).toContain('2 things have to be mended.');
});

it('names in Chinese, too, what is missing, and asks for nothing to be entered again', async () => {
  const { home, env } = await cozeHome();
  await addBot(home, 'marvin', { bot_id: botId, token_env: 'OTHER_TOKEN' });
  const { said } = await examine(home, { ...env, LANG: 'zh_TW.UTF-8' });
  expect(said).toMatch(/✗ marvin: 設定有誤或缺少。（.*OTHER_TOKEN.*）/);
  expect(said).toMatch(/✗ ghost: Coze 上沒有找到。.*（.*7499999999999999999.*）/);
  expect(said).not.toContain('重新輸入');
});

it('is quiet when its reader has left', async () => {
  const home = await makeHome();
  const child = spawn(process.execPath, [main], { cwd: home.folder, env: { PATH: process.env.PATH } });
  child.stdout.once('data', () => child.stdout.destroy());
  const [complaint, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect({ complaint, code }).toEqual({ complaint: '', code: 1 });
});

it('names the bots of both platforms, and the rights that one lacks in a server', async () => {
  const { env } = await platforms();
  const { said, code } = await examine(await makeHome(), env);
  expect(said).toContain('✓ Telegram knows it as @real_coze_bot');
  expect(said).toContain('✓ Discord knows it as realcoze');
  expect(said).toContain('✓ It is in 1 Discord server.');
  expect(said).toContain('! In Tea house it lacks Embed Links, Attach Files.');
  expect(said).not.toContain(env.TELEGRAM_BOT_TOKEN);
  expect(said).toContain('All is well.');
  expect(code).toBe(0);
});

it('says that a token is refused, in Chinese where the machine speaks it', async () => {
  const { env } = await platforms();
  const tokens = { DISCORD_BOT_TOKEN: 'MTIzNDU2.wrong.token', TELEGRAM_BOT_TOKEN: '1:AAwrong' };
  const { said, code } = await examine(await makeHome(), { ...env, ...tokens, LANG: 'zh_CN.UTF-8' });
  expect(said).toContain('✗ Telegram 不认识这个令牌');
  expect(said).toContain('✗ Discord 不认识这个令牌');
  expect(code).toBe(1);
});

it('says who else hears the updates of the Telegram bot, and why deliveries fail', async () => {
  const { telegram, env } = await platforms();
  const api = createApi({ token: telegram.token, apiUrl: telegram.url, network: {} });
  for (const host of ['other.example.com', 'bot.example.com']) telegram.webhook.proxies.set(host, 'http://127.0.0.1:1');
  await api.setWebhook('https://other.example.com/hook');
  const polled = await examine(await makeHome(), env);
  expect(polled.said).toContain('! Telegram delivers to https://other.example.com/hook.');

  const url = 'https://bot.example.com/hook';
  await api.setWebhook(url);
  const ada = telegram.person('Ada');
  telegram.write({ chat: ada.id, from: ada, text: 'Hello?' });
  await telegram.waitFor(() => telegram.webhook.deliveries.length > 0);
  const brought = await examine(await makeHome(), { ...env, TELEGRAM_WEBHOOK_URL: url, SERVER_PORT: '1' });
  expect(brought.said).toContain(`✗ Telegram cannot deliver to ${url}: `);
});

it('tells whether the program runs, how it is, and what else has its port', async () => {
  const program = await startProgram();
  onTestFinished(async () => {
    await program.end('SIGKILL');
  });
  const at = async (port: number) => (await examine(await makeHome(), { SERVER_PORT: String(port) })).said;
  const port = Number(new URL(program.url).port);
  expect(await at(port)).toContain(`✓ The program runs at http://127.0.0.1:${port} and is well.`);
  await program.end();
  expect(await at(port)).toContain('The program does not run at the moment');
  expect(await at(0)).not.toContain('The program');
  const { said } = await examine(await makeHome(), { SERVER_HOST: '::1', SERVER_PORT: '1' });
  expect(said).toContain('nothing answers at http://[::1]:1.');

  const health = { status: 503, body: { error: { message: 'Telegram has not answered for 3 min.' } } };
  const other = createServer((_, response) => response.writeHead(health.status).end(JSON.stringify(health.body)));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const { port: taken } = other.address() as AddressInfo;
  expect(await at(taken)).toContain(`✗ The program at http://127.0.0.1:${taken} says: Telegram has not answered`);
  health.body = [] as never;
  expect(await at(taken)).toContain(`✗ Something else answers at http://127.0.0.1:${taken}.`);
});

it('says once that a store cannot be reached', async () => {
  const { said, code } = await examine(await makeHome(), { STORE_URL: 'redis://127.0.0.1:1' });
  expect(said.match(/redis:\/\/127\.0\.0\.1:1/g)).toHaveLength(1);
  expect(said).toContain('✗ The store redis://127.0.0.1:1 failed');
  expect(code).toBe(1);
});

it('goes no further where settings cannot be used', async () => {
  const { said, code } = await examine(await makeHome('LOG_LEVEL=loud\n'));
  expect(said).toContain('LOG_LEVEL: unknown level');
  expect(code).toBe(1);
});
