import { Keyv } from 'keyv';
import { createButtons } from '../../../adapters/telegram/buttons.ts';
import { createApi } from '../../../adapters/telegram/client.ts';
import { createSurface } from '../../../adapters/telegram/surface.ts';
import { type SurfaceWorld, surfaceContract } from '../../contract/surface.ts';
import { startFakeTelegram } from '../../fake/telegram/server.ts';

const messageCalls = /^(sendMessage|sendRichMessage|editMessageText)$/;

async function world(place: 'private chat' | 'group', rich = false): Promise<SurfaceWorld> {
  const fake = await startFakeTelegram({ limits: 'off' });
  const ada = fake.person('Ada');
  const chat = place === 'group' ? fake.group('Lab', { members: [ada] }) : ada.id;
  const surface = createSurface({
    api: createApi({ token: fake.token, apiUrl: fake.url, network: {} }),
    account: String(fake.world.me.id),
    target: { chat, topic: undefined },
    direct: place === 'private chat',
    rich,
    buttons: createButtons(new Keyv<string>()),
  });
  return {
    surface,
    shown: () => fake.answers(chat).map(({ text }) => text),
    limit(count, retryAfterMs) {
      const seconds = retryAfterMs / 1000;
      const description = `Too Many Requests: retry after ${seconds}`;
      for (let i = 0; i < count; i += 1) fake.failNext(messageCalls, { status: 429, description, retryAfter: seconds });
    },
    remove: (id) => fake.remove(chat, Number(id)),
    calls: () => fake.calls.filter(({ method }) => messageCalls.test(method)).length,
    close: () => fake.close(),
  };
}

surfaceContract('a private chat of Telegram', () => world('private chat'));
surfaceContract('a group of Telegram', () => world('group'));
surfaceContract('a private chat of Telegram with rich messages', () => world('private chat', true));
surfaceContract('a group of Telegram with rich messages', () => world('group', true));
