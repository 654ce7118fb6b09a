/**
 * Deliveries by webhook as the real server makes them: one update of a chat after the other, each until it is answered with 2xx, chats side by side.
 * Facts: core.telegram.org/bots/api#setwebhook, telegram-bot-api WebhookActor.cpp.
 */
import type { Update, WebhookInfo } from 'grammy/types';
import { badRequest } from './refusal.ts';
import type { World } from './world.ts';

/** The real server waits from a second to minutes. */
const firstPauseMs = 20;
const longestPauseMs = 200;
const ports = new Set(['', '80', '88', '8443']);

export interface Delivery {
  readonly update: number;
  /** HTTP status, or the code of the error that kept it from arriving. */
  readonly outcome: number | string;
}

export class Webhook {
  url = '';
  /** The owner's proxies: which server stands behind the address of a host. */
  readonly proxies = new Map<string, string>();
  readonly deliveries: Delivery[] = [];
  readonly #world: World;
  readonly #changed: () => void;
  readonly #busy = new Set<number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #secret: string | undefined;
  #allowed: readonly string[] = [];
  #connections = 40;
  #failure: { at: number; words: string } | undefined;

  constructor(world: World, changed: () => void) {
    this.#world = world;
    this.#changed = changed;
  }

  /** @throws Refusal 400 for an address or a secret that Telegram does not take. */
  set(params: Readonly<Record<string, unknown>>): true {
    const { url: address = '', secret_token: secret, allowed_updates: allowed, max_connections: most } = params;
    const url = String(address);
    if (url !== '') this.#check(url, secret === undefined ? undefined : String(secret));
    if (params.drop_pending_updates) this.#world.updates.splice(0);
    if (url !== this.url) this.#failure = undefined;
    this.url = url;
    this.#secret = secret === undefined ? undefined : String(secret);
    if (allowed !== undefined) this.#allowed = allowed as string[];
    this.#connections = Number(most ?? 40);
    this.deliver();
    return true;
  }

  info(): WebhookInfo {
    return {
      ...{ url: this.url, has_custom_certificate: false, pending_update_count: this.#world.updates.length },
      ...(this.#failure && { last_error_date: this.#failure.at, last_error_message: this.#failure.words }),
      ...(this.url !== '' && { max_connections: this.#connections, allowed_updates: [...this.#allowed] as never[] }),
    };
  }

  /** Starts what may be under way: of each chat the oldest. */
  deliver(): void {
    if (this.url === '') return;
    for (const update of [...this.#world.updates]) {
      const chat = chatOf(update);
      if (this.#busy.size >= this.#connections) return;
      if (this.#busy.has(chat)) continue;
      this.#busy.add(chat);
      void this.#send(update, chat, firstPauseMs);
    }
  }

  close(): void {
    this.url = '';
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #check(url: string, secret: string | undefined): void {
    const words = 'bad webhook: ';
    if (!URL.canParse(url)) throw badRequest(`${words}invalid webhook URL specified`);
    const { protocol, port, hostname } = new URL(url);
    if (protocol !== 'https:') throw badRequest(`${words}An HTTPS URL must be provided for webhook`);
    if (!ports.has(port)) throw badRequest(`${words}Webhook can be set up only on ports 80, 88, 443 or 8443`);
    if (/^(127\.|10\.|192\.168\.)/.test(hostname)) throw badRequest(`${words}IP address ${hostname} is reserved`);
    if (!this.proxies.has(hostname)) throw badRequest(`${words}Failed to resolve host: Name or service not known`);
    if (secret !== undefined && !/^[\w-]*$/.test(secret))
      throw badRequest('secret token contains unallowed characters');
    if (secret !== undefined && secret.length > 256) throw badRequest('secret token is too long');
  }

  async #send(update: Update, chat: number, pauseMs: number): Promise<void> {
    const isWanted = this.#allowed.length === 0 || this.#allowed.some((kind) => kind in update);
    const outcome = isWanted ? await this.#post(update) : 200;
    if (isWanted) this.deliveries.push({ update: update.update_id, outcome });
    if (typeof outcome === 'number' && outcome >= 200 && outcome < 300) {
      const at = this.#world.updates.indexOf(update);
      if (at >= 0) this.#world.updates.splice(at, 1);
      this.#busy.delete(chat);
      this.deliver();
    } else if (this.url === '') this.#busy.delete(chat);
    else {
      const words = typeof outcome === 'number' ? `Wrong response from the webhook: ${outcome}` : outcome;
      this.#failure = { at: (this.#failure?.at ?? 1_790_000_000) + 1, words };
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        // Taken away in the meantime.
        if (this.url === '') this.#busy.delete(chat);
        else void this.#send(update, chat, Math.min(longestPauseMs, pauseMs * 2));
      }, pauseMs);
      this.#timers.add(timer);
    }
    this.#changed();
  }

  async #post(update: Update): Promise<number | string> {
    const { hostname, pathname } = new URL(this.url);
    const secret = this.#secret === undefined ? {} : { 'x-telegram-bot-api-secret-token': this.#secret };
    const headers = { 'content-type': 'application/json', connection: 'close', ...secret };
    try {
      const target = new URL(pathname, this.proxies.get(hostname));
      const response = await fetch(target, { method: 'POST', headers, body: JSON.stringify(update) });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 'Connection refused';
    }
  }
}

function chatOf({ message, edited_message: edited, callback_query: press, my_chat_member: member }: Update): number {
  return (message ?? edited ?? press?.message ?? member)?.chat.id ?? 0;
}
