import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Catalog, type CatalogOptions, openCatalog } from '#core/bots/catalog.ts';
import type { Log } from '#core/log.ts';

let dir: string;
let catalog: Catalog | undefined;
let warnings: string[];

const log: Log = {
  debug: () => {},
  info: () => {},
  warn: (_fields, sentence) => void warnings.push(sentence),
  error: () => {},
};

beforeEach(async () => {
  warnings = [];
  dir = await mkdtemp(join(tmpdir(), 'bots-'));
});
afterEach(async () => {
  await catalog?.close();
  catalog = undefined;
  await rm(dir, { recursive: true, force: true });
});

async function put(name: string, config: unknown): Promise<void> {
  await mkdir(join(dir, name), { recursive: true });
  await writeFile(join(dir, name, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
}

async function open(options: Partial<CatalogOptions> = {}): Promise<Catalog> {
  catalog = await openCatalog({ dir, log, ...options });
  return catalog;
}

/** Resolves once a change has made the condition true. */
function until(of: Catalog, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!condition()) return;
      stop();
      resolve();
    };
    const stop = of.onChange(check);
    check();
  });
}

const names = (of: Catalog) => of.list().map((bot) => bot.name);

describe('a folder of bots', () => {
  test('lists them by name, and the first is the default', async () => {
    await put('nim', { bot_id: '1' });
    await put('chef', { bot_id: '2' });
    const bots = await open();
    expect(names(bots)).toEqual(['chef', 'nim']);
    expect(bots.default()?.name).toBe('chef');
    expect(bots.get('nim')?.coze).toMatchObject({ botId: '1' });
    expect(bots.get('nobody')).toBeUndefined();
  });

  test('has the default that was named', async () => {
    await put('nim', { bot_id: '1' });
    await put('chef', { bot_id: '2' });
    expect((await open({ default: 'nim' })).default()?.name).toBe('nim');
  });

  test('refuses a default that is not there, and names those that are', async () => {
    await put('nim', { bot_id: '1' });
    await expect(open({ default: 'max' })).rejects.toMatchObject({
      code: 'config',
      message: 'DEFAULT_BOT names max, and there is no such bot. Known: nim.',
    });
  });

  test('is refused when it is empty or not there', async () => {
    await expect(open()).rejects.toMatchObject({ code: 'config', message: expect.stringContaining('there is no bot') });
    await expect(open({ dir: join(dir, 'none') })).rejects.toMatchObject({
      message: expect.stringContaining('BOTS_DIR'),
    });
  });

  test('goes on without a bot that is broken, and says why', async () => {
    await put('nim', { bot_id: '1' });
    await put('chef', '{');
    const bots = await open();
    expect(names(bots)).toEqual(['nim']);
    expect(bots.faults()).toMatchObject([{ name: 'chef', sentence: expect.stringContaining('bots/chef/config.json') }]);
    expect(warnings).toHaveLength(1);
  });

  test('says when a fallback is the bot itself, or not there, and uses the bot all the same', async () => {
    await put('nim', { bot_id: '1', bridge: { fallback: 'max' } });
    await put('chef', { bot_id: '2', bridge: { fallback: 'chef' } });
    await put('ari', { bot_id: '3', bridge: { fallback: 'nim' } });
    const bots = await open();
    expect(names(bots)).toEqual(['ari', 'chef', 'nim']);
    expect(bots.faults()).toEqual([]);
    expect(warnings).toEqual([
      expect.stringContaining('bots/chef/config.json: bridge.fallback names chef, which is the bot itself.'),
      expect.stringContaining('bots/nim/config.json: bridge.fallback names max, which is no bot that is there.'),
    ]);
    await put('max', { bot_id: '4' });
    await until(bots, () => names(bots).includes('max'));
    expect(warnings).toHaveLength(2);
  });
});

describe('while the program runs', () => {
  test('a new folder is a new bot, and a removed one is none', async () => {
    await put('nim', { bot_id: '1' });
    const bots = await open();
    await put('chef', { bot_id: '2' });
    await until(bots, () => names(bots).includes('chef'));
    await rm(join(dir, 'nim'), { recursive: true });
    await until(bots, () => !names(bots).includes('nim'));
    expect(bots.default()?.name).toBe('chef');
  });

  test('an edit is taken over, also by an editor that replaces the file', async () => {
    await put('nim', { bot_id: '1' });
    const bots = await open();
    const before = bots.get('nim')?.version;
    await put('nim', { bot_id: '2' });
    await until(bots, () => bots.get('nim')?.version !== before);
    const file = join(dir, 'nim', 'config.json');
    await writeFile(`${file}.new`, JSON.stringify({ bot_id: '3' }));
    await rename(`${file}.new`, file);
    await until(bots, () => JSON.stringify(bots.get('nim')?.coze).includes('"3"'));
    await put('nim', { bot_id: '4' });
    await until(bots, () => JSON.stringify(bots.get('nim')?.coze).includes('"4"'));
  });

  test('is followed when it is moved away, deleted and made anew', async () => {
    dir = join(dir, 'bots');
    await put('nim', { bot_id: '1' });
    const bots = await open();
    await rename(dir, `${dir}.old`);
    await put('chef', { bot_id: '2' });
    await until(bots, () => names(bots).join() === 'chef');
    await put('adam', { bot_id: '3' });
    await until(bots, () => names(bots).join() === 'adam,chef');
    await rm(dir, { recursive: true });
    await put('eve', { bot_id: '4' });
    await until(bots, () => names(bots).join() === 'eve');
    await put('eve', { bot_id: '5' });
    await until(bots, () => (bots.get('eve')?.coze as { botId?: string })?.botId === '5');
  });

  test('a broken edit keeps the last good version and is told, until it is mended', async () => {
    await put('nim', { bot_id: '1' });
    const bots = await open();
    await put('nim', { bot_id: 'x' });
    await until(bots, () => bots.faults().length === 1);
    expect(bots.get('nim')?.coze).toMatchObject({ botId: '1' });
    expect(bots.faults()[0]?.sentence).toMatch(/bot_id: .* The last good version stays in use\.$/);
    await put('nim', { bot_id: '2' });
    await until(bots, () => bots.faults().length === 0);
    expect(bots.get('nim')?.coze).toMatchObject({ botId: '2' });
  });

  test('a listener that has left hears nothing more', async () => {
    await put('nim', { bot_id: '1' });
    const bots = await open();
    let calls = 0;
    bots.onChange(() => void calls++)();
    await put('chef', { bot_id: '2' });
    await until(bots, () => names(bots).includes('chef'));
    expect(calls).toBe(0);
  });
});

describe('a single file', () => {
  test('is the bot of its folder, or of its own name', async () => {
    await put('nim', { bot_id: '1' });
    expect(names(await open({ file: join(dir, 'nim', 'config.json') }))).toEqual(['nim']);
    await catalog?.close();
    await writeFile(join(dir, 'max.json'), JSON.stringify({ bot_id: '2' }));
    expect(names(await open({ file: join(dir, 'max.json') }))).toEqual(['max']);
  });

  test('that is not there is named', async () => {
    await expect(open({ file: join(dir, 'no.json') })).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('BOT_CONFIG_PATH'),
    });
  });
});
