import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type FakeDiscord, type FakeDiscordOptions, startFakeDiscord } from './server.ts';

const open: FakeDiscord[] = [];
afterEach(async () => {
  for (const fake of open.splice(0)) await fake.close();
});

async function start(o?: FakeDiscordOptions): Promise<FakeDiscord> {
  const fake = await startFakeDiscord(o);
  open.push(fake);
  return fake;
}

function call(fake: FakeDiscord, method: string, path: string, body?: unknown, token = fake.token): Promise<Response> {
  return fetch(`${fake.apiUrl}/v10${path}`, {
    method,
    headers: { authorization: `Bot ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

describe('the fake Discord', () => {
  it('refuses a token it does not know, on every route that wants one', async () => {
    const fake = await start();
    for (const path of ['/users/@me', '/gateway/bot', '/applications/@me']) {
      const response = await call(fake, 'GET', path, undefined, 'wrong');
      expect([response.status, await response.json()]).toEqual([401, { message: '401: Unauthorized', code: 0 }]);
    }
  });

  it('refuses content of more than 2000 characters with the path of the fault', async () => {
    const fake = await start();
    const response = await call(fake, 'POST', `/channels/${fake.channel.id}/messages`, { content: 'x'.repeat(2001) });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      code: 50035,
      message: 'Invalid Form Body',
      errors: {
        content: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 2000 or fewer in length.' }] },
      },
    });
  });

  it('refuses a long custom_id, a repeated one, six buttons in a row and an empty message', async () => {
    const fake = await start();
    const button = (custom_id: string) => ({ type: 2, style: 1, label: 'a', custom_id });
    const post = async (components: object[], content?: string) => {
      const body = { ...(content ? { content } : {}), components: [{ type: 1, components }] };
      const response = await call(fake, 'POST', `/channels/${fake.channel.id}/messages`, body);
      return JSON.stringify(await response.json());
    };
    expect(await post([button('x'.repeat(101))], 'a')).toContain('"custom_id":{"_errors"');
    expect(await post([button('a'), button('a')], 'a')).toContain('COMPONENT_CUSTOM_ID_DUPLICATED');
    expect(
      await post(
        [1, 2, 3, 4, 5, 6].map((n) => button(String(n))),
        'a',
      ),
    ).toContain('BASE_TYPE_BAD_LENGTH');
    const empty = await call(fake, 'POST', `/channels/${fake.otherChannel.id}/messages`, { content: ' ' });
    expect(await empty.json()).toEqual({ code: 50006, message: 'Cannot send an empty message' });
  });

  it('takes five creates and five edits in five seconds in each channel, says so in headers, and counts what it refuses', async () => {
    let now = 1_000_000;
    const fake = await start({ now: () => now });
    const post = (channel: string) => call(fake, 'POST', `/channels/${channel}/messages`, { content: 'hi' });
    const first = await post(fake.channel.id);
    expect(first.headers.get('x-ratelimit-remaining')).toBe('4');
    for (let n = 0; n < 4; n += 1) expect((await post(fake.channel.id)).status).toBe(200);
    now += 1_500;
    const refused = await post(fake.channel.id);
    expect([refused.status, await refused.json()]).toEqual([
      429,
      { message: 'You are being rate limited.', retry_after: 3.5, global: false },
    ]);
    expect(fake.refusals()).toBe(1);
    expect((await post(fake.otherChannel.id)).status).toBe(200);
    const { id } = (await first.json()) as { id: string };
    const edit = await call(fake, 'PATCH', `/channels/${fake.channel.id}/messages/${id}`, { content: 'new' });
    expect(edit.headers.get('x-ratelimit-remaining')).toBe('4');
    expect(edit.headers.get('x-ratelimit-bucket')).not.toBe(first.headers.get('x-ratelimit-bucket'));
    now += 3_500;
    expect((await post(fake.channel.id)).status).toBe(200);
  });

  it('takes fifty calls a second from one bot, whatever they are', async () => {
    const fake = await start({ now: () => 0 });
    for (let n = 0; n < 50; n += 1) expect((await call(fake, 'GET', '/users/@me')).status).toBe(200);
    const refused = await call(fake, 'GET', '/gateway/bot');
    expect([refused.status, refused.headers.get('x-ratelimit-global')]).toEqual([429, 'true']);
  });

  it('gives the first message back for an enforced nonce that comes again', async () => {
    const fake = await start();
    const body = { content: 'once', nonce: 'abc', enforce_nonce: true };
    const path = `/channels/${fake.channel.id}/messages`;
    const first = (await (await call(fake, 'POST', path, body)).json()) as { id: string };
    const second = (await (await call(fake, 'POST', path, body)).json()) as { id: string };
    expect(second.id).toBe(first.id);
    expect(fake.visible(fake.channel)).toHaveLength(1);
  });

  it('counts pings as Discord would send them: an omitted allowed_mentions allows everything', async () => {
    const fake = await start();
    const alice = fake.person('Alice');
    const path = `/channels/${fake.channel.id}/messages`;
    const content = `<@${alice.id}> @everyone`;
    await call(fake, 'POST', path, { content, allowed_mentions: { parse: [] } });
    expect(fake.post.pings).toEqual([]);
    await call(fake, 'POST', path, { content });
    expect(fake.post.pings.map(({ kind }) => kind)).toEqual(['user', 'everyone']);
    expect(fake.post.unguarded).toBe(1);
  });

  it('knows deleted messages no more, and lets nobody into a channel that is closed to the bot', async () => {
    const fake = await start();
    const created = await call(fake, 'POST', `/channels/${fake.channel.id}/messages`, { content: 'hi' });
    const { id } = (await created.json()) as { id: string };
    const path = `/channels/${fake.channel.id}/messages/${id}`;
    expect((await call(fake, 'DELETE', path)).status).toBe(204);
    const edit = await call(fake, 'PATCH', path, { content: 'x' });
    expect([edit.status, await edit.json()]).toEqual([404, { message: 'Unknown Message', code: 10008 }]);
    fake.channel.refuse = 50013;
    const post = await call(fake, 'POST', `/channels/${fake.channel.id}/messages`, { content: 'x' });
    expect([post.status, await post.json()]).toEqual([403, { message: 'Missing Permissions', code: 50013 }]);
  });

  it('refuses commands that Discord would not register', async () => {
    const fake = await start();
    const put = async (command: object) => {
      const response = await call(fake, 'PUT', `/applications/${fake.applicationId}/commands`, [command]);
      return [response.status, JSON.stringify(await response.json())] as const;
    };
    const good = { name: 'chat', description: 'Ask', description_localizations: { 'zh-CN': '问' } };
    expect((await put(good))[0]).toBe(200);
    expect((await put({ ...good, name: 'Chat' }))[1]).toContain('APPLICATION_COMMAND_INVALID_NAME');
    expect((await put({ ...good, description: 'x'.repeat(101) }))[1]).toContain('description');
    expect((await put({ ...good, description_localizations: { zh: '问' } }))[1]).toContain('Value must be one of');
    const choices = Array.from({ length: 26 }, (_, n) => ({ name: `${n}`, value: `${n}` }));
    expect((await put({ ...good, options: [{ type: 3, name: 'a', description: 'b', choices }] }))[1]).toContain('25');
  });

  it('refuses commands that contradict themselves, and those that are too large', async () => {
    const fake = await start();
    const put = async (...list: object[]) =>
      (await call(fake, 'PUT', `/applications/${fake.applicationId}/commands`, list)).status;
    const command = { name: 'bot', description: 'Choose', options: [] };
    const option = { type: 3, name: 'name', description: 'x'.repeat(100) };
    const options = Array.from({ length: 20 }, (_, n) => ({ ...option, name: `option${n}` }));
    const choices = Array.from({ length: 25 }, (_, n) => ({ name: 'x'.repeat(90), value: `${n}${'x'.repeat(90)}` }));
    expect(await put({ ...command, options: options.map((one) => ({ ...one, choices: choices.slice(0, 1) })) })).toBe(
      200,
    );
    expect(await put(command, command)).toBe(400);
    expect(await put({ ...command, options: [option, option] })).toBe(400);
    expect(await put({ ...command, options: [{ ...option, autocomplete: true, choices }] })).toBe(400);
    expect(await put({ ...command, options: options.map((one) => ({ ...one, choices })) })).toBe(400);
  });

  it('closes the gateway with 4004 for a wrong token and 4014 for an intent that is not enabled', async () => {
    const fake = await start();
    expect(await closeCode(fake, { token: 'wrong', intents: 1 })).toBe(4004);
    expect(await closeCode(fake, { token: fake.token, intents: 1 | (1 << 15) })).toBe(4014);
  });

  it('closes the gateway with 4010 for a shard that cannot be, and 4011 for fewer than the bot needs', async () => {
    const fake = await start({ leastShards: 2 });
    const withShard = (shard?: unknown) => closeCode(fake, { token: fake.token, intents: 1, shard });
    for (const impossible of [[2, 2], [-1, 2], [0, 0], [0], [0, 2, 2], ['0', '2'], 'all'])
      expect(await withShard(impossible)).toBe(4010);
    expect([await withShard([0, 1]), await withShard()]).toEqual([4011, 4011]);
  });

  it('tells each shard of its own servers, and only the first of direct messages', async () => {
    const fake = await start({ limits: { identify: { calls: 2, windowMs: 5000 } } });
    const house = fake.addServer(1, 2);
    const identify = (id: number) => listen(fake, { token: fake.token, intents: 1 << 12, shard: [id, 2] });
    const [first, second] = [identify(0), identify(1)];
    await fake.waitFor(() => [first, second].every(({ events }) => events.includes('READY')));
    const alice = fake.person('Alice');
    fake.say({ channel: fake.direct(alice), author: alice, content: 'hi' });
    await fake.waitFor(() => first.events.includes('MESSAGE_CREATE'));
    expect(second.servers).toContain(house.guildId);
    expect([...first.servers, ...second.servers].sort()).toEqual([fake.guild.id, house.guildId].sort());
    expect(second.events).not.toContain('MESSAGE_CREATE');
  });

  it('lets in one shard of each key in five seconds, and sends the others away to try again', async () => {
    let now = 1_000_000;
    const fake = await start({ now: () => now, limits: { identify: { calls: 2, windowMs: 5000 } } });
    const identify = async (id: number) => {
      const { events } = listen(fake, { token: fake.token, intents: 1, shard: [id, 4] });
      return fake.waitFor(() => events[0]);
    };
    expect([await identify(0), await identify(1), await identify(2)]).toEqual(['READY', 'READY', 'op 9 false']);
    now += 5000;
    expect([await identify(2), await identify(0)]).toEqual(['READY', 'op 9 false']);
    expect([fake.gateway.identifies, fake.gateway.hurried]).toEqual([3, 2]);
  });
});

function closeCode(fake: FakeDiscord, identify: object): Promise<number> {
  return new Promise((resolve) => connect(fake, identify).on('close', resolve));
}

/** What comes after an identify: the names of the events, the servers among them, and a refusal. */
function listen(fake: FakeDiscord, identify: object) {
  const heard = { events: [] as string[], servers: [] as string[] };
  connect(fake, identify).on('message', (raw) => {
    const { op, t, d } = JSON.parse(String(raw)) as { op: number; t: string; d: { id: string } };
    if (op === 0) heard.events.push(t);
    if (op === 9) heard.events.push(`op 9 ${d}`);
    if (t === 'GUILD_CREATE') heard.servers.push(d.id);
    fake.memory.changed();
  });
  return heard;
}

function connect(fake: FakeDiscord, identify: object): WebSocket {
  const socket = new WebSocket(fake.apiUrl.replace('http', 'ws').replace('/api', ''));
  socket.on('open', () => socket.send(JSON.stringify({ op: 2, d: identify })));
  return socket;
}
