/** The arrows between the rooms, read from the imports themselves (type imports included). */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const files = globSync(['src/**/*.ts', 'adapters/**/*.ts'], { cwd: root }).map((file) => normalize(file));
const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s*'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g;

interface Arrow {
  readonly from: string;
  readonly to: string;
  /** The specifier as written. */
  readonly spelled: string;
}

function arrowsOf(file: string): Arrow[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(importPattern)].map((match) => {
    const spelled = match[1] ?? match[2] ?? match[3] ?? '';
    return { from: file, to: target(file, spelled), spelled };
  });
}

function target(file: string, spelled: string): string {
  if (spelled.startsWith('#core/')) return join('src', spelled.slice('#core/'.length));
  if (spelled.startsWith('.')) return normalize(join(dirname(file), spelled));
  return spelled;
}

const arrows = files.flatMap(arrowsOf);
const inside = (path: string, folder: string) => path.startsWith(`${folder}/`);
/** `adapters/discord/read.ts` -> `discord`; a file directly in `adapters/` is a host and has no room. */
const adapterRoom = (path: string) => /^adapters\/([^/]+)\//.exec(path)?.[1];
/** `src/coze/open/sse.ts` -> `coze`; `src/errors.ts` -> `errors`. */
const coreRoom = (path: string) => /^src\/([^/.]+)/.exec(path)?.[1] ?? '';

/** What each room of the core may know. A room that is missing here may know nothing but the ground. */
const ground = ['errors', 'async', 'message'];
const mayKnow: Record<string, readonly string[]> = {
  errors: [],
  async: ['errors'],
  message: [],
  log: [],
  surface: ['message'],
  settings: ['shards'],
  shards: [],
  web: [],
  network: ['web'],
  store: ['log'],
  texts: [],
  bots: ['log'],
  coze: ['bots', 'web', 'settings', 'log'],
  reply: ['coze', 'surface', 'log'],
  conversation: ['bots', 'coze', 'reply', 'surface', 'store', 'log', 'texts'],
  commands: ['conversation', 'coze', 'bots', 'log', 'texts'],
  engine: ['conversation', 'reply', 'coze', 'bots', 'commands', 'surface', 'store', 'log', 'texts'],
  simulator: ['bots', 'coze'],
  'real-coze-api': ['coze', 'bots', 'web', 'network', 'store', 'log'],
  index: ['real-coze-api', 'coze', 'bots', 'engine', 'surface', 'web', 'reply', 'log'],
};

const needsNode = /^src\/(settings|network|store|log|bots\/(?:catalog|source)|simulator\/|store\/)/;
const nodeOnly =
  /^(node:|undici|ws$|pino|dotenv|socks-proxy-agent|https-proxy-agent|fetch-socks|@keyv\/|discord\.js|grammy)/;

describe('the house', () => {
  it('has no arrow from the core to an adapter', () => {
    expect(arrows.filter((a) => inside(a.from, 'src') && inside(a.to, 'adapters'))).toEqual([]);
  });

  it('has no arrow from one adapter to another, programs that start several excepted', () => {
    const wrong = arrows.filter((a) => {
      const from = adapterRoom(a.from);
      const to = adapterRoom(a.to);
      return from !== undefined && to !== undefined && from !== to && !a.from.endsWith('/main.ts');
    });
    expect(wrong).toEqual([]);
  });

  it('spells the way from an adapter into the core `#core/`', () => {
    expect(
      arrows.filter((a) => inside(a.from, 'adapters') && inside(a.to, 'src') && !a.spelled.startsWith('#core/')),
    ).toEqual([]);
  });

  it('keeps the order of the rooms inside the core', () => {
    const wrong = arrows.filter((a) => {
      if (!inside(a.from, 'src') || !inside(a.to, 'src')) return false;
      const from = coreRoom(a.from);
      const to = coreRoom(a.to);
      return from !== to && !ground.includes(to) && !(mayKnow[from] ?? []).includes(to);
    });
    expect(wrong.map((a) => `${a.from} -> ${a.to}`)).toEqual([]);
  });

  it('has pace and markdown know nothing of each other, nor of the reply that uses them', () => {
    const wrong = arrows.filter((a) => {
      const room = ['src/reply/pace', 'src/reply/markdown'].find((one) => inside(a.from, one));
      return room !== undefined && inside(a.to, 'src/reply') && !inside(a.to, room);
    });
    expect(wrong.map((a) => `${a.from} -> ${a.to}`)).toEqual([]);
  });

  it('keeps Node out of the part that a Worker takes', () => {
    const wrong = arrows.filter((a) => inside(a.from, 'src') && !needsNode.test(a.from) && nodeOnly.test(a.to));
    expect(wrong.map((a) => `${a.from} -> ${a.to}`)).toEqual([]);
  });

  it('has no barrel but the face of the package, and no room for odds and ends', () => {
    const odd = files.filter((file) => /(^|\/)(utils?|types|helpers|misc)\.ts$/.test(file));
    expect(odd).toEqual([]);
  });

  it('has no cycle', () => {
    expect(cycles()).toEqual([]);
  });
});

/** Each cycle once, as the files it runs through. */
function cycles(): string[][] {
  const next = new Map(
    files.map((file) => [
      file,
      arrowsOf(file)
        .map((a) => a.to)
        .filter((to) => files.includes(to)),
    ]),
  );
  const state = new Map<string, 'open' | 'closed'>();
  const found: string[][] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (state.get(file) === 'closed') return;
    if (state.get(file) === 'open') {
      found.push([...path.slice(path.indexOf(file)), file]);
      return;
    }
    state.set(file, 'open');
    for (const to of next.get(file) ?? []) visit(to, [...path, file]);
    state.set(file, 'closed');
  };
  for (const file of files) visit(file, []);
  return found;
}
