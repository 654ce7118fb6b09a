/** The package as people get it: packed, installed into an empty folder, and the README's samples run there against the local service. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBot } from '#core/bots/schema.ts';
import { type Simulator, startSimulator } from '#core/simulator/index.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const config = {
  space_id: '7000',
  bot_id: '7001',
  name: 'Nim',
  work_info: { prompt: 'You are Nim.', message_info: '[]' },
};

/** The sample of the original's README, as JavaScript. */
const javascript = `
import fs from 'node:fs';
import RealCozeAPI from 'real-coze-api';
const Bot = new RealCozeAPI({
  session: process.env.SESSION,
  bot: JSON.parse(fs.readFileSync('config.json', 'utf8')),
  tmppath: './temp',
});
await Bot.connect();
const heard = [];
const replay = await Bot.send([{ role: 2, content: 'Hello, Coze!' }], (data) => { heard.push(data.data.content); });
const ChatHistory = [];
const key = await Bot.uploadFile(Buffer.from([0xff, 0xd8, 0xff]), '.jpg').then((res) => res.data);
ChatHistory.push(...Bot.generateChatHistory(key, 'image'), ...Bot.generateChatHistory('What is it?'));
await Bot.send(ChatHistory, console.error, [1, 2, 3, 4, 6]);
Bot.disconnect();
console.log(JSON.stringify({ replay, heard: heard.length }));
`;

/** What the README shows beside it, as TypeScript. */
const typescript = `
import { RealCozeAPI, type HistoryItem, type ReplyEvent, RealCozeError } from 'real-coze-api';
const history: HistoryItem[] = [{ role: 2, content: 'Hello, Coze!' }];
await using bot = new RealCozeAPI({ session: process.env.SESSION, bot: './config.json' });
let text: string = '';
try {
  for await (const event of bot.stream(history, { signal: AbortSignal.timeout(10_000) })) {
    const known: ReplyEvent = event;
    if (known.type === 'delta') text += known.text;
  }
} catch (error) {
  if (error instanceof RealCozeError) console.error(error.code, error.message);
  throw error;
}
console.log(JSON.stringify({ text }));
`;

/** The samples of this project's READMEs, which leave out what a reader sees around them. */
async function readmeSamples(readme: string): Promise<{ js: string; ts: string }> {
  const text = await readFile(join(root, readme), 'utf8');
  const fences = [...text.matchAll(/```(js|ts)\n([\s\S]*?)```/g)].filter(([, , code]) => code?.includes('RealCozeAPI'));
  const code = (language: string) => fences.find((fence) => fence[1] === language)?.[2] ?? '';
  return {
    js: `import fs from 'node:fs';\nconst config = JSON.parse(fs.readFileSync('config.json', 'utf8'));\n${code('js')}`,
    ts: `import RealCozeAPI from 'real-coze-api';\n${code('ts')}`,
  };
}

const bots = [parseBot('nim', '{"bot_id":"7400000000000000001"}')];
let folder: string;
let coze: Simulator;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'real-coze-pack-'));
  coze = await startSimulator({ bots: () => bots, wordMs: 0 });
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n')));
  files = packed.files.map((file: { path: string }) => file.path);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'sample', private: true, type: 'module' }));
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...quiet, join(folder, packed.filename)], { cwd: folder });
}, 240_000);

afterAll(async () => {
  await coze.close();
  await rm(folder, { recursive: true, force: true });
});

async function outputOf(name: string, source: string): Promise<string> {
  await writeFile(join(folder, name), source);
  const access = { SESSION: coze.session, COZE_SESSION_ID: coze.session, COZE_API_TOKEN: coze.token };
  const env = { ...process.env, ...access, COZE_WEB_BASE: coze.url, COZE_API_BASE: coze.url };
  const { stdout } = await run(process.execPath, [name], { cwd: folder, env, timeout: 30_000 });
  return stdout.trim();
}

