/** Rich answers on one surface of the fake Telegram, without engine and Coze. */
import { Keyv } from 'keyv';
import { onTestFinished } from 'vitest';
import type { ReplyEvent } from '#core/coze/transport.ts';
import { createPacer } from '#core/reply/pace/pace.ts';
import { present } from '#core/reply/present.ts';
import { createButtons } from '../../../adapters/telegram/buttons.ts';
import { createApi } from '../../../adapters/telegram/client.ts';
import { createSurface } from '../../../adapters/telegram/surface.ts';
import { type FakeTelegram, startFakeTelegram } from '../../fake/telegram/server.ts';

/** Time passes a hundred times as fast, the server keeps no limits. */
export function setUp(fake: FakeTelegram, more: { drafts?: boolean; group?: number; replyTo?: number } = {}) {
  const ada = fake.person('Ada');
  const chat = more.group ?? ada.id;
  const surface = createSurface({
    api: createApi({ token: fake.token, apiUrl: fake.url, network: {} }),
    account: String(fake.world.me.id),
    target: { chat, topic: undefined },
    direct: chat === ada.id,
    rich: true,
    buttons: createButtons(new Keyv<string>()),
    ...more,
  });
  const pacer = createPacer({
    now: () => performance.now() * 100,
    timer: (ms, run) => {
      const timer = setTimeout(run, ms / 100);
      return () => clearTimeout(timer);
    },
  });
  const say = (events: AsyncIterable<ReplyEvent>) =>
    present(events, {
      ...{ surface, pacer, key: 'turn', note: () => undefined },
      signal: new AbortController().signal,
    });
  return { chat, surface, say, shown: () => fake.answers(chat) };
}

export async function* inPieces(
  text: string,
  afterPiece: (index: number) => Promise<unknown> | undefined,
): AsyncGenerator<ReplyEvent> {
  for (let at = 0, index = 0; at < text.length; at += 400, index++) {
    yield { type: 'delta', text: text.slice(at, at + 400) };
    await afterPiece(index);
  }
  yield { type: 'done', finish: 'stop' };
}

export async function start(): Promise<FakeTelegram> {
  const fake = await startFakeTelegram({ limits: 'off' });
  onTestFinished(() => fake.close());
  return fake;
}
