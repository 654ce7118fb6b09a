/** The memory's things as the API sends them. */
import type { Channel, Embed, Interaction, Memory, Message, Poll, User } from './memory.ts';

/** Bits of https://discord.com/developers/docs/topics/gateway#gateway-intents */
export const intent = { guilds: 1 << 0, guildMessages: 1 << 9, directMessages: 1 << 12, messageContent: 1 << 15 };
const VIEW = 1n << 10n;
const SEND = 1n << 11n;
const HISTORY = 1n << 16n;
const THREAD_SEND = 1n << 38n;
const THREADS = 1n << 35n;
const MANAGE_CHANNELS = 1n << 4n;

/** What everybody in the fake server may do. */
export const everyone = VIEW | SEND | HISTORY | THREADS | THREAD_SEND;

/** The one server of the fake, with a role that may manage channels. */
export interface Guild {
  readonly id: string;
  readonly name: string;
  readonly moderatorRole: string;
  readonly moderators: Set<string>;
  /** What the server speaks. */
  locale: string;
}

export function permissionsOf(guild: Guild, user: User): string {
  return String(guild.moderators.has(user.id) ? everyone | MANAGE_CHANNELS : everyone);
}

export function wireMember(guild: Guild, user: User, withUser = true): object {
  return {
    ...(withUser ? { user } : {}),
    roles: guild.moderators.has(user.id) ? [guild.moderatorRole] : [],
    joined_at: '2026-01-01T00:00:00.000000+00:00',
    deaf: false,
    mute: false,
    flags: 0,
    nick: null,
    avatar: null,
    permissions: permissionsOf(guild, user),
  };
}

function isThread({ type }: Channel): boolean {
  return type >= 10 && type <= 12;
}

/** With `memory` it names its newest message, as servers are announced. */
export function wireChannel(channel: Channel, bot: User, memory?: Memory): object {
  const last = memory?.messagesOf(channel.id).at(-1)?.id ?? null;
  const common = { id: channel.id, type: channel.type, last_message_id: last, flags: 0 };
  if (channel.type === 1) return { ...common, recipients: channel.recipient ? [channel.recipient] : [] };
  const inGuild = {
    ...common,
    guild_id: channel.guildId,
    name: channel.name,
    parent_id: channel.parentId ?? null,
    position: 0,
    permission_overwrites: overwrites(channel),
    nsfw: false,
    rate_limit_per_user: 0,
  };
  if (!isThread(channel)) return { ...inGuild, topic: null };
  return {
    ...inGuild,
    owner_id: channel.ownerId ?? bot.id,
    message_count: 0,
    member_count: 1,
    total_message_sent: 0,
    thread_metadata: {
      archived: channel.archived,
      auto_archive_duration: 1440,
      archive_timestamp: '2026-01-01T00:00:00.000000+00:00',
      locked: channel.locked,
      create_timestamp: '2026-01-01T00:00:00.000000+00:00',
    },
    ...(channel.joined
      ? { member: { id: channel.id, user_id: bot.id, join_timestamp: '2026-01-01T00:00:00.000000+00:00', flags: 0 } }
      : {}),
  };
}

const denied = { 50001: VIEW, 50013: SEND | THREAD_SEND, posts: SEND };

/** Rights in a channel, as the client computes them: what the channel refuses is denied to everyone, and the steward may manage it. */
function overwrites({ refuse, steward, guildId }: Channel): object[] {
  const everybody = refuse && { id: guildId, type: 0, allow: '0', deny: String(denied[refuse]) };
  const one = steward && { id: steward, type: 1, allow: String(MANAGE_CHANNELS), deny: '0' };
  return [everybody, one].filter((overwrite) => typeof overwrite === 'object');
}

export function wireGuild(
  guild: Guild,
  memory: Memory,
  bot: User,
): Readonly<Record<string, unknown>> & { readonly id: string } {
  const channels = [...memory.channels.values()].filter((channel) => channel.guildId === guild.id);
  const role = (id: string, name: string, permissions: bigint, position: number) => ({
    id,
    name,
    permissions: String(permissions),
    position,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    managed: false,
    mentionable: false,
    flags: 0,
  });
  return {
    id: guild.id,
    name: guild.name,
    owner_id: memory.snowflake(),
    roles: [
      role(guild.id, '@everyone', everyone, 0),
      role(guild.moderatorRole, 'moderator', everyone | MANAGE_CHANNELS, 1),
    ],
    emojis: [],
    stickers: [],
    features: [],
    members: [wireMember(guild, bot)],
    channels: channels.filter((channel) => !isThread(channel)).map((channel) => wireChannel(channel, bot, memory)),
    threads: channels.filter(isThread).map((channel) => wireChannel(channel, bot, memory)),
    presences: [],
    voice_states: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
    member_count: memory.users.size,
    joined_at: '2026-01-01T00:00:00.000000+00:00',
    large: false,
    unavailable: false,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    mfa_level: 0,
    afk_timeout: 300,
    afk_channel_id: null,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    public_updates_channel_id: null,
    application_id: null,
    preferred_locale: guild.locale,
    premium_tier: 0,
    nsfw_level: 0,
    nsfw: false,
    premium_progress_bar_enabled: false,
    description: null,
    icon: null,
    splash: null,
    banner: null,
    vanity_url_code: null,
  };
}

