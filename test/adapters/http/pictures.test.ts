/** Pictures and files through the OpenAI-compatible API, all the way to the local Coze service. */
import { Keyv } from 'keyv';
import { expect, it, onTestFinished } from 'vitest';
import { parseBot } from '#core/bots/schema.ts';
import { createClients } from '#core/coze/client.ts';
import { createEngine } from '#core/engine.ts';
import { createPacer } from '#core/reply/pace/pace.ts';
import { startSimulator } from '#core/simulator/index.ts';
import { catalog } from '../../engine/house.ts';
import { sentenceOf, silentLog, startSite } from './site.ts';

const png = 'data:image/png;base64,iVBORw0KGgo=';

/** A server with a whole engine behind it, whose bots the local service plays. */
async function startHouse() {
  const bots = [
    parseBot('open', JSON.stringify({ bot_id: '7400000000000000001' })),
    parseBot('draft', JSON.stringify({ space_id: '1', bot_id: '2', work_info: { prompt: 'You are Pia.' } })),
  ];
  const coze = await startSimulator({ bots: () => bots, wordMs: 0 });
  const { url, token, session } = coze;
  const clients = createClients({
    coze: { apiBase: url, webBase: url },
    network: { fetch, openWebSocket: (address) => new WebSocket(address) },
    local: { url, token, session },
    ...{ env: {}, cache: new Keyv(), log: silentLog },
  });
  const store = { keyv: (namespace: string) => new Keyv({ namespace }) };
  const engine = createEngine({ catalog: catalog(bots), store, clients, log: silentLog, pacer: createPacer() });
  const site = await startSite({}, { engine, catalog: catalog(bots) });
  onTestFinished(async () => {
    await clients.close();
    await coze.close();
  });
  const ask = (model: string, ...content: object[]) =>
    site.post('/v1/chat/completions', { model, messages: [{ role: 'user', content }] });
  return { coze, ask };
}

async function answerOf(response: Response): Promise<string> {
  const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
  return choices[0]?.message.content ?? '';
}

const words = { type: 'text', text: 'What is this?' };

it.each(['open', 'draft'])('are sent up and seen, by the bot %s of either kind', async (model) => {
  const house = await startHouse();
  const picture = { type: 'image_url', image_url: { url: png, detail: 'low' } };
  const paper = { type: 'file', file: { filename: 'a b.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } };
  const answer = await answerOf(await house.ask(model, words, picture, paper));
  expect(answer).toMatch(/an image, `image(\.png)?`, 8 bytes\n- a file, `a b\.pdf`, 4 bytes/);
  expect(answer).toContain('“What is this?”');
});

it('goes to Coze by its address where it has one, and is fetched by nobody here', async () => {
  const house = await startHouse();
  const picture = { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } };
  expect(await answerOf(await house.ask('open', words, picture))).toContain('an image, `https://example.com/cat.png`');
  const refused = await sentenceOf(await house.ask('draft', words, picture));
  expect(refused).toMatchObject({ status: 501, message: expect.stringContaining('Send the bytes') });
});

it('may be larger than a request of words', async () => {
  const house = await startHouse();
  const url = `data:image/png;base64,${'A'.repeat(8 * 1024 * 1024)}`;
  const answer = await answerOf(await house.ask('open', { type: 'image_url', image_url: { url } }));
  expect(answer).toContain(`${6 * 1024 * 1024} bytes`);
});

it('is told when it is of a kind that Coze does not take', async () => {
  const house = await startHouse();
  const program = { filename: 'setup.exe', file_data: 'data:application/x-msdownload;base64,TVo=' };
  const refused = await sentenceOf(await house.ask('open', words, { type: 'file', file: program }));
  expect(refused).toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('"setup.exe". Send a picture'),
  });
});
