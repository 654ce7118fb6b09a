import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Exchange } from '#core/conversation/exchange.ts';
import { History } from '#core/conversation/history.ts';
import { conversationKey } from '#core/conversation/keys.ts';
import type { Incoming, Place } from '#core/message.ts';
import { openStore, type Store } from '#core/store.ts';
import type { Content } from '#core/surface.ts';
import { ada, silent } from './house.ts';
import { answerTo, type ToParent } from './kill.protocol.ts';

const CONVERSATIONS = 3;
/** Fewer than a mailbox holds, so that none is refused. */
const MOST_UNANSWERED = 6;
/** Side by side, so that several processors have work. */
const WORLDS = [
  { mode: 'wait', kills: 100 },
  { mode: 'wait', kills: 100 },
  { mode: 'join', kills: 50 },
] as const;
const KILLS = WORLDS.reduce((sum, { kills }) => sum + kills, 0);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'real-coze-kill-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A platform as Telegram and Discord are: it delivers again what was not confirmed, and a post with a known key is the same message. */
class Platform {
  readonly sent: Incoming[] = [];
  readonly shown: { id: string; key: string; content: Content }[] = [];
  readonly #confirmed = new Set<string>();

  /** Somebody writes. */
  write(conversation: number, text = `question ${this.sent.length}`): void {
    const n = this.sent.length;
    const place: Place = {
      platform: 'telegram',
      account: 'bot',
      levels: [{ kind: 'channel', id: `c${conversation}` }],
      direct: true,
    };
    this.sent.push({
      id: `q${n}`,
      place,
      author: ada,
      text,
      attachments: [],
      at: 1_700_000_000_000 + n,
    });
  }

  unanswered(): number {
    return this.sent.length - this.shown.filter(({ content }) => content.final).length;
  }

  /** One life of the program, which ends at the step or once all is done. Steps it made; `undefined` when it was killed. */
  async live(url: string, dieAt: number): Promise<number | undefined> {
    // Compiled once, so that a start costs a tenth of a second of work.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') };
    const child = fork(join(import.meta.dirname, 'kill.child.ts'), [url, String(dieAt)], { execArgv: [], env });
    let steps: number | undefined;
    child.on('message', (message: ToParent) => {
      if (message.type !== 'idle') return this.#hear(child, message);
      if (this.#waiting().length > 0) return;
      steps = message.steps;
      child.disconnect();
    });
    const signal = await new Promise((resolve) => child.on('exit', (_code, name) => resolve(name)));
    expect(signal).toBe(steps === undefined ? 'SIGKILL' : null);
    return steps;
  }

  #waiting(): Incoming[] {
    return this.sent.filter(({ id }) => !this.#confirmed.has(id));
  }

  #hear(child: ChildProcess, message: Exclude<ToParent, { type: 'idle' }>): void {
    if (message.type === 'ready') child.send({ type: 'messages', messages: this.#waiting() }, () => {});
    else if (message.type === 'written') this.#confirmed.add(message.id);
    else child.send({ type: 'called', number: message.number, id: this.#draw(message) }, () => {});
  }

  #draw(call: Extract<ToParent, { type: 'call' }>): string {
    const known = this.shown.find((m) => ('key' in call ? m.key === call.key : m.id === call.id));
    if (!('key' in call)) {
      if (known) known.content = call.edit;
      return call.id;
    }
    if (known) return known.id;
    const id = `m${this.shown.length}`;
    this.shown.push({ id, key: call.key, content: call.post });
    return id;
  }
}

test(`is killed ${KILLS} times, at every step of a turn, and loses and doubles nothing`, {
  timeout: 300_000,
}, async () => {
  const trial = new Platform();
  trial.write(0);
  const steps = (await trial.live(`sqlite://${folder}/trial.sqlite`, 0)) ?? 0;
  expect(steps).toBeGreaterThan(30);
  await Promise.all(WORLDS.map((_, world) => liveAndDie(world, steps)));
});

/** First dies at the steps of one turn, which the worlds share among them, then anywhere. */
async function liveAndDie(world: number, steps: number): Promise<void> {
  const { mode, kills } = WORLDS[world] ?? WORLDS[0];
  const url = `sqlite://${folder}/world-${world}.sqlite`;
  const platform = new Platform();
  const random = seeded(20_261_125 + world);
  for (let n = 0; n < CONVERSATIONS; n++) platform.write(n, `/settings mailbox ${mode}`);
  for (let life = 0, died = 0; died < kills; life++) {
    for (let n = 0; n < 3 && (mode === 'join' || platform.unanswered() < MOST_UNANSWERED); n++)
      if (random() < 0.5) platform.write(Math.floor(random() * CONVERSATIONS));
    const inOrder = 1 + world + life * WORLDS.length;
    const dieAt = inOrder <= steps ? inOrder : 1 + Math.floor(random() * steps * 3);
    if ((await platform.live(url, dieAt)) === undefined) died += 1;
  }
  expect(await platform.live(url, 0)).toBeDefined();

  const store = await openStore(url, { log: silent });
  for (let conversation = 0; conversation < CONVERSATIONS; conversation++)
    await checkConversation(platform, store, `c${conversation}`, mode);
  await store.close();
}

/** Each question once and in order, each with one whole answer in one message; joined ones share the answer to the last of them. */
async function checkConversation(platform: Platform, store: Store, id: string, mode: string): Promise<void> {
  const questions = platform.sent.filter((one) => one.place.levels[0].id === id && !one.text.startsWith('/'));
  const place = questions[0]?.place;
  if (!place) return;
  const exchanges: Exchange[] = [];
  const history = new History(store.keyv('history'));
  const key = conversationKey(place, 'thread', ada.id, 'nim');
  for await (const { exchange } of history.all(key)) exchanges.push(exchange);

  const asked = exchanges.map(({ turns }) => turns.filter((turn) => turn.role === 2).map((turn) => turn.content));
  expect(asked.flat()).toEqual(questions.map(({ text }) => text));
  if (mode === 'wait') expect(asked.every((one) => one.length === 1)).toBe(true);
  const answers = asked.map((one) => answerTo(one.at(-1) ?? ''));
  expect(exchanges.map(({ turns }) => turns.filter((turn) => turn.role === 1).map((turn) => turn.content))).toEqual(
    answers.map((answer) => [answer]),
  );
  const shown = platform.shown.filter((one) => one.key.includes(`/channel=${id}/`) && !one.key.endsWith(':notice'));
  expect(shown.map(({ content }) => content.text)).toEqual(answers);
  expect(shown.every(({ content }) => content.final)).toBe(true);
}

/** Mulberry32: the same lives at every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
