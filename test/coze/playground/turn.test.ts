/** One question and its answer. Numbers in brackets are the faults of Real-Coze-API that a test would show. */
import { describe, expect, it } from 'vitest';
import { ANSWER_LIMIT } from '#core/coze/playground/reply.ts';
import type { ReplyEvent } from '#core/coze/transport.ts';
import { frame } from './fake-coze.ts';
import { ask, draft, fakeCoze, neverAborted, question, transportTo } from './setting.ts';

const types = (events: readonly ReplyEvent[]) => events.map((event) => event.type);

describe('an answer of the playground', () => {
  it('arrives as increments though Coze sends the whole text each time', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ say }) => {
      say('Hel');
      say('Hello wor');
      say('Hello world', { finish: true });
    });
    const { text, events } = await ask(transportTo(coze), 'hi');
    expect(text).toBe('Hello world');
    expect(events.at(-1)).toEqual({ type: 'done', finish: 'stop' });
    expect(types(events)).not.toContain('replace');
  });

  it('is heard though it overtakes the reply to the question [24]', async () => {
    const coze = await fakeCoze();
    coze.on('/api/draftbot/execute', async (call) => {
      coze.push(frame(String(call.json?.push_uuid), 'early', { finish: true }));
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { body: { code: 0 } };
    });
    expect((await ask(transportTo(coze), 'hi')).text).toBe('early');
  });

  it('is replaced where Coze changes its mind', async () => {
    const coze = await fakeCoze();
    const transport = transportTo(coze);
    let next = (_: unknown) => {};
    coze.onExecute(async ({ say }) => {
      say('The answer is 41');
      await new Promise((resolve) => {
        next = resolve;
      });
      say('The answer was 42', { finish: true });
    });
    const events: ReplyEvent[] = [];
    for await (const event of transport.ask(question('hi'), neverAborted())) {
      events.push(event);
      next(undefined);
    }
    expect(events).toEqual([
      { type: 'delta', text: 'The answer is 41' },
      { type: 'replace', text: 'The answer was 42' },
      { type: 'done', finish: 'stop' },
    ]);
  });

  it('is not over where the flag is missing, and keeps every message of a turn [17]', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ say }) => {
      say('One', { finish: null });
      say('One, two', { finish: true });
      say('One, two', { finish: true });
      say('Three');
      say('Three, four', { finish: true });
    });
    expect((await ask(transportTo(coze), 'hi')).text).toBe('One, two\n\nThree, four');
  });

  it('keeps the text when the finishing frame is empty', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ say }) => {
      say('Whole');
      say('', { finish: true });
    });
    expect((await ask(transportTo(coze), 'hi')).text).toBe('Whole');
  });

  it('without any words is a notice, which is no answer to keep', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ say }) => say('', { finish: true }));
    const { events } = await ask(transportTo(coze), 'hi');
    expect(events).toEqual([{ type: 'done', finish: 'notice' }]);
  });

  it('brings what Coze did beside the answer: plugins, knowledge, reasoning, suggestions [26]', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ say }) => {
      say('{"plugin_name":"weather","arguments":{}}', { type: 3, finish: true });
      say('sunny', { type: 4, finish: true });
      say('{"chunks":[{"slice":"Berlin is in Germany"}]}', { type: 5, finish: true });
      say('berlin weather', { type: 6, finish: true });
      say('Let me', { type: 7 });
      say('Let me think', { type: 7, finish: true });
      say('{"msg_type":"knowledge_recall","data":"{\\"chunks\\":[{\\"slice\\":\\"recalled\\"}]}"}', {
        type: 100,
        finish: true,
      });
      say('{"msg_type":"time_capsule_recall","data":"{}"}', { type: 100, finish: true });
      say('placeholder', { type: 101, finish: true });
      say('It is sunny', { finish: true });
      say('And tomo', { type: 2 });
      say('And tomorrow?', { type: 2, finish: true });
      say('And tomorrow?', { type: 2, finish: true });
      say('["Why?","Where?"]', { type: 2 });
    });
    const { events, text } = await ask(transportTo(coze), 'weather');
    expect(text).toBe('It is sunny');
    const of = (type: ReplyEvent['type']) => events.filter((event) => event.type === type);
    expect(of('tool')).toEqual([
      { type: 'tool', name: 'weather', state: 'running', detail: '{"plugin_name":"weather","arguments":{}}' },
      { type: 'tool', name: 'plugin', state: 'done', detail: 'sunny' },
    ]);
    expect(of('knowledge')).toEqual([
      { type: 'knowledge', excerpts: ['Berlin is in Germany'] },
      { type: 'knowledge', excerpts: ['berlin weather'] },
      { type: 'knowledge', excerpts: ['recalled'] },
    ]);
    expect(
      of('reasoning')
        .map((event) => ('text' in event ? event.text : ''))
        .join(''),
    ).toBe('Let me think');
    expect(of('suggest')).toEqual([
      { type: 'suggest', text: 'And tomorrow?' },
      { type: 'suggest', text: 'Why?' },
      { type: 'suggest', text: 'Where?' },
    ]);
  });

  it('waits for suggestions only where some may come', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ say }) => {
      say('Done', { finish: true });
      for (const text of ['One?', 'Two?', 'Three?']) say(text, { type: 2, finish: true });
    });
    const timing = { suggestionMs: 3_600_000 };
    expect(
      (await ask(transportTo(coze, { timing }), 'hi')).events.filter(({ type }) => type === 'suggest'),
    ).toHaveLength(3);
    coze.onExecute(({ say }) => say('Done', { finish: true }));
    expect((await ask(transportTo(coze, { timing }), question('hi', { subscribe: [] }))).text).toBe('Done');
    const silent = draft();
    const work_info = { ...silent.work_info, suggest_reply: '{"suggest_reply_mode":2}' };
    const bot = { kind: 'playground', draft: { ...silent, work_info } } as const;
    expect((await ask(transportTo(coze, { timing, bot }), 'hi')).text).toBe('Done');
  });

  it('never mixes with another that runs at the same time [15]', async () => {
    const coze = await fakeCoze();
    const waiting: { turns: { content: string }[]; say: (text: string, more: object) => void }[] = [];
    coze.onExecute((asked) => {
      waiting.push(asked);
      if (waiting.length < 20) return;
      for (const { say, turns } of [...waiting].reverse()) say(`re: ${turns[0]?.content}`, { finish: true });
    });
    const transport = transportTo(coze);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(transport, `question ${i}`)));
    expect(answers.map(({ text }) => text)).toEqual(Array.from({ length: 20 }, (_, i) => `re: question ${i}`));
    expect(coze.socketUrls).toHaveLength(1);
  });

  it('costs a slow reader no memory: it finds the newest text, not every step', async () => {
    const coze = await fakeCoze();
    let said = () => {};
    const allSaid = new Promise<void>((resolve) => {
      said = resolve;
    });
    coze.onExecute(({ say }) => {
      for (let i = 1; i <= 500; i++) say('x'.repeat(i), { finish: i === 500 });
      said();
    });
    const events: ReplyEvent[] = [];
    for await (const event of transportTo(coze).ask(question('hi'), neverAborted())) {
      events.push(event);
      await allSaid;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(events.length).toBeLessThan(10);
    expect(events.map((event) => (event.type === 'delta' ? event.text : '')).join('')).toBe('x'.repeat(500));
  });

  it('ends with an error when it has no end', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ say }) => say('x'.repeat(ANSWER_LIMIT + 1)));
    await expect(ask(transportTo(coze), 'hi')).rejects.toMatchObject({ code: 'too_large' });
  });

  it.each([
    ['reasoning', { type: 7, finish: false }, (part: number) => `${part}`.repeat(ANSWER_LIMIT / 8), 9],
    ['plugins', { type: 4, finish: true }, (part: number) => `${part} `.repeat(10_000), 300],
  ])('ends with an error when its %s has no end', async (_, more, words, count) => {
    const coze = await fakeCoze();
    coze.onExecute(({ say }) => {
      for (let part = 0; part < count; part++) say(words(part), more);
    });
    await expect(ask(transportTo(coze), 'hi')).rejects.toMatchObject({ code: 'too_large' });
  });
});

