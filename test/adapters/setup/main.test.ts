/** `npm run setup` itself, in a process of its own, with its answers in a pipe. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { botId, type Home, makeHome, startCoze } from './interview.ts';

const main = join(import.meta.dirname, '../../../adapters/setup/main.ts');

async function run(home: Home, answers: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main], {
    cwd: home.folder,
    env: { PATH: process.env.PATH, LANG: 'en_US.UTF-8', ...env },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  child.stdin.end(answers.map((answer) => `${answer}\n`).join(''));
  const [code] = await once(child, 'close');
  return { said, code };
}

it('sets up a bot in the working folder, in Chinese where the machine speaks it', async () => {
  const coze = await startCoze();
  const home = await makeHome();
  const { said, code } = await run(home, ['3', coze.url, coze.token, '1'], { LANG: 'zh_CN.UTF-8' });
  expect(code).toBe(0);
  expect(said).toContain('您的 Coze 机器人在哪里？');
  expect(said).toContain('Draftsman – 未发布到 API');
  expect(said).toMatch(/✓ 它回答：\n\n.*Marvin/s);
  expect(said).not.toContain(coze.token);
  expect(JSON.parse(await home.text('bots/marvin-the-robot/config.json'))).toEqual({ bot_id: botId });
  expect(await home.text('.env')).toContain(`COZE_API_TOKEN=${coze.token}`);
});

it('tells each fault in Chinese with its cure', async () => {
  const coze = await startCoze();
  const home = await makeHome();
  const { said } = await run(home, ['3', 'http://127.0.0.1:1', coze.url, 'pat_wrong'], { LANG: 'zh_CN.UTF-8' });
  expect(said).toContain('✗ 无法连接。请检查网络、地址和代理');
  expect(said).toContain('✗ 令牌或登录被拒绝');
});

it('goes through a proxy of the settings, and names it where it does not answer', async () => {
  const home = await makeHome('PROXY=http://127.0.0.1:1\n');
  const { said, code } = await run(home, ['3', 'http://studio.lan:8888']);
  expect(code).toBe(0);
  expect(said).toContain('The proxy 127.0.0.1:1 does not answer');
});

it('stops at settings that cannot be used, and says which', async () => {
  const home = await makeHome('LOG_LEVEL=loud\n');
  const { said, code } = await run(home, []);
  expect(code).toBe(1);
  expect(said).toContain('LOG_LEVEL: unknown level');
});
