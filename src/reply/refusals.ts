/** Words that the platform does not let be seen, plain as they are: when to try again, and where the answer ends when nothing helps. */

const FIRST_MS = 2000;
const LAST_MS = 30_000;

export class Refusals {
  #inARow = 0;
  #ends = 0;

  /** Milliseconds. More words rarely make it acceptable, and each attempt may be reported to the place's moderators: the next is ever later. */
  wait(): number {
    return Math.min(LAST_MS, FIRST_MS * 2 ** this.#inARow++);
  }

  landed(): void {
    this.#inARow = 0;
  }

  /** The next of the places where the answer could end; `undefined` when all were refused. */
  nextEnd(places: readonly number[]): number | undefined {
    return places[this.#ends++];
  }
}
