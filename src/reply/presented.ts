/** What a progressive reply is asked for and what came of it. */
import type { Button } from '../message.ts';
import type { Surface } from '../surface.ts';
import type { Pacer } from './pace/pace.ts';
import type { Finish } from './reading.ts';

export interface PresentOptions {
  readonly surface: Surface;
  readonly pacer: Pacer;
  /** Stop: fires when a member or the program ends the answer early. What was written stays, with a last edit. */
  readonly signal: AbortSignal;
  /** Names the turn; the key of each post is derived from it, so that a post repeated after a crash is not a second message. */
  readonly key: string;
  /** Messages already begun (crash, edited question): these are edited first. */
  readonly replyIds?: readonly string[];
  /** Told whenever the list of messages changes. */
  onPosted?(ids: readonly string[]): Promise<void> | void;
  /** Buttons of the last part while the answer runs. */
  readonly running?: readonly Button[];
  /** Buttons of the last part at the end. */
  finished?(presented: Presented): readonly Button[];
  /** The visible sentence under an answer that did not end as it should. */
  note(presented: Presented): string | undefined;
  readonly showReasoning?: boolean;
  readonly showSources?: boolean;
}

export interface Presented {
  readonly text: string;
  /** Messages the answer is in, in order. */
  readonly ids: readonly string[];
  readonly suggestions: readonly string[];
  readonly excerpts: readonly string[];
  readonly reasoning: string;
  readonly tools: readonly string[];
  readonly usage?: { input: number; output: number };
  /** `stopped`: the signal fired. `failed`: the source threw. `gone`: nobody can see it any more (deleted, blocked). */
  readonly finish: Finish;
  /** It failed because the platform did not let the rest of it be seen. */
  readonly isCut?: boolean;
  /** What the source or the surface threw. */
  readonly error?: unknown;
}
