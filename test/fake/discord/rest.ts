/** The routes of REST v10 that a chat bot uses. */

import { type Buckets, GLOBAL, type Limits } from './limits.ts';
import type { Channel, Interaction, Memory, Message, User } from './memory.ts';
import type { Post } from './posts.ts';
import { invalidForm, Refusal, refuse } from './refusal.ts';
import { type CommandBody, checkCommands, checkMessage, checkModal, type MessageBody } from './validate.ts';
import { type Guild, permissionsOf, redact, wireChannel, wireMember, wireMessage } from './wire.ts';

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

type Handler = (world: RestWorld, call: Call, ids: readonly string[]) => Reply;
interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly open?: boolean;
  readonly run: Handler;
}

const route = (method: string, path: string, run: Handler, open = false): Route => ({
  method,
  pattern: new RegExp(`^${path.replaceAll(':id', '(\\d{17,19})').replaceAll(':word', '([^/]+)')}$`),
  open,
  run,
});

const routes: readonly Route[] = [
  route('GET', '/gateway/bot', (world) => ({
    status: 200,
    body: {
      url: world.gatewayUrl(),
      shards: world.recommendedShards,
      session_start_limit: {
        total: 1000,
        remaining: 999,
        reset_after: 86_400_000,
        max_concurrency: world.limits.identify.calls,
      },
    },
  })),
  route('GET', '/users/@me', (world) => ({ status: 200, body: world.bot })),
  route('GET', '/users/@me/guilds', (world) => ({
    status: 200,
    body: world.guilds().map((guild) => ({
      id: guild.id,
      name: guild.name,
      permissions: permissionsOf(guild, world.bot),
    })),
  })),
  route('GET', '/applications/@me', (world) => ({
    status: 200,
    body: { id: world.applicationId, name: world.bot.username, flags: world.applicationFlags(), description: '' },
  })),
  route('POST', '/attachments/refresh-urls', (world, call) => {
    const urls = (call.body.attachment_urls ?? []) as readonly string[];
    const refresh = (url: string) => url.replace(/ex=\d+/, `ex=${world.memory.day}`);
    return { status: 200, body: { refreshed_urls: urls.map((url) => ({ original: url, refreshed: refresh(url) })) } };
  }),
  route('GET', '/applications/:id/commands', (world) => ({ status: 200, body: world.commands })),
  route('PUT', '/applications/:id/commands', putCommands),
  route('POST', '/users/@me/channels', openDirect),
  route('GET', '/channels/:id', (world, _call, [id]) => {
    const channel = channelOf(world, id);
    return { status: 200, body: wireChannel(channel, world.bot, world.memory) };
  }),
  route('PATCH', '/channels/:id', unarchive),
  route('GET', '/channels/:id/messages/:id', (world, _call, [channel, id]) => ({
    status: 200,
    body: told(world, messageOf(world, channel, id)),
  })),
  route('GET', '/guilds/:id/members/:id', (world, _call, [guildId, id]) => {
    const guild = world.guilds().find((one) => one.id === guildId);
    const user = world.memory.users.get(id ?? '');
    if (guild === undefined) throw refuse(10004);
    if (user === undefined) throw refuse(10007);
    return { status: 200, body: wireMember(guild, user) };
  }),
  route('GET', '/channels/:id/messages', listMessages),
  route('POST', '/channels/:id/messages', createMessage),
  route('PATCH', '/channels/:id/messages/:id', editMessage),
  route('DELETE', '/channels/:id/messages/:id', deleteMessage),
  route('POST', '/channels/:id/typing', (world, _call, [id]) => {
    channelOf(world, id);
    world.typing.push(id ?? '');
    return { status: 204 };
  }),
  route('POST', '/channels/:id/threads', startThread),
  route('POST', '/channels/:id/messages/:id/threads', startThread),
  route('POST', '/interactions/:id/:word/callback', callback, true),
  route('GET', '/webhooks/:id/:word/messages/:word', readWebhookMessage, true),
  route('PATCH', '/webhooks/:id/:word/messages/:word', editWebhookMessage, true),
  route('DELETE', '/webhooks/:id/:word/messages/:word', deleteWebhookMessage, true),
  route('POST', '/webhooks/:id/:word', followUp, true),
];

