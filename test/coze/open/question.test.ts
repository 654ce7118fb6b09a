import { describe, expect, test } from 'vitest';
import { chatRequest, messagesOf } from '#core/coze/open/question.ts';
import type { Question } from '#core/coze/transport.ts';
import type { Turn } from '#core/message.ts';
import { openBot } from './scripted.ts';

const bot = openBot.coze;
const ask = (turns: readonly Turn[], more: Partial<Question> = {}): Question => ({ turns, user: 'tg:100', ...more });
const messages = (turns: readonly Turn[], more: Partial<Question> = {}) => messagesOf(ask(turns, more), 100);

describe('turns become messages', () => {
  test('roles 1 and 2 are answers and questions', () => {
    expect(
      messages([
        { role: 2, content: 'Hi' },
        { role: 1, content: 'Hello' },
        { role: 2, content: 'Bye' },
      ]),
    ).toEqual([
      { role: 'user', type: 'question', content: 'Hi', content_type: 'text' },
      { role: 'assistant', type: 'answer', content: 'Hello', content_type: 'text' },
      { role: 'user', type: 'question', content: 'Bye', content_type: 'text' },
    ]);
  });

  test('knowledge is quoted above the question it belongs to', () => {
    const [message] = messages([
      { role: 6, content: 'Cats sleep.\nDogs bark.' },
      { role: 2, content: 'Who barks?' },
    ]);
    expect(message?.content).toBe('> Cats sleep.\n> Dogs bark.\n\nWho barks?');
    expect(message?.role).toBe('user');
  });

  test('knowledge with no question of its own is a message', () => {
    const list = messages([
      { role: 6, content: 'Fact.' },
      { role: 1, content: 'Hello' },
      { role: 2, content: 'Bye' },
    ]);
    expect(list.map((message) => message.content)).toEqual(['> Fact.', 'Hello', 'Bye']);
    expect(
      messages([
        { role: 2, content: 'Hi' },
        { role: 6, content: 'Fact.' },
      ]).at(-1)?.content,
    ).toBe('> Fact.');
  });

  test('the speaker is named in group talk', () => {
    const [message] = messages([{ role: 2, content: 'Hi', name: 'Ada' }]);
    expect(message?.content).toBe('Ada: Hi');
  });

  test('files are parts beside the text', () => {
    const files = [
      { id: '9', kind: 'image' },
      { id: '10', kind: 'file' },
      { id: '11', kind: 'audio' },
    ] as const;
    const [message] = messages([{ role: 2, content: 'Look', name: 'Ada' }], { files });
    expect(message?.content_type).toBe('object_string');
    expect(JSON.parse(message?.content ?? '')).toEqual([
      { type: 'text', text: 'Ada: Look' },
      { type: 'image', file_id: '9' },
      { type: 'file', file_id: '10' },
      { type: 'audio', file_id: '11' },
    ]);
  });

  test('files without a caption get a short text beside them', () => {
    const [message] = messages([{ role: 2, content: '' }], { files: [{ id: '9', kind: 'image' }] });
    expect(JSON.parse(message?.content ?? '')).toEqual([
      { type: 'text', text: '(attachment)' },
      { type: 'image', file_id: '9' },
    ]);
  });

  test('files belong to the last question only', () => {
    const list = messages(
      [
        { role: 2, content: 'Old' },
        { role: 1, content: 'Yes' },
        { role: 2, content: 'New' },
      ],
      { files: [{ id: '9', kind: 'image' }] },
    );
    expect(list.map((message) => message.content_type)).toEqual(['text', 'text', 'object_string']);
  });

  test("a past picture of the playground's is mentioned, one of the Open API is sent again", () => {
    const list = messages([
      { role: 2, content: '{"image_list":[{"key":"k"}]}', contentType: 6 },
      { role: 2, content: '{"file_list":[{"key":"k"}]}', contentType: 9 },
      { role: 2, content: '[{"type":"text","text":"this"},{"type":"image","file_id":"7"}]', contentType: 6 },
      { role: 2, content: 'What was it?' },
    ]);
    expect(list.map((message) => message.content)).toEqual([
      '(image)',
      '(file)',
      '[{"type":"text","text":"this"},{"type":"image","file_id":"7"}]',
      'What was it?',
    ]);
  });

  test('answers are always text, which is all that Studio takes', () => {
    const list = messages([
      { role: 1, content: '[{"type":"text","text":"pic"},{"type":"image","file_id":"7"}]', contentType: 6 },
      { role: 2, content: 'Hi' },
    ]);
    expect(list[0]).toEqual({ role: 'assistant', type: 'answer', content: 'pic', content_type: 'text' });
  });

  test('empty turns are left out', () => {
    expect(
      messages([
        { role: 2, content: ' ' },
        { role: 1, content: '' },
        { role: 6, content: '' },
        { role: 2, content: 'Hi' },
      ]),
    ).toHaveLength(1);
  });

  test('at most a hundred are sent, the newest', () => {
    const turns = Array.from({ length: 250 }, (_, n): Turn => ({ role: n % 2 ? 2 : 1, content: String(n) }));
    const list = messages(turns);
    expect([list.length, list[0]?.content, list.at(-1)?.content]).toEqual([100, '150', '249']);
  });

  test.each<[string, readonly Turn[]]>([
    ['nothing', []],
    ['only an answer', [{ role: 1, content: 'Hi' }]],
    ['an empty question', [{ role: 2, content: '  ' }]],
  ])('%s is no question', (_, turns) => {
    expect(() => messages(turns)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});

describe('the request', () => {
  const turns: readonly Turn[] = [{ role: 2, content: 'Hi' }];

  test('always says that it streams and that Coze keeps the turn', () => {
    expect(chatRequest(bot, ask(turns), false)).toEqual({
      path: '/v3/chat',
      query: { conversation_id: undefined },
      json: {
        bot_id: bot.botId,
        user_id: 'tg:100',
        stream: true,
        auto_save_history: true,
        additional_messages: messages(turns),
      },
    });
  });

  test('names the conversation in the address', () => {
    expect(chatRequest(bot, ask(turns, { conversationId: '72' }), false).query).toEqual({ conversation_id: '72' });
  });

  test('carries variables, the bot’s and then the question’s, and what else there is', () => {
    const question = ask(turns, {
      variables: { city: 'Oslo' },
      metaData: { trace: '1' },
      parameters: { depth: 3 },
      shortcut: { id: 's1', parameters: { q: '[]' } },
    });
    expect(chatRequest({ ...bot, variables: { city: 'Rome', mood: 'good' } }, question, false).json).toMatchObject({
      custom_variables: { city: 'Oslo', mood: 'good' },
      meta_data: { trace: '1' },
      parameters: { depth: 3 },
      shortcut_command: { command_id: 's1', parameters: { q: '[]' } },
    });
  });

  const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`key ${n}`, 'x']));

  test.each<[string, Record<string, string>]>([
    ['sixteen pairs', pairs(16)],
    ['the longest key and value', { ['k'.repeat(64)]: 'v'.repeat(512) }],
    ['characters that are two units', { ['😀'.repeat(64)]: '😀'.repeat(512) }],
  ])('takes %s of meta data', (_, metaData) => {
    expect(chatRequest(bot, ask(turns, { metaData }), false).json).toMatchObject({ meta_data: metaData });
  });

  test.each<[string, Record<string, string>, string]>([
    ['seventeen pairs', pairs(17), 'there are 17 pairs'],
    ['a key that is too long', { ['k'.repeat(65)]: 'x' }, `the pair "${'k'.repeat(64)}" is not`],
    ['a value that is too long', { trace: 'v'.repeat(513) }, 'the pair "trace" is not'],
    ['an empty key', { '': 'x' }, 'the pair "" is not'],
    ['an empty value', { trace: '' }, 'the pair "trace" is not'],
  ])('refuses %s of meta data before sending', (_, metaData, which) => {
    const refusal = { code: 'too_large', message: expect.stringContaining(which) };
    expect(() => chatRequest(bot, ask(turns, { metaData }), false)).toThrow(expect.objectContaining(refusal));
  });

  test('goes to the workflow where the bot has one', () => {
    const workflow = { ...bot, workflowId: '7500', variables: { mood: 'good' } };
    const request = chatRequest(workflow, ask(turns, { conversationId: '72' }), false);
    expect(request).toEqual({
      path: '/v1/workflows/chat',
      query: {},
      json: {
        workflow_id: '7500',
        bot_id: bot.botId,
        additional_messages: messages(turns),
        parameters: { mood: 'good' },
        ext: { user_id: 'tg:100' },
        conversation_id: '72',
      },
    });
    const many = Array.from({ length: 80 }, (_, n): Turn => ({ role: n % 2 ? 2 : 1, content: String(n) }));
    expect(
      (chatRequest(workflow, ask(many), false).json as { additional_messages: unknown[] }).additional_messages,
    ).toHaveLength(50);
  });

  test('gives Studio a name for the conversation of a workflow, which it insists on', () => {
    const workflow = { ...bot, workflowId: '7500' };
    expect(chatRequest(workflow, ask(turns), true).json).toMatchObject({
      parameters: { CONVERSATION_NAME: expect.stringMatching(/^[\w-]{36}$/) },
    });
  });
});
