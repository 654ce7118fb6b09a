/** From the text of a `config.json` to a bot. Tolerant of what Coze exports, strict about what an owner writes. */
import { z } from 'zod';
import { RealCozeError } from '../errors.ts';
import type { Bot, Bridge, DeviceAuth, JwtAuth, OpenBot, PlaygroundBot } from './bot.ts';

/** What a bot's folder may be called. */
export const botName = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** A field that must satisfy a rule; the rule is also the words an owner reads, for a missing field too. */
function says(rule: string): { error: (issue: { input?: unknown }) => string } {
  return { error: (issue) => (issue.input === undefined ? `is missing; it ${rule}` : rule) };
}

const id = says('must be a string of digits in quotes, since a JSON number loses its last digits');
const digits = z.string(id).regex(/^\d+$/, id);
const text = (most: number) =>
  z.string(says('must be a string')).min(1, 'must not be empty').max(most, `is longer than ${most} characters`);
const webAddress = z.url({ protocol: /^https?$/, ...says('must be an address that begins with https:// or http://') });
const variableName = says('must be the name of an environment variable, such as COZE_API_TOKEN');
const environment = z.string(variableName).regex(/^[A-Za-z_]\w*$/, variableName);
const yesOrNo = z.boolean(says('must be true or false'));
const whole = (from: number, to: number) => {
  const rule = says(`must be a whole number from ${from} to ${to}`);
  return z.int(rule).min(from, rule).max(to, rule);
};

const otherBot = says('must be the name of another bot: its folder in bots/');

const bridgeSchema = z.strictObject({
  name: text(80).optional(),
  description: text(1000).optional(),
  avatar: webAddress.optional(),
  welcome: text(4000).optional(),
  suggestions: z.array(text(200), says('must be a list of questions')).max(10, 'holds more than ten').optional(),
  context: z
    .strictObject({
      keep: z.enum(['window', 'coze'], says('must be "window" or "coze"')).optional(),
      // Coze takes at most 100 messages with a question.
      turns: whole(1, 100).optional(),
      characters: whole(100, 1_000_000).optional(),
      idle_minutes: whole(0, 525_600).optional(),
    })
    .optional(),
  show: z.strictObject({ sources: yesOrNo.optional(), reasoning: yesOrNo.optional() }).optional(),
  fallback: z.string(otherBot).regex(botName, otherBot).optional(),
});

const jwtSchema = z
  .strictObject({
    app_id: text(100),
    key_id: text(200),
    private_key_env: environment.optional(),
    private_key_file: text(1000).optional(),
  })
  .refine((auth) => (auth.private_key_env === undefined) !== (auth.private_key_file === undefined), {
    error: 'needs exactly one of private_key_env and private_key_file',
  });

/** Strict by a sentence of its own: what stands beside `client_id` is most likely the other kind's. */
const deviceSchema = z.looseObject({ client_id: text(100) }).refine((auth) => Object.keys(auth).length === 1, {
  error: 'with client_id is a login by device code and holds nothing else; a JWT app has app_id instead of client_id',
});

const variablesRule = says('must map names of letters and underscores to strings');

const openFields = {
  bot_id: digits,
  api_base: webAddress.optional(),
  token_env: environment.optional(),
  workflow_id: digits.optional(),
  variables: z.record(z.string().regex(/^[A-Za-z_]+$/), z.string(variablesRule), variablesRule).optional(),
  bridge: bridgeSchema.optional(),
};
/** Two schemas instead of a union: each fault is told in the words of the kind that was meant. */
const openSchema = z.strictObject({ ...openFields, auth: jwtSchema.transform(toJwtAuth).optional() });
const deviceBotSchema = z.strictObject({ ...openFields, auth: deviceSchema.transform(toDeviceAuth) });

const ofExport = says('must be a string, as Coze exports it');

/** The export's own fields are Coze's affair: only what is needed to ask is looked at. */
const playgroundSchema = z.looseObject({
  space_id: z.string(ofExport).optional(),
  bot_id: z.string(ofExport).optional(),
  name: z.string(ofExport).optional(),
  work_info: z.record(z.string(), z.unknown(), says('must be an object, as Coze exports it')),
  bridge: bridgeSchema.optional(),
});

/**
 * Reads a config. `name` is the bot's folder. An object with `work_info` is a playground export, one with `bot_id`
 * alone a bot of the Open API.
 * @throws RealCozeError `config` with every fault: file, field, reason, cure.
 */
