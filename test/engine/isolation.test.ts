import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Scope } from '#core/conversation/keys.ts';
import type { Incoming, Level, Person, Place } from '#core/message.ts';
import { bot, message, openHouse, read } from './house.ts';

const ID = fc.constantFrom('1', '2', '1/2', 'a=b', '%2F', '1#0', 'ключ', 'user=1', 'all');
const BOTS = ['nim', 'ari', 'oda'];

const place: fc.Arbitrary<Place> = fc
  .record({
    platform: fc.constantFrom('discord', 'telegram', 'web'),
    account: fc.constantFrom('a', 'b'),
    server: fc.option(ID, { nil: undefined }),
    channel: ID,
    thread: fc.option(ID, { nil: undefined }),
  })
  .map(({ platform, account, server, channel, thread }) => {
    const rest: Level[] = thread === undefined ? [] : [{ kind: 'thread', id: thread }];
    const own: [Level, ...Level[]] = [{ kind: 'channel', id: channel }, ...rest];
    const levels: [Level, ...Level[]] = server === undefined ? own : [{ kind: 'server', id: server }, ...own];
    return { platform, account, levels, direct: server === undefined };
  });

const person: fc.Arbitrary<Person> = ID.map((id) => ({ id, name: `name of ${id}`, moderator: true }));

const step = fc.record({
  place,
  author: person,
  bot: fc.constantFrom(...BOTS),
  action: fc.oneof(
    { weight: 8, arbitrary: fc.constant('ask' as const) },
    { weight: 1, arbitrary: fc.constantFrom('new' as const, 'undo' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<`settings scope ${Scope}`>(
        'settings scope thread',
        'settings scope user',
        'settings scope channel',
      ),
    },
  ),
});

/** Who shares a history, worked out here without any of the program's keys. */
function owner(at: Place, author: Person, bot: string, scope: Scope): string {
  const levels = scope === 'channel' ? at.levels.filter((level) => level.kind !== 'thread') : at.levels;
  const path = levels.map(({ kind, id }) => [kind, id]);
  return JSON.stringify([at.platform, at.account, path, scope === 'user' ? ['user', author.id] : ['all'], bot]);
}

test('no line of thousands of interleaved conversations shows up in another, in a question or in an export', {
  timeout: 60_000,
}, async () => {
  let conversations = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 100, maxLength: 300 }), async (steps) => {
      const { engine, asked } = await openHouse({ bots: BOTS.map((name) => bot(name)) });
      /** The words that each conversation may know. */
      const words = new Map<string, string[]>();
      const scopes = new Map<string, Scope>();
      const homes: { owner: string; incoming: Incoming; bot: string }[] = [];
      for (const [n, { place: at, author, bot: name, action }] of steps.entries()) {
        const scope = scopes.get(JSON.stringify(at.levels) + at.platform + at.account) ?? 'thread';
        const mine = owner(at, author, name, scope);
        const incoming = message(`word-${n}-end`, { place: at, author });
        await engine.command(`bot ${name}`, incoming);
        if (action === 'ask') {
          await read(engine.answer(incoming));
          const known = words.get(mine) ?? [];
          words.set(mine, [...known, `word-${n}-end`]);
          homes.push({ owner: mine, incoming, bot: name });
          const sent = JSON.stringify(asked.at(-1)?.question.turns);
          expect(asked.at(-1)?.bot).toBe(name);
          expect(new Set(sent.match(/word-\d+-end/g))).toEqual(new Set(words.get(mine)?.slice(-20)));
        } else if (action === 'undo') {
          await engine.command('undo', incoming);
          words.set(mine, (words.get(mine) ?? []).slice(0, -1));
        } else if (action === 'new') {
          await engine.command('new', incoming);
          words.set(mine, []);
        } else {
          await engine.command(action, incoming);
          const chosen = (await engine.settings(at)).scope;
          // A setting of a channel holds in its threads too, so what holds now is asked for every place seen.
          scopes.set(JSON.stringify(at.levels) + at.platform + at.account, chosen);
          for (const seen of steps) {
            const found = (await engine.settings(seen.place)).scope;
            scopes.set(JSON.stringify(seen.place.levels) + seen.place.platform + seen.place.account, found);
          }
        }
      }
      conversations += words.size;
      for (const { incoming, bot: name } of homes.slice(-20)) {
        await engine.command(`bot ${name}`, incoming);
        const scope = (await engine.settings(incoming.place)).scope;
        const exported = await engine.command('history export', incoming);
        const text = exported?.file ? new TextDecoder().decode(exported.file.bytes) : '';
        const allowed = words.get(owner(incoming.place, incoming.author, name, scope)) ?? [];
        expect(new Set(text.match(/word-\d+-end/g) ?? [])).toEqual(new Set(allowed));
      }
    }),
    { numRuns: 25, seed: 5 },
  );
  expect(conversations).toBeGreaterThan(2000);
});
