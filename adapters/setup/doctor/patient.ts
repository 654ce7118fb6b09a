/** What is examined. */
import type { Host } from '../../host.ts';
import type { Words as SetupWords } from '../words.ts';
import type { Words } from './words.ts';

export interface Patient {
  readonly host: Host;
  readonly words: Words;
  /** What setup says of the same things. */
  readonly setup: SetupWords;
  /** Fires when the owner leaves. */
  readonly signal: AbortSignal;
}

/** Lines for the owner, as they are known: `✓` is well, `·` is off, `!` is worth knowing, `✗` has to be mended. */
export type Examination = (patient: Patient) => AsyncGenerator<string>;
