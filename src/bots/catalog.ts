/** The bots there are, read from `bots/` or from one file, and kept up to date while the program runs. */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { RealCozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Bot } from './bot.ts';
import { parseBot } from './schema.ts';
import { fileSource, folderSource, type Source } from './source.ts';

/** The bots as they are now. What it lists is never half-read: a change shows whole or not at all. */
export interface Catalog {
  /** By name. */
  list(): readonly Bot[];
  get(name: string): Bot | undefined;
  /** `DEFAULT_BOT` while it is there, else the first by name; `undefined` when all are gone. */
  default(): Bot | undefined;
  /** Configs that cannot be read now. A bot whose edit is broken keeps its last good version and stands here too. */
  faults(): readonly CatalogFault[];
  /** Called after every change; returns the function that ends it. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

interface CatalogFault {
  readonly name: string;
  readonly sentence: string;
}

/** Where the bots are, and who hears of their faults. */
export interface CatalogOptions {
  /** A folder of bots, each `NAME/config.json`. Exactly one of `dir` and `file`. */
  readonly dir?: string | undefined;
  /** One config, for a single bot. */
  readonly file?: string | undefined;
  /** Name of the default bot. */
  readonly default?: string | undefined;
  readonly log: Log;
  /** Follow changes on disk; true unless said otherwise. */
  readonly watch?: boolean;
}

/** An editor writes in several steps; a change is read once nothing has happened for so many milliseconds. */
const settleMs = 80;
/** A folder in which something happens all the time is read after so many milliseconds nevertheless. */
const longestSettleMs = 1000;

/**
 * Reads all bots. One that is broken is a fault, and the others go on.
 * @throws RealCozeError `config` when there is no bot at all, or none is named as the default wants.
 */
export async function openCatalog(options: CatalogOptions): Promise<Catalog> {
  const source = options.file === undefined ? folderSource(options.dir ?? 'bots') : fileSource(options.file);
  const catalog = new LiveCatalog(source, options);
  await catalog.load();
  return catalog;
}

class LiveCatalog implements Catalog {
  readonly #source: Source;
  readonly #options: CatalogOptions;
  readonly #listeners = new Set<() => void>();
  readonly #watchers = new Map<string, FSWatcher>();
  /** Sees the root go and come. */
  #above: FSWatcher | undefined;
  #bots = new Map<string, Bot>();
  #texts = new Map<string, string>();
  #faults: readonly CatalogFault[] = [];
  /** What was said of configs that can be used all the same. */
  #doubts: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  /** When the first change came that has not been read yet. */
  #changedAt: number | undefined;
  /** The reading that runs, so that two never overlap and `close` can wait for it. */
  #reading: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(source: Source, options: CatalogOptions) {
    this.#source = source;
    this.#options = options;
  }

