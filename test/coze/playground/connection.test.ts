/** The shared socket: opening, dropping, coming back. Numbers in brackets are the faults of Real-Coze-API. */
import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { frame, launchAnswer } from './fake-coze.ts';
import { ask, draft, fakeCoze, MemoryCache, neverAborted, transportTo } from './setting.ts';

const answering = (coze: Awaited<ReturnType<typeof fakeCoze>>) =>
  coze.onExecute(({ say }) => say('ok', { finish: true }));

describe('the socket of a session', () => {
  it('is opened with a fresh access key each time, as often as need be [1]', async () => {
    const coze = await fakeCoze();
    answering(coze);
    for (let i = 0; i < 3; i++) {
      const transport = transportTo(coze, { session: `session${i}` });
      expect((await ask(transport, 'hi')).text).toBe('ok');
    }
    expect(coze.socketUrls).toHaveLength(3);
    for (const { pathname, searchParams } of coze.socketUrls) {
      const device = searchParams.get('device_id') ?? '';
      expect(pathname).toBe('/ws/v2');
      expect(device).toMatch(/^\d+$/);
      expect(searchParams.get('access_key')).toBe(
        createHash('md5').update(`1000ak-example${device}f8a69f1719916z`).digest('hex'),
      );
      expect([searchParams.get('fpid'), searchParams.get('aid')]).toEqual(['1000', '100001']);
    }
  });

  it('is one for all bots of a session, and closes with the last', async () => {
    const coze = await fakeCoze();
    answering(coze);
    const openWebSocket = (url: string | URL) => new WebSocket(url);
    const [one, two] = [transportTo(coze, { openWebSocket }), transportTo(coze, { openWebSocket })];
    await Promise.all([ask(one, 'hi'), ask(two, 'hi')]);
    expect(coze.socketUrls).toHaveLength(1);
    await one.close();
    await one.close();
    expect((await ask(two, 'hi')).text).toBe('ok');
    await two.close();
    await vi.waitFor(() => expect(coze.sockets.size).toBe(0));
  });

  it('comes back after every drop, and answers again [2, 4]', async () => {
    const coze = await fakeCoze();
    answering(coze);
    const transport = transportTo(coze);
    for (let drops = 1; drops <= 4; drops++) {
      expect((await ask(transport, 'hi')).text).toBe('ok');
      coze.drop();
      await vi.waitFor(() => expect(coze.socketUrls).toHaveLength(drops + 1));
    }
  });

  it('stays closed once it was closed on purpose [3]', async () => {
    const coze = await fakeCoze();
    answering(coze);
    const transport = transportTo(coze);
    await ask(transport, 'hi');
    await transport.close();
    await vi.waitFor(() => expect(coze.sockets.size).toBe(0));
    await expect(ask(transport, 'hi')).rejects.toMatchObject({ code: 'aborted' });
    expect(coze.socketUrls).toHaveLength(1);
  });

  it('does not mind frames that are no answers [5]', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ uuid, say }) => {
      for (const noise of ['hi', '', '{', '}{', Buffer.from([0, 0x7b, 255, 0x7d]), '{"event_type":3}'])
        coze.push(noise);
      coze.push(Buffer.concat([Buffer.from([0x7b, 9]), frame(uuid, 'o{k', { finish: false })]));
      coze.push(frame('somebody-else', 'not yours'));
      say('o{k}', { finish: true });
    });
    expect((await ask(transportTo(coze), 'hi')).text).toBe('o{k}');
  });

  it('rejects when it cannot be opened, instead of waiting for ever [4, 6]', async () => {
    const coze = await fakeCoze();
    coze.refuseSockets(100);
    const transport = transportTo(coze);
    const error = await transport.connect(neverAborted()).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'network' });
    expect(String(error)).not.toMatch(/access_key|127\.0\.0\.1.*device/);
    coze.refuseSockets(0);
    await transport.connect(neverAborted());
  });

  it('gives up waiting for a socket that never opens [6, 7]', async () => {
    const coze = await fakeCoze();
    const silent = Object.assign(new EventTarget(), { close() {}, readyState: 0 }) as unknown as WebSocket;
    const transport = transportTo(coze, { openWebSocket: () => silent, timing: { connectMs: 20 } });
    await expect(transport.connect(neverAborted())).rejects.toMatchObject({ code: 'timeout' });
  });

  it('asks no sooner than a busy Coze allows', async () => {
    const coze = await fakeCoze();
    const headers = { 'retry-after': '60' };
    coze.on('/api/playground/user/launch', () => ({ status: 429, headers, body: { code: 1, msg: 'slow down' } }));
    await expect(transportTo(coze).connect(neverAborted())).rejects.toMatchObject({ retryAfterMs: 60_000 });
    expect(coze.callsOf('/api/playground/user/launch')).toHaveLength(1);
  });

  it('can be given up while it opens [6]', async () => {
    const coze = await fakeCoze();
    coze.on('/api/playground/user/launch', () => ({ body: 'hang' }));
    const stop = new AbortController();
    const opening = transportTo(coze).connect(stop.signal);
    stop.abort();
    await expect(opening).rejects.toMatchObject({ code: 'aborted' });
  });

  it('asks for fresh launch data when the socket refuses the old, with the same device [10]', async () => {
    const coze = await fakeCoze();
    answering(coze);
    const cache = new MemoryCache();
    await ask(transportTo(coze, { cache }), 'hi');
    coze.on('/api/playground/user/launch', () => {
      const answer = JSON.stringify(launchAnswer(coze.host)).replace('ak-example', 'ak-renewed');
      return { body: answer };
    });
    coze.refuseSockets(1);
    await ask(transportTo(coze, { cache }), 'hi');
    const [before, after] = coze.socketUrls.map((url) => url.searchParams);
    expect(after?.get('device_id')).toBe(before?.get('device_id'));
    expect(after?.get('access_key')).not.toBe(before?.get('access_key'));
    expect(coze.callsOf('/api/playground/user/launch')).toHaveLength(2);
  });

  it('keeps itself alive, and takes a server that stops answering for dead [7]', async () => {
    const coze = await fakeCoze();
    answering(coze);
    const transport = transportTo(coze, { timing: { heartbeatMs: 15 } });
    await ask(transport, 'hi');
    await vi.waitFor(() => expect(coze.heard).toContain('hi'));
    coze.push('hi');
    await vi.waitFor(() => expect(coze.socketUrls.length).toBeGreaterThan(1));
    expect((await ask(transport, 'hi')).text).toBe('ok');
  });
});

