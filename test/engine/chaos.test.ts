/** Members who write, change, delete, stop and ask again all at once, in an order that chance gives; the seed names it. */
import { describe, expect, test } from 'vitest';
import type { Exchange } from '#core/conversation/exchange.ts';
import { History } from '#core/conversation/history.ts';
import type { Question, ReplyEvent } from '#core/coze/transport.ts';
import { RealCozeError } from '#core/errors.ts';
import type { Incoming } from '#core/message.ts';
import { openStore, type Store } from '#core/store.ts';
import { ada, bob, channel, message, openHouse, screen, silent } from './house.ts';

const ROUNDS = 60;
const NAMESPACES = ['history', 'journal', 'done', 'places'];
const MODES = ['wait', 'join', 'interrupt'];
const PLACE = 'discord/app/server=s1/channel=c1';

type Random = () => number;
type Act = 'write' | 'change' | 'delete' | 'retry' | 'stop' | 'new' | 'undo' | 'bot' | 'scope';
const WRITING: readonly Act[] = ['write', 'change', 'delete'];

describe.each([
  { what: 'write, change and delete', acts: WRITING },
  { what: 'change bot and scope besides', acts: [...WRITING, 'bot', 'scope'] as const },
  { what: 'stop and ask again besides', acts: [...WRITING, 'retry', 'stop'] as const },
  { what: 'take back and forget besides', acts: [...WRITING, 'retry', 'stop', 'new', 'undo'] as const },
])('members who $what', ({ acts }) => {
  test.each(MODES)('leave everything in order where messages %s', { timeout: 60_000 }, async (mailbox) => {
    for (let seed = 1; seed <= ROUNDS; seed += 1) await expectOrder(await live(seed, acts, mailbox));
  });
});

test.each(MODES)(
  'members leave nothing running where messages %s and the store fails now and then',
  { timeout: 60_000 },
  async (mailbox) => {
    for (let seed = 1; seed <= ROUNDS; seed += 1) expectEnd(await live(seed, WRITING, mailbox, 0.04));
  },
);

interface Life {
  readonly name: string;
  readonly store: Store;
  readonly shown: ReturnType<typeof screen>['messages'];
  /** What is still written there, as it was written last. */
  readonly there: readonly Incoming[];
  readonly deleted: ReadonlySet<string>;
  readonly isRunning: boolean;
  /** Nobody stopped, took back or forgot anything. */
  readonly isWhole: boolean;
}

/** `faults`: how many of the store's calls fail, while the members are there. */
async function live(seed: number, acts: readonly Act[], mailbox: string, faults = 0): Promise<Life> {
  const random = randomFrom(seed);
  const store = await openStore('memory://', { log: silent });
  let isThere = true;
  const fails = () => isThere && faults > 0 && random() < faults;
  if (seed % 2 === 0 || faults > 0) for (const name of NAMESPACES) slow(store.keyv(name), random, fails);
  const { engine } = await openHouse({ store, mind: (question, signal) => mind(question, signal, random) });
  const { surface, surfaceFor, messages } = screen();
  const run = (line: string) => engine.command(line, message('', { place: channel }));
  await run(`settings mailbox ${mailbox}`);
  const there: Incoming[] = [];
  const deleted = new Set<string>();
  const oneOf = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  const write = (text: string) => message(text, { place: channel, author: oneOf([ada, bob]) });

  const act = (what: Act, n: number): Promise<unknown> => {
    const chosen = oneOf(there);
    if (what === 'write' || (!chosen && (what === 'change' || what === 'delete'))) {
      const incoming = write(`question ${n}`);
      there.push(incoming);
      return engine.reply(incoming, surface);
    }
    if (what === 'change') {
      const changed = { ...chosen, text: `changed ${n}` };
      there.splice(there.indexOf(chosen), 1, changed);
      return engine.edited(changed, surfaceFor);
    }
    if (what === 'delete') {
      there.splice(there.indexOf(chosen), 1);
      deleted.add(chosen.id);
      return engine.deleted(channel, chosen.id, surfaceFor);
    }
    if (what === 'retry') return engine.reply(write('/retry'), surface);
    if (what === 'stop') return engine.stop(channel, ada, random() < 0.3);
    if (what === 'bot') return run(`bot ${oneOf(['nim', 'ari'])}`);
    return run(what === 'scope' ? `settings scope ${oneOf(['thread', 'user'])}` : what);
  };

  const work: Promise<unknown>[] = [];
  for (let n = 3 + Math.floor(random() * 10); n > 0; n -= 1) {
    work.push(act(oneOf(acts), n));
    await ticks(random() * 12);
  }
  await Promise.all(work);
  isThere = false;
  const name = `seed ${seed}, ${mailbox}, ${acts.join(' ')}`;
  // What a deletion leaves to be asked is not waited for by anybody.
  const patience = { interval: 1, timeout: 5_000 };
  if (faults === 0) await expect.poll(() => namesIn(store, 'journal'), patience).toEqual([]);
  const isBusy = async () => (await run('history add 6 The end.'))?.text.includes('An answer is running') ?? true;
  if (faults > 0) await expect.poll(isBusy, { ...patience, message: name }).toBe(false);
  const isRunning = await isBusy();
  const isWhole = !acts.includes('stop');
  return { name, store, shown: messages, there, deleted, isRunning, isWhole };
}

