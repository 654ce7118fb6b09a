/** The spare road of a reply: a second way to edit its messages, with a budget of its own, for last edits that the first has nothing left for. */
import type { Surface } from '../surface.ts';
import type { Call, Pace, Pacer } from './pace.ts';

/** Not urgent there: what the replies of that budget keep for their own ends is left to them. */
const ASIDE: Call = { isPost: false, isLast: false };

export class Spare {
  readonly #road: Surface['spare'];
  readonly #pacer: Pacer;
  #pace: Pace | undefined;
  #works: boolean;

  constructor({ spare }: Surface, pacer: Pacer) {
    this.#road = spare;
    this.#pacer = pacer;
    this.#works = spare !== undefined;
  }

  /** While it works nothing has to be kept for the end of the reply. */
  get works(): boolean {
    return this.#works;
  }

  /** Entered at the first need: until then the reply is no burden to that budget. */
  get pace(): Pace | undefined {
    if (this.#road && this.#works) this.#pace ??= this.#pacer.open({ ...this.#road, endsElsewhere: true });
    return this.#pace;
  }

  /** The call that makes a last edit sooner than `own` can. */
  instead(edit: Call, own: Pace): Call | undefined {
    if (!this.#works || !edit.isLast) return undefined;
    const wait = own.wait(edit);
    return wait > 0 && (this.pace?.wait(ASIDE) ?? wait) < wait ? ASIDE : undefined;
  }

  /** The platform does not take edits on it. */
  giveUp(): void {
    this.#works = false;
  }

  close(): void {
    this.#pace?.close();
  }
}
