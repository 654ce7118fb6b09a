/** The show loop of a reply: one request at a time, always with the newest text, until the last edit has landed. */
import { errorCode, isRealCozeError } from '../errors.ts';
import { type Composer, createComposer, isSame } from './compose.ts';
import { Drafting } from './drafting.ts';
import { News } from './news.ts';
import type { Call, Pace } from './pace/pace.ts';
import type { Presented, PresentOptions } from './presented.ts';
import type { Reading } from './reading.ts';
import { Refusals } from './refusals.ts';
import { Spare } from './spare.ts';
import { DoubtfulPosts, EMPTY, isPassing, type Message, type Step } from './step.ts';
import { keepTyping } from './typing.ts';

/** Failures in a row without a word about waiting, after which the surface counts as dead: about three minutes. */
const MAX_FAILURES = 10;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;

export class Showing {
  /** Set when the surface cannot show anything any more. */
  dead: { error: unknown } | undefined;
  readonly #reading: Reading;
  readonly #options: PresentOptions;
  readonly #pace: Pace;
  readonly #composer: Composer;
  readonly #drafting: Drafting;
  readonly #spare: Spare;
  readonly #news: News;
  readonly #doubtful = new DoubtfulPosts();
  readonly #refusals = new Refusals();
  readonly #messages: Message[] = [];
  /** The reading's version that is on screen. */
  #synced = -1;
  #failures = 0;
  #lost = 0;
  #fileSent = false;
  /** A part was just filled up: the next one may go at once where new messages are counted apart. */
  #partFull = false;
  /** A call was waited for and may go now. */
  #hasWaited = false;
  #stopTyping: (() => void) | undefined;

  constructor(reading: Reading, options: PresentOptions, summary: () => Presented) {
    const { surface, pacer } = options;
    this.#reading = reading;
    this.#options = options;
    const { bucket, globalBucket, spare } = surface;
    const budget = surface.budget === 'telegram-draft' ? 'telegram-private' : surface.budget;
    this.#pace = pacer.open({ bucket, globalBucket, budget, spare });
    this.#spare = new Spare(surface, pacer);
    this.#composer = createComposer(reading, options, summary);
    this.#drafting = new Drafting(surface, pacer);
    this.#news = new News(reading, pacer.now, options.showReasoning ?? false);
    for (const id of options.replyIds ?? []) this.#messages.push({ id, shown: undefined });
  }

  get ids(): readonly string[] {
    return this.#messages.map((message) => message.id);
  }