function expectEnd({ name, shown, isRunning }: Life): void {
  expect(isRunning, `${name}: something runs at the end`).toBe(false);
  for (const { content } of shown) {
    expect(content.final, `${name}: an answer does not end`).toBe(true);
    expect(content.buttons?.some(({ command }) => command === 'stop') ?? false, `${name}: Stop is left`).toBe(false);
  }
}

async function expectOrder(life: Life): Promise<void> {
  expectEnd(life);
  const { name, store, shown, there, deleted, isWhole } = life;
  const kept = await everything(new History(store.keyv('history')));
  const asked = kept.flatMap(({ turns }) => turns.flatMap(({ role, id }) => (role === 2 && id ? [id] : [])));
  expect(new Set(asked).size, `${name}: a question is there twice`).toBe(asked.length);
  expect(
    asked.filter((id) => deleted.has(id)),
    `${name}: a deleted question is kept`,
  ).toEqual([]);
  if (!isWhole) return;
  const known = new Set(kept.flatMap(({ replies = [] }) => replies));
  for (const { id, content } of shown)
    expect(known.has(id) || content.text === '', `${name}: an answer belongs to nothing: ${content.text}`).toBe(true);
  expect(
    there.filter(({ id }) => !asked.includes(id)).map(({ text }) => text),
    `${name}: a question is lost`,
  ).toEqual([]);
}

async function everything(history: History): Promise<Exchange[]> {
  const kept: Exchange[] = [];
  for (const owner of ['all', 'user=ada', 'user=bob'])
    for (const bot of ['nim', 'ari'])
      for await (const { exchange } of history.all(`${PLACE}/${owner}/bot=${bot}`)) kept.push(exchange);
  return kept;
}

async function namesIn(store: Store, namespace: string): Promise<string[]> {
  const names: string[] = [];
  for await (const name of store.keys(namespace, '')) names.push(name);
  return names;
}

/** A mind that takes its time, and leaves when it is told to. */
async function* mind(question: Question, signal: AbortSignal, random: Random): AsyncGenerator<ReplyEvent> {
  yield { type: 'delta', text: 'The first words of the answer, long enough to be shown.' };
  for (let left = Math.floor(random() * 20); left > 0; left -= 1) {
    await ticks(1);
    signal.throwIfAborted();
  }
  yield { type: 'replace', text: `You said: ${question.turns.at(-1)?.content}` };
  yield { type: 'done', finish: 'stop' };
}

/** A store that takes its time, and is away when `fails` says so. */
function slow(keyv: ReturnType<Store['keyv']>, random: Random, fails: () => boolean): void {
  for (const name of ['get', 'set', 'getMany', 'setMany', 'delete', 'has'] as const) {
    const call = keyv[name].bind(keyv) as (...values: unknown[]) => Promise<unknown>;
    Object.assign(keyv, {
      [name]: async (...values: unknown[]) => {
        await ticks(random() * 4);
        if (fails()) throw new RealCozeError('store', 'Nobody answers.');
        return call(...values);
      },
    });
  }
}

async function ticks(most: number): Promise<void> {
  for (let left = Math.floor(most); left > 0; left -= 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Numbers from 0 to 1 that are the same for the same seed (a linear congruential generator). */
function randomFrom(seed: number): Random {
  let state = (seed * 7_919) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
