/**
 * The program of the kill test: the real engine on a real file, a platform behind a pipe, and a seeded step at which it kills itself.
 * Arguments: store URL, step of its death (0 = lives on).
 */
import type { ReplyEvent } from '#core/coze/transport.ts';
import { createEngine } from '#core/engine.ts';
import type { Incoming } from '#core/message.ts';
import { createPacer } from '#core/reply/pace/pace.ts';
import { openStore, type Store } from '#core/store.ts';
import type { Content, Surface } from '#core/surface.ts';
import { bot, catalog, silent } from './house.ts';
import { answerTo, type FromParent, type ToParent } from './kill.protocol.ts';

const [, , url = '', dieAt = '0'] = process.argv;
let steps = 0;

/** One boundary of a turn. */
function step(): void {
  steps += 1;
  if (steps === Number(dieAt)) process.kill(process.pid, 'SIGKILL');
}

const calls = new Map<number, (id: string) => void>();
let lastCall = 0;

function call(request: { post: Content; key: string } | { edit: Content; id: string }): Promise<string> {
  lastCall += 1;
  const number = lastCall;
  return new Promise((resolve) => {
    calls.set(number, resolve);
    send({ type: 'call', number, ...request });
  });
}

function send(message: ToParent): void {
  if (process.connected) process.send?.(message);
}

/** Every write is a step before and after. */
function stepping(store: Store): Pick<Store, 'keyv'> {
  return {
    keyv(namespace) {
      const keyv = store.keyv(namespace);
      for (const name of ['set', 'setMany', 'delete'] as const) {
        const write = keyv[name].bind(keyv) as (...args: unknown[]) => Promise<unknown>;
        Object.assign(keyv, {
          [name]: async (...args: unknown[]) => {
            step();
            const result = await write(...args);
            step();
            return result;
          },
        });
      }
      return keyv;
    },
  };
}

const surface: Surface = {
  limit: 2000,
  bucket: 'pipe',
  budget: 'unlimited',
  async post(content, key) {
    step();
    const id = await call({ post: content, key });
    step();
    return { id };
  },
  async edit(id, content) {
    step();
    await call({ edit: content, id });
    step();
    return { id };
  },
};

async function* mind(question: string): AsyncGenerator<ReplyEvent> {
  step();
  for (const word of answerTo(question).split(/(?<= )/)) {
    yield { type: 'delta', text: word };
    step();
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield { type: 'done', finish: 'stop' };
}

const store = await openStore(url, { log: silent });
const engine = createEngine({
  catalog: catalog([bot('nim')]),
  store: stepping(store),
  clients: { for: () => ({ ask: (question) => mind(question.turns.at(-1)?.content ?? '') }), close: async () => {} },
  log: silent,
  pacer: createPacer(),
});

let running = 0;
function take(incoming: Incoming): void {
  running += 1;
  const onWritten = () => send({ type: 'written', id: incoming.id });
  void engine.reply(incoming, surface, { onWritten }).then(() => {
    running -= 1;
    if (running === 0) send({ type: 'idle', steps });
  });
}

process.on('message', (message: FromParent) => {
  if (message.type === 'called') calls.get(message.number)?.(message.id);
  else for (const incoming of message.messages) take(incoming);
});

running += 1;
const resumed = engine.resume('telegram', 'bot', async () => surface);
send({ type: 'ready' });
await resumed;
running -= 1;
if (running === 0) send({ type: 'idle', steps });
