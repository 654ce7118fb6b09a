import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { createJwtTokens } from '#core/coze/open/jwt.ts';
import { createOpenTransport, type OpenTransportOptions } from '#core/coze/open/transport.ts';
import type { ChatRef, Question, Transport } from '#core/coze/transport.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '#core/simulator/index.ts';
import { questionOf, readAll, transportContract } from '../../contract/transport.ts';
import { openBot } from './scripted.ts';

const workflowBot = { ...openBot, coze: { ...openBot.coze, workflowId: '7500000000000000001' } };

async function start(bot = openBot, options: Partial<SimulatorOptions> = {}, more: Partial<OpenTransportOptions> = {}) {
  const simulator = await startSimulator({ bots: () => [bot], wordMs: 0, ...options });
  const { url: base, token } = simulator;
  const transport = createOpenTransport({ bot: bot.coze, base, token, fetch, sleep: async () => {}, ...more });
  const close = async () => {
    await transport.close?.();
    await simulator.close();
  };
  return { transport, simulator, close, cut: { cutAfterBytes: 1500 } };
}

transportContract('open', () => start());
transportContract('open, Coze Studio', () => start(openBot, { flavour: 'studio' }));
transportContract('open, workflow', () => start(workflowBot));
transportContract('open, workflow on Coze Studio', () => start(workflowBot, { flavour: 'studio' }));

describe('against the local service', () => {
  let close: (() => Promise<void>) | undefined;

  afterEach(async () => {
    await close?.();
    close = undefined;
  });

  async function open(...args: Parameters<typeof start>): Promise<{ transport: Transport; simulator: Simulator }> {
    const started = await start(...args);
    close = started.close;
    return started;
  }

  const ask = (transport: Transport, content: string, more: Partial<Question> = {}) =>
    readAll(transport.ask(questionOf(content, more), new AbortController().signal));

  test.each([
    ['coze.com', openBot, {}],
    ['Coze Studio', openBot, { flavour: 'studio' }],
    ['a workflow', workflowBot, {}],
  ] as const)('a question back is answered in the same conversation (%s)', async (_, bot, options) => {
    const { transport, simulator } = await open(bot, options);
    simulator.faults.next({ say: [{ type: 'ask', text: 'Which city?' }] });
    let chat: ChatRef | undefined;
    const first = await ask(transport, 'Weather', { onChat: (told) => (chat = told) });
    expect(first.text).toBe('Which city?');
    expect(first.events.at(-1)).toEqual({ type: 'done', finish: 'interrupt' });
    const second = await ask(transport, 'Oslo', { conversationId: chat?.conversationId });
    expect(second.events.at(-1)).toEqual({ type: 'done', finish: 'stop' });
  });

  test('an answer is found again by the ids it told, with all that was beside it', async () => {
    const { transport, simulator } = await open();
    simulator.faults.next({
      say: [
        { type: 'knowledge', document: 'Zoo', excerpts: ['Dogs are lazy.'] },
        { type: 'answer', text: 'One.' },
        { type: 'answer', text: 'Two.' },
        { type: 'suggest', text: 'Three?' },
      ],
    });
    let chat: ChatRef | undefined;
    const before = await ask(transport, 'Count', { onChat: (told) => (chat = told) });
    const after = chat && transport.recover?.(chat, new AbortController().signal);
    const { text, events } = after ? await readAll(after) : before;
    expect(text).toBe('One.\n\nTwo.');
    expect(events).toEqual(expect.arrayContaining(before.events.filter((event) => event.type !== 'delta')));
    expect(before.text).toBe(text);
  });

  test('local tools are run, and their outputs reach the bot', async () => {
    const { transport, simulator } = await open();
    simulator.faults.next({ say: [{ type: 'action', calls: [{ id: 't1', name: 'lamp', arguments: '{"on":true}' }] }] });
    const { text } = await ask(transport, 'Light', {
      onAction: async (calls) => calls.map((call) => ({ toolCallId: call.id, output: 'the lamp is on' })),
    });
    expect(text).toContain('the lamp is on');
  });

  test('a picture is uploaded and seen', async () => {
    const { transport, simulator } = await open();
    const bytes = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);
    const picture = await transport.upload?.(
      { name: 'cat.png', type: 'image/png', bytes },
      new AbortController().signal,
    );
    const { error } = await ask(transport, 'What is it?', { files: picture && [picture] });
    expect(error).toBeUndefined();
    expect(JSON.stringify(simulator.requests.at(-1)?.body)).toContain(picture?.id);
  });

  test('the profile is read', async () => {
    const bot = { ...openBot, bridge: { ...openBot.bridge, name: 'Nim', prologue: 'Hi!', suggestions: ['Why?'] } };
    const { transport } = await open(bot);
    expect(await transport.profile?.(new AbortController().signal)).toMatchObject({
      name: 'Nim',
      prologue: 'Hi!',
      suggestions: ['Why?'],
    });
  });

  test('a conversation that is busy is waited for', async () => {
    const { transport, simulator } = await open();
    const go = Promise.withResolvers<void>();
    simulator.faults.next({
      say: [{ type: 'answer', text: 'one two three' }],
      pause: { afterWords: 1, until: go.promise },
    });
    let chat: ChatRef | undefined;
    const first = transport
      .ask(questionOf('Hi', { onChat: (told) => (chat = told) }), new AbortController().signal)
      [Symbol.asyncIterator]();
    await first.next();
    const { text, error } = await ask(transport, 'And?', { conversationId: chat?.conversationId });
    expect(error).toBeUndefined();
    expect(text).not.toBe('');
    go.resolve();
    await first.return?.();
  });

  test('an OAuth app gets its tokens, and a token that was withdrawn is renewed', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const app = { appId: 'app-1', keyId: 'kid-1', publicKey: spki };
    const { simulator } = await open(openBot, { apps: [app] });
    const token = createJwtTokens({
      appId: 'app-1',
      keyId: 'kid-1',
      privateKey: pem,
      base: simulator.url,
      fetch,
    });
    const transport = createOpenTransport({ bot: openBot.coze, base: simulator.url, token, fetch });
    expect((await ask(transport, 'Hi')).error).toBeUndefined();
    simulator.faults.next({ refuse: { code: 4100, msg: 'expired', status: 401 } });
    expect((await ask(transport, 'Hi again')).error).toBeUndefined();
  });
});
