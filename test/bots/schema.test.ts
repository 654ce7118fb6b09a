import { describe, expect, test } from 'vitest';
import { parseBot } from '#core/bots/schema.ts';
import { RealCozeError } from '#core/errors.ts';

const open = { bot_id: '7400000000000000001' };

function fault(config: unknown, name = 'nim'): string {
  try {
    parseBot(name, typeof config === 'string' ? config : JSON.stringify(config));
  } catch (error) {
    if (error instanceof RealCozeError && error.code === 'config') return error.message;
    throw error;
  }
  throw new Error('The config was taken.');
}

describe('a config of the Open API', () => {
  test('needs only the id of the bot', () => {
    expect(parseBot('nim', JSON.stringify(open))).toMatchObject({
      name: 'nim',
      coze: { kind: 'open', botId: '7400000000000000001', tokenEnv: 'COZE_API_TOKEN' },
      bridge: {
        context: { keep: 'window', turns: 40, characters: 24_000, idleMinutes: 0 },
        show: { sources: true, reasoning: false },
      },
    });
  });

  test('takes everything an owner can say', () => {
    const bot = parseBot(
      'nim',
      JSON.stringify({
        ...open,
        api_base: 'https://api.coze.cn/',
        token_env: 'CN_TOKEN',
        auth: { app_id: '11', key_id: 'finger', private_key_env: 'KEY' },
        workflow_id: '74',
        variables: { city: 'Paris' },
        bridge: {
          name: 'Nim',
          welcome: 'Hello',
          suggestions: ['Who are you?'],
          context: { keep: 'coze', turns: 4, characters: 500, idle_minutes: 30 },
          show: { reasoning: true },
          fallback: 'pepper',
        },
      }),
    );
    expect(bot.coze).toEqual({
      kind: 'open',
      botId: open.bot_id,
      apiBase: 'https://api.coze.cn',
      tokenEnv: 'CN_TOKEN',
      auth: { appId: '11', keyId: 'finger', privateKeyEnv: 'KEY', privateKeyFile: undefined },
      workflowId: '74',
      variables: { city: 'Paris' },
    });
    expect(bot.bridge).toMatchObject({ name: 'Nim', prologue: 'Hello', context: { keep: 'coze', idleMinutes: 30 } });
    expect(bot.bridge).toMatchObject({ show: { sources: true, reasoning: true }, fallback: 'pepper' });
  });

  test('may name a login by device code', () => {
    const bot = parseBot('nim', JSON.stringify({ ...open, auth: { client_id: '123.app.coze' } }));
    expect(bot.coze).toMatchObject({ auth: { clientId: '123.app.coze' } });
  });

  test('changes its version with its text', () => {
    const [one, two] = [{ ...open }, { ...open, workflow_id: '1' }].map((each) =>
      parseBot('nim', JSON.stringify(each)),
    );
    expect(one?.version).not.toBe(two?.version);
    expect(parseBot('nim', JSON.stringify(open)).version).toBe(one?.version);
  });
});

describe('a playground export', () => {
  const exported = {
    space_id: '73',
    bot_id: '74',
    work_info: { prompt: 'You are Chef.', message_info: '', history_info: '{}' },
    publish_id: 5,
  };

  test('is kept as it is, but for what we added', () => {
    const bot = parseBot('chef', JSON.stringify({ ...exported, bridge: { name: 'Chef' } }));
    expect(bot.coze).toEqual({ kind: 'playground', draft: exported });
    expect(bot.bridge.name).toBe('Chef');
  });

  test('may lack its opening turns, or hold ones that nobody can read', () => {
    for (const work_info of [{}, { message_info: '' }, { message_info: 'not JSON' }])
      expect(parseBot('chef', JSON.stringify({ ...exported, work_info })).coze.kind).toBe('playground');
  });

  test('must have an object for work_info', () => {
    expect(fault({ ...exported, work_info: '{}' }, 'chef')).toBe(
      'bots/chef/config.json: work_info: must be an object, as Coze exports it.',
    );
  });
});

describe('a faulty config is refused in a sentence that names file, field, reason and cure', () => {
  test.each([
    ['{"bot_id": ', 'It is not JSON'],
    ['[]', 'It must hold one JSON object. Write {"bot_id": "…"}.'],
    [{ bot: '1' }, 'It has neither bot_id nor work_info.'],
    ['{"bot_id": 7400000000000000001}', 'bot_id: must be a string of digits in quotes, since a JSON number loses'],
    [{ ...open, botid: '1' }, 'botid: is not a known field. Correct its spelling or take it out.'],
    [{ ...open, token: 'pat_1' }, 'token: secrets do not belong here. Put it into .env'],
    [{ ...open, api_base: 'api.coze.com' }, 'api_base: must be an address that begins with https:// or http://.'],
    [{ ...open, bridge: { context: { turns: 0 } } }, 'bridge.context.turns: must be a whole number from 1 to 100.'],
    [{ ...open, bridge: { context: { keep: 'all' } } }, 'bridge.context.keep: must be "window" or "coze".'],
    [{ ...open, bridge: [] }, 'bridge: must be an object.'],
    [
      { ...open, bridge: { fallback: 'No Name' } },
      'bridge.fallback: must be the name of another bot: its folder in bots/.',
    ],
    [
      { ...open, auth: { app_id: '1', key_id: 'k' } },
      'auth: needs exactly one of private_key_env and private_key_file.',
    ],
    [{ ...open, auth: { key_id: 'k', private_key_env: 'K' } }, 'auth.app_id: is missing; it must be a string.'],
    [{ ...open, auth: { client_id: 7 } }, 'auth.client_id: must be a string.'],
    [
      { ...open, auth: { client_id: '1.app.coze', app_id: '1' } },
      'auth: with client_id is a login by device code and holds nothing else',
    ],
    [{ ...open, auth: { client_id: '1.app.coze' }, botid: '1' }, 'botid: is not a known field.'],
    [{ ...open, variables: { 'a b': 'x' } }, 'variables'],
  ])('%j', (config, sentence) => {
    expect(fault(config)).toContain(`bots/nim/config.json: ${sentence}`);
  });

  test('all faults are told together', () => {
    const said = fault({ bot_id: 1, workflow_id: true, extra: 1 });
    expect(said).toContain('bot_id:');
    expect(said).toContain('workflow_id:');
    expect(said).toContain('extra:');
  });

  test('the value of a secret is never in the sentence', () => {
    expect(fault({ ...open, token: 'pat_very-secret' })).not.toContain('very-secret');
  });

  test('the folder must have a name that can be typed', () => {
    expect(fault(open, 'My Bot')).toContain('bots/My Bot/config.json: The folder');
  });
});
