/** `getUpdates` as the real server does it: waits, hands out, forgets what an offset confirms, and serves one poller at a time. */
import type { Update } from 'grammy/types';
import { Refusal } from './refusal.ts';
import type { Webhook } from './webhook.ts';
import type { World } from './world.ts';

interface Poll {
  readonly finish: (error?: Refusal) => void;
}

/** The queue of one bot. */
export class Updates {
  #waiting: Poll | undefined;
  readonly #world: World;
  readonly #webhook: Webhook;

  constructor(world: World, webhook: Webhook) {
    this.#world = world;
    this.#webhook = webhook;
  }

  push(update: Omit<Update, 'update_id'>): number {
    const id = this.#world.nextUpdate++;
    this.#world.updates.push({ update_id: id, ...update } as Update);
    this.#waiting?.finish();
    this.#webhook.deliver();
    return id;
  }

  /** @throws Refusal 409 for a webhook, or (in the older of two calls) for a second poller. */
  async get(params: Readonly<Record<string, unknown>>, gone: AbortSignal): Promise<Update[]> {
    if (this.#webhook.url !== '')
      throw new Refusal(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    this.#waiting?.finish(
      new Refusal(
        409,
        'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
      ),
    );
    this.#confirm(Number(params.offset ?? 0));
    const limit = Math.min(100, Number(params.limit ?? 100) || 100);
    const seconds = Math.min(50, Number(params.timeout ?? 0));
    const allowed = params.allowed_updates as string[] | undefined;
    if (this.#world.updates.length === 0 && seconds > 0) await this.#wait(seconds * 1000, gone);
    const wanted = this.#world.updates.filter((u) => !allowed?.length || allowed.some((kind) => kind in u));
    return wanted.slice(0, limit);
  }

  /** A negative offset keeps only the last so many, as the real one. */
  #confirm(offset: number): void {
    const { updates } = this.#world;
    if (offset < 0) updates.splice(0, Math.max(0, updates.length + offset));
    else updates.splice(0, updates.filter((u) => u.update_id < offset).length);
  }

  #wait(ms: number, gone: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (error?: Refusal) => {
        clearTimeout(timer);
        gone.removeEventListener('abort', onGone);
        if (this.#waiting === poll) this.#waiting = undefined;
        if (error) reject(error);
        else resolve();
      };
      const onGone = () => finish();
      const poll: Poll = { finish };
      const timer = setTimeout(finish, ms);
      gone.addEventListener('abort', onGone, { once: true });
      this.#waiting = poll;
    });
  }

  close(): void {
    this.#waiting?.finish();
  }
}
