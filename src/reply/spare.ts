/** The spare road of a reply: a second way to edit its messages, with a budget of its own, for last edits that the first has nothing left for. */
import type { Surface } from '../surface.ts';
import type { Call, Pace, Pacer } from './pace/pace.ts';

/** Goes before what grows there, and leaves what the replies of that budget keep for their own ends. */
const ASIDE: Call = { isPost: false, isLast: true };

export class Spare {
  readonly #pacer: Pacer;
  #road: Surface['spare'];
  #pace: Pace | undefined;

  constructor({ spare }: Surface, pacer: Pacer) {
    this.#road = spare;
    this.#pacer = pacer;
  }

  /** Joined at the first need: until then the reply is no burden to that budget. */
  get pace(): Pace | undefined {
    if (this.#road) this.#pace ??= this.#pacer.open({ ...this.#road, isGuest: true });
    return this.#pace;
  }

  /** The call that makes a last edit sooner than `own` can. */
  instead(edit: Call, own: Pace): Call | undefined {
    if (!this.#road || !edit.isLast) return undefined;
    const wait = own.wait(edit);
    return wait > 0 && (this.pace?.wait(ASIDE) ?? wait) < wait ? ASIDE : undefined;
  }

  /** The platform does not take edits on it. */
  giveUp(): void {
    this.#road = undefined;
  }

  close(): void {
    this.#pace?.close();
  }
}
