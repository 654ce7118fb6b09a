import { generateKeyPairSync, sign } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChatEventType, ChatStatus, CozeAPI, getJWTToken, RoleType } from '@coze/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bot } from '#core/bots/bot.ts';
import { type Simulator, startSimulator } from '#core/simulator/index.ts';

const nim: Bot = {
  name: 'nim',
  version: '1',
  coze: { kind: 'open', botId: '7400000000000000001', tokenEnv: 'COZE_API_TOKEN' },
  bridge: {
    name: 'Nim',
    description: 'A guide.',
    prologue: 'Hi, I am Nim.',
    suggestions: ['What can you do?'],
    context: { keep: 'window', turns: 40, characters: 24_000, idleMinutes: 0 },
    show: { sources: true, reasoning: false },
  },
};

const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

let simulator: Simulator;
let coze: CozeAPI;

beforeAll(async () => {
  const apps = [{ appId: '1100000000001', keyId: 'finger', publicKey: keys.publicKey }];
  simulator = await startSimulator({ bots: () => [nim], wordMs: 0, apps });
  coze = new CozeAPI({ baseURL: simulator.url, token: simulator.token });
});
afterAll(() => simulator.close());

const question = {
  bot_id: '7400000000000000001',
  user_id: 'someone',
  additional_messages: [{ role: RoleType.User, content: 'Hello', content_type: 'text' as const }],
};

describe('the official SDK against the local service', () => {
  test('streams a chat whose deltas are the whole answer', async () => {
    let deltas = '';
    let whole = '';
    const events: string[] = [];
    for await (const part of coze.chat.stream(question)) {
      events.push(part.event);
      if (part.event === ChatEventType.CONVERSATION_MESSAGE_DELTA) deltas += part.data.content;
      if (part.event === ChatEventType.CONVERSATION_MESSAGE_COMPLETED && part.data.type === 'answer')
        whole += part.data.content;
    }
    expect(deltas).toContain('Nim');
    expect(deltas).toBe(whole);
    expect(events.at(0)).toBe('conversation.chat.created');
    expect(events.slice(-2)).toEqual(['conversation.chat.completed', 'done']);
  });

  test('creates a chat and polls it to its end', async () => {
    const { chat, messages } = await coze.chat.createAndPoll(question);
    expect(chat.status).toBe(ChatStatus.COMPLETED);
    expect(chat.usage?.token_count).toBeGreaterThan(0);
    expect(messages?.find((message) => message.type === 'answer')?.content).toContain('Nim');
  });

  test('uploads a file and finds it again', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'coze-')), 'cat.png');
    await writeFile(path, 'cat');
    const uploaded = await coze.files.upload({ file: createReadStream(path) });
    expect(await coze.files.retrieve(uploaded.id)).toMatchObject({ id: uploaded.id, bytes: 3, file_name: 'cat.png' });
  });

  test('reads a bot, the list of bots, the workspaces and the user', async () => {
    const bot = await coze.bots.retrieveNew('7400000000000000001');
    expect(bot.onboarding_info).toMatchObject({ prologue: 'Hi, I am Nim.', suggested_questions: ['What can you do?'] });
    const { workspaces } = await coze.workspaces.list({});
    const { items } = await coze.bots.listNew({ workspace_id: workspaces[0]?.id ?? '' });
    expect(items.map((item) => item.name)).toEqual(['Nim']);
    expect(await coze.users.me()).toHaveProperty('user_id');
  });

  test('keeps a conversation, lists and clears it', async () => {
    const conversation = await coze.conversations.create({ bot_id: '7400000000000000001' });
    await coze.chat.createAndPoll({ ...question, conversation_id: conversation.id });
    const listed = await coze.conversations.messages.list(conversation.id, { order: 'asc' });
    expect(listed.data.map((message) => message.role)).toEqual(['user', 'assistant']);
    expect((await coze.conversations.retrieve(conversation.id)).id).toBe(conversation.id);
    const cleared = await coze.conversations.clear(conversation.id);
    expect(cleared.conversation_id).toBe(conversation.id);
  });

  test('gets a token for a signed assertion', async () => {
    const token = await getJWTToken({
      baseURL: simulator.url,
      appId: '1100000000001',
      aud: new URL(simulator.url).host,
      keyid: 'finger',
      privateKey: keys.privateKey,
    });
    const asApp = new CozeAPI({ baseURL: simulator.url, token: token.access_token });
    expect(await asApp.users.me()).toHaveProperty('user_id');
  });

  test('keeps the sessions of an app apart', async () => {
    const asSession = async (sessionName: string) => {
      const { access_token: token } = await getJWTToken({
        baseURL: simulator.url,
        appId: '1100000000001',
        aud: new URL(simulator.url).host,
        keyid: 'finger',
        privateKey: keys.privateKey,
        sessionName,
      });
      return new CozeAPI({ baseURL: simulator.url, token });
    };
    const [ada, bob] = [await asSession('ada'), await asSession('bob')];
    const { id } = await ada.conversations.create({});
    expect((await ada.conversations.retrieve(id)).id).toBe(id);
    await expect(bob.conversations.retrieve(id)).rejects.toMatchObject({ code: 4101 });
  });

  test('takes an assertion no second time, and none of another key', async () => {
    const claim = (kid: string, jti: string) => {
      const at = Math.floor(Date.now() / 1000);
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const claims = { iss: '1100000000001', aud: new URL(simulator.url).host, iat: at, exp: at + 600, jti };
      const head = `${part({ alg: 'RS256', typ: 'JWT', kid })}.${part(claims)}`;
      return `${head}.${sign('RSA-SHA256', Buffer.from(head), keys.privateKey).toString('base64url')}`;
    };
    const exchange = async (assertion: string) => {
      const response = await fetch(`${simulator.url}/api/permission/oauth2/token`, {
        method: 'POST',
        headers: { authorization: `Bearer ${assertion}` },
        body: JSON.stringify({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' }),
      });
      return await response.json();
    };
    const once = claim('finger', 'one');
    expect(await exchange(once)).toHaveProperty('access_token');
    expect(await exchange(once)).toMatchObject({ error_code: 'invalid_client' });
    expect(await exchange(claim('thumb', 'two'))).toMatchObject({ error_code: 'invalid_client' });
    expect(await exchange(`${claim('finger', 'three')}x`)).toMatchObject({ error_code: 'invalid_client' });
  });
});
