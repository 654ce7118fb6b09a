import { describe, expect, test } from 'vitest';
import { createAssembly } from '#core/coze/open/assembly.ts';
import type { ReplyEvent } from '#core/coze/transport.ts';
import { textOf } from '../../contract/transport.ts';
import { chat, completed, delta, done, ids } from './scripted.ts';

type Sent = readonly [name: string, data: unknown];

/** What a reader gets of these events, each in a chunk of its own. */
function assemble(...sent: readonly Sent[]): { events: ReplyEvent[]; text: string } {
  const assembly = createAssembly();
  const events: ReplyEvent[] = [];
  for (const [name, data] of sent) {
    assembly.take(name, typeof data === 'string' ? data : JSON.stringify(data));
    events.push(...assembly.drain());
  }
  const { standing } = assembly;
  if (standing.type === 'failed') throw standing.error;
  events.push(...assembly.finish());
  return { events, text: textOf(events) };
}

const verbose = (kind: string, data: unknown): Sent =>
  completed(JSON.stringify({ msg_type: kind, data: JSON.stringify(data) }), '90', { type: 'verbose' });
const followUp = (content: string): Sent => completed(content, content || '0', { type: 'follow_up' });
const only = (events: readonly ReplyEvent[], type: ReplyEvent['type']) => events.filter((event) => event.type === type);

describe('the answer', () => {
  test('deltas append', () => {
    const { events } = assemble(delta('Hi'), delta(' there'), chat('completed'), done);
    expect(only(events, 'delta')).toEqual([
      { type: 'delta', text: 'Hi' },
      { type: 'delta', text: ' there' },
    ]);
  });

  test('deltas of one chunk leave as one', () => {
    const assembly = createAssembly();
    for (const [name, data] of [delta('a'), delta('b'), delta('c')]) assembly.take(name, JSON.stringify(data));
    expect(assembly.drain()).toEqual([{ type: 'delta', text: 'abc' }]);
  });

  test('a completed message replaces what the deltas said', () => {
    const { events } = assemble(delta('Hi'), completed('Bye'), chat('completed'), done);
    expect(events.slice(0, 2)).toEqual([
      { type: 'delta', text: 'Hi' },
      { type: 'replace', text: 'Bye' },
    ]);
  });

  test('a completed message that only goes on is a delta', () => {
    const { events } = assemble(delta('Hi'), completed('Hi!'));
    expect(only(events, 'replace')).toEqual([]);
    expect(textOf(events)).toBe('Hi!');
  });

  test.each<[string, readonly Sent[], string]>([
    ['completed without deltas', [completed('Whole')], 'Whole'],
    ['deltas without completed', [delta('Part')], 'Part'],
    ['an empty completed keeps the deltas', [delta('Part'), completed('')], 'Part'],
    ['a delta after completed is ignored', [completed('Whole'), delta('late')], 'Whole'],
    ['a completed that comes twice counts once', [completed('Whole'), completed('Whole')], 'Whole'],
    [
      'several answers in the order first seen',
      [delta('A', '1'), delta('B', '2'), completed('A', '1'), completed('B', '2')],
      'A\n\nB',
    ],
    ['answers that interleave', [delta('A', '1'), delta('B', '2'), delta('a', '1'), delta('b', '2')], 'Aa\n\nBb'],
    ['an earlier answer corrected late', [delta('A', '1'), delta('B', '2'), completed('AAA', '1')], 'AAA\n\nB'],
    [
      'empty and null contents',
      [delta(''), ['conversation.message.delta', { id: '81', type: 'answer', content: null }], delta('x')],
      'x',
    ],
    [
      'an id that is a number',
      [
        ['conversation.message.delta', '{"id":7410000000000000081,"type":"answer","content":"x"}'],
        completed('xy', '7410000000000000081'),
      ],
      'xy',
    ],
    ['optional fields left out', [['conversation.message.completed', { type: 'answer', content: 'bare' }]], 'bare'],
    ['the question echoed', [completed('question', '1', { role: 'user', type: 'question' }), delta('x')], 'x'],
    [
      'unknown types, events and broken JSON',
      [
        completed('no', '5', { type: '' }),
        ['conversation.message.exotic', {}],
        ['PING', ''],
        ['conversation.message.delta', '{"id":'],
        delta('x'),
      ],
      'x',
    ],
    [
      'audio',
      [
        delta('x'),
        ['conversation.audio.delta', { id: '7', content: 'UklGRg==' }],
        completed('UklGRg==', '7', { content_type: 'audio' }),
      ],
      'x',
    ],
  ])('%s', (_, sent, text) => {
    expect(assemble(...sent, chat('completed'), done).text).toBe(text);
    // All in one chunk.
    const assembly = createAssembly();
    for (const [name, data] of sent) assembly.take(name, typeof data === 'string' ? data : JSON.stringify(data));
    expect(textOf([...assembly.drain(), ...assembly.finish()])).toBe(text);
  });

  test('no answer at all is a notice, for the engine to say in words', () => {
    const call = completed('{"name":"search","arguments":{}}', '5', { type: 'function_call' });
    const { events, text } = assemble(call, completed('[]', '6', { type: 'tool_response' }), chat('completed'), done);
    expect(text).toBe('');
    expect(events.at(-1)).toEqual({ type: 'done', finish: 'notice' });
  });

  test.each([
    'You have reached the daily message limit. Please come back tomorrow.',
    "The bot developer's Coze credits have been exhausted.",
    'Your credits have been used up.',
    "We've detected unusual traffic from your network.",
    'Too many users now, please try again later.',
    'Something went wrong. Please try again.',
    '今日对话次数已达上限，请明天再来',
    '当前账号资源点已耗尽',
  ])('a quota or outage notice as an answer is shown but not kept: %s', (content) => {
    expect(assemble(completed(content), chat('completed')).events.at(-1)).toEqual({ type: 'done', finish: 'notice' });
  });

  test.each([
    'The daily limit of vitamin C is 2000 mg.',
    'Something went wrong in 1929: the market crashed.',
    'You have credits.',
  ])('an answer that merely speaks of such things is kept: %s', (content) => {
    expect(assemble(completed(content), chat('completed')).events.at(-1)).toEqual({ type: 'done', finish: 'stop' });
  });

  test('an answer over the limit is refused, whether long or in very many messages', () => {
    const small = () => createAssembly({ answerLimit: 100_000 });
    const long = small();
    expect(() => long.take(...json(delta('x'.repeat(100_001))))).toThrow(
      expect.objectContaining({ code: 'too_large' }),
    );
    const many = small();
    expect(() => {
      for (let n = 0; n < 100; n += 1) many.take(...json(delta('x', String(n))));
    }).toThrow(expect.objectContaining({ code: 'too_large' }));
  });
});

