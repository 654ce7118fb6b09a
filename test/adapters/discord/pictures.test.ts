import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { REST } from 'discord.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Content, Surface } from '#core/surface.ts';
import type { Fetch } from '#core/web.ts';
import { createButtons } from '../../../adapters/discord/buttons.ts';
import { createPictures } from '../../../adapters/discord/pictures.ts';
import { channelSurface } from '../../../adapters/discord/surface.ts';
import { type FakeDiscord, startFakeDiscord } from '../../fake/discord/server.ts';

let fake: FakeDiscord;
let rest: REST;
let surface: Surface;
/** What was fetched, as it was asked for. */
let asked: string[];
const storage = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://storage').pathname;
  const send = (status: number, headers: Record<string, string>, body = '') =>
    response.writeHead(status, headers).end(body);
  if (path === '/cat.png') return send(200, { 'content-type': 'image/png' }, 'cat');
  if (path === '/page.png') return send(200, { 'content-type': 'text/html' }, '<p>no</p>');
  if (path === '/huge.png') return send(200, { 'content-type': 'image/png' }, 'x'.repeat(11 * 1024 * 1024));
  if (path === '/moved.png') return send(302, { location: '/cat.png' });
  if (path === '/inside.png') return send(302, { location: 'http://169.254.169.254/cat.png' });
  return send(403, {});
});

beforeEach(async () => {
  fake = await startFakeDiscord();
  await new Promise<void>((resolve) => storage.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(storage.address() as AddressInfo).port}`;
  asked = [];
  const byName: Fetch = (url, init) => {
    asked.push(String(url));
    const { pathname, search } = new URL(url);
    return fetch(base + pathname + search, init);
  };
  rest = new REST({ api: fake.apiUrl, retries: 0, offset: 0 }).setToken(fake.token);
  const screen = { rest, account: fake.bot.id, buttons: createButtons(), now: Date.now, fetch: byName };
  surface = channelSurface(screen, { channelId: fake.channel.id });
});
afterEach(async () => {
  vi.useRealTimers();
  rest.clearHandlerSweeper();
  rest.clearHashSweeper();
  await new Promise((resolve) => storage.close(resolve).closeAllConnections());
  await fake.close();
});

const say = (text: string, final = true): Content => ({ text, final });
const signed = (name: string) => `https://storage.test/${name}?x-expires=1&x-signature=a%3D`;
const shown = () => fake.visible(fake.channel)[0];

describe('a picture whose address runs out', () => {
  it('is fetched while the answer is written, and stays in the message as a file', async () => {
    const text = `A cat: ![cat](${signed('cat.png')})`;
    const { id } = await surface.post(say(text, false), 'k');
    await expect.poll(() => asked).toEqual([signed('cat.png')]);
    await surface.edit(id, say(text));
    expect(asked).toHaveLength(1);
    const [file] = shown()?.files ?? [];
    expect(file).toMatchObject({ filename: 'picture-1.png', content_type: 'image/png' });
    expect(shown()?.images).toEqual([file?.url]);
    expect(await (await fetch(file?.url ?? '')).text()).toBe('cat');
  });

  it('goes when the answer is made anew', async () => {
    const { id } = await surface.post(say(`![cat](${signed('cat.png')})`), 'k');
    expect(shown()?.files).toHaveLength(1);
    await surface.edit(id, say('No cat.'));
    expect(shown()).toMatchObject({ content: 'No cat.', files: [], images: [] });
  });

  it('is followed to where it was moved', async () => {
    await surface.post(say(`![cat](${signed('moved.png')})`), 'k');
    expect(asked).toEqual([signed('moved.png'), 'https://storage.test/cat.png']);
    expect(shown()?.files).toHaveLength(1);
  });

  it.each(['gone.png', 'page.png', 'huge.png', 'inside.png'])(
    'is shown by its address where that gives %s',
    async (name) => {
      await surface.post(say(`![it](${signed(name)})`), 'k');
      expect(asked).toEqual([signed(name)]);
      expect(shown()).toMatchObject({ files: [], images: [signed(name)] });
    },
  );

  it.each([
    'https://storage.test/cat.png',
    'http://storage.test/cat.png?x-expires=1',
    'https://127.0.0.1/cat.png?x-expires=1',
    'https://[::1]/cat.png?x-expires=1',
    'https://storage.test:8443/cat.png?x-expires=1',
    'https://metadata.google.internal/cat.png?x-expires=1',
  ])('is never fetched from %s, which lasts or may be the owner’s own', async (address) => {
    await surface.post(say(`![it](${address})`), 'k');
    expect(asked).toEqual([]);
    expect(shown()?.files).toEqual([]);
  });

  it('does not keep the end of an answer away when it does not get through', async () => {
    const { id } = await surface.post(say('A cat:', false), 'k');
    const end = say(`![cat](${signed('cat.png')})`);
    fake.fail(/PATCH .*messages/, 'cut');
    await expect(surface.edit(id, end)).rejects.toMatchObject({ code: 'network' });
    await surface.edit(id, end);
    expect(shown()).toMatchObject({ files: [], images: [signed('cat.png')] });
  });

  it('is waited for once in an answer, however many messages and pictures that has', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const arrived = Promise.withResolvers<Response>();
    const pictures = createPictures((url) => (String(url).includes('cat') ? arrived.promise : new Promise(() => {})));
    const first = pictures.take([signed('cat.png'), signed('dog.png')]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([...(await first)]).toEqual([]);
    expect([...(await pictures.take([signed('cow.png')]))]).toEqual([]);
    arrived.resolve(new Response('cat', { headers: { 'content-type': 'image/png' } }));
    await vi.advanceTimersByTimeAsync(0);
    await expect.poll(async () => (await pictures.take([signed('cat.png')])).size).toBe(1);
  });

  it('is shown by its address where the bot may attach no files', async () => {
    const { id } = await surface.post(say('A cat:', false), 'k');
    fake.fail(/PATCH .*messages/, { code: 50013 });
    await surface.edit(id, say(`![cat](${signed('cat.png')})`));
    expect(shown()).toMatchObject({ files: [], images: [signed('cat.png')] });
  });
});