/** What the sample printed last, as JSON. */
async function runSample(name: string, source: string): Promise<Record<string, unknown>> {
  return JSON.parse((await outputOf(name, source)).split('\n').at(-1) ?? '');
}

/** The page's address, from what the program says when it is ready. */
async function addressIn(output: Readable): Promise<string> {
  let text = '';
  for await (const piece of output) {
    text += String(piece);
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
    if (address) return address;
  }
  throw new Error(`The program ended before it was ready: ${text}`);
}

/** Globals of Node, or those of a browser with no types of Node at all. */
const platforms = {
  node: { lib: ['es2024', 'esnext.disposable'], types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
  browser: { lib: ['es2024', 'esnext.disposable', 'dom'], types: [] },
};

/** Compiles the sample against the installed package with this project's own compiler. */
async function compile(resolution: 'nodenext' | 'bundler', platform: keyof typeof platforms): Promise<void> {
  const options = {
    ...platforms[platform],
    module: resolution === 'bundler' ? 'esnext' : 'nodenext',
    moduleResolution: resolution,
    target: 'es2024',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
  };
  const path = join(folder, `tsconfig.${resolution}.json`);
  await writeFile(path, JSON.stringify({ compilerOptions: options, files: [`${platform}.ts`] }));
  await run(join(root, 'node_modules/.bin/tsc'), ['-p', path], { cwd: folder });
}

describe('the package', () => {
  it('holds what is needed and nothing else', () => {
    expect(files).toContain('dist/src/index.js');
    expect(files).toContain('dist/src/index.d.ts');
    const odd = files.filter(
      (file) => !/^(dist\/.+\.(js|d\.ts|json|html|css|svg)|bots\/.+|(README|LICENSE|package).*)$/.test(file),
    );
    expect(odd).toEqual([]);
    expect(files.filter((file) => /(^|\/)(test|node_modules|\.env)/.test(file))).toEqual([]);
  });

  it('runs the sample of the original’s README unchanged', async () => {
    const { replay, heard } = await runSample('sample.js', javascript);
    expect(replay).toMatchObject({ content: expect.stringMatching(/\S/), continue: false });
    expect(heard).toBeGreaterThan(1);
  });

  it('runs the TypeScript sample, and its types resolve in both ways', async () => {
    expect(await runSample('sample.ts', typescript)).toEqual({ text: expect.stringMatching(/\S/) });
    await writeFile(join(folder, 'node.ts'), typescript);
    await compile('nodenext', 'node');
    await compile('bundler', 'node');
  });

  it('has types that need none of Node’s', async () => {
    await writeFile(join(folder, 'browser.ts'), typescript.replace('process.env.SESSION', "'session'"));
    await compile('nodenext', 'browser');
    await compile('bundler', 'browser');
  });

  it.each(['README.md', 'README.zh-CN.md'])('runs the samples of %s', async (readme) => {
    const { js, ts } = await readmeSamples(readme);
    expect(await outputOf('readme.js', js)).toMatch(/\S/);
    expect(await outputOf('readme.ts', ts)).toMatch(/\S/);
  });

  it('starts as a program in an empty folder, and its sample bots answer', async () => {
    const env = { ...process.env, SERVER_PORT: '0', STORE_URL: 'memory://', LOG_LEVEL: 'error' };
    const program = spawn(process.execPath, [join(folder, 'node_modules/real-coze-api/dist/adapters/main.js')], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(program, 'exit');
    try {
      const body = JSON.stringify([{ role: 2, content: 'echo: out of the box' }]);
      const response = await fetch(await addressIn(program.stdout), { method: 'POST', body });
      expect(await response.json()).toEqual({ content: expect.stringContaining('out of the box'), continue: false });
    } finally {
      program.kill();
      await ended;
    }
  });

  it('has a face that exports what its package.json says', async () => {
    const { exports } = JSON.parse(await readFile(join(folder, 'node_modules/real-coze-api/package.json'), 'utf8'));
    expect(exports['.']).toEqual({ types: './dist/src/index.d.ts', default: './dist/src/index.js' });
  });
});
