/** The local Coze service: both protocols, no account. What the program talks to when nothing is configured, and what the tests talk to. */
import type { Bot } from '../bots/bot.ts';

export interface SimulatorOptions {
  readonly host?: string;
  /** 0 (default) = any free port. */
  readonly port?: number;
  /** The bots it plays; read anew at each request so that hot reload works. Open API ids it does not know are refused as Coze would. */
  readonly bots: () => readonly Bot[];
  /** Milliseconds between two words of an answer; default 15. Tests use 0. */
  readonly wordMs?: number;
}

export interface Simulator {
  /** Base of the Open API, e.g. `http://127.0.0.1:41234`. The same address serves the playground (`/api/playground/…`), its WebSocket and its images. */
  readonly url: string;
  /** Tokens and cookies it takes, besides those the owner adds. */
  readonly token: string;
  readonly session: string;
  close(): Promise<void>;
}
