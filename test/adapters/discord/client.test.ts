import { describe, expect, it } from 'vitest';
import { createNetwork } from '#core/network.ts';
import { logIn } from '../../../adapters/discord/client.ts';
import { startFakeDiscord } from '../../fake/discord/server.ts';
import { silent } from './house.ts';
import { listen } from './listen.ts';

describe('logging in', () => {
  it('refuses a bad token with a sentence that says what to do', async () => {
    const fake = await startFakeDiscord();
    const network = createNetwork({});
    const attempt = logIn({ token: 'bad', apiUrl: fake.apiUrl, network, log: silent, onReady() {} });
    await expect(attempt).rejects.toMatchObject({ code: 'auth', message: expect.stringContaining('Reset Token') });
    await fake.close();
  });

  it('says that Discord cannot be reached', async () => {
    const fake = await startFakeDiscord();
    await fake.close();
    const network = createNetwork({});
    const attempt = logIn({ token: 'x', apiUrl: fake.apiUrl, network, log: silent, onReady() {} });
    await expect(attempt).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('PROXY') });
  });

  it('asks for the message-content intent only where the application has it', async () => {
    const { fake } = await listen();
    expect(fake.gateway.identifies).toBe(1);
    const { fake: permitted } = await listen({ contentIntent: true });
    expect(permitted.gateway.identifies).toBe(1);
  });

  it('opens a new session when Discord has forgotten the old one', async () => {
    const { fake, hear } = await listen();
    fake.gateway.drop({ forget: true });
    await fake.waitFor(() => fake.gateway.identifies === 2);
    const alice = fake.person('Alice');
    const { id } = fake.say({ channel: fake.direct(alice), author: alice, content: 'still there?' });
    expect((await hear(id)).incoming.text).toBe('still there?');
  });

  it('takes the session up again after a lost connection and misses nothing', async () => {
    const { fake, hear } = await listen();
    fake.gateway.drop();
    const alice = fake.person('Alice');
    const { id } = fake.say({ channel: fake.direct(alice), author: alice, content: 'during the gap' });
    expect((await hear(id)).incoming.text).toBe('during the gap');
    expect(fake.gateway.resumes).toBe(1);
  });
});
