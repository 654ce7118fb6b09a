/** Setup as an owner goes through it, against the local Coze service and the fake platforms over HTTP. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PermissionsBitField } from 'discord.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openHost } from '../../../adapters/host.ts';
import { openEnvironment } from '../../../adapters/setup/environment.ts';
import { startFakeDiscord } from '../../fake/discord/server.ts';
import { freePort, startSocks4 } from '../../fake/proxies.ts';
import { startFakeTelegram } from '../../fake/telegram/server.ts';
import { botId, clientId, type Home, interview, makeHome, startCoze } from './interview.ts';

/** What the program says to a question once it runs on what setup has written. */
async function answerOf(home: Home): Promise<string> {
  const env = await openEnvironment({ file: home.envFile, shell: home.shell }).read();
  const host = await openHost({ env, quiet: true });
  let text = '';
  const incoming = {
    ...{ id: '1', text: 'Who are you?', attachments: [], language: 'en' as const, at: 0 },
    author: { id: '1', name: 'Ann', moderator: true },
    place: {
      ...{ platform: 'terminal', account: 'terminal', direct: true },
      levels: [{ kind: 'channel' as const, id: '1' }] as const,
    },
  };
  try {
    for await (const event of host.engine.answer(incoming, new AbortController().signal)) {
      if (event.type === 'delta') text += event.text;
      if (event.type === 'replace') text = event.text;
    }
  } finally {
    await host.close();
  }
  return text;
}

async function addSample({ folder }: Home): Promise<void> {
  await mkdir(join(folder, 'bots', 'adam'), { recursive: true });
  await writeFile(join(folder, 'bots', 'adam', 'config.json'), '{"bot_id": "7400000000000000001"}');
}

