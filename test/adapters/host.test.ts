/** What the settings of the host change for a member. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Incoming } from '#core/message.ts';
import { type Host, openHost } from '../../adapters/host.ts';

let host: Host | undefined;
afterEach(async () => {
  await host?.close();
});

async function open(env: Record<string, string>): Promise<Host> {
  host = await openHost({ env: { STORE_URL: 'memory://', BOTS_DIR: 'bots', LOG_LEVEL: 'silent', ...env } });
  return host;
}

let count = 0;
function from(id: string, text: string): Incoming {
  const place = { platform: 'web', account: 'web', levels: [{ kind: 'channel', id }], direct: true } as const;
  return {
    id: String(count++),
    place,
    author: { id, name: id, moderator: true },
    text,
    attachments: [],
    language: 'en',
    at: Date.now(),
  };
}

/** What a member reads at the end. */
async function ask({ engine }: Host, incoming: Incoming): Promise<string> {
  let text = '';
  for await (const event of engine.answer(incoming)) {
    if (event.type === 'delta') text += event.text;
    if (event.type === 'replace') text = event.text;
  }
  return text;
}

describe('the owner’s rules', () => {
  it('leave out whom DENY names, and nobody else', async () => {
    const opened = await open({ DENY: 'user:eve' });
    await expect(ask(opened, from('eve', 'echo: me too'))).rejects.toMatchObject({ code: 'forbidden' });
    expect(await ask(opened, from('ada', 'echo: me too'))).toBe('me too');
  });

  it('end at MEMBER_TURNS, and say when it goes on', async () => {
    const opened = await open({ MEMBER_TURNS: '1', LIMIT_HOURS: '2' });
    expect(await ask(opened, from('ada', 'echo: one'))).toBe('one');
    await expect(ask(opened, from('ada', 'echo: two'))).rejects.toMatchObject({
      code: 'quota',
      message: expect.stringMatching(/You may ask again in \d+ (minutes|hours)/),
    });
    expect(await ask(opened, from('bob', 'echo: mine'))).toBe('mine');
  });
});
