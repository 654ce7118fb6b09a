/** The routes of REST v10 that a chat bot uses. */

import { callback, deleteWebhookMessage, editWebhookMessage, followUp, readWebhookMessage } from './interactions.ts';
import { GLOBAL } from './limits.ts';
import type { Message } from './memory.ts';
import { invalidForm, Refusal, refuse } from './refusal.ts';
import { type CommandBody, checkCommands } from './validate.ts';
import { permissionsOf, redact, wireChannel, wireMember, wireMessage } from './wire.ts';
import { type Call, channelOf, checked, messageOf, type Reply, type RestWorld } from './world.ts';

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
  const headers = world.buckets.take(`GET /channels/messages|${id}`, world.limits.list);
  const after = BigInt(call.query.get('after') ?? 0);
  const found = world.memory.messagesOf(channelOf(world, id).id).filter((message) => BigInt(message.id) > after);
  // Those next to the id that was named, the newest first.
  const limit = Number(call.query.get('limit') ?? 50);
  const next = (after > 0n ? found.slice(0, limit) : found.slice(-limit)).toReversed();
  return { status: 200, body: next.map((message) => told(world, message)), headers };
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
