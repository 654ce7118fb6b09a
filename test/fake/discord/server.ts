/**
 * A Discord on loopback, with memory: gateway, REST v10 and CDN. It refuses what Discord refuses, keeps its rate limits,
 * and shows what a member sees. A real discord.js client logs in with `rest.api` set to `apiUrl`.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Gateway } from './gateway.ts';
import { Buckets, type Limits, realLimits } from './limits.ts';
import { createMembers, type Members } from './members.ts';
import { type Channel, Memory, type Message, type User } from './memory.ts';
import { Post } from './posts.ts';
import { Refusal, refuse } from './refusal.ts';
import { answer } from './rest.ts';
import { type Guild, intent, redact, wireChannel, wireGuild, wireMessage } from './wire.ts';
import type { Call, RestWorld } from './world.ts';

export interface FakeDiscordOptions {
  readonly token?: string;
  /** The message-content intent is enabled for the application; default false. */
  readonly contentIntent?: boolean;
  readonly limits?: Partial<Limits>;
  /** The rate limits' clock; default `Date.now`. */
  readonly now?: () => number;
  /** What `/gateway/bot` recommends, and how many the gateway demands; default 1. */
  readonly recommendedShards?: number;
  readonly leastShards?: number;
}

export type Fault = number | 'cut' | 'lost' | { readonly retryAfterMs: number } | { readonly code: number };

interface Planned {
  readonly match: RegExp;
  readonly fault: Fault;
  left: number;
}

export interface FakeDiscord extends Members {
  /** For `rest.api` and DISCORD_API_URL; `/v10` is appended by the client. */
  readonly apiUrl: string;
  readonly token: string;
  readonly applicationId: string;
  readonly bot: User;
  readonly guild: Guild;
  /** Two text channels under one category. */
  readonly channel: Channel;
  readonly otherChannel: Channel;
  readonly forum: Channel;
  readonly memory: Memory;
  readonly gateway: Gateway;
  readonly buckets: Buckets;
  readonly post: Post;
  /** Every REST call, in order. */
  readonly calls: readonly { readonly method: string; readonly path: string; readonly body: Call['body'] }[];
  /** Registered slash commands, as the last PUT left them. */
  commands(): RestWorld['commands'];
  /** Sum of the answers 429. */
  refusals(): number;
  /** The next `count` calls whose `METHOD /path` matches get this status or code of Discord's, a 429 with a time to wait, or a cut connection. */
  fail(match: RegExp, fault: Fault, count?: number): void;
  /** The next such call is carried out, but its answer never arrives. */
  loseAnswer(match: RegExp): void;
  /** Those that were added. */
  readonly servers: readonly Guild[];
  /** Another server, on this shard of so many; gives its only channel. Before anybody is connected. */
  addServer(shard: number, of: number): Channel;
  close(): Promise<void>;
}

