/** Who may come in. */
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { RealCozeError } from '#core/errors.ts';
import { authorizationOf } from '../../../adapters/http/guard.ts';
import { sentenceOf, silentLog, startSite } from './site.ts';

const history = [{ role: 2, content: 'Hello' }];

describe('on loopback without a key', () => {
  it('refuses another name for this machine (DNS rebinding)', async () => {
    const site = await startSite();
    expect(await ask(site.url, { host: 'evil.example' })).toEqual([
      403,
      'This server answers to 127.0.0.1 and localhost only, not to "evil.example".',
    ]);
  });

  it("refuses a page of another site, takes its own page's requests", async () => {
    const site = await startSite();
    const [status] = await ask(site.url, { origin: 'https://evil.example' });
    expect(status).toBe(403);
    expect((await site.post('/', history)).headers.has('access-control-allow-origin')).toBe(false);
    expect((await site.post('/', history, { origin: site.url })).status).toBe(200);
  });

  it('refuses a WebSocket that a page of another site opens', async () => {
    const site = await startSite();
    expect(await upgrade(site.url, { origin: 'https://evil.example' })).toBe(403);
    expect(await upgrade(site.url, { origin: site.url })).toBe('open');
  });
});

describe('with a key', () => {
  const apiKey = 'correct-horse';

  it('finds it among the protocols a WebSocket offers, however many spaces stand there', () => {
    expect(authorizationOf(undefined, 'chat ,  bearer.correct-horse')).toBe('Bearer correct-horse');
    const began = performance.now();
    expect(authorizationOf('Bearer x', `a${' '.repeat(60_000)}b`)).toBe('Bearer x');
    expect(performance.now() - began).toBeLessThan(500);
  });

  it('wants it for every API, by header', async () => {
    const site = await startSite({}, { apiKey });
    const refused = await site.post('/', history);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    expect(await sentenceOf(refused)).toMatchObject({ status: 401, message: /Authorization: Bearer KEY/ });
    expect((await site.post('/', history, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await site.post('/', history, { authorization: `Bearer ${apiKey}` })).status).toBe(200);
    for (const path of ['/v1/models', '/metrics', '/api/bots']) expect((await fetch(site.url + path)).status).toBe(401);
  });

  it('lets a page of another site ask, and read answers and refusals, with the key only', async () => {
    const site = await startSite({}, { apiKey });
    const leave = await fetch(`${site.url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: {
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-stainless-os',
      },
    });
    expect(leave.status).toBe(204);
    expect(leave.headers.get('access-control-allow-headers')).toBe('authorization,content-type,x-stainless-os');
    for (const [key, status] of [
      ['wrong', 401],
      [apiKey, 200],
    ] as const) {
      const response = await site.post('/', history, { authorization: `Bearer ${key}` });
      expect(response.status).toBe(status);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
    }
  });

  it('gives the page and the health check to everybody', async () => {
    const site = await startSite({}, { apiKey });
    for (const path of ['/', '/page/main.js', '/page/formulas.css', '/page/Temml.woff2', '/health'])
      expect((await fetch(site.url + path)).status).toBe(200);
  });

  it('takes it on a WebSocket as a header or, from browsers, as a subprotocol', async () => {
    const site = await startSite({}, { apiKey });
    expect(await upgrade(site.url, {})).toBe(401);
    expect(await upgrade(site.url, { authorization: `Bearer ${apiKey}` })).toBe('open');
    expect(await upgrade(site.url, {}, [`bearer.${apiKey}`])).toBe('open');
  });
});

it('lets in what brings a secret of its own, under any name and without the key', async () => {
  const webhook = async ({ headers, url }: Request) =>
    headers.has('x-secret') ? Response.json({ error: { message: new URL(url).pathname } }, { status: 202 }) : undefined;
  const site = await startSite({}, { apiKey: 'correct-horse', webhook });
  const host = 'bot.example.com';
  expect(await ask(`${site.url}/any/path`, { host, 'x-secret': '1' })).toEqual([202, '/any/path']);
  expect((await ask(site.url, { host }))[0]).toBe(403);
  expect((await ask(site.url, {}))[0]).toBe(401);
});

describe('the port', () => {
  it('that is in use is named with the cure', async () => {
    const first = await startSite();
    const port = Number(new URL(first.url).port);
    await expect(startSite({}, { port })).rejects.toMatchObject({
      code: 'config',
      message: `Port ${port} on 127.0.0.1 is in use. Stop the other program, or set SERVER_PORT to a free port.`,
    });
  });

  it('is free again after the end, even while a client listens', async () => {
    const first = await startSite({ answer: never });
    const port = Number(new URL(first.url).port);
    const waiting = first.post('/', history).catch(() => 'cut');
    await first.begun;
    await first.close();
    expect(await waiting).toBe('cut');
    const second = await startSite({}, { port });
    expect((await second.post('/', history)).status).toBe(200);
  });
});

describe('health', () => {
  it('is red with a sentence while the store is away', async () => {
    const health = async () => {
      throw new RealCozeError('store', 'The store does not answer.');
    };
    const site = await startSite({}, { health, log: silentLog });
    const refused = await sentenceOf(await fetch(`${site.url}/health`));
    expect(refused).toEqual({ status: 503, code: 'store', message: 'The store does not answer.' });
  });
});

async function* never({ signal }: { signal: AbortSignal }) {
  yield { type: 'delta' as const, text: 'Wait' };
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

/** `fetch` may not set Host and Origin; this may. */
function ask(url: string, headers: Record<string, string>): Promise<[status: number | undefined, message: string]> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve([response.statusCode, JSON.parse(text).error.message]);
    });
    sent.on('error', reject).end(JSON.stringify(history));
  });
}

function upgrade(url: string, headers: Record<string, string>, protocols: string[] = []): Promise<number | string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url.replace('http', 'ws'), protocols, { headers });
    socket.on('open', () => resolve('open'));
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('open', () => socket.close()).on('error', () => {});
  });
}
