/**
 * What was written to the bot while it was not connected. Discord keeps no events for a bot that is away, except for the moment of a lost connection:
 * after a start, and where a session could not be resumed, the channels with newer messages are looked through.
 */
import { type Client, Events, type Message, SnowflakeUtil, Status, type TextBasedChannel } from 'discord.js';
import type { Keyv } from 'keyv';
import { patiently } from './calls.ts';
import { discordError } from './faults.ts';
import type { Session } from './session.ts';

/** Whoever asked longer ago has gone on. */
const LONGEST_MS = 60 * 60_000;
/** How often it is noted that the program is there, in ms. */
const NOTE_MS = 30_000;
/** How far our clock may be ahead of Discord's. */
const SKEW_MS = 5_000;
/** Discord announces no DM channels, so those that were written in last are remembered. */
const DIRECT = 100;
/** Most channels that are looked through, the newest first, and most messages of each; one call gives a hundred. */
const CHANNELS = 200;
const MESSAGES = 500;
const PAGE = 100;

interface Note {
  /** Until when everything was heard, in ms since the epoch. */
  readonly at: number;
  readonly direct: readonly string[];
}

export interface MissedOptions {
  readonly client: Client<true>;
  readonly session: Session;
  /** Keeps the note of this process's shards. */
  readonly keyv: Keyv;
  /** Hears a message that was missed. Those that were heard before the program went away may be among them. */
  hear(message: Message): void;
}

export interface Missed {
  /** Looks for what was missed since the last run, and keeps notes from now on. */
  start(): Promise<void>;
  /** Writes the last note. */
  close(): Promise<void>;
}

export function createMissed({ client, session, keyv, hear }: MissedOptions): Missed {
  const { log, screen, signal } = session;
  const direct = new Set<string>();
  /** Shards that are not connected, and until when each of them was. */
  const lost = new Map<number, number>();
  let at = screen.now();
  let timer: NodeJS.Timeout | undefined;

  async function note(): Promise<void> {
    if (client.ws.status !== Status.Ready) return;
    at = Math.min(screen.now(), ...lost.values());
    await keyv.set('heard', { at, direct: [...direct] } satisfies Note);
  }

  function remember({ channel }: Message): void {
    if (!channel.isDMBased()) return;
    direct.delete(channel.id);
    direct.add(channel.id);
    for (const oldest of direct) if (direct.size > DIRECT) direct.delete(oldest);
  }

  function watchShards(): void {
    client.on(Events.ShardReconnecting, (shard) => lost.set(shard, lost.get(shard) ?? at));
    client.on(Events.ShardResume, (shard) => lost.delete(shard));
    client.on(Events.ShardReady, (shard) => {
      const since = lost.get(shard) ?? at;
      lost.delete(shard);
      session.run('looking for missed messages', () => look(since));
    });
  }

  async function look(since: number): Promise<void> {
    const from = Math.max(since, screen.now() - LONGEST_MS) - SKEW_MS;
    const announced = [...client.channels.cache.values()]
      .filter((channel) => channel.isTextBased())
      .filter((channel) => !channel.isDMBased() && writtenAt(channel) > from)
      .sort((one, other) => writtenAt(other) - writtenAt(one));
    for (const channel of [...announced.slice(0, CHANNELS), ...(await directChannels(from))]) {
      if (signal.aborted) return;
      await lookThrough(channel, from).catch((error: unknown) => {
        const fault = discordError(error, 'looking for missed messages');
        log.debug({ error: fault, channel: channel.id }, 'A channel could not be looked through.');
      });
    }
  }

  /** Asked for anew: nothing tells of their newest messages. */
  async function directChannels(from: number): Promise<TextBasedChannel[]> {
    const fetching = [...direct].map((id) => client.channels.fetch(id, { force: true }).catch(() => null));
    const found = await Promise.all(fetching);
    return found.filter(
      (channel): channel is TextBasedChannel => (channel?.isTextBased() ?? false) && writtenAt(channel) > from,
    );
  }

  /** Discord gives those next to an id, the newest first. */
  async function lookThrough(channel: TextBasedChannel, from: number): Promise<void> {
    let after = String(SnowflakeUtil.generate({ timestamp: from }));
    for (let seen = 0; seen < MESSAGES; seen += PAGE) {
      const page = { after, limit: PAGE };
      const found = [...(await patiently(() => channel.messages.fetch(page), signal)).values()];
      found.sort((one, other) => Number(BigInt(one.id) - BigInt(other.id)));
      for (const message of found) hear(message);
      after = found.at(-1)?.id ?? after;
      if (found.length < PAGE) return;
    }
  }

  return {
    async start() {
      client.on(Events.MessageCreate, remember);
      watchShards();
      const last = await keyv.get<Note>('heard');
      for (const id of last?.direct ?? []) direct.add(id);
      const keep = () => session.run('noting that Discord is heard', note);
      timer = setInterval(keep, NOTE_MS).unref();
      if (last) await look(last.at);
      keep();
    },
    async close() {
      clearInterval(timer);
      await note();
    },
  };
}

function writtenAt(channel: object | null): number {
  const id = channel !== null && 'lastMessageId' in channel ? String(channel.lastMessageId ?? '') : '';
  return id ? SnowflakeUtil.timestampFrom(id) : 0;
}
