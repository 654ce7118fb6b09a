/** What the routes of the fake REST API share. */
import type { Buckets, Limits } from './limits.ts';
import type { Channel, Memory, Message, User } from './memory.ts';
import type { Post } from './posts.ts';
import { refuse } from './refusal.ts';
import { type CommandBody, checkMessage, type MessageBody } from './validate.ts';
import type { Guild } from './wire.ts';

/** A call as the server has read it. */
export interface Call {
  readonly method: string;
  /** Without `/api/v10`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly token: string | undefined;
  readonly body: Record<string, unknown>;
  readonly files: readonly File[];
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface RestWorld {
  readonly memory: Memory;
  readonly bot: User;
  readonly token: string;
  readonly applicationId: string;
  readonly applicationFlags: () => number;
  readonly guilds: () => readonly Guild[];
  /** Whether the bot gets the words of a message. */
  readonly mayRead: (message: Message) => boolean;
  readonly buckets: Buckets;
  readonly limits: Limits;
  readonly gatewayUrl: () => string;
  readonly recommendedShards: number;
  readonly post: Post;
  /** `id`: the message that begins it. */
  readonly openThread: (parent: Channel, name: string, o: { ownerId: string; id?: string | undefined }) => Channel;
  readonly typing: string[];
  commands: readonly (CommandBody & { id: string })[];
}

export function channelOf(world: RestWorld, id: string | undefined, write = false): Channel {
  const channel = world.memory.channels.get(id ?? '');
  if (channel === undefined) throw refuse(10003);
  if (channel.refuse === 50001 || (channel.type === 12 && !channel.joined)) throw refuse(50001);
  if (write && channel.refuse !== undefined) throw refuse(channel.type === 1 ? 50007 : 50013);
  return channel;
}

export function messageOf(world: RestWorld, channelId: string | undefined, id: string | undefined): Message {
  const message = world.memory.messages.get(id ?? '');
  if (message === undefined || message.deleted || message.channelId !== channelId) throw refuse(10008);
  return message;
}

export function checked(call: Call): MessageBody {
  const body = call.body as MessageBody;
  checkMessage(body, call.files.length);
  return body;
}
