import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { History } from '#core/conversation/history.ts';
import { conversationKey } from '#core/conversation/keys.ts';
import type { Incoming, Place } from '#core/message.ts';
import { openStore, type Store } from '#core/store.ts';
import type { Content } from '#core/surface.ts';
import { ada, silent } from './house.ts';
import { answerTo, type ToParent } from './kill.protocol.ts';

const KILLS = 220;
const CONVERSATIONS = 3;
/** Fewer than a mailbox holds, so that none is refused. */
const MOST_UNANSWERED = 6;
/** Two at a time, so that two processors have work. */
const WORLDS = 2;

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
  write(conversation: number): void {
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
      text: `question ${n}`,
      attachments: [],
      at: 1_700_000_000_000 + n,
    });
  }

  unanswered(): number {
    return this.sent.length - this.shown.filter(({ content }) => content.final).length;
  }

  /** One life of the program, which ends at the step or once all is done. Steps it made; 0 when it was killed. */
  async live(url: string, dieAt: number): Promise<number> {
    // Compiled once, so that a start costs a tenth of a second of work.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') };
    const child = fork(join(import.meta.dirname, 'kill.child.ts'), [url, String(dieAt)], { execArgv: [], env });
    let steps = 0;
    child.on('message', (message: ToParent) => {
      if (message.type !== 'idle') return this.#hear(child, message);
      if (this.#waiting().length > 0) return;
      steps = message.steps;
      child.disconnect();
    });
    const signal = await new Promise((resolve) => child.on('exit', (_code, name) => resolve(name)));
    expect(signal).toBe(steps === 0 ? 'SIGKILL' : null);
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
  const steps = await trial.live(`sqlite://${folder}/trial.sqlite`, 0);
  expect(steps).toBeGreaterThan(30);
  await Promise.all(Array.from({ length: WORLDS }, (_, world) => liveAndDie(world, steps)));
});

/** First dies at the steps of one turn, which the worlds share among them, then anywhere. */
async function liveAndDie(world: number, steps: number): Promise<void> {
  const url = `sqlite://${folder}/world-${world}.sqlite`;
  const platform = new Platform();
  const random = seeded(20_261_125 + world);
  let kills = 0;
  for (let life = 0; kills < KILLS / WORLDS; life++) {
    if (platform.unanswered() < MOST_UNANSWERED) platform.write(Math.floor(random() * CONVERSATIONS));
    if (platform.unanswered() < MOST_UNANSWERED && random() < 0.3) platform.write(Math.floor(random() * CONVERSATIONS));
    const inOrder = 1 + world + life * WORLDS;
    const dieAt = inOrder <= steps ? inOrder : 1 + Math.floor(random() * steps * 3);
    if ((await platform.live(url, dieAt)) === 0) kills += 1;
  }
  expect(await platform.live(url, 0)).toBeGreaterThan(0);

  const shown = platform.shown.map(({ content }) => content.text);
  expect(shown.toSorted()).toEqual(platform.sent.map(({ text }) => answerTo(text)).sort());
  expect(platform.shown.every(({ content }) => content.final)).toBe(true);
  const store = await openStore(url, { log: silent });
  for (let conversation = 0; conversation < CONVERSATIONS; conversation++) {
    const mine = platform.sent.filter(({ place }) => place.levels[0].id === `c${conversation}`);
    const answers = mine.map(({ text }) => answerTo(text));
    expect(shown.filter((text) => answers.includes(text))).toEqual(answers);
    expect(await kept(store, mine)).toEqual(mine.flatMap(({ text }) => [text, answerTo(text)]));
  }
  await store.close();
}

/** The history of the conversation of these messages. */
async function kept(store: Store, [first]: readonly Incoming[]): Promise<string[]> {
  const lines: string[] = [];
  if (!first) return lines;
  const key = conversationKey(first.place, 'thread', ada.id, 'nim');
  for await (const { exchange } of new History(store.keyv('history')).all(key))
    lines.push(...exchange.turns.map((turn) => turn.content));
  return lines;
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