describe('a drop in the middle of an answer', () => {
  it('asks once more and goes on in what is already shown [8]', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ number, say }) => {
      if (number === 1) {
        say('Once upon a time');
        setImmediate(coze.drop);
        return;
      }
      say('Once');
      say('Once upon a time there was', { finish: true });
    });
    const { text, events } = await ask(transportTo(coze), 'hi');
    expect(text).toBe('Once upon a time there was');
    expect(events.filter((event) => event.type === 'replace')).toEqual([]);
    expect(coze.callsOf('/api/draftbot/execute')).toHaveLength(2);
  });

  it('fails after the second drop, with what was shown left alone [8]', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ say }) => {
      say('Once upon');
      setImmediate(coze.drop);
    });
    const error = await ask(transportTo(coze), 'hi').catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'network' });
    expect(coze.callsOf('/api/draftbot/execute')).toHaveLength(2);
  });

  it('does not ask again for an answer that was complete', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ say }) => {
      say('Done', { finish: true });
      setImmediate(coze.drop);
    });
    expect((await ask(transportTo(coze, { timing: { suggestionMs: 50 } }), 'hi')).text).toBe('Done');
    expect(coze.callsOf('/api/draftbot/execute')).toHaveLength(1);
  });

  it('is noticed even when the socket only goes silent [7, 8]', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ number, say }) => {
      if (number === 1) say('Once');
      else say('Once more', { finish: true });
    });
    const transport = transportTo(coze, { timing: { stallMs: 40 } });
    expect((await ask(transport, 'hi')).text).toBe('Once more');
    expect(coze.socketUrls.length).toBeGreaterThan(1);
  });

  it('fails the turn when the client is closed', async () => {
    const coze = await fakeCoze();
    coze.onExecute(({ say }) => say('Once'));
    const transport = transportTo(coze);
    const answer = ask(transport, 'hi');
    await vi.waitFor(() => expect(coze.callsOf('/api/draftbot/execute')).toHaveLength(1));
    await transport.close();
    await expect(answer).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('launch data', () => {
  it('is kept by session, with an expiry, without the session itself [13]', async () => {
    const coze = await fakeCoze();
    answering(coze);
    const cache = new MemoryCache();
    for (const session of ['one', 'one', 'two']) await ask(transportTo(coze, { cache, session }), 'hi');
    expect(coze.callsOf('/api/playground/user/launch')).toHaveLength(2);
    const stored = JSON.stringify([...cache.entries]);
    expect(stored).not.toMatch(/"(one|two)|secret/);
    for (const [key, value] of cache.entries) {
      if (!key.endsWith(':launch')) continue;
      expect(value).toMatchObject({ until: expect.any(Number) });
      cache.entries.set(key, { ...(value as object), until: Date.now() - 1 });
    }
    await ask(transportTo(coze, { cache, session: 'two' }), 'hi');
    expect(coze.callsOf('/api/playground/user/launch')).toHaveLength(3);
  });

  it('is fetched anew when what the cache holds makes no sense [13]', async () => {
    const coze = await fakeCoze();
    answering(coze);
    const cache = new MemoryCache();
    await ask(transportTo(coze, { cache }), 'hi');
    for (const key of cache.entries.keys()) cache.entries.set(key, { appId: 1 });
    expect((await ask(transportTo(coze, { cache }), 'hi')).text).toBe('ok');
  });

  it('does without a cache that fails', async () => {
    const coze = await fakeCoze();
    answering(coze);
    const broken = () => Promise.reject(new Error('disk full'));
    expect((await ask(transportTo(coze, { cache: { get: broken, set: broken } }), 'hi')).text).toBe('ok');
  });

  it('may not name a socket that is not encrypted, this machine excepted', async () => {
    const coze = await fakeCoze();
    coze.on('/api/playground/user/launch', () => ({ body: launchAnswer('frontier.example.com') }));
    await expect(ask(transportTo(coze), 'hi')).rejects.toMatchObject({ code: 'protocol' });
  });

  it('must be complete', async () => {
    const coze = await fakeCoze();
    coze.on('/api/playground/user/launch', () => ({ body: { code: 0, data: { config: {} } } }));
    await expect(ask(transportTo(coze), 'hi')).rejects.toMatchObject({ code: 'protocol' });
  });
});

describe('a refusal of Coze’s web host', () => {
  const cases: [string, number, object | string, string, RegExp][] = [
    ['a blocked region', 200, { code: 1, msg: 'regional restrictions apply' }, 'region', /PROXY/],
    ['a login page', 200, '<!DOCTYPE html><html>Log in</html>', 'auth', /expired.*COZE_SESSION_ID/],
    ['403 without JSON', 403, 'Forbidden', 'auth', /sessionid/],
    ['a redirect to the login page', 302, '', 'auth', /Log in/],
    ['401', 401, { code: 4100, msg: 'x' }, 'auth', /COZE_SESSION_ID/],
    ['session words', 200, { code: 700, msg: 'login required' }, 'auth', /COZE_SESSION_ID/],
    ['too many calls', 429, { code: 1, msg: 'slow down' }, 'rate_limited', /too many requests/],
    ['moderation', 200, { code: 4014, msg: 'no' }, 'moderated', /other words/],
    ['an unknown code', 200, { code: 99, message: 'odd' }, 'server', /Coze says: odd/],
    ['text', 200, 'surprise', 'protocol', /not JSON/],
    ['a missing page', 404, '<html>', 'not_found', /COZE_WEB_BASE/],
  ];

  it.each(cases)('explains %s [18]', async (_, status, body, code, sentence) => {
    const coze = await fakeCoze();
    const headers = { location: 'https://evil.example/login', 'retry-after': '7', 'x-tt-logid': 'log1' };
    coze.on('/api/playground/user/launch', () => ({ status, body, headers }));
    const error = await ask(transportTo(coze, { bot: { kind: 'playground', draft: draft() } }), 'hi').catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ name: 'RealCozeError', code, message: expect.stringMatching(sentence) });
    expect(JSON.stringify(error) + String(error)).not.toContain('secret-session-value');
    if (code === 'rate_limited') expect(error).toMatchObject({ retryAfterMs: 7000, logid: 'log1' });
  });

  it('names the host when it cannot be reached', async () => {
    const coze = await fakeCoze();
    await coze.close();
    const error = await ask(transportTo(coze), 'hi').catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'network', message: expect.stringContaining(coze.host) });
  });

  it('refuses a session that cannot be a cookie, and takes a pasted cookie line', async () => {
    const coze = await fakeCoze();
    answering(coze);
    expect(() => transportTo(coze, { session: 'a b\r\nx: y' })).toThrow(/sessionid/);
    await ask(transportTo(coze, { session: 'lang=en; sessionid=abc123; x=1' }), 'hi');
    expect(coze.calls.at(0)?.headers.cookie).toBe('sessionid=abc123');
  });
});