/** Answers one call. @throws Refusal */
export function answer(world: RestWorld, call: Call): Reply {
  for (const { method, pattern, open, run } of routes) {
    const match = method === call.method ? pattern.exec(call.path) : null;
    if (match === null) continue;
    if (!open && call.token !== world.token) throw refuse(0);
    if (!open) world.buckets.take(GLOBAL, world.limits.global);
    return run(world, call, match.slice(1));
  }
  throw new Refusal(404, { message: '404: Not Found', code: 0 });
}

function putCommands(world: RestWorld, call: Call): Reply {
  const commands = call.body.list as readonly CommandBody[];
  checkCommands(commands);
  world.commands = commands.map((command) => {
    const known = world.commands.find((old) => old.name === command.name && (old.type ?? 1) === (command.type ?? 1));
    return { ...command, id: known?.id ?? world.memory.snowflake() };
  });
  return { status: 200, body: world.commands };
}

function openDirect(world: RestWorld, call: Call): Reply {
  const user = world.memory.users.get(String(call.body.recipient_id));
  if (user === undefined) throw refuse(10013);
  const known = [...world.memory.channels.values()].find((channel) => channel.recipient?.id === user.id);
  const channel = known ?? world.memory.addChannel({ type: 1, recipient: user });
  return { status: 200, body: wireChannel(channel, world.bot) };
}

function unarchive(world: RestWorld, call: Call, [id]: readonly string[]): Reply {
  const channel = channelOf(world, id);
  if (channel.locked) throw refuse(50013);
  if (typeof call.body.archived === 'boolean') channel.archived = call.body.archived;
  return { status: 200, body: wireChannel(channel, world.bot) };
}

function listMessages(world: RestWorld, call: Call, [id]: readonly string[]): Reply {
  const after = BigInt(call.query.get('after') ?? 0);
  const found = world.memory.messagesOf(channelOf(world, id).id).filter((message) => BigInt(message.id) > after);
  // Those next to the id that was named, the newest first.
  const limit = Number(call.query.get('limit') ?? 50);
  const next = (after > 0n ? found.slice(0, limit) : found.slice(-limit)).toReversed();
  return { status: 200, body: next.map((message) => told(world, message)) };
}

function told(world: RestWorld, message: Message): object {
  const whole = wireMessage(world.memory, message);
  return world.mayRead(message) ? whole : redact(whole);
}

function createMessage(world: RestWorld, call: Call, [id]: readonly string[]): Reply {
  const channel = channelOf(world, id, true);
  const headers = world.buckets.take(`POST /channels/messages|${channel.id}`, world.limits.post);
  const body = checked(call);
  if (channel.locked) throw refuse(160005);
  if (channel.hidesHistory && body.message_reference !== undefined) throw refuse(160002);
  channel.archived = false;
  const message = world.post.create(channel, world.bot, body, { files: call.files });
  return { status: 200, body: wireMessage(world.memory, message), headers };
}

function editMessage(world: RestWorld, call: Call, [channelId, id]: readonly string[]): Reply {
  const channel = channelOf(world, channelId);
  const headers = world.buckets.take(`PATCH /channels/messages|${channel.id}`, world.limits.patch);
  const message = messageOf(world, channelId, id);
  if (message.author.id !== world.bot.id) throw refuse(50005);
  if (message.ephemeralFor !== undefined) throw refuse(10008);
  if (channel.archived) throw refuse(50083);
  world.post.edit(message, checked(call), call.files);
  return { status: 200, body: wireMessage(world.memory, message), headers };
}

