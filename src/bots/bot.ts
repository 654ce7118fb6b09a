/** What a bot is once its config has been read. `schema.ts` makes one from a `config.json`. */

/** One bot: who answers it, and what people see of it. */
export interface Bot {
  /** Folder name: `[a-z0-9][a-z0-9-]{0,31}`. */
  readonly name: string;
  readonly coze: OpenBot | PlaygroundBot;
  readonly bridge: Bridge;
  /** Changes when the config changes, so that a client built for an older version is replaced. */
  readonly version: string;
}

/** A bot asked through the official Open API. */
export interface OpenBot {
  readonly kind: 'open';
  readonly botId: string;
  /** Overrides `COZE_API_BASE` for this bot. */
  readonly apiBase?: string | undefined;
  /** Name of the variable that holds its token; default `COZE_API_TOKEN`. */
  readonly tokenEnv: string;
  readonly auth?: JwtAuth | DeviceAuth | undefined;
  readonly workflowId?: string | undefined;
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

/** An OAuth JWT app: the private key stays in the environment or in a file of its own. */
export interface JwtAuth {
  readonly appId: string;
  /** Fingerprint of the public key (`kid`). */
  readonly keyId: string;
  readonly privateKeyEnv?: string | undefined;
  readonly privateKeyFile?: string | undefined;
}

/** A login by device code, made by `npm run setup`; its tokens are in the store. */
export interface DeviceAuth {
  /** The OAuth app's client id. */
  readonly clientId: string;
}

/** A bot asked through the playground protocol, from the file that the userscript downloads. */
export interface PlaygroundBot {
  readonly kind: 'playground';
  /** The export as it is, never changed. */
  readonly draft: PlaygroundDraft;
}

/** The body of the site's own `POST /api/draftbot/update`; the fields of `work_info` are strings, most with JSON in them. */
export interface PlaygroundDraft {
  readonly space_id?: string | undefined;
  readonly bot_id?: string | undefined;
  readonly name?: string | undefined;
  readonly work_info: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** What people see, where the owner says so in `bridge`; the rest is asked of Coze. */
export interface Bridge extends Profile {
  readonly context: ContextLimits;
  readonly show: { readonly sources: boolean; readonly reasoning: boolean };
  /** Name of the bot that answers while this one's Coze account has no credits left. */
  readonly fallback?: string | undefined;
}

/** How much of a history goes to Coze with each question. */
export interface ContextLimits {
  /** `window`: the turns go with each question. `coze`: one Coze conversation per key keeps them. */
  readonly keep: 'window' | 'coze';
  /** Most turns (messages of either side), default 40. */
  readonly turns: number;
  /** Most UTF-16 units over all turns, default 24,000. */
  readonly characters: number;
  /** A history nobody touched for so many minutes starts anew; 0 = never (default). */
  readonly idleMinutes: number;
}

/** What Coze tells about a bot. */
export interface Profile {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly avatar?: string | undefined;
  readonly prologue?: string | undefined;
  readonly suggestions?: readonly string[] | undefined;
}
