/** Settings from `.env` and the environment, read once at start; every fault is reported in one error. */

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
  readonly discord?: { readonly token: string; readonly apiUrl: string } | undefined;
  readonly telegram?: { readonly token: string; readonly apiUrl: string } | undefined;
  readonly storeUrl: string;
  /** Absent when `SERVER_PORT=off`. */
  readonly server?: { readonly host: string; readonly port: number; readonly apiKey?: string | undefined } | undefined;
  /** Exactly one of `dir` and `file`. */
  readonly bots: {
    readonly dir?: string | undefined;
    readonly file?: string | undefined;
    readonly default?: string | undefined;
  };
  readonly tempPath: string;
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug';
}
