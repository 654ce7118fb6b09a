/** Settings from `.env` and the environment, read once at start; every fault is reported in one error. */
import { z } from 'zod';
import { RealCozeError } from './errors.ts';
import { address, count, link, oneOf, onOff, secret, subjects } from './settings/fields.ts';
import { parseShards, type Shards } from './shards.ts';

export interface Settings {
  readonly coze: {
    readonly token?: string | undefined;
    readonly apiBase: string;
    readonly session?: string | undefined;
    readonly webBase: string;
  };
  /** One proxy for all outgoing traffic; each of the three can be left out. */
  readonly proxy: {
    readonly url?: string | undefined;
    readonly coze: boolean;
    readonly discord: boolean;
    readonly telegram: boolean;
  };
  /** `shards`: those of this process; absent = as many as Discord recommends, all here. */
  readonly discord?: { readonly token: string; readonly apiUrl: string; readonly shards?: Shards } | undefined;
  readonly telegram?:
    | {
        readonly token: string;
        readonly apiUrl: string;
        /** Answers in private chats grow as native drafts instead of by edits. */
        readonly drafts?: boolean;
        /** Answers are rich messages. */
        readonly rich?: boolean;
        /** Where updates are brought to; absent = they are asked for. */
        readonly webhook?: string;
      }
    | undefined;
  readonly storeUrl: string;
  /** Absent when `SERVER_PORT=off`. */
  readonly server?: { readonly host: string; readonly port: number; readonly apiKey?: string | undefined } | undefined;
  /** Exactly one of `dir` and `file`. */
  readonly bots: {
    readonly dir?: string | undefined;
    readonly file?: string | undefined;
    readonly default?: string | undefined;
  };
  /** The owner's rules for the whole program, which no place can loosen; only what is set. Lists hold `user:ID`, `role:ID`, `channel:ID`, `server:ID`. */
  readonly access: {
    readonly allow?: readonly string[];
    readonly deny?: readonly string[];
    readonly memberTurns?: number;
    readonly memberTokens?: number;
    readonly placeTurns?: number;
    readonly placeTokens?: number;
    readonly limitHours?: number;
  };
  readonly tempPath: string;
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Names that the Real-Coze-API project used before; they keep working, and the new name wins where both are set. */
const formerNames: Readonly<Record<string, readonly string[]>> = {
  COZE_SESSION_ID: ['session_id'],
  PROXY: ['proxy'],
  SERVER_PORT: ['server_port'],
  BOT_CONFIG_PATH: ['bot_config_path'],
  TEMP_PATH: ['temp_path', 'tmp_path'],
};

/**
 * Reads and checks all settings. Empty values count as absent.
 * @throws RealCozeError `config` with one line for each fault, naming the variable and its cure, never a secret's value.
 */
export function readSettings(env: Environment): Settings {
  const given = pick(env);
  const parsed = schema.safeParse(given);
  const faults = [...(parsed.error?.issues ?? []).map((issue) => issue.message), ...contradictions(given)];
  if (!parsed.success || faults.length > 0) throw new RealCozeError('config', report(faults));
  return arrange(parsed.data);
}

/** The value of every known variable under its own name, whatever name it was given by. */
function pick(env: Environment): Record<string, string | undefined> {
  const given: Record<string, string | undefined> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = [name, ...(formerNames[name] ?? [])].map((key) => env[key]?.trim()).find((text) => text);
    if (value !== undefined) given[name] = value;
  }
  return given;
}

function report(faults: readonly string[]): string {
  const lines = faults.map((fault) => `- ${fault}`).join('\n');
  return `The settings cannot be used. Change these in .env or the environment:\n${lines}`;
}

const telegramItself = 'https://api.telegram.org';
/** The ports that Telegram delivers to (core.telegram.org/bots/api#setwebhook); the first is that of https. */
const webhookPorts = ['', '80', '88', '8443'];

