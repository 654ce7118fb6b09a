import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseShards } from '#core/shards.ts';
import { realLimits } from '../../fake/discord/limits.ts';
import type { Channel, User } from '../../fake/discord/memory.ts';
import { type FakeDiscord, type FakeDiscordOptions, startFakeDiscord } from '../../fake/discord/server.ts';
import { type House, noLimits, openHouse } from './house.ts';
import { says, type Views, viewsOf, words } from './talk.ts';

let fake: FakeDiscord;
let house: House;
let alice: User;
let views: Views;
/** One channel in a server on each of two shards. */
let places: Channel[];

async function open(options: FakeDiscordOptions = {}): Promise<void> {
  fake = await startFakeDiscord({ limits: noLimits, contentIntent: true, ...options });
  places = [fake.addServer(0, 2), fake.addServer(1, 2)];
  alice = fake.person('Alice');
  views = viewsOf(fake);
}

const ask = (channel: Channel | undefined, content: string) =>
  fake.say({ channel: known(channel), author: alice, content, mention: true });

function known(channel: Channel | undefined): Channel {
  if (!channel) throw new Error('There is no such place.');
  return channel;
}

const part = (text: string) => {
  const shards = parseShards(text);
  if (!shards) throw new Error(`${text} is no part.`);
  return { shards };
};

const registrations = () =>
  fake.calls.filter(({ method, path }) => method === 'PUT' && path.endsWith('/commands')).length;

beforeEach(async () => {
  house = await openHouse();
});
afterEach(async () => {
  await house.close();
  await fake.close();
});

