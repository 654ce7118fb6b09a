/** The folder of bots: a name for a new one that can be typed, and its config. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { botName } from '#core/bots/schema.ts';
import type { Access } from './credential.ts';
import { isSample } from './samples.ts';

export interface Folder {
  /** The bots there are. */
  names(): Promise<readonly string[]>;
  /** Those of them that came with the program, as they came. */
  samples(): Promise<readonly string[]>;
  fileOf(name: string): string;
  /** Writes the config of a bot, or renews the one that it has, and keeps what else the owner wrote there. Resolves to its name. */
  write(bot: { readonly id: string; readonly name: string }, config: Access['config']): Promise<string>;
}

export function openFolder(dir: string): Folder {
  const fileOf = (name: string) => join(dir, name, 'config.json');
  const configs = async () => {
    const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
    const names = entries.map((entry) => entry.name).filter((name) => botName.test(name));
    const read = await Promise.all(names.map(async (name) => [name, await readConfig(fileOf(name))] as const));
    return new Map(read.flatMap(([name, config]) => (config ? [[name, config]] : [])));
  };
  return {
    fileOf,
    names: async () => [...(await configs()).keys()],
    samples: async () => [...(await configs())].filter(([, { bot_id }]) => isSample(bot_id)).map(([name]) => name),
    async write(bot, { api_base, token_env, auth }) {
      const known = await configs();
      const own = [...known].find(([, config]) => config.bot_id === bot.id && !('work_info' in config));
      const name = own?.[0] ?? freeName(bot, known);
      const { api_base: _base, token_env: _token, auth: _auth, ...kept } = own?.[1] ?? {};
      const config = {
        bot_id: bot.id,
        ...(api_base && { api_base }),
        ...(token_env && { token_env }),
        ...(auth && { auth }),
      };
      await mkdir(join(dir, name), { recursive: true });
      await writeFile(fileOf(name), `${JSON.stringify({ ...config, ...kept, bot_id: bot.id }, null, 2)}\n`);
      return name;
    },
  };
}

type Config = Readonly<Record<string, unknown>>;

/** A file that cannot be read as JSON still takes its name. */
async function readConfig(file: string): Promise<Config | undefined> {
  const json = await readFile(file, 'utf8').catch(() => undefined);
  if (json === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(json.replace(/^\uFEFF/, ''));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** "Chef Nim!" is `chef-nim`; what has no Latin letters goes by the end of its id. */
function freeName(
  { id, name }: { readonly id: string; readonly name: string },
  taken: ReadonlyMap<string, unknown>,
): string {
  const latin = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 28)
    .replace(/-+$/, '');
  const wanted = latin === '' ? `bot-${id.slice(-6)}` : latin;
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? wanted : `${wanted}-${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}