describe('with an access token', () => {
  it('leads from nothing to a bot that answers in the program, on Telegram and on Discord', async () => {
    const coze = await startCoze();
    const telegram = await startFakeTelegram();
    const discord = await startFakeDiscord();
    onTestFinished(() => Promise.all([telegram.close(), discord.close()]).then(() => undefined));
    const home = await makeHome('# mine\nLOG_LEVEL=error\nCOZE_API_TOKEN=\n\nTELEGRAM_BOT_TOKEN=\n# the end\n');
    Object.assign(home.shell, { TELEGRAM_API_URL: telegram.url, DISCORD_API_URL: discord.apiUrl });
    await addSample(home);
    const answers = ['3', coze.url, coze.token, '1', 'y', telegram.token, discord.token];
    const { shown, secret } = await interview(home, { answers });

    expect(shown).toContain('you are Local demo');
    expect(shown).toMatch(/1\. Marvin the Robot\n {2}2\. 奇奇\n {2}3\. Draftsman – not published to the API/);
    expect(shown).toContain('! adam: sample bots, which Coze does not know. Delete their folders');
    expect(shown).toContain(`@${telegram.world.me.username}`);
    expect(shown).toContain(discord.bot.username);
    expect(shown).toContain(
      `switch the intent on at https://discord.com/developers/applications/${discord.applicationId}/bot`,
    );
    expect(shown).toMatch(/✓ It answers:\n\n.*Marvin/s);
    expect(shown).toContain('npm start');
    for (const hidden of [coze.token, telegram.token, discord.token]) expect(shown).not.toContain(hidden);
    expect(secret).toHaveLength(3);
    expect(shown).toContain(
      'Written to .env, which only you can read: COZE_API_TOKEN, COZE_API_BASE, DEFAULT_BOT, TELEGRAM_BOT_TOKEN, DISCORD_BOT_TOKEN.',
    );

    expect(JSON.parse(await home.text('bots/marvin-the-robot/config.json'))).toEqual({ bot_id: botId });
    expect(await home.text('.env')).toBe(
      `# mine\nLOG_LEVEL=error\nCOZE_API_TOKEN=${coze.token}\n\nTELEGRAM_BOT_TOKEN=${telegram.token}\n# the end\n` +
        `COZE_API_BASE=${coze.url}\nDEFAULT_BOT=marvin-the-robot\nDISCORD_BOT_TOKEN=${discord.token}\n`,
    );
    expect((await stat(home.envFile)).mode & 0o777).toBe(0o600);
    expect(await answerOf(home)).toContain('Marvin');
  });

  it('says of an unpublished bot what to press, and takes another one', async () => {
    const coze = await startCoze();
    const home = await makeHome();
    const { shown } = await interview(home, { answers: ['3', coze.url, coze.token, '3', '9', '2'] });
    expect(shown).toContain('Draftsman is not published to the API channel (4015)');
    expect(shown).toContain('tick "API"');
    expect(shown).toContain('There is no such bot');
    expect(JSON.parse(await home.text('bots/bot-000044/config.json'))).toEqual({ bot_id: '7400000000000000044' });
  });

  it('asks again after a wrong one, and finds out with the owner that it is of the other region', async () => {
    const coze = await startCoze();
    const other = await startCoze();
    const home = await makeHome();
    const { shown } = await interview(home, {
      hosts: { 'api.coze.com': other.url, 'api.coze.cn': coze.url },
      answers: ['1', '1', 'two words', 'pat_wrong', 'n', `COZE_API_TOKEN="${coze.token}"`, 'y', botId],
    });
    expect(shown).toContain('That cannot be a token');
    expect(shown).toContain('tokens and bots of coze.cn do not work there');
    expect(shown).toContain('Is it a token of coze.cn?');
    expect(shown).toMatch(/✓ It answers:\n\n.*Marvin/s);
    expect(await home.text('.env')).toBe(`COZE_API_TOKEN=${coze.token}\nCOZE_API_BASE=https://api.coze.cn\n`);
    expect(other.requests.map(({ headers }) => headers.authorization)).not.toContain(undefined);
  });

  it('goes beside a token for another Coze that is there already', async () => {
    const coze = await startCoze();
    const home = await makeHome('COZE_API_TOKEN=pat_first\n');
    await interview(home, { answers: ['2', '1', coze.token, '1'], hosts: { 'api.coze.cn': coze.url } });
    const again = await interview(home, { answers: ['2', '', '1'], hosts: { 'api.coze.cn': coze.url } });
    expect(again.shown).toMatch(/✓ It answers:/);
    expect(await home.text('.env')).toBe(`COZE_API_TOKEN=pat_first\nCOZE_API_TOKEN_COZE_CN=${coze.token}\n`);
    expect(JSON.parse(await home.text('bots/marvin-the-robot/config.json'))).toEqual({
      bot_id: botId,
      api_base: 'https://api.coze.cn',
      token_env: 'COZE_API_TOKEN_COZE_CN',
    });
  });

  it('keeps what the owner wrote into the config of a bot that is set up again', async () => {
    const coze = await startCoze();
    const home = await makeHome(`COZE_API_TOKEN=${coze.token}\nCOZE_API_BASE=${coze.url}\nDEFAULT_BOT=mine\n`);
    await mkdir(join(home.folder, 'bots', 'mine'), { recursive: true });
    const written = { bot_id: botId, token_env: 'OLD', bridge: { name: 'Mine' } };
    await writeFile(join(home.folder, 'bots', 'mine', 'config.json'), JSON.stringify(written));
    const { shown } = await interview(home, { answers: ['', '', '1'] });
    expect(JSON.parse(await home.text('bots/mine/config.json'))).toEqual({ bot_id: botId, bridge: { name: 'Mine' } });
    expect(shown).toMatch(/✓ It answers:/);
  });
});

