/** The userscript in a real browser, on a page that saves as Coze's editor does. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseBot } from '#core/bots/schema.ts';

const script = join(import.meta.dirname, '../../bots/download-bot-config.user.js');
const address = 'https://www.coze.com/space/7000/bot/7001';
const config = {
  space_id: '7000',
  bot_id: '7001',
  name: 'Nim',
  work_info: { prompt: 'You are Nim.', message_info: '[]' },
};

let browser: Browser;
const pages: Page[] = [];
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
});
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
});
afterAll(() => browser.close());

/** The editor, and what its saves told the server. */
async function editor(locale = 'en-US'): Promise<{ page: Page; saved: string[] }> {
  const page = await browser.newPage({ locale });
  pages.push(page);
  const saved: string[] = [];
  await page.route('https://www.coze.com/**', async (route) => {
    const body = route.request().postData();
    if (body !== null) saved.push(body);
    const html = '<!doctype html><meta charset="utf-8"><body>editor</body>';
    await route.fulfill(body === null ? { contentType: 'text/html', body: html } : { json: { code: 0 } });
  });
  await page.addInitScript({ path: script });
  await page.goto(address);
  return { page, saved };
}

const byXhr = (page: Page, body: object) =>
  page.evaluate(
    (text) =>
      new Promise((done) => {
        const { XMLHttpRequest: Xhr } = globalThis as unknown as { XMLHttpRequest: new () => XhrLike };
        const request = new Xhr();
        request.onload = () => done(request.responseText);
        request.open('POST', '/api/draftbot/update');
        request.send(text);
      }),
    JSON.stringify(body),
  );

interface XhrLike {
  onload: () => void;
  readonly responseText: string;
  open(method: string, url: string): void;
  send(body: string): void;
}

async function download(page: Page): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button').click()]);
  expect(file.suggestedFilename()).toBe('config.json');
  return readFile(await file.path(), 'utf8');
}

describe('the userscript', () => {
  it('downloads what the editor saved, which is a config the program reads, and lets the save pass', async () => {
    const { page, saved } = await editor();
    expect(await byXhr(page, config)).toBe('{"code":0}');
    const text = await download(page);
    expect(JSON.parse(text)).toEqual(config);
    expect(parseBot('nim', text).coze.kind).toBe('playground');
    expect(saved.map((body) => JSON.parse(body))).toEqual([config]);
  });

  it('hears saves by fetch too, and puts partial ones together', async () => {
    const { page } = await editor();
    await byXhr(page, config);
    await page.evaluate(async () => {
      const body = JSON.stringify({ bot_id: '7001', work_info: { prompt: 'You are Pim.' } });
      await fetch('/api/draftbot/update', { method: 'POST', body });
      await fetch(
        new Request('/api/draftbot/update?x=1', {
          method: 'POST',
          body: '{"bot_id":"7001","name":"Pim","work_info":{}}',
        }),
      );
    });
    const expected = { ...config, name: 'Pim', work_info: { ...config.work_info, prompt: 'You are Pim.' } };
    await expect.poll(async () => JSON.parse(await download(page))).toEqual(expected);
  });

  it.each([
    ['en-US', /Download config\.json/, /Change something in the editor/],
    ['zh-CN', /下载 config\.json/, /还没有看到/],
  ])('says in %s how to get a config while none was seen', async (locale, label, words) => {
    const { page } = await editor(locale);
    const said = page.waitForEvent('dialog');
    const pressed = page.getByRole('button', { name: label }).click();
    const dialog = await said;
    expect(dialog.message()).toMatch(words);
    await dialog.accept();
    await pressed;
  });

  it('follows the page to another bot without a reload', async () => {
    const { page } = await editor();
    await byXhr(page, config);
    const other = { ...config, bot_id: '7002', name: 'Pepper' };
    await page.evaluate(() => {
      const { history } = globalThis as unknown as { history: { pushState(...args: unknown[]): void } };
      history.pushState(null, '', '/space/7000/bot/7002');
    });
    await byXhr(page, other);
    expect(JSON.parse(await download(page))).toEqual(other);
  });

  it('is not to be seen elsewhere', async () => {
    const { page } = await editor();
    await page.clock.install();
    await page.goto('https://www.coze.com/store');
    await page.clock.runFor(5_000);
    expect(await page.getByRole('button').count()).toBe(0);
  });
});