/** Starts the fake on any free port. */
export async function startFakeDiscord(o: FakeDiscordOptions = {}): Promise<FakeDiscord> {
  const memory = new Memory();
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const base = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  const places = furnish(memory);
  const others: Guild[] = [];
  const contentIntent = o.contentIntent ?? false;
  const limits = { ...realLimits, ...o.limits };
  const now = o.now ?? Date.now;
  const token = o.token ?? 'MTIzNDU2Nzg5MDEyMzQ1Njc4.fake.token-of-the-test-bot';
  const gateway = new Gateway(http, {
    token,
    contentIntent,
    contentBit: intent.messageContent,
    url: () => `ws://${base}`,
    ready: () => ({
      v: 10,
      user: places.bot,
      application: { id: places.applicationId, flags: contentIntent ? 1 << 18 : 0 },
    }),
    guilds: () => [places.guild, ...others].map((guild) => wireGuild(guild, memory, places.bot)),
    leastShards: o.leastShards ?? 1,
    identify: limits.identify,
    now,
    changed: () => memory.changed(),
  });
  const post = new Post({
    memory,
    fileUrl: (id, name) => `http://${base}/attachments/${id}/${encodeURIComponent(name)}?ex=${memory.day}`,
    tell: (event, message) => tell(gateway, memory, places, event, message),
  });
  const world: RestWorld = {
    memory,
    post,
    token,
    bot: places.bot,
    applicationId: places.applicationId,
    applicationFlags: () => (contentIntent ? 1 << 19 : 0),
    guilds: () => [places.guild, ...others],
    mayRead: (message) => {
      const guildId = memory.channels.get(message.channelId)?.guildId;
      return mayRead(places, message, contentIntent ? intent.messageContent : 0, guildId);
    },
    buckets: new Buckets(now),
    limits,
    gatewayUrl: () => `ws://${base}`,
    recommendedShards: o.recommendedShards ?? 1,
    openThread: (parent, name, o) => openThread({ gateway, memory, places }, parent, { name, ...o }),
    typing: [],
    commands: [],
  };
  const calls: Call[] = [];
  const faults: Planned[] = [];
  serve(http, world, calls, faults);
  return {
    ...createMembers({ memory, post, gateway, rest: world, guild: places.guild }),
    ...places,
    apiUrl: `http://${base}/api`,
    token,
    memory,
    gateway,
    post,
    calls,
    buckets: world.buckets,
    commands: () => world.commands,
    servers: others,
    addServer(shard, of) {
      const id = snowflakeOn(memory, shard, of);
      others.push({
        id,
        name: `House ${shard}`,
        moderatorRole: memory.snowflake(),
        moderators: new Set(),
        locale: 'en-US',
      });
      return memory.addChannel({ type: 0, guildId: id, name: 'general' });
    },
    refusals: () => [...world.buckets.refused.values()].reduce((sum, count) => sum + count, 0),
    fail: (match, fault, count = 1) => faults.push({ match, fault, left: count }),
    loseAnswer: (match) => faults.push({ match, fault: 'lost', left: 1 }),
    async close() {
      await gateway.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** The time in an id decides its server's shard. */
function snowflakeOn(memory: Memory, shard: number, of: number): string {
  let id = BigInt(memory.snowflake());
  while (Number((id >> 22n) % BigInt(of)) !== shard) id += 1n << 22n;
  return String(id);
}

function furnish(memory: Memory) {
  const guildId = memory.snowflake();
  const guild: Guild = {
    id: guildId,
    name: 'Tea house',
    moderatorRole: memory.snowflake(),
    moderators: new Set(),
    locale: 'en-US',
  };
  const bot = memory.addUser('RealCoze', true);
  const category = memory.addChannel({ type: 4, guildId, name: 'talk' });
  const inside = { guildId, parentId: category.id };
  return {
    guild,
    bot,
    applicationId: bot.id,
    channel: memory.addChannel({ type: 0, name: 'general', ...inside }),
    otherChannel: memory.addChannel({ type: 0, name: 'other', ...inside }),
    forum: memory.addChannel({ type: 15, name: 'questions', ...inside }),
  };
}
type Places = ReturnType<typeof furnish>;

function openThread(
  { gateway, memory, places }: { gateway: Gateway; memory: Memory; places: Places },
  parent: Channel,
  o: { readonly name: string; readonly ownerId: string; readonly id?: string | undefined },
): Channel {
  const thread = memory.addChannel({
    type: parent.type === 5 ? 10 : 11,
    name: o.name,
    guildId: parent.guildId,
    parentId: parent.id,
    joined: true,
    ownerId: o.ownerId,
    ...(o.id === undefined ? {} : { id: o.id }),
  });
  gateway.dispatch('THREAD_CREATE', (intents) =>
    (intents & intent.guilds) === 0 ? undefined : { ...wireChannel(thread, places.bot), newly_created: true },
  );
  memory.changed();
  return thread;
}

/** Sends a message event to each session as its intents allow; without the content intent most texts are empty. */
function tell(gateway: Gateway, memory: Memory, places: Places, event: string, message: Message): void {
  if (message.ephemeralFor !== undefined) return;
  const channel = memory.channels.get(message.channelId);
  const guildId = channel?.guildId;
  gateway.dispatch(event, (intents) => {
    if ((intents & (guildId === undefined ? intent.directMessages : intent.guildMessages)) === 0) return undefined;
    if (channel?.refuse === 50001) return undefined;
    const where = { ...(guildId === undefined ? {} : { guild_id: guildId }), channel_type: channel?.type };
    if (event === 'MESSAGE_DELETE') return { id: message.id, channel_id: message.channelId, ...where };
    const whole = { ...wireMessage(memory, message), ...where, ...memberOf(places, message, guildId) };
    return mayRead(places, message, intents, guildId) ? whole : redact(whole);
  });
}

function memberOf(places: Places, message: Message, guildId: string | undefined): object {
  if (guildId === undefined) return {};
  const roles = places.guild.moderators.has(message.author.id) ? [places.guild.moderatorRole] : [];
  return { member: { roles, joined_at: '2026-01-01T00:00:00.000000+00:00', deaf: false, mute: false, flags: 0 } };
}

function mayRead(places: Places, message: Message, intents: number, guildId?: string): boolean {
  if (guildId === undefined || (intents & intent.messageContent) !== 0) return true;
  return message.author.id === places.bot.id || message.mentions.some((user) => user.id === places.bot.id);
}

function serve(http: Server, world: RestWorld, calls: Call[], faults: Planned[]): void {
  http.on('request', async (request, response) => {
    const send = (status: number, body?: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    const url = new URL(request.url ?? '/', 'http://fake');
    const file = /^\/attachments\/(\d+)\//.exec(url.pathname);
    if (file !== null) {
      const isFresh = Number(url.searchParams.get('ex')) >= world.memory.day;
      const kept = isFresh ? world.memory.files.get(file[1] ?? '') : undefined;
      response.writeHead(kept ? 200 : 404, { 'content-type': kept?.type ?? 'text/plain' });
      return response.end(kept?.bytes);
    }
    try {
      const call = await readCall(request, url);
      calls.push(call);
      const planned = faults.find(({ match, left }) => left > 0 && match.test(`${call.method} ${call.path}`));
      if (planned !== undefined) {
        planned.left -= 1;
        if (planned.fault === 'cut') return request.socket.destroy();
        if (planned.fault !== 'lost') throw failed(planned.fault);
      }
      const { status, body, headers } = answer(world, call);
      if (planned?.fault === 'lost') return request.socket.destroy();
      send(status, body, headers);
      return world.memory.changed();
    } catch (error) {
      if (error instanceof Refusal) return send(error.status, error.body, error.headers);
      return send(500, { message: String(error), code: 0 });
    }
  });
}

function failed(fault: Exclude<Fault, string>): Refusal {
  if (typeof fault === 'number') return new Refusal(fault, { message: 'Failed on purpose', code: 0 });
  if ('code' in fault) return refuse(fault.code);
  const seconds = fault.retryAfterMs / 1000;
  const body = { message: 'You are being rate limited.', retry_after: seconds, global: false };
  return new Refusal(429, body, { 'Retry-After': String(seconds), 'X-RateLimit-Scope': 'user' });
}

async function readCall(request: IncomingMessage, url: URL): Promise<Call> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  let body: unknown = {};
  let files: File[] = [];
  if (type.startsWith('multipart/')) {
    const form = await new Response(bytes, { headers: { 'content-type': type } }).formData();
    body = JSON.parse(String(form.get('payload_json') ?? '{}'));
    files = [...form.values()].filter((value) => value instanceof File);
  } else if (bytes.length > 0) body = JSON.parse(bytes.toString());
  return {
    method: request.method ?? 'GET',
    path: decodeURIComponent(url.pathname).replace(/^\/api\/v\d+/, ''),
    query: url.searchParams,
    token: request.headers.authorization?.replace(/^Bot /, ''),
    body: Array.isArray(body) ? { list: body } : { ...(body as object) },
    files,
  };
}