const schema = z.object({
  COZE_API_TOKEN: secret('COZE_API_TOKEN', 'a personal access token starts with pat_'),
  COZE_API_BASE: address('COZE_API_BASE', 'https://api.coze.com'),
  COZE_SESSION_ID: secret('COZE_SESSION_ID', 'the value of the cookie "sessionid" of www.coze.com'),
  COZE_WEB_BASE: address('COZE_WEB_BASE', 'https://www.coze.com'),
  PROXY: z.string().superRefine(oneOf('PROXY', 'socks5h://127.0.0.1:7890')).optional(),
  PROXY_COZE: onOff('PROXY_COZE'),
  PROXY_DISCORD: onOff('PROXY_DISCORD'),
  PROXY_TELEGRAM: onOff('PROXY_TELEGRAM'),
  DISCORD_BOT_TOKEN: secret('DISCORD_BOT_TOKEN', 'Discord Developer Portal, Bot, Reset Token'),
  DISCORD_API_URL: address('DISCORD_API_URL', 'https://discord.com/api'),
  DISCORD_SHARDS: z
    .string()
    .refine((text) => text === 'auto' || parseShards(text) !== undefined, {
      error:
        'DISCORD_SHARDS: there are no such shards. Write "auto", how many run here (4), or which of them, counted from 0 (0-3/16, 5/16).',
    })
    .transform(parseShards)
    .optional(),
  TELEGRAM_BOT_TOKEN: secret('TELEGRAM_BOT_TOKEN', '@BotFather gives one that looks like 123456789:AAF-...'),
  TELEGRAM_API_URL: address('TELEGRAM_API_URL', telegramItself),
  TELEGRAM_WEBHOOK_URL: link('TELEGRAM_WEBHOOK_URL', 'https://bot.example.com/telegram').optional(),
  TELEGRAM_DRAFTS: z
    .enum(['on', 'off'], { error: 'TELEGRAM_DRAFTS: write "on" for native drafts in private chats, or "off".' })
    .default('off'),
  TELEGRAM_RICH: z
    .enum(['on', 'off'], { error: 'TELEGRAM_RICH: write "on" for rich messages with tables and formulas, or "off".' })
    .default('off'),
  STORE_URL: z
    .string()
    .default('sqlite://data/real-coze.sqlite')
    .superRefine(oneOf('STORE_URL', 'sqlite://data/real-coze.sqlite')),
  SERVER_HOST: z.string().default('127.0.0.1'),
  SERVER_PORT: z
    .string()
    .default('8080')
    .refine((text) => text === 'off' || (/^\d{1,5}$/.test(text) && Number(text) <= 65_535), {
      error: 'SERVER_PORT: not a port. Write a number from 0 to 65535 (0 = any free one), or "off" for no server.',
    }),
  SERVER_API_KEY: z
    .string()
    .regex(/^\S{8,}$/, { error: 'SERVER_API_KEY: too short or with spaces. Use at least 8 characters without spaces.' })
    .optional(),
  BOTS_DIR: z.string().optional(),
  BOT_CONFIG_PATH: z.string().optional(),
  DEFAULT_BOT: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, {
      error: 'DEFAULT_BOT: not a name of a bot. Write the name of a folder in bots/: a-z, 0-9 and "-", at most 32.',
    })
    .optional(),
  ALLOW: subjects('ALLOW'),
  DENY: subjects('DENY'),
  MEMBER_TURNS: count('MEMBER_TURNS'),
  MEMBER_TOKENS: count('MEMBER_TOKENS'),
  PLACE_TURNS: count('PLACE_TURNS'),
  PLACE_TOKENS: count('PLACE_TOKENS'),
  LIMIT_HOURS: count('LIMIT_HOURS'),
  TEMP_PATH: z.string().default('./temp'),
  LOG_LEVEL: z
    .enum(['silent', 'error', 'warn', 'info', 'debug'], {
      error: 'LOG_LEVEL: unknown level. Write silent, error, warn, info or debug.',
    })
    .default('info'),
});

/** What each value allows by itself but not together with the others. Works on raw values, so that it is told beside other faults. */
function contradictions(given: Readonly<Record<string, string | undefined>>): string[] {
  const faults: string[] = [];
  if (given.BOTS_DIR && given.BOT_CONFIG_PATH)
    faults.push(
      'BOTS_DIR and BOT_CONFIG_PATH: both are set. Keep one: a folder of bots, or the one file of a single bot.',
    );
  const host = given.SERVER_HOST;
  if (host && !isLoopback(host) && !given.SERVER_API_KEY && given.SERVER_PORT !== 'off')
    faults.push(
      `SERVER_API_KEY: missing, and SERVER_HOST=${host} lets other machines in. Set a key of at least 8 characters, or SERVER_HOST=127.0.0.1.`,
    );
  return [...faults, ...webhookFaults(given)];
}