describe('reasoning', () => {
  test('comes in a field of its own before the answer', () => {
    const { events, text } = assemble(
      delta('', '81', { reasoning_content: 'Let me ' }),
      delta('', '81', { reasoning_content: 'see.' }),
      delta('Four.'),
      completed('Four.', '81', { reasoning_content: '' }),
    );
    expect(only(events, 'reasoning').map((event) => event.type === 'reasoning' && event.text)).toEqual([
      'Let me ',
      'see.',
    ]);
    expect(text).toBe('Four.');
  });

  test('comes with the whole message where nothing was streamed', () => {
    const { events } = assemble(completed('Four.', '81', { reasoning_content: 'Two and two.' }));
    expect(events[0]).toEqual({ type: 'reasoning', text: 'Two and two.' });
  });

  test.each([
    ['<think>Hm.</think>\n\nFour.', 'Hm.', 'Four.'],
    ['\n<think>\nHm.\n</think>Four.', '\nHm.\n', 'Four.'],
    ['<think>a</think><think>b</think>c', 'ab', 'c'],
    ['<think>never closed', 'never closed', ''],
    ['Write <think> like this', '', 'Write <think> like this'],
    ['<thing>', '', '<thing>'],
    ['<thin', '', '<thin'],
    ['  indented', '', '  indented'],
  ])('think tags at the beginning are not part of the answer: %j', (raw, reasoning, answer) => {
    const ways: (readonly Sent[])[] = [
      [completed(raw)],
      [delta(raw), completed(raw)],
      [...raw].map((char) => delta(char)),
      [...[...raw].map((char) => delta(char)), completed(raw)],
    ];
    for (const way of ways) {
      const { events, text } = assemble(...way, chat('completed'));
      expect(text).toBe(answer);
      expect(
        only(events, 'reasoning')
          .map((event) => event.type === 'reasoning' && event.text)
          .join(''),
      ).toBe(reasoning);
      expect(only(events, 'replace')).toEqual([]);
    }
  });

  test('is left out where nobody reads it', () => {
    const assembly = createAssembly({ wanted: [] });
    assembly.take(...json(delta('', '81', { reasoning_content: 'Hm.' })));
    assembly.take(...json(followUp('More?')));
    assembly.take(...json(completed('<think>Hm.</think>Four.')));
    expect(assembly.drain()).toEqual([{ type: 'delta', text: 'Four.' }]);
  });
});

