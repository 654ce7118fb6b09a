/** The terminal program itself, through a pipe, with the local Coze service. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');

async function command(input: string, env: Record<string, string> = {}) {
  const program = spawn(process.execPath, ['adapters/terminal/main.ts'], {
    cwd: root,
    env: { PATH: process.env.PATH, LANG: 'en_US.UTF-8', STORE_URL: 'memory://', ...env },
  });
  const output = Promise.all([text(program.stdout), text(program.stderr)]);
  program.stdin.end(input);
  const [code] = await once(program, 'exit');
  const [stdout, stderr] = await output;
  return { code, stdout, stderr };
}

describe('npm run command', () => {
  it('answers each line of a pipe, remembers, obeys commands, and leaves at its end', async () => {
    const { code, stdout } = await command('My name is Ann.\nWhat is my name?\n/bots\n/bot pepper\nWho are you?\n');
    expect(code).toBe(0);
    expect(stdout).toContain('Ann');
    expect(stdout).toContain('**pepper** (Pepper)');
    expect(stdout).toMatch(/I am \*\*Pepper\*\*/);
    expect(stdout).not.toContain('\x1b[');
  });

  it('leaves at :q and answers nothing after it', async () => {
    const { code, stdout } = await command(':q\nWho are you?\n');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  });

  it('tells a script by its exit code that an answer failed, and goes on with the next line', async () => {
    const nowhere = { COZE_API_TOKEN: 'pat_x', COZE_API_BASE: 'http://127.0.0.1:1' };
    const { code, stdout } = await command('Who are you?\n/bots\n', nowhere);
    expect(code).toBe(1);
    expect(stdout).toMatch(/No connection to 127\.0\.0\.1:1.*\*\*pepper\*\*/s);
    const chinese = await command('Who are you?\n', { ...nowhere, LANG: 'zh_CN.UTF-8' });
    expect(chinese.stdout).toMatch(/无法连接到 Coze。（No connection to 127\.0\.0\.1:1/);
  });

  it('says in one go what is wrong with the settings', async () => {
    const { code, stderr } = await command('', { PROXY: 'ftp://x', STORE_URL: 'nowhere' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The settings cannot be used\..*- PROXY: .*- STORE_URL: /s);
    expect(stderr).not.toContain('    at ');
  });
});