  list(): readonly Bot[] {
    return [...this.#bots.values()];
  }

  get(name: string): Bot | undefined {
    return this.#bots.get(name);
  }

  default(): Bot | undefined {
    return this.#bots.get(this.#options.default ?? '') ?? this.list()[0];
  }

  faults(): readonly CatalogFault[] {
    return this.#faults;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#above?.close();
    this.#unwatch();
    await this.#reading;
  }

  /** The first reading, whose faults stop the program where nothing is left to answer. */
  async load(): Promise<void> {
    this.#watchRoot();
    await this.#read();
    if (this.#bots.size === 0) throw this.#nothing();
    const wanted = this.#options.default;
    if (wanted === undefined || this.#bots.has(wanted)) return;
    await this.close();
    const known = this.list().map((bot) => bot.name);
    const broken = this.#faults.find((fault) => fault.name === wanted);
    throw new RealCozeError(
      'config',
      broken
        ? `DEFAULT_BOT names ${wanted}, whose config is broken: ${broken.sentence}`
        : `DEFAULT_BOT names ${wanted}, and there is no such bot. Known: ${known.join(', ')}.`,
    );
  }

  #nothing(): RealCozeError {
    void this.close();
    const { place } = this.#source;
    const reasons = this.#faults.map((fault) => fault.sentence).join(' ');
    return new RealCozeError(
      'config',
      reasons || `${place}: there is no bot. Put a config into ${join(place, 'NAME', 'config.json')}.`,
    );
  }

  async #read(): Promise<void> {
    // Watching begins before reading, so that nothing written in between is missed.
    this.#follow(await this.#source.folders());
    const texts = await this.#source.texts();
    const bots = new Map<string, Bot>();
    const good = new Map<string, string>();
    const faults: CatalogFault[] = [];
    for (const [name, text] of texts) {
      const bot = this.#readBot(name, text, faults);
      if (!bot) continue;
      bots.set(name, bot);
      const kept = typeof text === 'string' && bot !== this.#bots.get(name) ? text : this.#texts.get(name);
      if (kept !== undefined) good.set(name, kept);
    }
    const before = this.#state();
    this.#bots = bots;
    this.#texts = good;
    this.#announce(faults);
    this.#doubt(lostFallbacks(bots));
    if (before !== this.#state()) for (const listener of [...this.#listeners]) listener();
  }

  /** The bot of a text: the one there was while the text is the same or cannot be read. */
  #readBot(name: string, text: string | Error, faults: CatalogFault[]): Bot | undefined {
    const known = this.#bots.get(name);
    if (known && text === this.#texts.get(name)) return known;
    try {
      if (text instanceof Error) throw text;
      return parseBot(name, text);
    } catch (error) {
      faults.push({ name, sentence: sentenceOf(name, error, known !== undefined) });
      return known;
    }
  }

  /** Says each new fault once. */
  #announce(faults: readonly CatalogFault[]): void {
    const said = new Set(this.#faults.map((fault) => fault.sentence));
    this.#faults = faults;
    for (const { name, sentence } of faults) if (!said.has(sentence)) this.#options.log.warn({ bot: name }, sentence);
  }

  /** Says each new doubt once. */
  #doubt(doubts: readonly CatalogFault[]): void {
    for (const { name, sentence } of doubts)
      if (!this.#doubts.has(sentence)) this.#options.log.warn({ bot: name }, sentence);
    this.#doubts = new Set(doubts.map(({ sentence }) => sentence));
  }

  #state(): string {
    return JSON.stringify([this.list().map((bot) => [bot.name, bot.version]), this.#faults]);
  }

  /** Watches folders, not files, because editors replace a file by another of the same name. */
  #follow(folders: readonly string[]): void {
    if (this.#options.watch === false || this.#closed) return;
    for (const [folder, watcher] of this.#watchers) {
      if (folders.includes(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#watch(folder);
  }

  #watch(folder: string): void {
    const watcher = this.#watcherOf(folder, () => this.#soon());
    if (!watcher) return;
    this.#watchers.set(folder, watcher);
    watcher.on('error', () => this.#lost(folder, watcher));
  }

  #watcherOf(folder: string, heard: (name: string | null) => void): FSWatcher | undefined {
    try {
      return watch(folder, { persistent: false }, (_event, name) => heard(name));
    } catch (error) {
      this.#options.log.debug({ folder, error }, 'A folder of bots cannot be watched.');
      return undefined;
    }
  }

  /** A folder that was deleted or moved is still the one that is watched, whatever has its name now: then all are watched anew. */
  #watchRoot(): void {
    const { root } = this.#source;
    if (root === undefined || this.#options.watch === false) return;
    const path = resolve(root);
    this.#above = this.#watcherOf(dirname(path), (name) => {
      if (name !== basename(path)) return;
      this.#unwatch();
      this.#soon();
    });
    this.#above?.on('error', () => this.#above?.close());
  }

  #unwatch(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** The folder went away: what is left is read again. */
  #lost(folder: string, watcher: FSWatcher): void {
    watcher.close();
    this.#watchers.delete(folder);
    this.#soon();
  }

  #soon(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#changedAt ??= Date.now();
    const wait = Math.min(settleMs, this.#changedAt + longestSettleMs - Date.now());
    this.#timer = setTimeout(() => this.#reload(), wait).unref();
  }

  #reload(): void {
    this.#changedAt = undefined;
    this.#reading = this.#reading
      .then(() => this.#read())
      .catch((error: unknown) => this.#options.log.warn({ error }, sentenceOf(this.#source.place, error, true)));
  }
}

/** Nobody would notice until the credits are used up, and then there is nobody to answer. */
function lostFallbacks(bots: ReadonlyMap<string, Bot>): CatalogFault[] {
  return [...bots.values()].flatMap(({ name, bridge: { fallback } }) => {
    if (fallback === undefined || (fallback !== name && bots.has(fallback))) return [];
    const what = fallback === name ? 'the bot itself' : 'no bot that is there';
    const sentence = `bots/${name}/config.json: bridge.fallback names ${fallback}, which is ${what}. Give the name of another bot: its folder in bots/.`;
    return [{ name, sentence }];
  });
}

function sentenceOf(name: string, error: unknown, kept: boolean): string {
  const sentence =
    error instanceof RealCozeError
      ? error.message
      : `bots/${name}/config.json: It cannot be read (${error instanceof Error ? error.message : String(error)}). Check its permissions.`;
  return kept ? `${sentence} The last good version stays in use.` : sentence;
}
