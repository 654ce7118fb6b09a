/** The gateway: hello, identify, ready, heartbeats, resume, dispatch. Opcodes and close codes as Discord documents them. */
import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Limit } from './limits.ts';

export interface GatewayWorld {
  readonly token: string;
  /** False answers an identify that asks for a privileged intent with close code 4014. */
  contentIntent: boolean;
  readonly contentBit: number;
  readonly url: () => string;
  /** READY's payload without session and resume address. */
  readonly ready: () => object;
  /** What follows READY: one GUILD_CREATE a server. */
  readonly guilds: () => readonly { readonly id: string }[];
  /** Fewer shards are refused with close code 4011. */
  readonly leastShards: number;
  readonly identify: Limit;
  /** The clock of that limit, milliseconds. */
  readonly now: () => number;
  readonly changed: () => void;
}

interface Session {
  readonly id: string;
  readonly intents: number;
  /** Its number, and of how many. */
  readonly shard: readonly [number, number];
  readonly sent: { readonly s: number; readonly t: string; readonly d: object }[];
  socket: WebSocket | undefined;
}

/** One event on its way: what a session with these intents gets, `undefined` for nothing. */
export type Dispatch = (intents: number) => object | undefined;

const invalidSession = JSON.stringify({ op: 9, d: false, s: null, t: null });

export class Gateway {
  readonly #world: GatewayWorld;
  readonly #sockets: WebSocketServer;
  readonly #sessions = new Map<string, Session>();
  /** When each key of the limit takes the next session. */
  readonly #nextAt = new Map<number, number>();
  /** How often a session was opened, taken up again, and refused because another one was too close before it. */
  identifies = 0;
  resumes = 0;
  hurried = 0;

  constructor(server: Server, world: GatewayWorld) {
    this.#world = world;
    this.#sockets = new WebSocketServer({ server });
    this.#sockets.on('connection', (socket) => this.#greet(socket));
  }

  get connected(): boolean {
    return [...this.#sessions.values()].some((session) => session.socket !== undefined);
  }

  dispatch(event: string, payload: Dispatch): void {
    for (const session of this.#sessions.values()) {
      const data = payload(session.intents);
      if (data !== undefined && isOn(session.shard, event, data)) this.#send(session, event, data);
    }
  }

  /** Ends the connections; sessions can be resumed, but not with `forget`. Code 4000 asks to come back, 4004 not to. */
  drop(o: { forget?: boolean; code?: number } = {}): void {
    if (o.forget) this.#sessions.clear();
    for (const socket of this.#sockets.clients) socket.close(o.code ?? 4000, 'dropped');
  }

  close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    return new Promise((resolve) => this.#sockets.close(() => resolve()));
  }

  #greet(socket: WebSocket): void {
    let session: Session | undefined;
    socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 41_250 }, s: null, t: null }));
    socket.on('message', (raw) => {
      const packet = read(String(raw));
      if (packet === undefined) return socket.close(4002, 'Error while decoding payload.');
      if (packet.op === 1) socket.send(JSON.stringify({ op: 11, d: null, s: null, t: null }));
      else if (packet.op === 2) session = this.#identify(socket, packet.d);
      else if (packet.op === 6) session = this.#resume(socket, packet.d);
      else if (packet.op !== 3 && packet.op !== 4) socket.close(4001, 'Unknown opcode.');
      return undefined;
    });
    socket.on('close', () => {
      if (session?.socket === socket) session.socket = undefined;
      this.#world.changed();
    });
  }

  #identify(socket: WebSocket, data: Record<string, unknown>): Session | undefined {
    const intents = Number(data.intents);
    if (data.token !== this.#world.token) {
      socket.close(4004, 'Authentication failed.');
      return undefined;
    }
    if ((intents & this.#world.contentBit) !== 0 && !this.#world.contentIntent) {
      socket.close(4014, 'Disallowed intent(s).');
      return undefined;
    }
    const shard = shardIn(data);
    if (shard === undefined) {
      socket.close(4010, 'Invalid shard.');
      return undefined;
    }
    if (shard[1] < this.#world.leastShards) {
      socket.close(4011, 'Sharding required.');
      return undefined;
    }
    if (this.#isHurried(shard[0])) {
      this.hurried += 1;
      socket.send(invalidSession);
      return undefined;
    }
    this.identifies += 1;
    const session: Session = { id: `session-${this.identifies}`, intents, shard, sent: [], socket };
    const guilds = this.#world.guilds().filter(({ id }) => shardOf(id, shard[1]) === shard[0]);
    this.#sessions.set(session.id, session);
    this.#send(session, 'READY', {
      ...this.#world.ready(),
      guilds: guilds.map(({ id }) => ({ id, unavailable: true })),
      shard,
      session_id: session.id,
      resume_gateway_url: this.#world.url(),
    });
    for (const guild of guilds) this.#send(session, 'GUILD_CREATE', guild);
    this.#world.changed();
    return session;
  }

  /** Whether a shard with the same key was let in less than a window ago; if not, this one is now. */
  #isHurried(shard: number): boolean {
    const { identify, now } = this.#world;
    const key = shard % identify.calls;
    if (now() < (this.#nextAt.get(key) ?? 0)) return true;
    this.#nextAt.set(key, now() + identify.windowMs);
    return false;
  }

  #resume(socket: WebSocket, data: Record<string, unknown>): Session | undefined {
    const session = this.#sessions.get(String(data.session_id));
    if (session === undefined || data.token !== this.#world.token) {
      socket.send(invalidSession);
      return undefined;
    }
    this.resumes += 1;
    session.socket = socket;
    for (const event of session.sent.filter((sent) => sent.s > Number(data.seq)))
      socket.send(JSON.stringify({ op: 0, ...event }));
    this.#send(session, 'RESUMED', {});
    this.#world.changed();
    return session;
  }

  #send(session: Session, t: string, d: object): void {
    const event = { s: session.sent.length + 1, t, d };
    session.sent.push(event);
    session.socket?.send(JSON.stringify({ op: 0, ...event }));
  }
}

/** Number and count, as an identify names them; `undefined` for what Discord does not take. */
function shardIn({ shard = [0, 1] }: Record<string, unknown>): [number, number] | undefined {
  const [id, count, ...rest]: unknown[] = Array.isArray(shard) ? shard : [];
  if (!Number.isInteger(id) || !Number.isInteger(count) || rest.length > 0) return undefined;
  return Number(id) >= 0 && Number(id) < Number(count) ? [Number(id), Number(count)] : undefined;
}

/** Discord's rule: https://discord.com/developers/docs/events/gateway#sharding-sharding-formula */
function shardOf(guildId: string, count: number): number {
  return Number((BigInt(guildId) >> 22n) % BigInt(count));
}

/** What belongs to no guild comes to the first shard. */
function isOn([id, count]: readonly [number, number], event: string, data: object): boolean {
  const { guild_id: guildId, id: own } = data as { guild_id?: string; id?: string };
  const guild = guildId ?? (event.startsWith('GUILD_') ? own : undefined);
  return id === (guild === undefined ? 0 : shardOf(guild, count));
}

function read(text: string): { op: number; d: Record<string, unknown> } | undefined {
  try {
    const packet: unknown = JSON.parse(text);
    if (typeof packet !== 'object' || packet === null || !('op' in packet)) return undefined;
    const d = 'd' in packet && typeof packet.d === 'object' && packet.d !== null ? { ...packet.d } : {};
    return { op: Number(packet.op), d };
  } catch {
    return undefined;
  }
}