it('sets up an agent of Coze Studio by its id', async () => {
  const coze = await startCoze({ flavour: 'studio' });
  const home = await makeHome();
  const page = `http://studio.lan/space/1/bot/${botId}`;
  const answers = ['3', 'not an address', 'http://127.0.0.1:1', coze.url, 'pat_wrong', coze.token, '12345678', page];
  const { shown } = await interview(home, { answers });
  expect(shown).toContain('That is not an address');
  expect(shown).toContain('127.0.0.1');
  expect(shown).toContain('wrong or has expired');
  expect(shown).toMatch(/✓ It answers:\n\n.*Marvin/s);
  expect(await answerOf(home)).toContain('Marvin');
});

describe('with a login by device code', () => {
  const press = (shown: string, how: (code: string) => void) => how(/the code (\w+)/.exec(shown)?.[1] ?? '');

  it('shows address and code, waits, and the bot answers with the login that is kept', async () => {
    const coze = await startCoze();
    const home = await makeHome();
    let polls = 0;
    const { shown } = await interview(home, {
      hosts: { 'api.coze.com': coze.url },
      answers: ['1', '2', clientId, '1'],
      meanwhile: (soFar) => polls++ > 1 && press(soFar, coze.logins.approve),
    });
    expect(shown).toMatch(/Open http:\S+ in any browser and type the code \w+ within 5 minutes/);
    expect(JSON.parse(await home.text('bots/marvin-the-robot/config.json'))).toEqual({
      bot_id: botId,
      auth: { client_id: clientId },
    });
    expect(shown).toMatch(/✓ It answers:\n\n.*Marvin/s);
    await expect(home.text('.env')).rejects.toThrow();
  });

  it('says that it was refused or that the app is unknown, and asks again', async () => {
    const coze = await startCoze();
    const home = await makeHome();
    const { shown } = await interview(home, {
      hosts: { 'api.coze.com': coze.url },
      answers: ['1', '2', 'other', clientId],
      meanwhile: (soFar) => press(soFar, coze.logins.deny),
    });
    expect(shown.match(/✗ /g)).toHaveLength(2);
    expect(shown).toContain('Coze does not let this OAuth app log in');
    expect(shown).toContain('The login was refused at Coze');
  });

  it('is not begun where it could not be kept', async () => {
    const home = await makeHome();
    home.shell.STORE_URL = 'memory://';
    expect((await interview(home, { answers: ['1', '2'] })).shown).toContain('STORE_URL=memory://');
  });
});

describe('the tokens of chat platforms', () => {
  it('are asked for again when they are refused, and the rights of the invitation are those of the bot', async () => {
    const telegram = await startFakeTelegram();
    const discord = await startFakeDiscord({ contentIntent: true });
    onTestFinished(() => Promise.all([telegram.close(), discord.close()]).then(() => undefined));
    const home = await makeHome();
    Object.assign(home.shell, { TELEGRAM_API_URL: telegram.url, DISCORD_API_URL: discord.apiUrl });
    const bad = ['nonsense', '123456789:AAthis-is-nobodys-token-0123456789'];
    const { shown } = await interview(home, {
      answers: ['', ...bad, telegram.token, 'not.a.token', `Bot ${discord.token}`],
    });
    expect(shown.match(/Telegram does not know this token/g)).toHaveLength(2);
    expect(shown.match(/Discord does not know this token/g)).toHaveLength(1);
    expect(shown).toContain('Message Content Intent is on');
    for (const hidden of [...bad, telegram.token, discord.token]) expect(shown).not.toContain(hidden);
    const invitation = new URL(/https:\/\/discord\.com\/oauth2\S+/.exec(shown)?.[0] ?? '');
    expect(invitation.searchParams.get('client_id')).toBe(discord.applicationId);
    expect(invitation.searchParams.get('scope')).toBe('bot applications.commands');
    expect(new PermissionsBitField(BigInt(invitation.searchParams.get('permissions') ?? 0)).toArray().sort()).toEqual(
      [
        'AttachFiles',
        'CreatePublicThreads',
        'EmbedLinks',
        'ReadMessageHistory',
        'SendMessages',
        'SendMessagesInThreads',
        'ViewChannel',
      ].sort(),
    );
  });

  it('are not written down while the platform cannot be reached', async () => {
    const home = await makeHome();
    home.shell.TELEGRAM_API_URL = 'http://127.0.0.1:1';
    const token = '123456789:AAthis-is-nobodys-token-0123456789';
    const { shown } = await interview(home, { answers: ['', token] });
    expect(shown).toContain('No connection to 127.0.0.1:1');
    expect(shown).not.toContain(token);
    await expect(home.text('.env')).rejects.toThrow();
  });
});