function deleteMessage(world: RestWorld, _call: Call, [channelId, id]: readonly string[]): Reply {
  const headers = world.buckets.take(`DELETE /channels/messages|${channelId}`, world.limits.remove);
  const message = messageOf(world, channelId, id);
  if (message.author.id !== world.bot.id) throw refuse(50013);
  world.post.remove(message);
  return { status: 204, headers };
}

function startThread(world: RestWorld, call: Call, [channelId, from]: readonly string[]): Reply {
  const parent = channelOf(world, channelId);
  if (parent.refuse === 50013) throw refuse(50013);
  const name = String(call.body.name ?? '');
  if (name.length < 1 || name.length > 100)
    throw invalidForm(['name'], 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 100 in length.');
  if (from !== undefined && world.memory.channels.has(from)) throw refuse(160004);
  const thread = world.openThread(parent, name, { ownerId: world.bot.id, id: from });
  return { status: 201, body: wireChannel(thread, world.bot) };
}

function callback(world: RestWorld, call: Call, [id, token]: readonly string[]): Reply {
  const interaction = world.memory.interactions.get(token ?? '');
  if (interaction === undefined || interaction.id !== id || interaction.state === 'lapsed') throw refuse(10062);
  if (interaction.state !== 'waiting') throw refuse(40060);
  const data = (call.body.data ?? {}) as MessageBody & { choices?: Interaction['choices'] };
  const type = Number(call.body.type);
  if (type === 4) {
    checkMessage(data, call.files.length);
    interaction.original = postFor(world, interaction, data, call.files).id;
    interaction.state = 'answered';
  } else if (type === 5) {
    interaction.state = 'thinking';
    interaction.ephemeral = ((data.flags ?? 0) & 64) !== 0;
  } else if (type === 6 || type === 7) {
    if (interaction.kind !== 'component') throw invalidForm(['type'], 'INTERACTION_TYPE', 'Only for components.');
    interaction.original = interaction.source;
    interaction.state = 'answered';
    if (type === 7) world.post.edit(originalOf(world, interaction), data, call.files);
  } else if (type === 8) {
    const choices = data.choices ?? [];
    if (choices.length > 25)
      throw invalidForm(['data', 'choices'], 'BASE_TYPE_MAX_LENGTH', 'Must be 25 or fewer in length.');
    for (const [index, choice] of choices.entries())
      if (choice.name.length < 1 || choice.name.length > 100 || String(choice.value).length > 100)
        throw invalidForm(
          ['data', 'choices', String(index)],
          'BASE_TYPE_BAD_LENGTH',
          'Must be between 1 and 100 in length.',
        );
    interaction.choices = choices;
    interaction.state = 'answered';
  } else if (type === 9) {
    const modal = call.body.data as NonNullable<Interaction['modal']>;
    if (interaction.kind === 'modal') throw invalidForm(['type'], 'INTERACTION_TYPE', 'Not after a form.');
    checkModal(modal);
    interaction.modal = modal;
    interaction.state = 'answered';
  } else throw invalidForm(['type'], 'BASE_TYPE_CHOICES', 'Not a type of the fake server.');
  world.memory.changed();
  return callbackReply(world, call, interaction);
}

function callbackReply(world: RestWorld, call: Call, interaction: Interaction): Reply {
  if (call.query.get('with_response') !== 'true') return { status: 204 };
  const message = interaction.original === undefined ? undefined : world.memory.messages.get(interaction.original);
  return {
    status: 200,
    body: {
      interaction: { id: interaction.id, type: 2, response_message_id: interaction.original ?? null },
      ...(message === undefined ? {} : { resource: { type: 4, message: wireMessage(world.memory, message) } }),
    },
  };
}

function editWebhookMessage(world: RestWorld, call: Call, [, token, which]: readonly string[]): Reply {
  const interaction = interactionOf(world, token);
  const headers = world.buckets.take(`PATCH /webhooks/messages|${token}`, world.limits.webhook);
  const body = checked(call);
  if (which === '@original' && interaction.state === 'thinking') {
    const message = postFor(world, interaction, body, call.files);
    interaction.original = message.id;
    interaction.state = 'answered';
    world.memory.changed();
    return { status: 200, body: wireMessage(world.memory, message), headers };
  }
  const message = webhookMessage(world, interaction, which);
  world.post.edit(message, body, call.files);
  return { status: 200, body: wireMessage(world.memory, message), headers };
}

function readWebhookMessage(world: RestWorld, _call: Call, [, token, which]: readonly string[]): Reply {
  const message = webhookMessage(world, interactionOf(world, token), which);
  return { status: 200, body: wireMessage(world.memory, message) };
}

function deleteWebhookMessage(world: RestWorld, _call: Call, [, token, which]: readonly string[]): Reply {
  const interaction = interactionOf(world, token);
  if (which === '@original' && interaction.state === 'thinking') {
    interaction.state = 'answered';
    world.memory.changed();
    return { status: 204 };
  }
  world.post.remove(webhookMessage(world, interaction, which));
  return { status: 204 };
}

function followUp(world: RestWorld, call: Call, [, token]: readonly string[]): Reply {
  const interaction = interactionOf(world, token);
  if (interaction.state === 'waiting') throw refuse(10062);
  const headers = world.buckets.take(`POST /webhooks|${token}`, world.limits.webhook);
  const body = checked(call);
  const message = postFor(world, interaction, body, call.files);
  if (interaction.state === 'thinking') {
    interaction.original = message.id;
    interaction.state = 'answered';
  }
  world.memory.changed();
  return { status: 200, body: wireMessage(world.memory, message), headers };
}

function postFor(world: RestWorld, interaction: Interaction, body: MessageBody, files: readonly File[]): Message {
  const hidden = ((body.flags ?? 0) & 64) !== 0 || (interaction.state === 'thinking' && interaction.ephemeral);
  // Commands are answered where the bot sees nothing, too.
  const channel = world.memory.channels.get(interaction.channelId);
  if (channel === undefined) throw refuse(10003);
  return world.post.create(channel, world.bot, body, {
    files,
    interactionToken: interaction.token,
    ephemeralFor: hidden ? interaction.user.id : undefined,
    // A first answer to a button is shown as a reply to the message that holds it.
    replyTo: interaction.original === undefined ? interaction.source : undefined,
  });
}

function interactionOf(world: RestWorld, token: string | undefined): Interaction {
  const interaction = world.memory.interactions.get(token ?? '');
  if (interaction === undefined || interaction.state === 'expired') throw refuse(50027);
  return interaction;
}

function originalOf(world: RestWorld, interaction: Interaction): Message {
  const message = interaction.original === undefined ? undefined : world.memory.messages.get(interaction.original);
  if (message === undefined || message.deleted) throw refuse(10008);
  return message;
}

function webhookMessage(world: RestWorld, interaction: Interaction, which: string | undefined): Message {
  if (which === '@original') return originalOf(world, interaction);
  const message = world.memory.messages.get(which ?? '');
  const own = message?.interactionToken === interaction.token || message?.id === interaction.source;
  if (message === undefined || message.deleted || !own) throw refuse(10008);
  return message;
}

function channelOf(world: RestWorld, id: string | undefined, write = false): Channel {
  const channel = world.memory.channels.get(id ?? '');
  if (channel === undefined) throw refuse(10003);
  if (channel.refuse === 50001) throw refuse(50001);
  if (write && channel.refuse !== undefined) throw refuse(channel.type === 1 ? 50007 : 50013);
  return channel;
}

function messageOf(world: RestWorld, channelId: string | undefined, id: string | undefined): Message {
  const message = world.memory.messages.get(id ?? '');
  if (message === undefined || message.deleted || message.channelId !== channelId) throw refuse(10008);
  return message;
}

function checked(call: Call): MessageBody {
  const body = call.body as MessageBody;
  checkMessage(body, call.files.length);
  return body;
}
