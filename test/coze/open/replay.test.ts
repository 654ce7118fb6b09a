import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Wire } from '#core/coze/json.ts';
import { createAssembly } from '#core/coze/open/assembly.ts';
import { createSseDecoder } from '#core/coze/open/sse.ts';
import { createOpenTransport } from '#core/coze/open/transport.ts';
import type { ReplyEvent } from '#core/coze/transport.ts';
import { questionOf, readAll, textOf } from '../../contract/transport.ts';
import { cut, json, openBot, type Scripted, startScripted, stream } from './scripted.ts';

interface Recording {
  readonly name: string;
  readonly bytes: Buffer;
  /** The whole answer. */
  readonly text: string;
  /** Everything but the text, in order. */
  readonly beside: readonly ReplyEvent[];
}

const recordings: readonly Recording[] = [
  {
    name: 'cloud',
    text: '懒狗 **says** “hi” 😀\n\n- one\n- two \\ "three"\n\n\nSecond answer!',
    beside: [
      { type: 'knowledge', excerpts: ['Dogs are lazy.'] },
      { type: 'tool', name: 'zoo-lookup', state: 'running', detail: '{"animal":"dog"}' },
      { type: 'tool', name: 'zoo-lookup', state: 'done', detail: 'lazy' },
      { type: 'suggest', text: 'Why lazy?' },
      { type: 'suggest', text: 'And cats?' },
      { type: 'usage', input: 100, output: 20 },
      { type: 'done', finish: 'stop' },
    ],
  },
  {
    name: 'thinking',
    text: 'It is four.',
    beside: [
      { type: 'reasoning', text: 'Two and two…' },
      { type: 'done', finish: 'stop' },
    ],
  },
  {
    name: 'studio',
    text: 'Hi there',
    beside: [
      { type: 'knowledge', excerpts: ['Greet people.'] },
      { type: 'done', finish: 'stop' },
    ],
  },
  { name: 'workflow', text: 'Which city?', beside: [{ type: 'done', finish: 'interrupt' }] },
].map((one) => ({
  ...one,
  bytes: readFileSync(new URL(`../../fixtures/open/${one.name}.txt`, import.meta.url)),
})) as Recording[];

/** Everything but the text; reasoning joined. */
function beside(events: readonly ReplyEvent[]): ReplyEvent[] {
  const others: ReplyEvent[] = [];
  for (const event of events) {
    const last = others.at(-1);
    if (event.type === 'delta' || event.type === 'replace') continue;
    if (event.type === 'reasoning' && last?.type === 'reasoning')
      others[others.length - 1] = { type: 'reasoning', text: last.text + event.text };
    else others.push(event);
  }
  return others;
}

/** Decodes and assembles without a network, in the given pieces. */
function replay(pieces: readonly Uint8Array[]): ReplyEvent[] {
  const assembly = createAssembly();
  const events: ReplyEvent[] = [];
  const decoder = createSseDecoder(assembly);
  for (const piece of pieces) {
    decoder.feed(piece);
    events.push(...assembly.drain());
  }
  decoder.end();
  return [...events, ...assembly.drain(), ...assembly.finish()];
}

describe.each(recordings)('the recording "$name"', ({ bytes, text, beside: others }) => {
  let server: Scripted;

  beforeEach(async () => {
    server = await startScripted();
  });

  afterEach(() => server.close());

  const ask = () => {
    const transport = createOpenTransport({
      bot: openBot.coze,
      base: server.url,
      token: 'pat_1',
      fetch,
      sleep: async () => {},
    });
    return readAll(transport.ask(questionOf('Hi'), new AbortController().signal));
  };

  test('gives the answer and all beside it', async () => {
    server.on('POST /v3/chat', stream(bytes));
    const { events, text: said, error } = await ask();
    expect(error).toBeUndefined();
    expect(said).toBe(text);
    expect(beside(events)).toEqual(others);
  });

  test('gives the same byte by byte', () => {
    const events = replay(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)));
    expect(textOf(events)).toBe(text);
    expect(beside(events)).toEqual(others);
  });

  test('gives the same over the wire in small pieces', async () => {
    server.on('POST /v3/chat', stream(bytes, 37));
    const { events, text: said } = await ask();
    expect(said).toBe(text);
    expect(beside(events)).toEqual(others);
  });

  test('gives the same cut in two at every byte', () => {
    const whole = JSON.stringify([text, others]);
    const wrong = atEveryByte(bytes, (at) => {
      const events = replay([bytes.subarray(0, at), bytes.subarray(at)]);
      return JSON.stringify([textOf(events), beside(events)]) !== whole;
    });
    expect(wrong).toEqual([]);
  });

  /** Reads an answer whose connection broke at a byte: whole if Coze had told its ids, else a typed failure. */
  const expectWhole = async (at: number, reading: ReturnType<typeof readAll>) => {
    const { text: said, error, events } = await reading;
    if (at < bytes.indexOf('"created"}') + '"created"}'.length) {
      expect(error).toMatchObject({ code: 'network' });
    } else {
      expect(error).toBeUndefined();
      expect(said).toBe(text);
      expect(events.at(-1)).toEqual(others.at(-1));
    }
  };

  test('is finished by its chat id, where its connection breaks', async () => {
    const { chat, messages } = ending(bytes);
    server.on('GET /v3/chat/retrieve', json({ code: 0, data: chat }));
    server.on('GET /v3/chat/message/list', json({ code: 0, data: messages.toReversed() }));
    for (let at = 0; at < bytes.length; at += 101) {
      server.on('POST /v3/chat', cut(bytes, at));
      await expectWhole(at, ask());
    }
  });

  test('is finished by its chat and messages, at whatever byte it broke', () => {
    const { chat, messages } = ending(bytes);
    const wrong = atEveryByte(bytes, (at) => {
      const events = recovered(bytes.subarray(0, at), chat, messages.toReversed());
      return textOf(events) !== text || JSON.stringify(events.at(-1)) !== JSON.stringify(others.at(-1));
    });
    expect(wrong).toEqual([]);
  });
});

/** The offsets at which something is wrong. */
function atEveryByte(bytes: Buffer, isWrong: (at: number) => boolean): number[] {
  return Array.from({ length: bytes.length }, (_, at) => at).filter(isWrong);
}

/** What a reader gets of a stream that broke after these bytes and was finished from what Coze tells of the turn. */
function recovered(bytes: Uint8Array, chat: Wire, messages: readonly Wire[]): ReplyEvent[] {
  const assembly = createAssembly();
  const decoder = createSseDecoder(assembly);
  decoder.feed(bytes);
  decoder.end();
  const events = assembly.drain();
  if (assembly.standing.type === 'running' && !assembly.ended) {
    assembly.takeChat(chat);
    assembly.takeMessages(messages);
  }
  return [...events, ...assembly.drain(), ...assembly.finish()];
}

/** What Coze would tell of the recorded turn afterwards. */
function ending(bytes: Buffer): { chat: Wire; messages: Wire[] } {
  let chat: Wire = {};
  const messages = new Map<string, Wire>();
  const decoder = createSseDecoder({
    take(name, data) {
      if (name.startsWith('conversation.chat.')) chat = JSON.parse(data);
      if (name === 'conversation.message.completed') messages.set(JSON.parse(data).id, JSON.parse(data));
    },
  });
  decoder.feed(bytes);
  decoder.end();
  return { chat, messages: [...messages.values()] };
}