describe('what is no prose', () => {
  const card = (info: object) =>
    JSON.stringify({
      response_type: 'card',
      template_url: 'x',
      x_properties: { workflow_card_info: JSON.stringify(info) },
    });

  test('a question card becomes its question and options', () => {
    const content = card({
      card_type: 'QUESTION',
      question_card_data: { Title: 'Which size?', Options: [{ name: 'Small' }, { name: 'Large' }] },
    });
    expect(assemble(completed(content, '81', { content_type: 'card' })).text).toBe('Which size?\n- Small\n- Large');
  });

  test('an input card becomes the names of its fields', () => {
    const content = card({
      card_type: 'INPUT',
      input_card_data: [
        { name: 'city', type: 'string' },
        { name: 'date', type: 'string' },
      ],
    });
    expect(assemble(completed(content, '81', { content_type: 'card' })).text).toBe('- city\n- date');
  });

  test('a card with nothing readable is named, never shown raw', () => {
    const content = JSON.stringify({ card_type: 3, template_id: '1', template_url: 'https://x' });
    expect(assemble(completed(content, '81', { content_type: 'card' })).text).toBe(
      '(The bot sent a card that cannot be shown here.)',
    );
  });

  test('card JSON under the name of a text is recognised, also when it is streamed', () => {
    const content = card({ card_type: 'QUESTION', question_card_data: { Title: 'Sure?' } });
    expect(assemble(completed(content)).text).toBe('Sure?');
    const { events, text } = assemble(...[...content].map((char) => delta(char)), completed(content));
    expect(text).toBe('Sure?');
    expect(JSON.stringify(events)).not.toContain('x_properties');
  });

  test('verbose-like JSON as an answer is not shown', () => {
    const content = '{"msg_type":"generate_answer_finish","data":"{}"}';
    const { text } = assemble(
      ...[...content].map((char) => delta(char, '1')),
      completed(content, '1'),
      completed('Hello', '2'),
    );
    expect(text).toBe('Hello');
  });

  test('an answer that is JSON because somebody asked for JSON is shown', () => {
    const content = '{"name": "Ada"}';
    expect(assemble(...[...content].map((char) => delta(char)), completed(content)).text).toBe(content);
    expect(assemble(completed('{ not json')).text).toBe('{ not json');
    expect(assemble(completed('[1, 2]')).text).toBe('[1, 2]');
  });

  test('parts become text and links', () => {
    const parts = [
      { type: 'text', text: 'Look:' },
      { type: 'image', file_url: 'https://cdn/x.png' },
      { type: 'file', file_url: 'https://cdn/y.pdf', name: 'y.pdf' },
    ];
    const { text } = assemble(completed(JSON.stringify(parts), '81', { content_type: 'object_string' }));
    expect(text).toBe('Look:\n\n![image](https://cdn/x.png)\n\n[y.pdf](https://cdn/y.pdf)');
  });

  test("Studio's mixed and image contents become text and links", () => {
    const image = { key: 'k', image_ori: { url: 'https://s/x.png' } };
    const mix = JSON.stringify({
      item_list: [
        { type: 'text', text: 'Look' },
        { type: 'image', image },
      ],
    });
    expect(assemble(completed(mix, '81', { content_type: 'mix' })).text).toBe('Look\n\n![image](https://s/x.png)');
    const images = JSON.stringify({ image_list: [image] });
    expect(assemble(completed(images, '81', { content_type: 'image' })).text).toBe('![image](https://s/x.png)');
  });
});

