/** The `.env` file: read with the environment over it, and changed line by line, so that what others wrote in it stays. */
import { readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { parse } from 'dotenv';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentFile {
  /** The file as it is now, overridden by the shell's variables, as the program itself reads them; empty ones are absent. */
  read(): Promise<Environment>;
  /** Writes variables into the file, which only its owner may read (mode 0600). */
  save(changes: Readonly<Record<string, string>>): Promise<void>;
  /** The names of what has been saved, in their order. */
  saved(): readonly string[];
}

/** The address that bots without one of their own are asked at. */
export function baseOf(env: Environment): string {
  return (env.COZE_API_BASE ?? 'https://api.coze.com').replace(/\/+$/, '');
}

export interface EnvironmentOptions {
  readonly file: string;
  /** What a new file begins as, where it is there. */
  readonly template?: string | undefined;
  readonly shell: Environment;
}

export function openEnvironment({ file, template, shell }: EnvironmentOptions): EnvironmentFile {
  const saved = new Set<string>();
  return {
    saved: () => [...saved],
    async read() {
      const all = { ...parse((await readIfThere(file)) ?? ''), ...shell };
      return Object.fromEntries(Object.entries(all).filter(([, value]) => value?.trim()));
    },
    async save(changes) {
      const before = (await readIfThere(file)) ?? (template && (await readIfThere(template))) ?? '';
      await replace(file, withVariables(before, changes));
      for (const name of Object.keys(changes)) saved.add(name);
    },
  };
}

/** The text of a `.env` with these variables set, each in the place where it was, or under its commented example. */
export function withVariables(text: string, changes: Readonly<Record<string, string>>): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
  for (const [name, value] of Object.entries(changes)) {
    const line = `${name}=${quoted(value)}`;
    const at = lines.findLastIndex((each) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=`).test(each));
    const example = lines.findLastIndex((each) => new RegExp(`^\\s*#\\s*${name}\\s*=`).test(each));
    if (at >= 0) lines[at] = line;
    else if (example >= 0) lines.splice(example + 1, 0, line);
    else lines.push(line);
  }
  return lines.map((line) => line + newline).join('');
}

/** dotenv takes `#` and spaces for something else unless a value is quoted. */
function quoted(value: string): string {
  if (/^[\w.:/@+=-]*$/.test(value)) return value;
  return value.includes("'") ? JSON.stringify(value) : `'${value}'`;
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all: a crash in between leaves the old file. */
async function replace(file: string, text: string): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const draft = `${target}.new`;
  // The mode counts only for a file that is made anew.
  await rm(draft, { force: true });
  await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true });
  await rename(draft, target);
}