  async run(): Promise<void> {
    if (this.#messages.length === 0) this.#stopTyping = keepTyping(this.#options.surface, this.#options.pacer);
    while (!this.dead) {
      const isLast = this.#reading.finish !== undefined;
      if (this.#synced === this.#reading.version && this.#heartbeatAfter() !== 0) {
        if (isLast) return;
        await this.#pause(this.#heartbeatAfter(), 'change');
        continue;
      }
      const hold = isLast ? 0 : this.#holdBack();
      if (hold !== 0) {
        await this.#pause(hold, 'change');
        continue;
      }
      await this.#advance(isLast);
    }
  }

  close(): void {
    this.#stopTyping?.();
    for (const open of [this.#pace, this.#spare, this.#drafting.pace]) open?.close();
  }

  /** Takes the next step towards the newest text, or waits until it may be taken. */
  async #advance(isLast: boolean): Promise<void> {
    const version = this.#reading.version;
    if (!isLast && !this.#partFull && !(await this.#isDue())) return;
    const step = this.#nextStep();
    if (!step) {
      this.#synced = version;
      this.#partFull = false;
      if (this.#heartbeatAfter() === 0) this.#drafting.letGo();
      return;
    }
    const next = this.#sooner(step) ?? step;
    const pace = this.#paceOf(next);
    if (!(await this.#waited(next.call, pace))) await this.#send(next, pace);
  }

  /** How the end can be seen although its own call has to wait. */
  #sooner(step: Step): Step | undefined {
    const { run, content } = step;
    const draft = run === 'post' ? this.#drafting.meanwhile(step.call, content, this.#pace) : undefined;
    if (draft) return { ...step, call: draft, run: 'draft' };
    const spare = run === 'edit' ? this.#spare.instead(step.call, this.#pace) : undefined;
    return spare && { ...step, call: spare, run: 'spare' };
  }

  #paceOf({ run }: Step): Pace {
    const apart = run === 'draft' ? this.#drafting.pace : run === 'spare' ? this.#spare.pace : undefined;
    return apart ?? this.#pace;
  }

  /**
   * Most of the time the next step is an edit of the open part: composing waits until that may go, and then for the piece of text that comes next.
   * False when it had to wait.
   */
  async #isDue(): Promise<boolean> {
    const { works, pace } = this.#drafting;
    const usual: Call = { isPost: this.#messages.length === 0 && !works, isLast: false };
    if (await this.#waited(usual, works ? pace : this.#pace)) {
      this.#hasWaited = true;
      return false;
    }
    if (!this.#hasWaited) return true;
    this.#hasWaited = false;
    await this.#pause(this.#news.beat(), 'change');
    return false;
  }

  /** True when it had to wait: the world may look different now. */
  async #waited(call: Call, pace: Pace | undefined): Promise<boolean> {
    const wait = pace?.wait(call, this.#news.speed()) ?? 0;
    if (wait <= 0) return false;
    await this.#pause(wait, 'end');
    return true;
  }

  /** The first difference between what is on screen and what should be. */
  #nextStep(): Step | undefined {
    const isLast = this.#reading.finish !== undefined;
    const contents = this.#composer.contents();
    const draftFrom = this.#drafting.works && !isLast ? contents.length - 1 : contents.length;
    for (const [index, content] of contents.entries()) {
      const message = this.#messages[index];
      const call: Call = { isPost: !message, isLast };
      if (message && !isSame(message.shown, content)) return { call, run: 'edit', index, content };
      if (message) continue;
      if (index < draftFrom) return { call, run: 'post', index, content };
      const due = !this.#drafting.isShowing(content) || this.#heartbeatAfter() === 0;
      return due ? { call: { isPost: false, isLast }, run: 'draft', index, content } : undefined;
    }
    if (!isLast) return undefined;
    const file = this.#composer.file();
    if (file && !this.#fileSent) return { call: { isPost: true, isLast }, run: 'file', index: 0, content: EMPTY };
    const surplus = this.#messages.length - 1;
    if (surplus < Math.max(1, contents.length)) return undefined;
    return { call: { isPost: false, isLast }, run: 'remove', index: surplus, content: EMPTY };
  }

  async #send(step: Step, pace: Pace): Promise<void> {
    const { pacer } = this.#options;
    const begun = pacer.now();
    const { length } = this.#reading.text;
    pace.sent(step.call);
    try {
      const receipt = await this.#call(step);
      pace.took(step.call, receipt, pacer.now() - begun);
      this.#failures = 0;
      this.#refusals.landed();
      this.#news.shown(length, begun);
      await this.#landed(step, receipt.id);
    } catch (error) {
      await this.#failed(step, pace, error);
    }
  }

  async #call(step: Step): Promise<{ readonly id: string }> {
    const { surface, key } = this.#options;
    const id = this.#messages[step.index]?.id ?? '';
    switch (step.run) {
      case 'post':
        return surface.post(step.content, this.#lost ? `${key}:${step.index}:${this.#lost}` : `${key}:${step.index}`);
      case 'edit':
        return surface.edit(id, step.content);
      case 'spare':
        return (surface.spare ?? surface).edit(id, step.content);
      case 'draft':
        return (await surface.draft?.(step.content)) ?? { id };
      case 'file': {
        const file = this.#composer.file();
        return (file && (await surface.file?.(file))) ?? { id };
      }
      case 'remove':
        if (surface.remove) await surface.remove(id);
        else await surface.edit(id, EMPTY);
        return { id };
    }
  }

  async #landed(step: Step, id: string): Promise<void> {
    const shown = step.content;
    this.#partFull = step.content.final;
    this.#stopTyping?.();
    if (step.run === 'draft') this.#drafting.shown(shown);
    else if (step.run === 'file') this.#fileSent = true;
    else if (step.run === 'edit' || step.run === 'spare')
      this.#messages[step.index] = { id: this.#messages[step.index]?.id ?? id, shown };
    else if (step.run === 'post') {
      this.#messages.push({ id, shown: this.#doubtful.shownBy(shown) });
      this.#drafting.letGo();
      await this.#options.onPosted?.(this.ids);
    } else await this.#drop(step.index);
  }

  async #drop(index: number): Promise<void> {
    this.#messages.splice(index, 1);
    await this.#options.onPosted?.(this.ids);
  }

  async #failed(step: Step, pace: Pace, error: unknown): Promise<void> {
    const code = errorCode(error);
    if (code === 'rate_limited') {
      const told = isRealCozeError(error) ? error.retryAfterMs : undefined;
      return pace.refused(step.call, told ?? FIRST_RETRY_MS * 2 ** Math.min(6, this.#failures++));
    }
    pace.refused(step.call);
    if (step.run !== 'post' && step.run !== 'edit') return this.#optionalFailed(step, error);
    if (code === 'gone' && step.run === 'edit') return this.#deleted(step, error);
    if (code === 'invalid' || code === 'too_large' || code === 'moderated') {
      if (code === 'too_large' ? this.#composer.smaller() : this.#composer.plainer()) return;
      if (this.#reading.finish === undefined) {
        this.#synced = this.#reading.version;
        return this.#pause(this.#refusals.wait(), 'end');
      }
      if (!this.#breakOff(step, error)) this.dead = { error };
      return;
    }
    if (step.run === 'post') this.#doubtful.add(step.content);
    if (!isPassing(code) || ++this.#failures >= MAX_FAILURES) {
      this.dead = { error };
      return;
    }
    await this.#pause(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1)), 'time');
  }

  /** The answer ends with what could be seen, or before the message that is refused. False when nothing helps. */
  #breakOff({ index }: Step, error: unknown): boolean {
    const end = this.#refusals.nextEnd([this.#news.shownLength, this.#composer.lengthBefore(index)]);
    if (end !== undefined) this.#reading.breakOff(end, error);
    return end !== undefined;
  }

  /** What the answer can do without: a draft becomes messages, a spare road is left, a surplus message stays, a file becomes messages. */
  async #optionalFailed(step: Step, error: unknown): Promise<void> {
    if (isPassing(errorCode(error)) && ++this.#failures < 3) return this.#pause(FIRST_RETRY_MS, 'time');
    this.#failures = 0;
    if (step.run === 'draft') this.#drafting.giveUp();
    else if (step.run === 'spare') this.#spare.giveUp();
    else if (step.run === 'file') this.#composer.withoutFile();
    else await this.#drop(step.index);
  }

  /**
   * Somebody deleted a message of the answer. While it runs that means "stop"; of a finished answer the open end is posted anew,
   * and parts that were sealed are let go. Messages from before a crash may have been deleted by anyone: they are replaced.
   */
  async #deleted(step: Step, error: unknown): Promise<void> {
    const message = this.#messages[step.index];
    const isOpen = step.index === this.#messages.length - 1;
    if (this.#reading.finish === undefined && message?.shown !== undefined) {
      this.dead = { error };
      return;
    }
    if (!isOpen && message && message.shown !== undefined) {
      message.shown = step.content;
      return;
    }
    this.#lost++;
    await this.#drop(step.index);
  }

  /** Milliseconds for which there is too little to show yet; `undefined` while there is nothing. */
  #holdBack(): number | undefined {
    if (this.#partFull) return 0;
    return this.#messages.length > 0 || this.#drafting.isOpen ? this.#news.untilNext() : this.#news.untilFirst();
  }

  #heartbeatAfter(): number | undefined {
    return this.#reading.finish === undefined ? this.#drafting.heartbeatAfter() : undefined;
  }

  #pause(ms: number | undefined, until: 'change' | 'end' | 'time'): Promise<void> {
    return this.#reading.pause(this.#options.pacer.timer, ms, until);
  }
}