/** A Bot API server of one's own delivers to any address; Telegram's only to some. */
function webhookFaults(given: Readonly<Record<string, string | undefined>>): string[] {
  const { TELEGRAM_WEBHOOK_URL: url, TELEGRAM_API_URL: api = telegramItself } = given;
  if (url === undefined) return [];
  const faults: string[] = [];
  if (given.SERVER_PORT === 'off')
    faults.push(
      'TELEGRAM_WEBHOOK_URL: set, but SERVER_PORT=off leaves no server to deliver to. Set a port, or leave the address out: updates are then asked for.',
    );
  if (!URL.canParse(url) || api.replace(/\/+$/, '') !== telegramItself) return faults;
  const { protocol, port } = new URL(url);
  if (protocol !== 'https:' || !webhookPorts.includes(port))
    faults.push(
      'TELEGRAM_WEBHOOK_URL: Telegram delivers to https:// only, on port 443, 80, 88 or 8443. Let a proxy such as Caddy or nginx take it there and send it on to this program.',
    );
  return faults;
}

function arrange(values: z.infer<typeof schema>): Settings {
  const { BOT_CONFIG_PATH: file, SERVER_PORT: port } = values;
  const discord = account(values.DISCORD_BOT_TOKEN, values.DISCORD_API_URL);
  const telegram = account(values.TELEGRAM_BOT_TOKEN, values.TELEGRAM_API_URL);
  return {
    coze: {
      token: values.COZE_API_TOKEN,
      apiBase: values.COZE_API_BASE,
      session: values.COZE_SESSION_ID,
      webBase: values.COZE_WEB_BASE,
    },
    proxy: {
      url: values.PROXY,
      coze: values.PROXY_COZE,
      discord: values.PROXY_DISCORD,
      telegram: values.PROXY_TELEGRAM,
    },
    discord: discord && { ...discord, ...(values.DISCORD_SHARDS && { shards: values.DISCORD_SHARDS }) },
    telegram: telegram && {
      ...telegram,
      drafts: values.TELEGRAM_DRAFTS === 'on',
      rich: values.TELEGRAM_RICH === 'on',
      ...(values.TELEGRAM_WEBHOOK_URL && { webhook: values.TELEGRAM_WEBHOOK_URL }),
    },
    storeUrl: values.STORE_URL,
    server:
      port === 'off' ? undefined : { host: values.SERVER_HOST, port: Number(port), apiKey: values.SERVER_API_KEY },
    bots: { ...(file ? { file } : { dir: values.BOTS_DIR ?? 'bots' }), default: values.DEFAULT_BOT },
    access: {
      ...(values.ALLOW && { allow: values.ALLOW }),
      ...(values.DENY && { deny: values.DENY }),
      ...(values.MEMBER_TURNS && { memberTurns: values.MEMBER_TURNS }),
      ...(values.MEMBER_TOKENS && { memberTokens: values.MEMBER_TOKENS }),
      ...(values.PLACE_TURNS && { placeTurns: values.PLACE_TURNS }),
      ...(values.PLACE_TOKENS && { placeTokens: values.PLACE_TOKENS }),
      ...(values.LIMIT_HOURS && { limitHours: values.LIMIT_HOURS }),
    },
    tempPath: values.TEMP_PATH,
    logLevel: values.LOG_LEVEL,
  };
}

function account(token: string | undefined, apiUrl: string): { token: string; apiUrl: string } | undefined {
  return token === undefined ? undefined : { token, apiUrl };
}

/** True for names and addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}

/** Every value of the settings that must never be seen in a log, a message or an error. */
export function secretsOf(settings: Settings): string[] {
  const passwords = [settings.proxy.url, settings.storeUrl].map((url) =>
    url && URL.canParse(url) ? new URL(url).password : '',
  );
  return [
    settings.coze.token,
    settings.coze.session,
    settings.discord?.token,
    settings.telegram?.token,
    settings.server?.apiKey,
    ...passwords,
    ...passwords.map((password) => decodeURIComponent(password)),
  ].filter((text): text is string => Boolean(text));
}
