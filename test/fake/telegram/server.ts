/**
 * A Bot API server with memory, on loopback: tests talk to it through grammY as to the real one and then ask what a member sees.
 * Facts: core.telegram.org/bots/api, tdlib and telegram-bot-api sources; error words as the real server sends them.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MessageEntity, UserFromGetMe } from 'grammy/types';
import { accountMethods } from './account.ts';
import { type Call, readCall } from './call.ts';
import { Members } from './members.ts';
import { type Method, messageMethods, rootOf } from './messages.ts';
import { badRequest, Refusal, tooMany } from './refusal.ts';
import { Updates } from './updates.ts';
import { Webhook } from './webhook.ts';
import { type Limits, Meter, telegramLimits } from './windows.ts';
import { type StoredChat, type StoredFile, World } from './world.ts';

/** Everything has a default. */
export interface FakeTelegramOptions {
  /** Milliseconds; for the rate limits and dates. Default: the real clock. */
  readonly now?: () => number;
  readonly limits?: Partial<Limits> | 'off';
  readonly token?: string;
  readonly me?: Partial<UserFromGetMe>;
}

/** One message as a member sees it. */
export interface Seen {
  readonly id: number;
  readonly from: string;
  readonly byUs: boolean;
  readonly text: string;
  readonly entities: readonly MessageEntity[];
  /** The blocks of a rich message, whose words `text` has. */
  readonly rich?: readonly unknown[] | undefined;
  readonly buttons: readonly string[];
  readonly topic: number | undefined;
  readonly replyTo: number | undefined;
  readonly previewOff: boolean;
  readonly preview: string | undefined;
  readonly file: StoredFile | undefined;
  readonly edits: number;
  /** Every text it has shown, oldest first. */
  readonly shown: readonly string[];
}

/** What the next call of a method meets instead of the method. */
export type Fault =
  | 'drop'
  | 'drop after'
  | {
      readonly status: number;
      readonly description: string;
      readonly retryAfter?: number;
      readonly movedTo?: number;
    };

