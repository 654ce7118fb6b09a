/** One run of setup, as its steps see it. */
import type { Log } from '#core/log.ts';
import type { Network } from '#core/network.ts';
import type { Store } from '#core/store.ts';
import type { Dialogue } from './dialogue.ts';
import type { EnvironmentFile } from './environment.ts';
import type { Words } from './words.ts';

/** What every step may use. */
export interface Setup {
  readonly dialogue: Dialogue;
  readonly words: Words;
  readonly environment: EnvironmentFile;
  readonly log: Log;
  /** Fires when the owner leaves. */
  readonly signal: AbortSignal;
  network(target: 'coze' | 'discord' | 'telegram'): Pick<Network, 'fetch' | 'openWebSocket'>;
  /** From now on everything goes through this proxy. */
  useProxy(url: string): Promise<void>;
  /** The store of the settings, opened once: a login by device code is kept there. */
  openStore(): Promise<Store>;
  /** Waits between two polls of a login; for tests. */
  readonly sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
}
