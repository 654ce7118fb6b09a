import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseShards } from '#core/shards.ts';
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
    expect(house.log.join('')).toContain('1 of 2 shards (1)');
  });

  it('finishes after a kill what its own servers were told, and leaves the rest to the other program', async () => {
    await open();
    const programs = ['0/2', '1/2'].map((shards) => house.spawn(fake, shards));
    await fake.waitFor(() => fake.gateway.identifies === 2);
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

    const [zero, one] = places;
    house.spawn(fake, '1/2');
    await views.finished(known(one));
    expect(views.ours(known(zero))[0]?.buttons.map(({ label }) => label)).toEqual(['Stop']);
    house.spawn(fake, '0/2');
    await views.finished(known(zero));
    for (const [index, place] of places.entries())
      expect(views.ours(place)).toMatchObject([{ id: begun[index], content: text }]);
  });

  it('says what to set when Discord demands more of them', async () => {
    await open({ leastShards: 2 });
    await expect(house.start(fake)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('DISCORD_SHARDS'),
    });
  });
});