it('changes nothing when every question is answered with Enter', async () => {
  const home = await makeHome('# only this\r\nLOG_LEVEL=error\r\n');
  const { shown } = await interview(home, { answers: [] });
  expect(shown).toContain('npm start');
  expect(await home.text('.env')).toBe('# only this\r\nLOG_LEVEL=error\r\n');
});

it('tells why the first question failed, and asks it again when the owner wants to', async () => {
  const coze = await startCoze();
  const home = await makeHome();
  coze.faults.next({ refuse: { code: 4028, msg: 'no credits' } });
  const { shown } = await interview(home, { answers: ['3', coze.url, coze.token, '1', '', '', 'y'] });
  expect(shown).toContain('no credits left');
  expect(shown).toMatch(/✓ It answers:\n\n.*Marvin/s);
});

describe('behind a wall', () => {
  it('asks for a proxy where there is no way, checks the same token through it, and writes it down', async () => {
    const telegram = await startFakeTelegram();
    const proxy = await startSocks4(Number(new URL(telegram.url).port));
    onTestFinished(() => Promise.all([telegram.close(), proxy.stop()]).then(() => undefined));
    const home = await makeHome();
    const nowhere = await freePort();
    Object.assign(home.shell, { TELEGRAM_API_URL: `http://127.0.0.1:${nowhere}` });
    const address = `socks4://127.0.0.1:${proxy.port}`;
    const { shown, secret } = await interview(home, { answers: ['', telegram.token, 'ftp://127.0.0.1', address] });

    expect(shown).toContain(`✗ No connection to 127.0.0.1:${nowhere}`);
    expect(shown).toContain('That is no proxy.');
    expect(shown).toContain(`@${telegram.world.me.username}`);
    expect(secret).toHaveLength(2);
    expect(proxy.log()).toContain(`127.0.0.1:${nowhere}`);
    expect(await home.text('.env')).toBe(`PROXY=${address}\nTELEGRAM_BOT_TOKEN=${telegram.token}\n`);
  });

  it('goes on without one at Enter', async () => {
    const home = await makeHome();
    Object.assign(home.shell, { TELEGRAM_API_URL: `http://127.0.0.1:${await freePort()}` });
    const { shown } = await interview(home, { answers: ['', '123456789:AAF-x', '', ''], language: 'zh-CN' });
    expect(shown).toContain('要经过的代理');
    expect(shown).toContain('设置完成');
  });
});

describe('in Traditional Chinese', () => {
  it('asks and answers without a simplified character', async () => {
    const coze = await startCoze();
    const telegram = await startFakeTelegram();
    onTestFinished(() => telegram.close());
    const home = await makeHome();
    Object.assign(home.shell, { TELEGRAM_API_URL: telegram.url });
    const answers = [
      '9',
      '3',
      'nowhere at all',
      coze.url,
      'a b',
      'pat_wrong',
      coze.token,
      '9',
      '3',
      '1',
      telegram.token,
    ];
    const { shown } = await interview(home, { answers, language: 'zh-TW' });
    expect(shown).toContain('Coze 已接受');
    expect(shown).toContain('權杖或登入遭拒');
    expect(shown).toContain('設定完成');
    // What the bot says is its own.
    const [ours] = shown.split('它回答：');
    expect(ours).not.toMatch(
      /[设请这发说话务议读写连环证码页边处点击个号备应认为时进还没对将开关让经过选择错误续费询问统计录网络频]/u,
    );
  });
});
