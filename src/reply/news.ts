/** What an answer has that is not on screen yet: whether it is worth a call, and how fast more of it comes. */
import type { Reading } from './reading.ts';

/** First words go out at so many characters, at a line end, or after `FIRST_MS`. */
const FIRST_CHARACTERS = 30;
const FIRST_MS = 1000;
/** An edit with less news than this waits for more, at most `LITTLE_MS` after the one before. */
const LITTLE_CHARACTERS = 12;
const LITTLE_MS = 2500;
/** What is due waits for the next piece of text, at most so long. */
const LONGEST_BEAT_MS = 200;

type State = Pick<Reading, 'text' | 'reasoning' | 'tool' | 'version'>;

export class News {
  readonly #reading: State;
  readonly #now: () => number;
  readonly #wantsReasoning: boolean;
  /** When there was first anything to show. */
  #firstAt: number | undefined;
  /** When the first of the text was there, and the reading's version then: what a tool took before tells nothing about the speed. */
  #begun: { readonly at: number; readonly version: number } | undefined;
  #shownLength = 0;
  #shownAt = 0;

  constructor(reading: State, now: () => number, wantsReasoning: boolean) {
    this.#reading = reading;
    this.#now = now;
    this.#wantsReasoning = wantsReasoning;
  }

  /** Characters of the text that were there when a call left that succeeded. */
  get shownLength(): number {
    return this.#shownLength;
  }

  /** A call that left at `at` showed this much of the text. */
  shown(length: number, at: number): void {
    this.#shownLength = length;
    this.#shownAt = at;
  }

  /** Milliseconds for which there is too little for the first call; `undefined` while there is nothing at all. */
  untilFirst(): number | undefined {
    const { text, reasoning, tool } = this.#reading;
    this.#look();
    if (text === '' && !tool && !(this.#wantsReasoning && reasoning)) return undefined;
    this.#firstAt ??= this.#now();
    if (text.length >= FIRST_CHARACTERS || text.includes('\n')) return 0;
    return Math.max(0, this.#firstAt + FIRST_MS - this.#now());
  }

  /** Milliseconds for which there is too little for one more call. */
  untilNext(): number {
    const { text } = this.#reading;
    this.#look();
    if (text.length - this.#shownLength >= LITTLE_CHARACTERS || text.length < this.#shownLength) return 0;
    return Math.max(0, this.#shownAt + LITTLE_MS - this.#now());
  }

  /** Characters a second so far. */
  speed(): number | undefined {
    const ms = this.#age();
    return ms > 0 ? (this.#reading.text.length * 1000) / ms : undefined;
  }

  /**
   * Milliseconds in which the next piece of text should come. A call that leaves just after a piece came shows more than one that leaves just before,
   * and costs the same.
   */
  beat(): number {
    const pieces = this.#reading.version - (this.#begun?.version ?? 0);
    return Math.min(LONGEST_BEAT_MS, (1.5 * this.#age()) / Math.max(1, pieces));
  }

  #look(): void {
    const { text, version } = this.#reading;
    if (text !== '') this.#begun ??= { at: this.#now(), version };
  }

  #age(): number {
    return this.#begun ? this.#now() - this.#begun.at : 0;
  }
}
