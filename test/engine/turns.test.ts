import { describe, expect, test } from 'vitest';
import { openStore } from '#core/store.ts';
import { channel, type echo, gated, message, openHouse, read, screen, silent } from './house.ts';

describe('after an answer', () => {
  test('offers suggestions and sources, and sources of no other place', async () => {
    const { engine } = await openHouse({
      mind: async function* () {
        yield { type: 'reasoning', text: 'Let me think.' };
        yield { type: 'knowledge', excerpts: ['Water boils at 100 °C.'] };
        yield { type: 'tool', name: 'search', state: 'done' };
        yield { type: 'delta', text: 'Yes.' };
        for (const text of ['a?', 'b?', 'c?', 'd?']) yield { type: 'suggest', text };
        yield { type: 'done', finish: 'stop' };
      },
    });
    const { surface, messages } = screen();
    const question = message('hot?');
    await engine.reply(question, surface);
    expect(messages[0]?.content.buttons?.map(({ command }) => command)).toEqual([
      'retry',
      'ask a?',
      'ask b?',
      'ask c?',
      `sources ${question.id}`,
    ]);
    const text = (await engine.command(`sources ${question.id}`, message('')))?.text;
    for (const words of ['Water boils', 'search', 'Let me think.']) expect(text).toContain(words);
    const elsewhere = await engine.command(`sources ${question.id}`, message('', { place: channel }));
    expect(elsewhere?.text).toBe('This answer tells no sources.');
  });

  test('comes whole where the place wants that', async () => {
    const { engine } = await openHouse();
    const { surface, texts } = screen();
    await engine.command('settings streaming off', message(''));
    let edits = 0;
    await engine.reply(message('one'), {
      ...surface,
      edit: (...args) => {
        edits += 1;
        return surface.edit(...args);
      },
    });
    expect(texts()).toEqual(['You said: one']);
    expect(edits).toBe(0);
  });
});

test('ends with a last edit when the program closes, and goes on at the next start in the same message', async () => {
  const store = await openStore('memory://', { log: silent });
  const { mind, release, begun } = gated();
  const first = await openHouse({ mind, store });
  const { surface, surfaceFor, messages, texts } = screen();
  const running = first.engine.reply(message('one'), surface);
  const waiting = first.engine.reply(message('two'), surface);
  await begun('one');
  await first.engine.close();
  await Promise.all([running, waiting]);
  expect(messages.map(({ content }) => content.note)).toEqual(['Restarting; this answer goes on in a moment.']);
  release('one');
  const second = await openHouse({ store });
  await second.engine.resume('telegram', 'bot', surfaceFor);
  expect(texts()).toEqual(['You said: one', 'You said: two']);
  await second.engine.resume('telegram', 'bot', surfaceFor);
  expect(second.asked).toHaveLength(2);
});

test('fetches the rest of a chat that Coze still has after a crash', async () => {
  const store = await openStore('memory://', { log: silent });
  const hang: typeof echo = async function* (question) {
    question.onChat?.({ conversationId: 'conv', chatId: 'chat' });
    yield { type: 'delta', text: 'The first words of an answer that is cut off by a crash.' };
    await new Promise(() => {});
  };
  const first = await openHouse({ mind: hang, store });
  const { surface, surfaceFor, messages, texts } = screen();
  void first.engine.reply(message('one'), surface);
  await expect.poll(() => messages.length).toBe(1);
  const recovered: string[] = [];
  const second = await openHouse({
    store,
    transport: {
      async *recover(chat) {
        recovered.push(chat.chatId);
        yield { type: 'replace', text: 'The whole answer.' };
        yield { type: 'done', finish: 'stop' };
      },
    },
  });
  await second.engine.resume('telegram', 'bot', surfaceFor);
  expect(texts()).toEqual(['The whole answer.']);
  expect([recovered, second.asked.length]).toEqual([['chat'], 0]);
  await read(second.engine.answer(message('two')));
  expect(second.asked[0]?.question.turns.map((turn) => turn.content)).toEqual(['one', 'The whole answer.', 'two']);
});

test('changing a message while it is answered answers the new words in the same reply', async () => {
  const { mind, release, begun } = gated();
  const { engine, asked } = await openHouse({ mind });
  const { surface, surfaceFor, texts } = screen();
  const first = message('one');
  const running = engine.reply(first, surface);
  await begun('one');
  release('uno');
  await engine.edited({ ...first, text: 'uno' }, surfaceFor);
  await running;
  expect(texts()).toEqual(['You said: uno']);
  expect(asked.at(-1)?.question.turns.map((turn) => turn.content)).toEqual(['uno']);
});

test('deleting a message while it is answered takes the answer away', async () => {
  const { mind, begun } = gated();
  const { engine } = await openHouse({ mind });
  const { surface, surfaceFor, messages } = screen();
  const first = message('one');
  const running = engine.reply(first, surface);
  await begun('one');
  await expect.poll(() => messages.length).toBe(1);
  await engine.deleted(first.place, first.id, surfaceFor);
  await running;
  expect(messages).toEqual([]);
  expect((await engine.command('history', message('')))?.text).toContain('is empty');
});