export function parseBot(name: string, json: string): Bot {
  const file = `bots/${name}/config.json`;
  if (!botName.test(name))
    throw fault(
      file,
      'The folder\'s name is no bot name. Use 1 to 32 of a-z, 0-9 and "-", beginning with a letter or digit.',
    );
  const value = parseJson(file, json);
  const version = hash(json);
  if ('work_info' in value) {
    const { bridge, ...draft } = check(file, playgroundSchema, value);
    const coze: PlaygroundBot = { kind: 'playground', draft };
    return { name, coze, bridge: toBridge(bridge), version };
  }
  if (!('bot_id' in value))
    throw fault(
      file,
      'It has neither bot_id nor work_info. Write {"bot_id": "…"} with the id of a published bot, or put the file there that the userscript downloads.',
    );
  const { bridge, ...open } = hasDeviceAuth(value)
    ? check(file, deviceBotSchema, value)
    : check(file, openSchema, value);
  return { name, coze: toOpenBot(open), bridge: toBridge(bridge), version };
}

function hasDeviceAuth(value: object): boolean {
  const auth = 'auth' in value ? value.auth : undefined;
  return typeof auth === 'object' && auth !== null && 'client_id' in auth;
}

function parseJson(file: string, json: string): object {
  let value: unknown;
  try {
    // Editors on Windows may begin a file with a byte order mark.
    value = JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch (cause) {
    const where = cause instanceof Error ? cause.message : String(cause);
    throw fault(file, `It is not JSON (${where}). Correct it, or download it again.`, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fault(file, 'It must hold one JSON object. Write {"bot_id": "…"}.');
  return value;
}

function check<T>(file: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw fault(file, result.error.issues.map(sentence).join(' '), result.error);
}

/** One fault as `field: reason.`, with the cure where the reason is not one itself. */
function sentence(issue: z.core.$ZodIssue): string {
  const field = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys') {
    const reason = issue.code === 'invalid_type' && issue.expected === 'object' ? 'must be an object' : issue.message;
    return `${field}: ${reason}.`;
  }
  return issue.keys.map((key) => `${[...issue.path, key].map(String).join('.')}: ${unknownField(key)}`).join(' ');
}

function unknownField(key: string): string {
  if (/token|secret|private_key$|password|session/i.test(key))
    return 'secrets do not belong here. Put it into .env, and name its variable in token_env or auth.private_key_env.';
  return 'is not a known field. Correct its spelling or take it out.';
}

function fault(file: string, reason: string, cause?: unknown): RealCozeError {
  return new RealCozeError('config', `${file}: ${reason}`, { cause });
}

function toJwtAuth(auth: z.infer<typeof jwtSchema>): JwtAuth {
  return {
    appId: auth.app_id,
    keyId: auth.key_id,
    privateKeyEnv: auth.private_key_env,
    privateKeyFile: auth.private_key_file,
  };
}

function toDeviceAuth(auth: z.infer<typeof deviceSchema>): DeviceAuth {
  return { clientId: auth.client_id };
}

function toOpenBot(config: Omit<z.infer<typeof openSchema | typeof deviceBotSchema>, 'bridge'>): OpenBot {
  return {
    kind: 'open',
    botId: config.bot_id,
    apiBase: config.api_base?.replace(/\/+$/, ''),
    tokenEnv: config.token_env ?? 'COZE_API_TOKEN',
    auth: config.auth,
    workflowId: config.workflow_id,
    variables: config.variables,
  };
}

function toBridge(config: z.infer<typeof bridgeSchema> = {}): Bridge {
  return {
    name: config.name,
    description: config.description,
    avatar: config.avatar,
    prologue: config.welcome,
    suggestions: config.suggestions,
    context: {
      keep: config.context?.keep ?? 'window',
      turns: config.context?.turns ?? 40,
      characters: config.context?.characters ?? 24_000,
      idleMinutes: config.context?.idle_minutes ?? 0,
    },
    show: { sources: config.show?.sources ?? true, reasoning: config.show?.reasoning ?? false },
    fallback: config.fallback,
  };
}

/** FNV-1a over UTF-16 units, twice with different seeds: tells versions apart, and is no secret's guard. */
function hash(text: string): string {
  return [0x811c9dc5, 0x01000193].map((seed) => fnv(text, seed).toString(16).padStart(8, '0')).join('');
}

function fnv(text: string, seed: number): number {
  let value = seed;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
