/** Settings: what an empty environment means, and what each wrong value is told. */
import { readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { describe, expect, it } from 'vitest';
import { isLoopback, readSettings, secretsOf } from '#core/settings.ts';

/** The lines of the one error that all faults end in. */
function faultsOf(env: Record<string, string>): string[] {
  try {
    readSettings(env);
  } catch (error) {
    expect(error).toMatchObject({ name: 'RealCozeError', code: 'config' });
    return (error as Error).message.split('\n').slice(1);
  }
  return [];
}

describe('settings', () => {
  it('need nothing at all', () => {
    expect(readSettings({})).toEqual({
      coze: { apiBase: 'https://api.coze.com', webBase: 'https://www.coze.com' },
      proxy: { coze: true, discord: true, telegram: true },
      storeUrl: 'sqlite://data/real-coze.sqlite',
      server: { host: '127.0.0.1', port: 8080 },
      bots: { dir: 'bots' },
      access: {},
      tempPath: './temp',
      logLevel: 'info',
    });
  });

  it('say who is answered, and how often', () => {
    const env = {
      ALLOW: 'user:1, server:2',
      DENY: 'role:3',
      MEMBER_TURNS: '5',
      PLACE_TOKENS: '1000',
      LIMIT_HOURS: '1',
    };
    const access = {
      allow: ['user:1', 'server:2'],
      deny: ['role:3'],
      memberTurns: 5,
      placeTokens: 1000,
      limitHours: 1,
    };
    expect(readSettings(env).access).toEqual(access);
    expect(faultsOf({ ALLOW: 'anna', MEMBER_TURNS: '0' })).toEqual([
      expect.stringContaining('ALLOW: not a list of people and places'),
      expect.stringContaining('MEMBER_TURNS: not a limit'),
    ]);
  });

  it('split the servers of Discord over shards', () => {
    const shards = (text: string) =>
      readSettings({ DISCORD_BOT_TOKEN: 'MTIz.abc.def', DISCORD_SHARDS: text }).discord?.shards;
    expect(shards('auto')).toBeUndefined();
    expect(shards('3')).toEqual({ ids: [0, 1, 2], count: 3 });
    expect(shards('2-3/16')).toEqual({ ids: [2, 3], count: 16 });
    expect(shards('15/16')).toEqual({ ids: [15], count: 16 });
    for (const wrong of ['0', '3-1/4', '0-4/4', '4/4', 'x', '1-2', '-1', '99999'])
      expect(faultsOf({ DISCORD_SHARDS: wrong })).toEqual([expect.stringContaining('0-3/16')]);
  });

  it('let Telegram deliver where it can and a server runs', () => {
    const at = (url: string, more = {}) => ({ TELEGRAM_BOT_TOKEN: '1:AAF-x', TELEGRAM_WEBHOOK_URL: url, ...more });
    const { telegram } = readSettings(at('https://bot.example.com:8443/telegram/'));
    expect(telegram?.webhook).toBe('https://bot.example.com:8443/telegram');
    expect(readSettings({ TELEGRAM_BOT_TOKEN: '1:AAF-x' }).telegram).not.toHaveProperty('webhook');
    for (const url of ['http://bot.example.com', 'https://bot.example.com:3000/x'])
      expect(faultsOf(at(url))).toEqual([expect.stringMatching(/TELEGRAM_WEBHOOK_URL.*https:.*443/)]);
    expect(faultsOf(at('bot.example.com'))).toEqual([expect.stringMatching(/TELEGRAM_WEBHOOK_URL: not an address/)]);
    expect(faultsOf(at('https://bot.example.com', { SERVER_PORT: 'off' }))).toEqual([
      expect.stringMatching(/TELEGRAM_WEBHOOK_URL.*SERVER_PORT=off/),
    ]);
    // A Bot API server of one's own delivers anywhere.
    const own = at('http://10.0.0.2:3000/x', { TELEGRAM_API_URL: 'http://10.0.0.3:8081' });
    expect(readSettings(own).telegram?.webhook).toBe('http://10.0.0.2:3000/x');
  });

  it('turn on native drafts and rich messages in Telegram', () => {
    const telegram = { TELEGRAM_BOT_TOKEN: '123456789:AAF-x', TELEGRAM_DRAFTS: 'on' };
    expect(readSettings(telegram).telegram).toMatchObject({ drafts: true, rich: false });
    expect(readSettings({ ...telegram, TELEGRAM_RICH: 'on' }).telegram).toMatchObject({ rich: true });
    expect(faultsOf({ ...telegram, TELEGRAM_RICH: 'yes' })).toEqual([expect.stringContaining('TELEGRAM_RICH')]);
    expect(faultsOf({ ...telegram, TELEGRAM_DRAFTS: 'often' })).toEqual([expect.stringContaining('TELEGRAM_DRAFTS')]);
  });

  it('take the names of the original, and prefer the new ones', () => {
    const settings = readSettings({
      session_id: 'abc',
      proxy: 'socks5://127.0.0.1:1080',
      server_port: '9000',
      bot_config_path: './config.json',
      tmp_path: './t',
    });
    expect(settings).toMatchObject({
      coze: { session: 'abc' },
      proxy: { url: 'socks5://127.0.0.1:1080' },
      server: { port: 9000 },
      bots: { file: './config.json' },
      tempPath: './t',
    });
    expect(readSettings({ SERVER_PORT: '1', server_port: '2' }).server?.port).toBe(1);
    expect(readSettings({ temp_path: './a', tmp_path: './b' }).tempPath).toBe('./a');
  });

  it('treat an empty value as absent', () => {
    expect(readSettings({ PROXY: '', DISCORD_BOT_TOKEN: '  ', SERVER_PORT: '' })).toEqual(readSettings({}));
  });

  it('tell every fault at once, each with its variable', () => {
    const faults = faultsOf({
      PROXY: 'ftp://127.0.0.1',
      PROXY_DISCORD: 'maybe',
      SERVER_PORT: '80800',
      STORE_URL: 'mysql://db',
      COZE_API_BASE: 'api.coze.com',
      LOG_LEVEL: 'loud',
      DEFAULT_BOT: 'My Bot',
      BOTS_DIR: 'bots',
      BOT_CONFIG_PATH: 'config.json',
      SERVER_HOST: '0.0.0.0',
    });
    expect(faults.map((line) => line.slice(2, line.indexOf(':')))).toEqual([
      'COZE_API_BASE',
      'PROXY',
      'PROXY_DISCORD',
      'STORE_URL',
      'SERVER_PORT',
      'DEFAULT_BOT',
      'LOG_LEVEL',
      'BOTS_DIR and BOT_CONFIG_PATH',
      'SERVER_API_KEY',
    ]);
  });

  it('refuse a proxy of an unknown scheme and name those they know', () => {
    expect(faultsOf({ PROXY: 'ftp://user:pass@host' })).toEqual([
      '- PROXY: the scheme "ftp://" is unknown. Use one of socks5://, socks5h://, socks4://, http://, https://, for example socks5h://127.0.0.1:7890.',
    ]);
  });

  it('never show a secret in a fault', () => {
    const faults = faultsOf({
      COZE_API_TOKEN: 'Bearer pat_hush',
      COZE_SESSION_ID: 'sessionid=hush;',
      SERVER_API_KEY: 'hush',
    });
    expect(faults).toHaveLength(3);
    expect(faults.join()).not.toContain('hush');
  });

  it('ask for a percent sign as it is written in an address, and never show the password', () => {
    const faults = faultsOf({ PROXY: 'socks5://ann:50%off@127.0.0.1:1', STORE_URL: 'redis://:100%@localhost' });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual(['- PROXY', '- STORE_URL']);
    expect(faults.join()).toContain('Write %25');
    expect(faults.join()).not.toMatch(/50|100/);
    expect(secretsOf(readSettings({ PROXY: 'socks5://ann:50%25off@127.0.0.1:1' }))).toEqual(['50%25off', '50%off']);
  });

  it('want a key before other machines are let in', () => {
    expect(faultsOf({ SERVER_HOST: '0.0.0.0' })[0]).toMatch(/^- SERVER_API_KEY: missing/);
    expect(faultsOf({ SERVER_HOST: '0.0.0.0', SERVER_API_KEY: 'a-long-key' })).toEqual([]);
    expect(faultsOf({ SERVER_HOST: '0.0.0.0', SERVER_PORT: 'off' })).toEqual([]);
    expect(faultsOf({ SERVER_HOST: '::1' })).toEqual([]);
  });

  it('switch the server off, and the proxy for each target', () => {
    const settings = readSettings({
      SERVER_PORT: 'off',
      PROXY: 'http://p:1',
      PROXY_TELEGRAM: 'off',
      PROXY_COZE: 'OFF',
    });
    expect(settings.server).toBeUndefined();
    expect(settings.proxy).toMatchObject({ coze: false, discord: true, telegram: false });
  });

  it('know all that must stay secret', () => {
    const settings = readSettings({
      COZE_API_TOKEN: 'pat_1',
      DISCORD_BOT_TOKEN: 'disc.ord',
      PROXY: 'socks5://ann:p%40ss@127.0.0.1',
      STORE_URL: 'redis://:pw@localhost',
    });
    expect(secretsOf(settings)).toEqual(['pat_1', 'disc.ord', 'p%40ss', 'pw', 'p@ss', 'pw']);
  });

  it.each([
    ['127.0.0.1', true],
    ['localhost', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['192.168.1.2', false],
    ['127.0.0.1.example.com', false],
  ])('know whether %s is this machine only', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

describe('.example.env', () => {
  const text = readFileSync(new URL('../.example.env', import.meta.url), 'utf8');

  it('can be used as it is', () => {
    expect(readSettings(parse(text))).toEqual(readSettings({}));
  });

  it('shows every variable, with the defaults that hold without it', () => {
    const shown = Object.fromEntries(
      [...text.matchAll(/^#?\s?([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
    );
    const source = readFileSync(new URL('../src/settings.ts', import.meta.url), 'utf8');
    const known = [...source.matchAll(/^ {2}([A-Z]+(?:_[A-Z]+)*): /gm)].map((match) => match[1]);
    expect(Object.keys(shown).sort()).toEqual([...new Set(known)].sort());
  });
});
