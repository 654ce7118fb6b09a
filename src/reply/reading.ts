/** The read loop of a reply: takes events as fast as they come and keeps only the newest state. */
import type { ReplyEvent } from '../coze/transport.ts';
import { RealCozeError } from '../errors.ts';
import type { Pacer } from './pace/pace.ts';

export type Finish = 'stop' | 'interrupt' | 'notice' | 'stopped' | 'failed' | 'gone';

export class Reading {
  text = '';
  reasoning = '';
  /** The tool that runs now. */
  tool: string | undefined;
  readonly tools = new Set<string>();
  excerpts: readonly string[] = [];
  readonly suggestions: string[] = [];
  usage: { input: number; output: number } | undefined;
  /** Set once nothing more will come. */
  finish: Finish | undefined;
  error: unknown;
  /** The platform did not let the rest be seen. */
  isCut = false;
  /** Grows with everything that changes what is shown. */
  version = 0;
  readonly #source: AsyncIterator<ReplyEvent>;
  #wake: (() => void) | undefined;

  constructor(events: AsyncIterable<ReplyEvent>) {
    this.#source = events[Symbol.asyncIterator]();
  }

  /** Reads to the end. Never throws: a failing source is `finish: 'failed'`. */
  async run(): Promise<void> {
    try {
      while (this.finish === undefined) {
        const next = await this.#source.next();
        if (this.finish !== undefined) return;
        if (next.done) throw new RealCozeError('protocol', 'The answer ended before it was complete.');
        this.#apply(next.value);
      }
      // Lets a generator run its `finally`; what it still says is of no interest.
      this.#close();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Ends the reading from outside and closes the source. What was read stays. */
  stop(finish: Finish): void {
    if (this.finish !== undefined) return;
    this.#end(finish);
    this.#close();
  }

  /** The platform lets nobody see what follows so many characters: that is where the answer ends. */
  breakOff(length: number, error: unknown): void {
    this.text = this.text.slice(0, length).toWellFormed().trimEnd();
    this.isCut = true;
    this.error = error;
    this.#end('failed');
  }

  /**
   * For the one who shows it: sleeps at most `ms` (as long as it takes when undefined), until anything changes, or only until the answer ends,
   * or for the whole time.
   */
  pause(timer: Pacer['timer'], ms: number | undefined, until: 'change' | 'end' | 'time'): Promise<void> {
    const { version } = this;
    const wasRunning = this.finish === undefined;
    return new Promise((resolve) => {
      const done = () => {
        cancel?.();
        this.#wake = undefined;
        resolve();
      };
      const cancel = ms === undefined ? undefined : timer(ms, done);
      if (until === 'time') return;
      this.#wake = () => {
        if (until === 'change' ? this.version !== version : wasRunning && this.finish !== undefined) done();
      };
    });
  }

  #apply(event: ReplyEvent): void {
    switch (event.type) {
      case 'delta':
        this.text += event.text;
        break;
      case 'replace':
        this.text = event.text;
        break;
      case 'reasoning':
        this.reasoning += event.text;
        break;
      case 'knowledge':
        this.excerpts = [...this.excerpts, ...event.excerpts];
        return;
      case 'tool':
        this.tools.add(event.name);
        this.tool = event.state === 'running' ? event.name : undefined;
        break;
      case 'suggest':
        this.suggestions.push(event.text);
        return;
      case 'usage':
        this.usage = { input: event.input, output: event.output };
        return;
      case 'done':
        this.#end(event.finish);
        return;
    }
    this.version++;
    this.#wake?.();
  }

  #fail(error: unknown): void {
    if (this.finish !== undefined) return;
    this.error = error;
    this.#end('failed');
  }

  #end(finish: Finish): void {
    this.finish = finish;
    this.version++;
    this.#wake?.();
  }

  #close(): void {
    this.#source.return?.().catch(() => {});
  }
}
