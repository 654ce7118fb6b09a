/** Where the configs of bots lie: a folder of folders, or one file. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RealCozeError } from '../errors.ts';
import { botName } from './schema.ts';

/** Where configs are: the folders in which a change shows, and the texts by the name of their bot. */
export interface Source {
  readonly place: string;
  /** The folder that may itself be replaced by another of its name. */
  readonly root?: string;
  folders(): Promise<readonly string[]>;
  texts(): Promise<ReadonlyMap<string, string | Error>>;
}

export function folderSource(dir: string): Source {
  return {
    place: dir,
    root: dir,
    folders: async () => [dir, ...(await folderNames(dir)).map((name) => join(dir, name))],
    async texts() {
      const texts = new Map<string, string | Error>();
      for (const name of await folderNames(dir)) {
        const text = await readText(join(dir, name, 'config.json'));
        if (text !== undefined) texts.set(name, text);
      }
      return texts;
    },
  };
}

async function folderNames(dir: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink());
    return folders.map((entry) => entry.name).sort();
  } catch (cause) {
    throw new RealCozeError('config', `${dir}: this folder of bots cannot be read. Create it, or set BOTS_DIR.`, {
      cause,
    });
  }
}

export function fileSource(file: string): Source {
  const name = nameOfFile(file);
  return {
    place: file,
    folders: async () => [dirname(file)],
    async texts() {
      const text = await readText(file);
      if (text !== undefined) return new Map([[name, text]]);
      throw new RealCozeError('config', `${file}: there is no such file. Correct BOT_CONFIG_PATH.`);
    },
  };
}

/** `bots/nim/config.json` is nim, `nim.json` is nim, and what gives no name is `bot`. */
function nameOfFile(file: string): string {
  const stem = basename(file).replace(/\.json$/, '');
  const name = stem === 'config' ? basename(dirname(file)) : stem;
  return botName.test(name) ? name : 'bot';
}

/** The text, nothing where there is no such file, the error where it cannot be read. */
async function readText(path: string): Promise<string | Error | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : (error as Error);
  }
}