describe('a bot on several shards', () => {
  it('answers in the servers of all of them when one program has them', async () => {
    await open({ recommendedShards: 2 });
    await house.start(fake);
    expect(fake.gateway.identifies).toBe(2);
    expect(house.log.join('')).toContain('Shards 0 to 1 of 2 run here, with 3 servers."');
    for (const [index, place] of places.entries()) {
      house.simulator.faults.next(says(`Here is ${index}.`));
      ask(place, 'Where?');
      await views.begun(place, `Here is ${index}.`);
    }
    expect(registrations()).toBe(1);
  });

  it('answers each question in one of two programs, private ones in the first, and registers its commands once', async () => {
    await open();
    const second = await house.start(fake, part('1/2'));
    const [zero, one] = places;
    const dm = fake.direct(alice);
    ask(dm, 'Anybody?');
    ask(zero, 'Anybody?');
    ask(one, 'Who?');
    await views.finished(known(one));
    expect(views.ours(dm)).toEqual([]);
    expect(views.ours(known(zero))).toEqual([]);
    expect(registrations()).toBe(0);

    await house.start(fake, part('0/2'));
    await fake.waitFor(() => registrations() > 0);
    ask(dm, 'And now?');
    ask(zero, 'And now?');
    ask(one, 'And now?');
    await Promise.all([views.finished(dm), views.finished(known(zero)), views.finished(known(one), 2)]);
    expect(registrations()).toBe(1);
    await second.close();
    expect([dm, known(zero), known(one)].map((channel) => views.ours(channel).length)).toEqual([1, 1, 2]);
    expect(house.log.join('')).toContain('Shard 1 of 2 runs here, with ');
  });

  it('answers each slash command in the program that has its server', async () => {
    await open();
    await house.start(fake, part('0/2'));
    await house.start(fake, part('1/2'));
    await fake.waitFor(() => fake.commands().length > 0);
    const used = [...places, fake.direct(alice)].map((channel) => fake.slash({ channel, user: alice, name: 'bots' }));
    await fake.waitFor(() => used.every(({ state }) => state === 'answered'));
    // Both programs have heard of these after all that came before.
    house.simulator.faults.next(says('Heard.'), says('Heard.'));
    for (const place of places) ask(place, 'Anything else?');
    await Promise.all(places.map((place) => views.begun(place, 'Heard.')));
    const callbacks = fake.calls.filter(({ path }) => path.endsWith('/callback'));
    expect(callbacks).toHaveLength(used.length);
  });

  it('has only the servers of a range, and says so', async () => {
    await open();
    const four = [0, 1, 2, 3].map((shard) => fake.addServer(shard, 4));
    const inRange = [fake.guild, ...fake.servers].filter(({ id }) => [1n, 2n].includes((BigInt(id) >> 22n) % 4n));
    await house.start(fake, part('1-2/4'));
    for (const place of four) ask(place, 'Who?');
    await Promise.all([views.finished(known(four[1])), views.finished(known(four[2]))]);
    await house.start(fake, part('3/4'));
    ask(four[3], 'Who?');
    await views.finished(known(four[3]));
    expect(four.map((place) => views.ours(place).length)).toEqual([0, 1, 1, 1]);
    const line = `Shards 1 to 2 of 4 run here, with ${inRange.length} servers; the others belong in other processes.`;
    expect(house.log.join('')).toContain(line);
  });

  it('is let in though two programs hurry to Discord at once', async () => {
    await open({ limits: { ...noLimits, identify: realLimits.identify } });
    await Promise.all([house.start(fake, part('0/2')), house.start(fake, part('1/2'))]);
    for (const place of places) ask(place, 'Anybody?');
    await Promise.all(places.map((place) => views.finished(place)));
    expect(fake.gateway).toMatchObject({ identifies: 2, hurried: 1 });
  });

  it('finishes after a kill what its own servers were told, and leaves the rest to the other program', async () => {
    await open();
    /** One after the other: a new SQLite file is opened by one program at a time. */
    const spawn = async (shards: string) => {
      const before = fake.gateway.identifies;
      const program = house.spawn(fake, shards);
      await fake.waitFor(() => fake.gateway.identifies > before);
      return program;
    };
    const programs = [await spawn('0/2'), await spawn('1/2')];
    const more = Promise.withResolvers<void>();
    const text = words(100).join(' ');
    const begun: string[] = [];
    for (const place of places) {
      house.simulator.faults.next({ ...says(text), pause: { afterWords: 60, until: more.promise } });
      ask(place, 'Count.');
      begun.push((await views.begun(place, 'word')).id);
    }
    await Promise.all(programs.map((program) => program.kill()));
    more.resolve();
    const before = house.simulator.requests.length;
    const fetched = () => new Set(house.simulator.requests.slice(before).map(({ query }) => query.chat_id));

    const [zero, one] = places as [Channel, Channel];
    await spawn('1/2');
    await views.finished(one);
    expect(fetched().size).toBe(1);
    expect(views.ours(zero)[0]?.buttons.map(({ label }) => label)).toEqual(['Stop']);
    await spawn('0/2');
    await views.finished(zero);
    expect(fetched().size).toBe(2);
    for (const [index, place] of places.entries())
      expect(views.ours(place)).toMatchObject([{ id: begun[index], content: text }]);
    const asked = house.simulator.requests.filter(({ method, path }) => method === 'POST' && path === '/v3/chat');
    expect(asked).toHaveLength(2);
  });

  it.each([
    { why: 'demands more of them', shards: { ids: [0], count: 1 }, code: 4011, cure: 'DISCORD_SHARDS=auto' },
    { why: 'knows no such one', shards: { ids: [2], count: 2 }, code: 4010, cure: 'counted from 0' },
  ])('says what to set when Discord $why, at the start and later', async ({ shards, code, cure }) => {
    await open({ leastShards: 2 });
    const refused = { code: 'config', message: expect.stringContaining(cure) };
    await expect(house.start(fake, { shards })).rejects.toMatchObject(refused);
    await house.start(fake, part('2'));
    expect(house.log.join('')).not.toContain(cure);
    fake.gateway.drop({ code });
    await expect.poll(() => house.log.join('')).toContain(cure);
  });
});