/** The server, with its people and what they see. */
export class FakeTelegram extends Members {
  readonly token: string;
  readonly world: World;
  readonly webhook: Webhook;
  /** Every call that came in, in order. */
  readonly calls: Call[] = [];
  /** How often a rate limit was hit. */
  tooManyRequests = 0;
  /** What the real server would have corrected in silence (dropped entities, wrong nesting): should stay empty. */
  readonly complaints: string[] = [];
  /** While set, every call with a rich message is refused in these words. */
  refuseRich: string | undefined;
  url = '';
  readonly #updates: Updates;
  readonly #limits: Limits | undefined;
  readonly #meter: Meter;
  readonly #faults: { method: string | RegExp; fault: Fault }[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  constructor(options: FakeTelegramOptions = {}) {
    const now = options.now ?? Date.now;
    const world = new World(options.me ?? {});
    const webhook = new Webhook(world, () => this.changed());
    const updates = new Updates(world, webhook);
    const date = () => Math.floor(now() / 1000);
    super({ world, date, push: (update) => updates.push(update) });
    this.webhook = webhook;
    this.world = world;
    this.token = options.token ?? `${world.me.id}:AAfake-token-of-the-tests_0123456789abc`;
    this.#updates = updates;
    this.#meter = new Meter(now);
    this.#limits = options.limits === 'off' ? undefined : { ...telegramLimits, ...options.limits };
    const tools = {
      world,
      date,
      spend: (chat: StoredChat, kind: 'message' | 'action') => this.#spend(chat, kind),
      complain: (words: readonly string[]) => void this.complaints.push(...words),
    };
    this.#methods = new Map(Object.entries({ ...messageMethods(tools), ...accountMethods(world) }));
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async close(): Promise<void> {
    this.#updates.close();
    this.webhook.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The messages of a chat (or of one topic of it), oldest first. */
  visible(chatId: number, topic?: number): readonly Seen[] {
    const { me, chats } = this.world;
    const messages = [...(chats.get(chatId)?.messages.values() ?? [])];
    return messages
      .filter((message) => topic === undefined || message.topic === topic)
      .map(({ from, keyboard, ...rest }) => ({
        ...rest,
        from: from.first_name,
        byUs: from.id === me.id,
        buttons: keyboard.flat().map((button) => button.text),
      }));
  }

  /** The bot's own messages of a chat. */
  answers(chatId: number, topic?: number): readonly Seen[] {
    return this.visible(chatId, topic).filter((message) => message.byUs);
  }

  /** What is read under a post of a channel: what belongs to its thread. */
  comments(chatId: number, post: number): readonly Seen[] {
    const chat = this.world.known(chatId);
    const isUnder = (id: number) => {
      const message = chat.messages.get(id);
      return message !== undefined && rootOf(chat, message).id === post;
    };
    return this.visible(chatId).filter(({ id }) => id !== post && isUnder(id));
  }

  /** The draft that a private chat shows, as text. */
  draft(chatId: number): string | undefined {
    return this.world.drafts.get(chatId)?.text;
  }

  /** How the bot answered a button press; `undefined` while it has not. */
  answered(press: string): { readonly text: string | undefined; readonly alert: boolean } | undefined {
    const found = this.world.presses.get(press);
    return found?.answered ? found : undefined;
  }

  /** The update ids the bot has not confirmed yet. */
  get unconfirmed(): readonly number[] {
    return this.world.updates.map((update) => update.update_id);
  }

  /** The next call of `method` fails so: the connection drops before or after the method has run, or the server refuses. */
  failNext(method: string | RegExp, fault: Fault): void {
    this.#faults.push({ method, fault });
  }

  /** Sends an update again, as the real server does when the offset was not confirmed. */
  repeat(update: number): void {
    const last = this.world.updates.find((u) => u.update_id === update);
    if (last) this.world.updates.push(last);
  }

  /** Resolves with the first value of `look` that is neither `undefined` nor `false`; looks again whenever something changed. */
  waitFor<T>(look: () => T | undefined | false, ms = 15_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#watchers.delete(check);
        clearTimeout(timer);
      };
      const check = () => {
        const value = look();
        if (value === undefined || value === false) return;
        settle();
        resolve(value);
      };
      const timer = setTimeout(() => {
        settle();
        reject(new Error(`Not seen within ${ms} ms: ${look}\n${this.#picture()}`));
      }, ms);
      this.#watchers.add(check);
      check();
    });
  }

  #picture(): string {
    const lines = [...this.world.chats.keys()].flatMap((chat) =>
      this.visible(chat).map((m) => `  ${chat} ${m.from}: ${JSON.stringify(m.text.slice(0, 200))} [${m.buttons}]`),
    );
    return ['Visible:', ...lines, `Last calls: ${this.calls.slice(-8).map((call) => call.method)}`].join('\n');
  }

  /** Lets `waitFor` look again. Tests call it when something changed that the server does not know of. */
  changed(): void {
    for (const watch of [...this.#watchers]) watch();
  }

  #spend(chat: StoredChat, kind: 'message' | 'action'): void {
    if (!this.#limits) return;
    const { id, type } = chat.chat;
    const windows = kind === 'action' ? this.#limits.action : this.#limits[type === 'private' ? 'private' : 'group'];
    const key = `${kind}:${id}`;
    const wait = Math.max(
      this.#meter.wait(key, windows),
      kind === 'message' ? this.#meter.wait('bot', this.#limits.bot) : 0,
    );
    if (wait > 0) {
      this.tooManyRequests += 1;
      throw tooMany(Math.ceil(wait / 1000));
    }
    this.#meter.take(key);
    if (kind === 'message') this.#meter.take('bot');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://local');
    try {
      const file = /^\/file\/bot([^/]+)\/(.+)$/.exec(url.pathname);
      if (file) return this.#download(String(file[1]), decodeURIComponent(String(file[2])), response);
      const [, token, method] = /^\/bot([^/]+)\/(\w+)$/.exec(url.pathname) ?? [];
      if (!token || !method) throw new Refusal(404, 'Not Found');
      this.#authorize(token);
      const call = await readCall(method, request, url.searchParams);
      this.calls.push(call);
      this.changed();
      await this.#run(call, request, response);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(500, `Internal Server Error: ${error}`);
      send(response, refusal.status, refusal.body());
    } finally {
      this.changed();
    }
  }

  /** A string that cannot be a token is not found; a token that nobody has is unauthorized. */
  #authorize(token: string): void {
    if (!/^\d+:[\w-]{30,}$/.test(token)) throw new Refusal(404, 'Not Found');
    if (token !== this.token) throw new Refusal(401, 'Unauthorized');
  }

  async #run(call: Call, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const index = this.#faults.findIndex(({ method }) =>
      typeof method === 'string' ? method === call.method : method.test(call.method),
    );
    const fault = index < 0 ? undefined : this.#faults.splice(index, 1)[0]?.fault;
    if (fault === 'drop') return void request.socket.destroy();
    if (typeof fault === 'object') throw new Refusal(fault.status, fault.description, fault);
    const result = call.method.endsWith('Updates') ? await this.#poll(call, response) : this.#call(call);
    if (fault === 'drop after') request.socket.destroy();
    else send(response, 200, { ok: true, result });
  }

  #call(call: Call): unknown {
    if (call.method.toLowerCase() === 'deletewebhook') return this.webhook.set({ ...call.params, url: '' });
    if (call.method === 'setWebhook') return this.webhook.set(call.params);
    if (call.method === 'getWebhookInfo') return this.webhook.info();
    if (this.refuseRich !== undefined && call.params.rich_message !== undefined) throw badRequest(this.refuseRich);
    const method = this.#methods.get(call.method);
    if (!method) throw new Refusal(404, 'Not Found: method not found');
    return method(call);
  }

  #poll(call: Call, response: ServerResponse): Promise<unknown> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const updates = this.#updates.get(call.params, gone.signal);
    this.changed();
    return updates;
  }

  #download(token: string, path: string, response: ServerResponse): void {
    this.#authorize(token);
    const file = [...this.world.files.values()].find((stored) => stored.path === path);
    if (!file) throw new Refusal(404, 'Not Found');
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': file.bytes.length });
    response.end(file.bytes);
  }
}

/** Starts the server on a free port of 127.0.0.1. */
export function startFakeTelegram(options: FakeTelegramOptions = {}): Promise<FakeTelegram> {
  return new FakeTelegram(options).listen();
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
