/** A logged-in client on a fake Discord, for tests of what it hears. */
import { Events } from 'discord.js';
import { afterEach } from 'vitest';
import type { Incoming, Place } from '#core/message.ts';
import { createNetwork } from '#core/network.ts';
import { type LoggedIn, logIn } from '../../../adapters/discord/client.ts';
import { type Call, howCalled, readMessage } from '../../../adapters/discord/read.ts';
import { type FakeDiscord, type FakeDiscordOptions, startFakeDiscord } from '../../fake/discord/server.ts';
import { silent } from './house.ts';

const open: { fake: FakeDiscord; session: LoggedIn }[] = [];
afterEach(async () => {
  for (const { fake, session } of open.splice(0)) {
    await session.client.destroy();
    await fake.close();
  }
});

/** A logged-in client and what it makes of each message. Both end with the test. */
export async function listen(o: FakeDiscordOptions & { answersAll?: (place: Place) => boolean } = {}) {
  const fake = await startFakeDiscord(o);
  const network = createNetwork({});
  const heard = new Map<string, { call: Call | undefined; incoming: Incoming }>();
  const onReady = ({ client }: LoggedIn) => {
    client.on(Events.MessageCreate, async (message) => {
      const call = await howCalled(message, client.user.id, async (place) => o.answersAll?.(place) ?? false);
      heard.set(message.id, { call, incoming: await readMessage(message, client.user.id) });
      fake.memory.changed();
    });
  };
  const session = await logIn({ token: fake.token, apiUrl: fake.apiUrl, network, log: silent, onReady });
  open.push({ fake, session });
  const hear = (id: string) => fake.waitFor(() => heard.get(id));
  return { fake, hear, rest: session.rest };
}
