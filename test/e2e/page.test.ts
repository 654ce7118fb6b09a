/** The web page in a real browser, before the whole program with its local Coze service. Skipped where there is no Chromium. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Program, startProgram } from '../adapters/program.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
/** In the page: a document from the clipboard, and a photo of more than a megabyte that is dropped. */
const pasteAndDrop = `(async () => {
  const canvas = new OffscreenCanvas(3000, 1000);
  const context = canvas.getContext('2d');
  const noise = context.getImageData(0, 0, 3000, 1000);
  for (let at = 0; at < noise.data.length; at += 65536) crypto.getRandomValues(noise.data.subarray(at, at + 65536));
  context.putImageData(noise, 0, 0);
  const photo = new File([await canvas.convertToBlob()], 'photo.png', { type: 'image/png' });
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(photo);
  document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File(['%PDF'], 'pasted.pdf', { type: 'application/pdf' }));
  const text = document.getElementById('text');
  text.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
})()`;
const pictures = join(import.meta.dirname, '../../docs');

describe.skipIf(executablePath === undefined)('the page in Chromium (skipped where it is not installed)', () => {
  let program: Program;
  let browser: Browser;

  beforeAll(async () => {
    program = await startProgram();
    browser = await chromium.launch({ ...(executablePath && { executablePath }), args: switches });
  });
  afterAll(async () => {
    await browser?.close();
    await program?.end();
  });

  /** A browser of somebody else: no storage shared. Everything the page complains about fails the test. */
  async function visit(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1180, height: 860 }, ...options });
    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    onTestFinished(async () => {
      await context.close();
      expect(complaints).toEqual([]);
    });
    await page.goto(program.url);
    await page.locator('.welcome').waitFor();
    return page;
  }

  async function ask(page: Page, words: string): Promise<void> {
    await page.locator('#text').fill(words);
    await page.keyboard.press('Enter');
    await finished(page);
  }

  const finished = (page: Page) => page.locator('.theirs:last-child:not(.running)').waitFor();
  const lastAnswer = (page: Page) => page.locator('.theirs').last();

  it('welcomes with questions, and streams the answer to one that is clicked', async () => {
    const page = await visit();
    await page.locator('.welcome .chip', { hasText: 'What can you do?' }).click();
    const growing = lastAnswer(page).locator('.prose .block').first();
    await growing.waitFor();
    expect(await lastAnswer(page).getAttribute('class')).toContain('running');
    await finished(page);
    expect(await lastAnswer(page).locator('.prose').textContent()).toContain('I am Nim');
  });

  it('draws formulas', async () => {
    const page = await visit();
    await ask(page, 'Show me a formula');
    const formula = lastAnswer(page).locator('div.math math');
    await formula.locator('mfrac msqrt').waitFor();
    const inLine = await lastAnswer(page).locator('p math').first().boundingBox();
    expect((await formula.locator('mfrac').boundingBox())?.height).toBeGreaterThan(1.5 * (inLine?.height ?? 0));
  });

  it('breaks a long formula at the end of a line', async () => {
    const page = await visit({ viewport: { width: 390, height: 844 } });
    await ask(page, `echo It is $${'a + b + '.repeat(40)}c$.`);
    await lastAnswer(page).locator('math').waitFor();
    expect(await page.evaluate(`talk.scrollWidth - talk.clientWidth`)).toBe(0);
  });

  it('draws code and a table, and follows a suggested question', async () => {
    const page = await visit();
    await ask(page, 'Show me some code');
    expect(await lastAnswer(page).locator('figure.code code').first().textContent()).toContain('sum');
    await ask(page, 'Compare planets in a table');
    expect(await lastAnswer(page).locator('tbody tr').count()).toBeGreaterThan(2);
    const followUp = lastAnswer(page).locator('.chip').first();
    const words = await followUp.textContent();
    await followUp.click();
    await finished(page);
    expect(await page.locator('.mine').last().textContent()).toBe(words);
  });

  it('keeps two visitors apart, and each history over a reload', async () => {
    const [ann, bob] = await Promise.all([visit(), visit()]);
    await ask(ann, 'My name is Ann.');
    await ask(bob, 'What is my name?');
    expect(await lastAnswer(bob).textContent()).not.toContain('Ann');
    await ann.reload();
    await ann.locator('.mine').first().waitFor();
    expect(await ann.locator('.mine').first().textContent()).toBe('My name is Ann.');
    await ask(ann, 'What is my name?');
    expect(await lastAnswer(ann).textContent()).toContain('Ann');
    expect(await bob.locator('.mine').count()).toBe(1);
  });

  it('stops an answer and answers again', async () => {
    const page = await visit();
    await page.locator('#text').fill('Write a long essay');
    await page.keyboard.press('Enter');
    await lastAnswer(page).locator('.prose .block').first().waitFor();
    await page.locator('#send').click();
    await page.locator('.note').waitFor();
    expect(await page.locator('.note').textContent()).toBe('Stopped.');
    expect(await lastAnswer(page).locator('.tools .copy').count()).toBe(1);
    await lastAnswer(page).locator('.retry').click();
    await page.locator('#composer.running').waitFor();
    await page.keyboard.press('Escape');
    await finished(page);
    expect(await page.locator('.theirs').count()).toBe(1);
  });

  it('asks about pictures and files that are chosen, pasted or dropped', async () => {
    const page = await visit();
    await page.setInputFiles('#chosen', [
      { name: 'wrong.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF') },
      { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('buy quinces') },
    ]);
    await page.getByRole('button', { name: 'Remove wrong.pdf' }).click();
    await page.evaluate(pasteAndDrop);
    await page.locator('#files li').nth(2).waitFor();
    await page.keyboard.press('Tab');
    await page.locator('#send').click();
    await finished(page);
    expect(await page.locator('#files li').count()).toBe(0);
    expect(await page.evaluate(`document.querySelector('.mine img').naturalWidth`)).toBe(2048);
    const answer = await lastAnswer(page).locator('.prose').textContent();
    expect(answer).toMatch(/an image, photo\.webp/);
    expect(answer).toMatch(/a file, pasted\.pdf/);
    expect(answer).toContain('buy quinces');
    expect(answer).not.toContain('wrong.pdf');
  });

  it('asks about a photo that is still being read when its question is sent', async () => {
    const page = await visit();
    await page.evaluate(`${pasteAndDrop}.then(() => {
      text.value = 'What is this?';
      composer.requestSubmit();
    })`);
    await finished(page);
    expect(await lastAnswer(page).locator('.prose').textContent()).toMatch(/photo\.webp[\s\S]*What is this\?/);
    expect(await page.locator('#files li').count()).toBe(0);
  });

  it('says which files are too large together or cannot be read, and keeps the others', async () => {
    const page = await visit();
    await page.evaluate(`
      const dataTransfer = new DataTransfer();
      for (const [name, size] of [['film.mp4', 1], ['sequel.mp4', 19.5]])
        dataTransfer.items.add(new File([new Uint8Array(size * 1024 * 1024)], name, { type: 'video/mp4' }));
      dataTransfer.items.add(new File(['x'], 'gone.bin'));
      dataTransfer.items.add(new File(['x'], 'small.bin'));
      const read = FileReader.prototype.readAsDataURL;
      FileReader.prototype.readAsDataURL = function (file) {
        if (file.name === 'gone.bin') throw new DOMException('It is gone.', 'NotFoundError');
        read.call(this, file);
      };
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    `);
    await page.locator('#files li', { hasText: 'small.bin' }).waitFor();
    expect(await page.locator('.note').allTextContents()).toEqual([
      'sequel.mp4 is left out: the files of a question have 20 MB together at most.',
      'gone.bin cannot be read.',
    ]);
    expect(await page.locator('#files li').count()).toBe(2);
    await page.locator('#send').click();
    await finished(page);
    expect(await lastAnswer(page).locator('.prose').textContent()).toMatch(/film\.mp4[\s\S]*small\.bin/);
  });

  it('leaves words that are dropped to the browser', async () => {
    const page = await visit();
    const isLeft = await page.evaluate(`(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData('text/plain', 'quinces');
      return text.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    })()`);
    expect(isLeft).toBe(true);
  });

  it('takes off the page what /undo takes back', async () => {
    const page = await visit();
    await ask(page, 'My name is Ann.');
    await ask(page, 'Who are you?');
    await page.locator('#text').fill('/undo');
    await page.keyboard.press('Enter');
    await page.locator('.theirs', { hasText: 'Taken back' }).waitFor();
    await page.locator('.mine').nth(1).waitFor({ state: 'detached' });
    expect(await page.locator('.mine').allTextContents()).toEqual(['My name is Ann.']);
    expect(await page.locator('.theirs').count()).toBe(2);
  });

  it('shows what stood behind an answer, folded', async () => {
    const page = await visit();
    await ask(page, 'Look up a fact with sources');
    const behind = lastAnswer(page).locator('.behind');
    expect(await behind.locator('blockquote').first().isVisible()).toBe(false);
    await behind.locator('summary').click();
    expect(await behind.locator('blockquote').first().isVisible()).toBe(true);
  });

  it('changes the bot, keeps the history of each, and forgets on request', async () => {
    const page = await visit();
    await ask(page, 'My name is Ann.');
    await page.locator('#bots button', { hasText: 'Pepper' }).click();
    await page.locator('.welcome h1', { hasText: 'Pepper' }).waitFor();
    expect(await page.locator('.mine').count()).toBe(0);
    await page.locator('#text').fill('/bot nim');
    await page.keyboard.press('Enter');
    await page.locator('.mine', { hasText: 'My name is Ann.' }).waitFor();
    await page.locator('#new').click();
    await page.locator('.welcome:last-child').waitFor();
    await page.reload();
    await page.locator('.welcome').waitFor();
    expect(await page.locator('.mine').count()).toBe(0);
  });

  it('keeps what stood under earlier answers: why one ended, its file, and Copy', async () => {
    const page = await visit();
    await page.locator('#text').fill('Write a long essay');
    await page.keyboard.press('Enter');
    await lastAnswer(page).locator('.prose .block').first().waitFor();
    await page.keyboard.press('Escape');
    await finished(page);
    await ask(page, '/history export');
    await ask(page, 'Who are you?');
    await ask(page, 'Hello');
    const [stopped, exported, earlier, newest] = [0, 1, 2, 3].map((index) => page.locator('.theirs').nth(index));
    expect(await stopped?.locator('.note').textContent()).toBe('Stopped.');
    expect(await stopped?.locator('.retry, .chip').count()).toBe(0);
    expect(await exported?.locator('a.file').getAttribute('href')).toMatch(/^data:application\/json/);
    expect(await earlier?.locator('.tools .copy').count()).toBe(1);
    expect(await newest?.locator('.tools .copy, .retry').count()).toBe(2);
    await page.reload();
    await page.locator('.theirs').nth(2).waitFor();
    expect(await page.locator('.tools .copy').count()).toBe(3);
    expect(await page.locator('.retry').count()).toBe(1);
  });

  it('answers commands, with buttons', async () => {
    const page = await visit();
    await page.locator('#text').fill('/bots');
    await page.keyboard.press('Enter');
    await lastAnswer(page)
      .locator('.chip', { hasText: 'Pepper' })
      .or(lastAnswer(page).locator('.chip', { hasText: 'pepper' }))
      .click();
    await page.locator('.welcome h1', { hasText: 'Pepper' }).waitFor();
  });

  it('speaks Chinese to a Chinese browser', async () => {
    const page = await visit({ locale: 'zh-CN' });
    expect(await page.locator('#new span').textContent()).toBe('新对话');
    await ask(page, '/help');
    expect(await lastAnswer(page).textContent()).toMatch(/[\u4e00-\u9fff]/);
  });

  it('runs nothing that stands in an answer', async () => {
    const page = await visit();
    await ask(page, 'Echo <img src=x onerror="document.title=1"> <script>document.title=2</script> [a](javascript:1)');
    expect(await page.title()).toBe('Real Coze');
    expect(await lastAnswer(page).locator('script, img[src="x"], a[href^="javascript"]').count()).toBe(0);
  });

  it('fits a telephone', async () => {
    const page = await visit({ viewport: { width: 390, height: 844 }, hasTouch: true });
    await ask(page, 'Compare planets in a table');
    const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(overflow).toBe(0);
    await page.locator('#menu').click();
    await page.locator('#bots button', { hasText: 'Euclid' }).click();
    await page.locator('.welcome h1', { hasText: 'Euclid' }).waitFor();
  });

  it('keeps the bots of a telephone out of the way of the keyboard until the menu opens', async () => {
    const page = await visit({ viewport: { width: 390, height: 844 }, hasTouch: true });
    const menu = page.locator('#menu');
    const expanded = () => menu.getAttribute('aria-expanded');
    expect(await page.locator('#bots button').first().isVisible()).toBe(false);
    await menu.focus();
    await page.keyboard.press('Enter');
    await page.locator('#bots button:focus').waitFor();
    expect(await expanded()).toBe('true');
    await page.keyboard.press('Escape');
    await page.locator('#menu:focus').waitFor();
    expect(await expanded()).toBe('false');
    await menu.click();
    await page.mouse.click(370, 400);
    await page.locator('#bots').waitFor({ state: 'hidden' });
    await menu.click();
    await page.locator('#bots button', { hasText: 'Euclid' }).click();
    await page.locator('#bots').waitFor({ state: 'hidden' });
    expect(await expanded()).toBe('false');
  });

  it('lets Arabic run from the right, and code within it from the left', async () => {
    const page = await visit();
    await ask(page, 'Echo ```\n// مرحبا\n```\n\nمرحبا بالعالم.\n\n- عنصر أول\n\nHello.');
    const directions = (selector: string) =>
      page.evaluate(
        `Array.from(document.querySelectorAll('${selector}'), (element) => getComputedStyle(element).direction)`,
      );
    expect(await directions('.theirs .block > :is(p, ul)')).toEqual(['rtl', 'rtl', 'ltr']);
    expect(await directions('.theirs pre > code')).toEqual(['ltr']);
    expect(await directions('.mine > p')).toEqual(['ltr']);
    await page.locator('#text').fill('مرحبا');
    expect(await directions('#text')).toEqual(['rtl']);
  });

  it('lets a screen reader wait for the whole answer', async () => {
    const page = await visit();
    await page.locator('#text').fill('Write a long essay');
    await page.keyboard.press('Enter');
    await lastAnswer(page).locator('.prose .block').first().waitFor();
    expect(await lastAnswer(page).getAttribute('aria-busy')).toBe('true');
    await page.keyboard.press('Escape');
    await finished(page);
    expect(await lastAnswer(page).getAttribute('aria-busy')).toBe('false');
  });

  it('neither sends nor stops on the keys of an input method, as Safari tells of them', async () => {
    const page = await visit();
    await page.locator('#text').fill('ni hao');
    const press = (key: string) => {
      const init = JSON.stringify({ key, keyCode: 229, bubbles: true, cancelable: true });
      return page.evaluate(`document.activeElement.dispatchEvent(new KeyboardEvent('keydown', ${init}))`);
    };
    await press('Enter');
    expect(await page.locator('.mine').count()).toBe(0);
    await page.locator('#text').fill('Write a long essay');
    await page.keyboard.press('Enter');
    await lastAnswer(page).locator('.prose .block').first().waitFor();
    await press('Escape');
    expect(await page.locator('#composer.running').count()).toBe(1);
    await page.keyboard.press('Escape');
    await finished(page);
  });

  it('sends again what the server never got', async () => {
    const context = await browser.newContext({ locale: 'en-US' });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(program.url);
    await page.locator('.welcome').waitFor();
    await ask(page, 'My name is Ann.');
    await page.route('**/api/chat', (route) => route.abort(), { times: 1 });
    await ask(page, 'Who are you?');
    expect(await lastAnswer(page).locator('.note').textContent()).toContain('The server does not answer');
    await lastAnswer(page).locator('.retry').click();
    await page.locator('.theirs .prose', { hasText: 'I am Nim' }).waitFor();
    await finished(page);
    expect(await page.locator('.mine').allTextContents()).toEqual(['My name is Ann.', 'Who are you?']);
    expect(await page.locator('.theirs').count()).toBe(2);
  });

  it('asks for the key of a server that has one', async () => {
    const locked = await startProgram({ SERVER_API_KEY: 'correct-horse' });
    const context = await browser.newContext({ locale: 'en-US' });
    onTestFinished(async () => {
      await context.close();
      await locked.end();
    });
    const page = await context.newPage();
    await page.goto(locked.url);
    const dialog = page.locator('dialog[open]');
    await dialog.locator('input').fill('wrong-horse');
    await page.keyboard.press('Enter');
    await dialog.getByText('The server refused this key.').waitFor();
    await dialog.locator('input').fill('correct-horse');
    await page.keyboard.press('Enter');
    await page.locator('.welcome').waitFor();
    await ask(page, 'Who are you?');
    expect(await lastAnswer(page).textContent()).toContain('Nim');
  });

  it.runIf(process.env.PICTURE)('paints the picture of the README', async () => {
    const page = await visit({ deviceScaleFactor: 2, viewport: { width: 1180, height: 1100 } });
    await ask(page, 'Compare planets in a table');
    await ask(page, 'Show me some code');
    await page.screenshot({ path: join(pictures, 'conversation.png') });
  });
});