describe('contents of Coze Studio', () => {
  const show = (contentType: string, value: unknown) =>
    assemble(completed(JSON.stringify(value), '81', { content_type: contentType })).text;

  test('that are files and links become links', () => {
    const file = { file_list: [{ file_name: 'y.pdf', file_url: 'https://s/y.pdf' }] };
    expect(show('file', file)).toBe('[y.pdf](https://s/y.pdf)');
    expect(show('link', { name: 'Home', url: 'https://s/' })).toBe('[Home](https://s/)');
    expect(show('video', { url: 'https://s/v.mp4' })).toBe('[file](https://s/v.mp4)');
  });

  test('are never shown raw while they are streamed', () => {
    const parts = JSON.stringify([{ type: 'text', text: 'Look' }]);
    const pieces = [parts.slice(0, 9), parts.slice(9)].map((piece) =>
      delta(piece, '81', { content_type: 'object_string' }),
    );
    const { events, text } = assemble(...pieces);
    expect(text).toBe('Look');
    expect(JSON.stringify(events)).not.toContain('type\\');
    const words = ['As it ', 'comes'].map((piece) => delta(piece, '81', { content_type: 'markdown' }));
    expect(assemble(...words).text).toBe('As it comes');
  });

  test('that nobody can read are named, never shown raw', () => {
    expect(show('video', { vid: 'v0d00' })).toBe('(The bot sent something that cannot be shown here.)');
  });

  test('that are only to be heard are left out', () => {
    expect(show('audio', { key: 'k' })).toBe('');
    expect(show('music', { title: 'x' })).toBe('');
  });
});

describe('the message list of a turn', () => {
  const listed = (...messages: readonly object[]) => {
    const assembly = createAssembly();
    assembly.takeMessages(messages.map((message) => ({ role: 'assistant', type: 'answer', ...message })));
    return textOf([...assembly.drain(), ...assembly.finish()]);
  };

  test('is put in order by time, which may be a number, text or missing, and then by id', () => {
    const times = [
      { id: '3', created_at: '30', content: 'c' },
      { id: '2', created_at: 20, content: 'b' },
    ];
    expect(listed(...times, { id: '1', content: 'a' })).toBe('a\n\nb\n\nc');
    const ids = [
      { id: '7410000000000000010', content: 'b' },
      { id: '741000000000000009', content: 'a' },
    ];
    expect(listed(...ids)).toBe('a\n\nb');
    expect(listed(...ids.map((one) => ({ ...one, created_at: null })))).toBe('a\n\nb');
  });

  test('is read for the answers of the bot only', () => {
    const question = { id: '1', role: 'user', type: 'question', content: 'Hi' };
    expect(listed(question, { id: '2', role: 'user', content: 'echo' }, { id: '3', content: 'Hello' })).toBe('Hello');
  });
});

