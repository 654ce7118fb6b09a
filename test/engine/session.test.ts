/** A session with two real bots of `bots/` on the local Coze service, over both protocols: nothing in it is ours to fake but the screen. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Catalog, openCatalog } from '#core/bots/catalog.ts';
import { type Clients, createClients } from '#core/coze/client.ts';
import { createEngine, type Engine } from '#core/engine.ts';
import { createNetwork, type Network } from '#core/network.ts';
import { createPacer } from '#core/reply/pace/pace.ts';
import { type Simulator, startSimulator } from '#core/simulator/index.ts';
import { openStore, type Store } from '#core/store.ts';
import { message, screen, silent } from './house.ts';

let catalog: Catalog;
let simulator: Simulator;
let network: Network;
let clients: Clients;
let store: Store;
let engine: Engine;

beforeEach(async () => {
  catalog = await openCatalog({ dir: join(import.meta.dirname, '../../bots'), log: silent, watch: false });
  simulator = await startSimulator({ bots: () => catalog.list(), wordMs: 0 });
  network = createNetwork();
  store = await openStore('memory://', { log: silent });
  clients = createClients({
    coze: { apiBase: simulator.url, webBase: simulator.url },
    network,
    env: {},
    cache: store.keyv('coze'),
    local: simulator,
    log: silent,
  });
  engine = createEngine({ catalog, store, clients, log: silent, pacer: createPacer() });
});

afterEach(async () => {
  await engine.close();
  await Promise.all([clients.close(), catalog.close(), network.close()]);
  await simulator.close();
  await store.close();
});

test('two bots, an undo, an edit, an export and an import, in one chat', { timeout: 30_000 }, async () => {
  const { surface, surfaceFor, messages } = screen();
  const transcript: string[] = [];
  const say = async (text: string) => {
    const incoming = message(text);
    const before = messages.length;
    await engine.reply(incoming, surface);
    transcript.push(`> ${text}`, ...messages.slice(before).map(({ content }) => content.text || (content.note ?? '')));
    return { incoming, answer: messages.at(-1)?.content.text ?? '' };
  };
  const kinds = new Map(catalog.list().map((b) => [b.coze.kind, b.name]));
  const [open, playground] = [kinds.get('open') ?? '', kinds.get('playground') ?? ''];
  expect([open, playground]).not.toContain('');

  await say(`/bot ${open}`);
  const first = await say('My favourite fruit is the quince.');
  expect(first.answer.length).toBeGreaterThan(10);
  await say(`/bot ${playground}`);
  await say('My favourite tool is the sextant.');
  await say(`/bot ${open}`);
  const second = await say('What did I tell you before?');
  expect(second.answer).toContain('quince');
  expect(second.answer).not.toContain('sextant');

  const shownBefore = messages.length;
  await engine.edited({ ...second.incoming, text: 'Tell me again what I said before.' }, surfaceFor);
  expect(messages).toHaveLength(shownBefore);
  transcript.push('> (edited) Tell me again what I said before.', messages.at(-1)?.content.text ?? '');
  expect((await say('/undo')).answer).toContain('Tell me again');

  const exported = (await engine.command('history export', message('')))?.file;
  const file = new TextDecoder().decode(exported?.bytes);
  transcript.push('> /history export', file);
  expect(JSON.parse(file)).toMatchObject({
    bot: open,
    turns: [{ role: 2, content: first.incoming.text }, { role: 1 }],
  });
  await say('/new');
  const attachment = {
    name: 'h.json',
    type: 'application/json',
    ref: `data:application/json,${encodeURIComponent(file)}`,
  };
  const imported = await engine.command('history import', message('', { attachments: [attachment] }));
  expect(imported?.text).toContain('Turns imported: 2.');
  transcript.push('> /history import', imported?.text ?? '');
  expect((await say('What did I tell you before?')).answer).toContain('quince');
  if (process.env.TRANSCRIPT) console.log(transcript.join('\n\n'));
});

test('a picture goes to the bot, and its store keeps no bytes of it', async () => {
  const { surface, messages } = screen();
  const png = `data:image/png;base64,${'iVBORw0KGgo'.padEnd(4000, 'A')}`;
  await engine.reply(
    message('What is in this picture?', { attachments: [{ name: 'cat.png', type: 'image/png', ref: png }] }),
    surface,
  );
  expect(messages[0]?.content.text).not.toBe('');
  expect(messages[0]?.content.note).toBeUndefined();
  const shown = await engine.command('history show', message(''));
  expect(shown?.text).toContain('[image: cat.png]');
});
