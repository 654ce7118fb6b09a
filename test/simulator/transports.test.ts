import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Catalog, openCatalog } from '#core/bots/catalog.ts';
import { createOpenTransport } from '#core/coze/open/transport.ts';
import { createPlaygroundTransport } from '#core/coze/playground/transport.ts';
import type { Question, ReplyEvent, Transport } from '#core/coze/transport.ts';
import { createNetwork } from '#core/network.ts';
import { type Simulator, startSimulator } from '#core/simulator/index.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const network = createNetwork();
let catalog: Catalog;
let simulator: Simulator;

beforeAll(async () => {
  catalog = await openCatalog({ dir: 'bots', log: silent, watch: false });
  simulator = await startSimulator({ bots: () => catalog.list(), wordMs: 0 });
});
afterAll(async () => {
  await simulator.close();
  await catalog.close();
  await network.close();
});

/** The transport of a sample bot, by whichever protocol its config asks for. */
function transportOf(name: string): Transport {
  const bot = catalog.get(name);
  if (!bot) throw new Error(`There is no sample bot ${name}.`);
  const { fetch, openWebSocket } = network;
  const base = simulator.url;
  return bot.coze.kind === 'open'
    ? createOpenTransport({ bot: bot.coze, base, token: simulator.token, fetch })
    : createPlaygroundTransport({
        bot: bot.coze,
        base,
        session: simulator.session,
        fetch,
        openWebSocket,
        timing: { nextMessageMs: 50, suggestionMs: 50 },
      });
}

async function ask(transport: Transport, ...said: readonly string[]): Promise<readonly ReplyEvent[]> {
  const turns = said.map((content, index) => ({ role: (said.length - index) % 2 === 1 ? 2 : 1, content }) as const);
  return await asked(transport, { turns, user: 'ada' });
}

async function asked(transport: Transport, question: Question): Promise<readonly ReplyEvent[]> {
  const events: ReplyEvent[] = [];
  for await (const event of transport.ask(question, AbortSignal.timeout(10_000))) events.push(event);
  return events;
}

function textOf(events: readonly ReplyEvent[]): string {
  return events.reduce(
    (text, event) => (event.type === 'delta' ? text + event.text : event.type === 'replace' ? event.text : text),
    '',
  );
}

describe.each(['nim', 'pepper', 'tutor', 'voyager', 'xiaoyu'])('%s answers through the real client', (name) => {
  let transport: Transport;
  beforeAll(() => {
    transport = transportOf(name);
  });
  afterAll(() => transport.close?.());

  test('to the letter', async () => {
    const text = 'Echo **bold**,\n\n```ts\nconst a = {"b": "}"};\n```\n\n你好 🎉 {"msg_type":1}';
    expect(textOf(await ask(transport, text))).toBe(text.slice('Echo '.length));
  });

  test('as itself', async () => {
    const profile = await transport.profile?.(AbortSignal.timeout(5000));
    expect(profile?.name).toBeTruthy();
    expect(textOf(await ask(transport, 'Who are you?'))).toContain(`**${profile?.name}**`);
    expect(profile?.prologue).toBeTruthy();
    expect(profile?.suggestions).toHaveLength(3);
  });

  test('with what it was told in the turns it was sent', async () => {
    const events = await ask(transport, 'The key is under the mat', 'Noted.', 'What did I tell you?');
    expect(textOf(events)).toContain('The key is under the mat');
    expect(textOf(await ask(transport, 'What did I tell you?'))).not.toContain('mat');
  });

  test('with three suggestions', async () => {
    const events = await ask(transport, 'Show me some code');
    expect(events.filter((event) => event.type === 'suggest')).toHaveLength(3);
  });

  test('with excerpts, a tool and reasoning', async () => {
    const kinds = async (text: string) => (await ask(transport, text)).map((event) => event.type);
    expect(await kinds('Look up a fact with sources')).toContain('knowledge');
    expect(await kinds('What is the weather like?')).toContain('tool');
    expect(await kinds('Think through a riddle')).toContain('reasoning');
  });

  test('in two messages, joined', async () => {
    const text = textOf(await ask(transport, 'Answer in two messages'));
    expect(text).toMatch(/first message of my answer\.\n\nAnd this is the second/);
  });

  test('to a picture, by name and size', async () => {
    const file = { name: 'cat.png', type: 'image/png', bytes: new Uint8Array(321) };
    const uploaded = await transport.upload?.(file, AbortSignal.timeout(5000));
    const turns = [{ role: 2, content: 'Look!' } as const];
    const events = await asked(transport, { turns, user: 'ada', files: uploaded ? [uploaded] : [] });
    expect(textOf(events)).toContain('cat.png');
    expect(textOf(events)).toContain('321 bytes');
  });

  test('with a picture that can be fetched', async () => {
    const url = /!\[.*\]\((.*)\)/.exec(textOf(await ask(transport, 'Paint a picture')))?.[1] ?? '';
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(new Uint8Array(await response.arrayBuffer()).subarray(1, 4)).toEqual(new TextEncoder().encode('PNG'));
  });
});

test('a chatflow that asks back ends with an interrupt, and the next message resumes it', async () => {
  const voyager = transportOf('voyager');
  const events = await ask(voyager, 'Ask me something');
  expect(events.at(-1)).toEqual({ type: 'done', finish: 'interrupt' });
  expect(textOf(await ask(voyager, 'Ask me something', textOf(events), 'Sea'))).toContain('The sea it is');
  await voyager.close?.();
});