describe('what comes beside the answer', () => {
  test('function calls and their outputs', () => {
    const call = completed('{"name":"weather-now","arguments":{"city":"Oslo"},"plugin_name":"weather"}', '5', {
      type: 'function_call',
    });
    const output = completed('{"content_type":1,"response_for_model":"3 degrees","type_for_model":2}', '6', {
      type: 'tool_response',
    });
    expect(only(assemble(call, output, delta('x')).events, 'tool')).toEqual([
      { type: 'tool', name: 'weather-now', state: 'running', detail: '{"city":"Oslo"}' },
      { type: 'tool', name: 'weather-now', state: 'done', detail: '3 degrees' },
    ]);
  });

  test.each<[string, Sent]>([
    [
      'verbose',
      verbose('knowledge_recall', {
        chunks: [{ slice: 'Cats sleep.', score: 0.9 }, { slice: 'Dogs bark.' }, { slice: 'Cats sleep.' }],
      }),
    ],
    [
      'Studio',
      completed(
        JSON.stringify({
          msg_type: 'knowledge_recall',
          data: JSON.stringify({ chunks: [{ slice: 'Cats sleep.' }, { slice: 'Dogs bark.' }] }),
        }),
        '9',
        { type: 'knowledge' },
      ),
    ],
  ])('knowledge recall (%s)', (_, sent) => {
    expect(only(assemble(sent, delta('x')).events, 'knowledge')).toEqual([
      { type: 'knowledge', excerpts: ['Cats sleep.', 'Dogs bark.'] },
    ]);
  });

  test('other verbose messages say nothing', () => {
    const kinds = [
      'generate_answer_finish',
      'time_capsule_recall',
      'conversation_summary',
      'multi_agents_jump_to_agent',
      'stream_plugin_finish',
      'hook_call',
    ];
    const { events } = assemble(
      ...kinds.map((kind) => verbose(kind, {})),
      completed('not json', '9', { type: 'verbose' }),
      delta('x'),
    );
    expect(events.map((event) => event.type)).toEqual(['delta', 'done']);
  });

  test('at most three follow-ups, none empty, none twice', () => {
    const { events } = assemble(
      delta('x'),
      followUp(' One? '),
      followUp(''),
      followUp('One?'),
      followUp('Two?'),
      followUp('Three?'),
      followUp('Four?'),
    );
    expect(only(events, 'suggest')).toEqual(['One?', 'Two?', 'Three?'].map((text) => ({ type: 'suggest', text })));
  });

  test.each([
    ['counts', { usage: { token_count: 9, output_count: 2, input_count: 7 } }],
    ['older names', { usage: { output_tokens: 2, input_tokens: 7 } }],
    ['text', { usage: { output_count: '2', input_count: '7' } }],
  ])('usage: %s', (_, more) => {
    expect(only(assemble(delta('x'), chat('completed', more)).events, 'usage')).toEqual([
      { type: 'usage', input: 7, output: 2 },
    ]);
  });

  test.each([[{ usage: null }], [{ usage: { token_count: 0, input_count: 0 } }], [{}]])('no usage in %o', (more) => {
    expect(only(assemble(delta('x'), chat('completed', more)).events, 'usage')).toEqual([]);
  });
});