describe('a question to the playground', () => {
  it('carries the bot’s own opening turns, then the caller’s, each with its content type [23, 25]', async () => {
    const coze = await fakeCoze();
    let turns: unknown;
    coze.onExecute((asked) => {
      turns = asked.turns;
      asked.say('ok', { finish: true });
    });
    const own = [{ role: 1, content: 'Welcome', contentType: 1 }];
    const transport = transportTo(coze, { bot: { kind: 'playground', draft: draft(JSON.stringify(own)) } });
    const history = [
      { role: 2, content: 'a' },
      { role: 1, content: 'b' },
      { role: 2, content: 'c' },
    ] as const;
    await ask(transport, question('', { turns: history }));
    expect(turns).toEqual([...own, ...history.map((turn) => ({ ...turn, contentType: 1 }))]);
  });

  it.each([undefined, '', 'not json', '{"a":1}', 7])('takes opening turns of %j for none', async (info) => {
    const coze = await fakeCoze();
    let turns: unknown;
    coze.onExecute((asked) => {
      turns = asked.turns;
      asked.say('ok', { finish: true });
    });
    await ask(transportTo(coze, { bot: { kind: 'playground', draft: draft(info) } }), 'hi');
    expect(turns).toEqual([{ role: 2, content: 'hi', contentType: 1 }]);
  });

  it('leaves the config as it was, so that two bots may be made from one object [11]', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ say, turns }) => say(JSON.stringify(turns.map((turn) => turn.content)), { finish: true }));
    const config = draft('[{"role":1,"content":"Welcome","contentType":1}]');
    const before = JSON.stringify(config);
    const [one, two] = [1, 2].map(() =>
      transportTo(coze, { bot: { kind: 'playground', draft: Object.freeze(config) } }),
    );
    if (one === undefined || two === undefined) throw new Error('unreachable');
    expect((await ask(one, 'first')).text).toBe('["Welcome","first"]');
    expect((await ask(two, 'second')).text).toBe('["Welcome","second"]');
    expect(JSON.stringify(config)).toBe(before);
  });

  it('sends everything else of the export as it is, with device and uuid as text [19]', async () => {
    const coze = await fakeCoze();
    let body: Record<string, unknown> = {};
    coze.onExecute((asked) => {
      body = asked.body;
      asked.say('ok', { finish: true });
    });
    await ask(transportTo(coze), 'hi');
    expect(body).toMatchObject({
      space_id: '7000',
      bot_id: '7001',
      work_info: { prompt: 'You are Nim.', other_info: '{"model":"1"}' },
    });
    expect(body.push_uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(body.device_id).toBe(coze.socketUrls[0]?.searchParams.get('device_id'));
    expect(typeof body.device_id).toBe('string');
  });

  it('puts uploaded files before the words that speak of them', async () => {
    const coze = await fakeCoze();
    let turns: unknown;
    coze.onExecute((asked) => {
      turns = asked.turns;
      asked.say('ok', { finish: true });
    });
    const files = [
      { id: 'tos/1.png', kind: 'image' },
      { id: 'tos/2.png', kind: 'image' },
      { id: 'tos/3.pdf', kind: 'file' },
    ] as const;
    await ask(transportTo(coze), question('what is this?', { files }));
    expect(turns).toEqual([
      { role: 2, content: '{"image_list":[{"key":"tos/1.png"},{"key":"tos/2.png"}]}', contentType: 6 },
      { role: 2, content: '{"file_list":[{"key":"tos/3.pdf"}]}', contentType: 9 },
      { role: 2, content: 'what is this?', contentType: 1 },
    ]);
  });

  it('is refused before it is sent when it is larger than Coze takes [15]', async () => {
    const coze = await fakeCoze();
    await expect(ask(transportTo(coze), 'x'.repeat(16 * 1024 * 1024))).rejects.toMatchObject({ code: 'too_large' });
    expect(coze.callsOf('/api/draftbot/execute')).toEqual([]);
  });

  it('can be stopped, and then says so and listens no more [7]', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ say }) => say('Once upon'));
    const stop = new AbortController();
    const transport = transportTo(coze);
    const texts: string[] = [];
    const reading = (async () => {
      for await (const event of transport.ask(question('hi'), stop.signal)) {
        if (event.type === 'delta') texts.push(event.text);
        stop.abort();
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
    expect(texts).toEqual(['Once upon']);
  });

  it('may be left early', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ say }) => say('Once upon'));
    for await (const event of transportTo(coze).ask(question('hi'), neverAborted())) {
      expect(event.type).toBe('delta');
      break;
    }
  });

  it('is refused with Coze’s own reason, and the reader is told [16, 18]', async () => {
    const coze = await fakeCoze();
    coze.on('/api/draftbot/execute', () => ({ body: { code: 4028, msg: 'free credits\n  at stack.go:1' } }));
    await expect(ask(transportTo(coze), 'hi')).rejects.toMatchObject({
      code: 'quota',
      upstreamCode: '4028',
      message: expect.stringMatching(/no credits left/),
    });
  });

  it('is asked once more when Coze failed before the first word, and no more than that', async () => {
    const coze = await fakeCoze();
    let asked = 0;
    coze.on('/api/draftbot/execute', (call) => {
      if (++asked === 1) return { status: 502, body: '<html>bad gateway</html>' };
      coze.push(frame(String(call.json?.push_uuid), 'fine', { finish: true }));
      return { body: { code: 0 } };
    });
    const transport = transportTo(coze);
    expect((await ask(transport, 'hi')).text).toBe('fine');
    coze.on('/api/draftbot/execute', () => {
      asked++;
      return { status: 502, body: '<html>bad gateway</html>' };
    });
    await expect(ask(transport, 'hi')).rejects.toMatchObject({ code: 'server' });
    expect(asked).toBe(4);
  });

  it('goes on where updates come though the call itself is never answered', async () => {
    const coze = await fakeCoze();
    coze.on('/api/draftbot/execute', (call) => {
      const uuid = String(call.json?.push_uuid);
      coze.push(frame(uuid, 'Once'));
      setTimeout(() => coze.push(frame(uuid, 'Once upon', { finish: true })), 60);
      return { body: 'hang' };
    });
    expect((await ask(transportTo(coze, { timing: { callMs: 30 } }), 'hi')).text).toBe('Once upon');
  });

  it('fails in time when the call is never answered and nothing comes [7]', async () => {
    const coze = await fakeCoze();
    coze.on('/api/draftbot/execute', () => ({ body: 'hang' }));
    await expect(ask(transportTo(coze, { timing: { callMs: 30 } }), 'hi')).rejects.toMatchObject({ code: 'timeout' });
  });

  it('fails in time when Coze falls silent on a living socket [7]', async () => {
    const coze = await fakeCoze();
    const beat = setInterval(() => coze.push('hi'), 5);
    try {
      coze.onExecute(({ say }) => say('Once upon'));
      const error = await ask(transportTo(coze, { timing: { stallMs: 60 } }), 'hi').catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'timeout' });
    } finally {
      clearInterval(beat);
    }
  });
});