/** A message with everything in it; `redact` takes out what a bot without the message-content intent does not get. */
export function wireMessage(memory: Memory, message: Message, depth = 0): Record<string, unknown> {
  const referenced = message.replyTo === undefined ? undefined : memory.messages.get(message.replyTo);
  return {
    id: message.id,
    channel_id: message.channelId,
    author: message.author,
    content: message.content,
    timestamp: new Date(message.sentAt).toISOString(),
    edited_timestamp: message.edits > 0 ? new Date(message.sentAt + 1).toISOString() : null,
    tts: false,
    mention_everyone: false,
    mentions: message.mentions,
    mention_roles: [],
    attachments: message.attachments,
    embeds: message.embeds.map(wireEmbed),
    pinned: false,
    type: message.replyTo === undefined ? 0 : 19,
    flags: message.flags,
    components: message.components,
    ...(message.stickers.length === 0
      ? {}
      : { sticker_items: message.stickers.map((name) => ({ id: memory.snowflake(), name, format_type: 1 })) }),
    ...(message.poll === undefined ? {} : { poll: wirePoll(message.poll) }),
    ...(message.forwarded === undefined ? {} : forward(message.forwarded)),
    ...(message.nonce === undefined ? {} : { nonce: message.nonce }),
    ...(message.replyTo === undefined
      ? {}
      : { message_reference: { type: 0, message_id: message.replyTo, channel_id: message.channelId } }),
    ...(referenced !== undefined && depth === 0
      ? { referenced_message: referenced.deleted ? null : wireMessage(memory, referenced, 1) }
      : {}),
  };
}

/** Those that applications send are `rich`; Discord makes the others from links. */
function wireEmbed(embed: Embed): object {
  return { type: 'rich', fields: [], ...embed };
}

function wirePoll({ question, answers }: Poll): object {
  return {
    question: { text: question },
    answers: answers.map((text, index) => ({ answer_id: index + 1, poll_media: { text } })),
    expiry: new Date(Date.now() + 86_400_000).toISOString(),
    allow_multiselect: false,
    layout_type: 1,
  };
}

/** Forwards carry a snapshot, not the message itself: no author, no id. */
function forward({ id, channelId, content, attachments, embeds, sentAt }: Message): object {
  const snapshot = {
    type: 0,
    content,
    attachments,
    embeds: embeds.map(wireEmbed),
    mentions: [],
    mention_roles: [],
    flags: 0,
    components: [],
  };
  return {
    message_reference: { type: 1, message_id: id, channel_id: channelId },
    message_snapshots: [
      { message: { ...snapshot, timestamp: new Date(sentAt).toISOString(), edited_timestamp: null } },
    ],
  };
}

export function redact(message: Record<string, unknown>): Record<string, unknown> {
  const inner = message.referenced_message;
  return {
    ...message,
    content: '',
    attachments: [],
    embeds: [],
    components: [],
    ...(isRecord(inner) ? { referenced_message: redact(inner) } : {}),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** INTERACTION_CREATE without its `data`. */
export function wireInteraction(
  interaction: Interaction,
  channel: Channel,
  o: { bot: User; guild: Guild; applicationId: string; locale: string },
): Record<string, unknown> {
  const types = { command: 2, menu: 2, component: 3, autocomplete: 4, modal: 5 } as const;
  const inGuild = channel.guildId !== undefined;
  return {
    id: interaction.id,
    application_id: o.applicationId,
    type: types[interaction.kind],
    token: interaction.token,
    version: 1,
    channel_id: channel.id,
    channel: wireChannel(channel, o.bot),
    locale: o.locale,
    app_permissions: String(channel.refuse === 50001 ? everyone & ~VIEW : everyone),
    entitlements: [],
    authorizing_integration_owners: { '0': channel.guildId ?? '0' },
    context: inGuild ? 0 : 1,
    attachment_size_limit: 10_485_760,
    ...(inGuild
      ? {
          guild_id: channel.guildId,
          guild_locale: 'en-US',
          guild: { id: channel.guildId, locale: 'en-US', features: [] },
          member: wireMember(o.guild, interaction.user),
        }
      : { user: interaction.user }),
  };
}
