/** The draft of a reply, where a platform has such: shows what grows before it becomes a message, and vanishes without updates. */
import type { Content, Surface } from '../surface.ts';
import { isSame } from './compose.ts';
import type { Call, Pace, Pacer } from './pace/pace.ts';

/** Telegram's drafts vanish after 30 s without an update. */
const HEARTBEAT_MS = 20_000;

/** Of the last text a draft is made only while its message has to wait: it takes precedence over drafts that grow. */
const LAST: Call = { isPost: false, isLast: true };

export class Drafting {
  /** Drafts are paid apart from messages; `undefined` where there are none. */
  readonly pace: Pace | undefined;
  readonly #now: () => number;
  #works: boolean;
  #shown: { content: Content; at: number } | undefined;

  constructor(surface: Surface, pacer: Pacer) {
    const place = { bucket: surface.bucket, globalBucket: surface.globalBucket };
    this.pace = surface.draft ? pacer.open({ ...place, budget: 'telegram-draft' }) : undefined;
    this.#works = surface.draft !== undefined;
    this.#now = pacer.now;
  }

  get works(): boolean {
    return this.#works;
  }

  get isOpen(): boolean {
    return this.#shown !== undefined;
  }

  isShowing(content: Content): boolean {
    return isSame(this.#shown?.content, content);
  }

  /** Milliseconds until what stands still must be sent once more; `undefined` when nothing stands. */
  heartbeatAfter(): number | undefined {
    if (!this.#shown || !this.#works) return undefined;
    return Math.max(0, this.#shown.at + HEARTBEAT_MS - this.#now());
  }

  /** The draft call that shows the end of an answer at once, if `post`, which will hold it, has to wait. */
  meanwhile(post: Call, content: Content, posts: Pace): Call | undefined {
    if (!this.#works || !post.isLast || this.isShowing(content) || posts.wait(post) <= 0) return undefined;
    return this.pace?.wait(LAST) === 0 ? LAST : undefined;
  }

  shown(content: Content): void {
    this.#shown = { content, at: this.#now() };
  }

  /** A message took the draft off the screen, or nothing it could show is left: it vanishes by itself. */
  letGo(): void {
    this.#shown = undefined;
  }

  /** The platform does not want drafts here. */
  giveUp(): void {
    this.#works = false;
  }
}