describe('the end', () => {
  test.each<[string, Sent]>([
    ['"[DONE]"', done],
    ['[DONE]', ['done', '[DONE]']],
    ['debug_url', ['done', '{"debug_url":"https://x"}']],
    ['nothing', ['done', '']],
    ['stream.done', ['conversation.stream.done', '']],
    ['Done', ['Done', '{}']],
    ['[DONE] under another name', ['message', '[DONE]']],
  ])('the stream has ended with %s', (_, sent) => {
    const assembly = createAssembly();
    assembly.take(...json(sent));
    expect(assembly.ended).toBe(true);
  });

  test('ids are told once, as the text they are', () => {
    const chats: unknown[] = [];
    const assembly = createAssembly({ onChat: (ref) => chats.push(ref) });
    assembly.take(
      'conversation.chat.created',
      '{"id":7410000000000000001,"conversation_id":7410000000000000003,"status":"created"}',
    );
    assembly.take(...json(chat('in_progress')));
    expect(chats).toEqual([{ chatId: '7410000000000000001', conversationId: '7410000000000000003' }]);
  });

  test.each([
    ['last_error null', { last_error: null }],
    ['code 0', { last_error: { code: 0, msg: '' } }],
    ['code null', { last_error: { code: null, msg: null } }],
    ['empty required_action', { required_action: { type: '', submit_tool_outputs: { tool_calls: [] } } }],
    ['compleated', { status: 'compleated' }],
  ])('a completed chat with %s is a success', (_, more) => {
    expect(assemble(delta('x'), chat('completed', more)).events.at(-1)).toEqual({ type: 'done', finish: 'stop' });
  });

  test.each<[string, readonly Sent[], string]>([
    ['chat.failed with last_error', [chat('failed', { last_error: { code: 4010, msg: 'too long' } })], 'too_large'],
    ['chat.failed, bare', [['conversation.chat.failed', { code: 4028, msg: 'quota' }]], 'quota'],
    ['an error event', [['error', { code: 4016, msg: 'busy' }]], 'busy'],
    ['a code as text', [['error', { code: '4100', msg: 'no' }]], 'auth'],
    ['an empty error', [['error', '{}']], 'server'],
    ['code 0 in an error event', [['error', { code: 0, msg: '' }]], 'server'],
    ['raw text', [['error', 'workflow exploded']], 'server'],
    [
      "Studio's stack trace with the true code inside",
      [['error', { code: 103100001, msg: 'code=103100002 message=agent not exists\nstack=/app/x.go:10 Foo\n' }]],
      'forbidden',
    ],
    [
      'an error whose code is text and has a debug_url',
      [['error', { code: '6031', msg: 'x', debug_url: 'u' }]],
      'config',
    ],
    ['deleted', [chat('deleted')], 'aborted'],
    ["a workflow's Error", [['Error', { error_code: 4200, error_message: 'not published' }]], 'not_found'],
    ['an error without its name', [['message', { code: 4101, msg: 'no permission' }]], 'forbidden'],
    [
      'an error, then completed',
      [['error', { code: 103200002, msg: 'run failed' }], chat('completed'), ['conversation.stream.done', '']],
      'server',
    ],
    ['completed, then an error', [chat('completed'), ['error', { code: 5000, msg: 'x' }]], 'server'],
    ['completed with a last_error', [chat('completed', { last_error: { code: 5000, msg: 'x' } })], 'server'],
    ['canceled', [chat('canceled')], 'aborted'],
    ['cancelled', [chat('cancelled')], 'aborted'],
    ['expired', [chat('expired')], 'timeout'],
  ])('a turn fails by %s', (_, sent, code) => {
    expect(() => assemble(delta('x'), ...sent)).toThrow(expect.objectContaining({ code }));
  });

  test('a question node of a workflow interrupts: the question reaches the member', () => {
    const asked = chat('requires_action', {
      required_action: {
        type: 'submit_tool_outputs',
        submit_tool_outputs: {
          tool_calls: [{ id: 't1', type: 'reply_message', function: { name: 'ask', arguments: 'Which city?' } }],
        },
      },
    });
    const { events, text } = assemble(asked, done);
    expect(text).toBe('Which city?');
    expect(events.at(-1)).toEqual({ type: 'done', finish: 'interrupt' });
    expect(assemble(completed('Where to?'), asked, done).text).toBe('Where to?');
  });

  test('requires_action without calls interrupts (workflows/chat)', () => {
    expect(assemble(completed('Where to?'), ['conversation.chat.requires_action', ids]).events.at(-1)).toEqual({
      type: 'done',
      finish: 'interrupt',
    });
  });

  test('required_action is another name of it', () => {
    expect(assemble(completed('Where to?'), chat('required_action')).events.at(-1)).toMatchObject({
      finish: 'interrupt',
    });
  });

  test('a question as a card interrupts in words', () => {
    const card = JSON.stringify({
      x_properties: { workflow_card_info: '{"question_card_data":{"Title":"Which city?"}}' },
    });
    const asked = completed(card, '81', { content_type: 'card' });
    const { events, text } = assemble(asked, verbose('interrupt', { type: 2 }), chat('completed'));
    expect([text, events.at(-1)]).toEqual(['Which city?', { type: 'done', finish: 'interrupt' }]);
  });

  test("Studio's interrupt is a verbose message before the completion", () => {
    const { events } = assemble(completed('Where to?'), verbose('interrupt', { type: 2 }), chat('completed'));
    expect(events.at(-1)).toEqual({ type: 'done', finish: 'interrupt' });
  });
});

function json([name, data]: Sent): [string, string] {
  return [name, typeof data === 'string' ? data : JSON.stringify(data)];
}
