import { describe, expect, test } from 'vitest';
import { charactersOf } from '#core/simulator/mind/characters.ts';
import { personaOfDraft } from '#core/simulator/mind/persona.ts';
import { sceneOf } from '#core/simulator/mind/scene.ts';
import { think } from '#core/simulator/mind/think.ts';
import type { Heard, Thought } from '#core/simulator/mind/thought.ts';
import { topics } from '#core/simulator/mind/topics.ts';

const persona = personaOfDraft({
  name: 'Nim',
  work_info: {
    prompt: 'You are Nim, a guide through the city.',
    onboarding: JSON.stringify({ prologue: 'Hello!', suggested_questions: ['Where is the bridge?', ''] }),
  },
});

const user = (text: string, files: Heard['files'] = []): Heard => ({ role: 'user', text, files });
const bot = (text: string): Heard => ({ role: 'assistant', text, files: [] });
const ask = (...heard: readonly Heard[]) =>
  think(persona, heard, { imageBase: 'http://127.0.0.1:1/images', variables: {} });
const answerOf = (thoughts: readonly Thought[]) =>
  thoughts
    .map((thought) => (thought.type === 'answer' ? thought.text : ''))
    .filter(Boolean)
    .join('\n\n');

describe('a bot of the local service', () => {
  test('knows who it is from its config, and is honest about who plays it', () => {
    const said = answerOf(ask(user('Who are you?')));
    expect(said).toContain('**Nim**');
    expect(said).toContain('A guide through the city.');
    expect(said).toContain('local demo service');
  });

  test('greets with its own welcome', () => {
    expect(answerOf(ask(user('hi there')))).toMatch(/^Hello!\n\n/);
  });

  test('answers in the tongue of the question', () => {
    expect(answerOf(ask(user('你是谁？')))).toContain('我是**Nim**');
    expect(answerOf(ask(user('你好'), bot('您好'), user('?!')))).toContain('您说');
  });

  test('answers in the characters of the question, traditional or simplified', () => {
    expect(answerOf(ask(user('你是誰？')))).toContain('由本機示範服務扮演');
    expect(answerOf(ask(user('你好'), bot('您好'), user('請問你會什麼')))).toContain('- 畫一張圖片');
    expect(answerOf(ask(user('請問'), bot('您好'), user('你好')))).toContain('想知道這裡能試什麼');
    expect(answerOf(ask(user('请问'), bot('您好'), user('你好')))).toContain('想知道这里能试什么');
    expect(answerOf(ask(user('你好')))).toContain('想知道这里能试什么');
    expect(answerOf(ask(user('我叫小明'), bot('您好'), user('我叫什麼名字？')))).toContain(
      '您叫**小明**，您告訴過我。',
    );
    expect(ask(user('複述：簡體和繁體'))).toEqual([{ type: 'answer', text: '簡體和繁體' }]);
  });

  test.each(topics)(
    'says nothing in simplified characters to who writes traditional ones ($name)',
    ({ act, invite }) => {
      const surroundings = { imageBase: 'http://127.0.0.1:1/images', variables: {} };
      const scene = sceneOf(persona, [user('請說'), bot('好'), user(invite.tw)], surroundings);
      expect(scene.tongue).toBe('tw');
      const said = JSON.stringify(act(scene));
      expect(said).toMatch(/\p{Script=Han}/u);
      expect([...said].filter((character) => charactersOf(character) === 'zh').join('')).toBe('');
      expect(said).not.toMatch(/什么|怎么|公裡/);
    },
  );

  test('quotes what it was told, and nothing else', () => {
    const said = answerOf(ask(user('The key is under the mat'), bot('Noted.'), user('What did I tell you?')));
    expect(said).toContain('The key is under the mat');
    expect(answerOf(ask(user('What did I tell you?')))).toContain('Nothing yet');
  });

  test('knows the name it was given', () => {
    expect(answerOf(ask(user('My name is Ada'), bot('Hello'), user('What is my name?')))).toContain('**Ada**');
    expect(answerOf(ask(user('我叫小明'), bot('你好'), user('我叫什么名字？')))).toContain('**小明**');
  });

  test('echoes to the letter', () => {
    expect(ask(user('echo: **a** <b> \n\n c'))).toEqual([{ type: 'answer', text: '**a** <b> \n\n c' }]);
    expect(ask(user('Ada: echo hello'))).toEqual([{ type: 'answer', text: 'hello' }]);
  });

  test('writes past what one message of a chat platform holds', () => {
    expect(answerOf(ask(user('Write a long essay'))).length).toBeGreaterThan(4000);
    expect(answerOf(ask(user('写一篇 9000 字的长文'))).length).toBeGreaterThan(9000);
  });

  test('tells which files came', () => {
    const image = { kind: 'image', name: 'cat.png', bytes: 12 } as const;
    expect(answerOf(ask(user('', [image]), user('Look!')))).toContain('`cat.png`, 12 bytes');
  });

  test('suggests at most three questions, its own first, none that was asked', () => {
    const texts = ask(user('Show me some code')).flatMap((thought) =>
      thought.type === 'suggest' ? [thought.text] : [],
    );
    expect(texts).toHaveLength(3);
    expect(texts[0]).toBe('Where is the bridge?');
    expect(texts).not.toContain('Show me some code');
  });

  test('says the same again', () => {
    for (const { invite } of topics) expect(ask(user(invite.en))).toEqual(ask(user(invite.en)));
  });
});

describe('a persona', () => {
  const named = (prompt: unknown) =>
    personaOfDraft({ work_info: { prompt: typeof prompt === 'string' ? prompt : JSON.stringify(prompt) } });

  test('is read out of the prompt where the export has no name', () => {
    expect(named('You are Max, a gardener.')).toMatchObject({ name: 'Max', description: 'A gardener.' });
    expect(named('你是小花，一位园丁。请简短回答。')).toMatchObject({ name: '小花', description: '一位园丁。' });
    expect(named([{ prompt_type: 1, data: '# Role\nYou are Max, a gardener.' }, null]).name).toBe('Max');
    expect(named('').name).toBe('Coze bot');
  });
});

describe('every topic is called by the words that suggest it', () => {
  test.each(topics.flatMap((topic) => Object.values(topic.invite).map((words) => [words, topic.name] as const)))(
    '%s',
    (words, name) => {
      expect(topics.find((topic) => topic.match.test(words))?.name).toBe(name);
    },
  );
});
