/** Making, changing and removing messages, and counting whom they ping. */
import type { Attachment, Channel, Embed, Memory, Message, Poll, User } from './memory.ts';
import type { AllowedMentions, MessageBody } from './validate.ts';

/** The only flag that an edit can set and take back. */
const SUPPRESS_EMBEDS = 1 << 2;

export interface Ping {
  readonly messageId: string;
  /** `user`, `role`, `everyone` or `reply`. */
  readonly kind: 'user' | 'role' | 'everyone' | 'reply';
}

export interface PostExtras {
  readonly files?: readonly File[];
  readonly interactionToken?: string | undefined;
  readonly ephemeralFor?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly forwarded?: Message | undefined;
  readonly stickers?: readonly string[] | undefined;
  readonly poll?: Poll | undefined;
  /** Counts as mentioned though the text does not say so: the author of a message that was replied to. */
  readonly pinged?: User | undefined;
  readonly ageMs?: number | undefined;
}

export interface PostWorld {
  readonly memory: Memory;
  readonly fileUrl: (id: string, name: string) => string;
  /** Tells the gateway. */
  readonly tell: (event: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE' | 'MESSAGE_DELETE', message: Message) => void;
}

export class Post {
  readonly #world: PostWorld;
  /** Whom the bot's messages pinged; a bridge for a language model should leave this empty. */
  readonly pings: Ping[] = [];
  /** Bodies that came without `allowed_mentions`. */
  unguarded = 0;

  constructor(world: PostWorld) {
    this.#world = world;
  }

  create(channel: Channel, author: User, body: MessageBody, extras: PostExtras = {}): Message {
    const { memory } = this.#world;
    const nonce = body.nonce === undefined ? undefined : String(body.nonce);
    const twin = body.enforce_nonce
      ? memory.messagesOf(channel.id).find((old) => old.nonce === nonce && old.author.id === author.id)
      : undefined;
    if (twin !== undefined) return twin;
    const replyTo = extras.replyTo ?? this.#target(channel, body);
    const sentAt = Date.now() - (extras.ageMs ?? 0);
    const attachments = this.keep(extras.files ?? []);
    const message: Message = {
      id: memory.snowflake(sentAt),
      channelId: channel.id,
      author,
      content: body.content ?? '',
      components: body.components ?? [],
      attachments,
      embeds: resolved(body.embeds ?? [], attachments),
      flags: extras.ephemeralFor === undefined ? (body.flags ?? 0) & ~64 : (body.flags ?? 0) | 64,
      replyTo,
      forwarded: extras.forwarded,
      stickers: extras.stickers ?? [],
      poll: extras.poll,
      mentions: author.bot ? [] : this.#mentioned(body.content ?? '', extras.pinged),
      nonce,
      interactionToken: extras.interactionToken,
      ephemeralFor: extras.ephemeralFor,
      sentAt,
      edits: 0,
      deleted: false,
    };
    memory.messages.set(message.id, message);
    if (author.bot) this.#ping(message, body.allowed_mentions);
    this.#world.tell('MESSAGE_CREATE', message);
    memory.changed();
    return message;
  }

  edit(message: Message, body: MessageBody, files: readonly File[] = []): void {
    if (body.content !== undefined) this.#rewrite(message, body.content ?? '');
    if (body.components !== undefined) message.components = body.components;
    if (body.flags !== undefined) message.flags = (message.flags & ~SUPPRESS_EMBEDS) | (body.flags & SUPPRESS_EMBEDS);
    const kept = body.attachments?.map((attachment) => String(attachment.id));
    const old = kept ? message.attachments.filter((attachment) => kept.includes(attachment.id)) : message.attachments;
    message.attachments = [...old, ...this.keep(files)];
    if (body.embeds !== undefined) message.embeds = resolved(body.embeds, message.attachments);
    message.edits += 1;
    if (message.author.bot) this.#ping(message, body.allowed_mentions);
    this.#world.tell('MESSAGE_UPDATE', message);
    this.#world.memory.changed();
  }

  remove(message: Message): void {
    message.deleted = true;
    this.#world.tell('MESSAGE_DELETE', message);
    this.#world.memory.changed();
  }

  /** Stores files and gives the attachments that point at them. */
  keep(files: readonly File[]): Attachment[] {
    return files.map((file) => {
      const id = this.#world.memory.snowflake();
      const url = this.#world.fileUrl(id, file.name);
      const kept = { type: file.type, bytes: new Uint8Array() };
      this.#world.memory.files.set(id, kept);
      void file.arrayBuffer().then((bytes) => {
        this.#world.memory.files.set(id, { type: file.type, bytes: new Uint8Array(bytes) });
        this.#world.memory.changed();
      });
      return { id, filename: file.name, size: file.size, content_type: file.type, url, proxy_url: url };
    });
  }

  /** The ping of a reply stays, whatever is written. */
  #rewrite(message: Message, content: string): void {
    const before = this.#mentioned(message.content, undefined);
    const pinged = message.mentions.find((user) => !before.includes(user));
    message.content = content;
    if (!message.author.bot) message.mentions = this.#mentioned(content, pinged);
  }

  #target(channel: Channel, body: MessageBody): string | undefined {
    const id = body.message_reference?.message_id;
    const target = id === undefined ? undefined : this.#world.memory.messages.get(id);
    return target !== undefined && !target.deleted && target.channelId === channel.id ? id : undefined;
  }

  #mentioned(content: string, pinged: User | undefined): User[] {
    const named = [...content.matchAll(/<@!?(\d{17,19})>/g)].flatMap((match) => {
      const user = this.#world.memory.users.get(match[1] ?? '');
      return user === undefined ? [] : [user];
    });
    return [...new Set(pinged === undefined ? named : [pinged, ...named])];
  }

  /** An absent `allowed_mentions` parses everything, as Discord does, also in edits. */
  #ping(message: Message, allowed: AllowedMentions | undefined): void {
    if (allowed === undefined) this.unguarded += 1;
    const parses = (kind: string) => allowed === undefined || (allowed.parse ?? []).includes(kind);
    const add = (kind: Ping['kind']) => this.pings.push({ messageId: message.id, kind });
    for (const match of message.content.matchAll(/<@!?(\d{17,19})>/g))
      if (parses('users') || allowed?.users?.includes(match[1] ?? '')) add('user');
    for (const match of message.content.matchAll(/<@&(\d{17,19})>/g))
      if (parses('roles') || allowed?.roles?.includes(match[1] ?? '')) add('role');
    if (/@(everyone|here)\b/.test(message.content) && parses('everyone')) add('everyone');
    if (message.replyTo !== undefined && message.edits === 0 && (allowed === undefined || allowed.replied_user))
      add('reply');
  }
}

/** Embeds show files of their message by name; Discord puts their addresses there. */
function resolved(embeds: readonly Embed[], files: readonly Attachment[]): Embed[] {
  return embeds.map((embed) => {
    const file = files.find(({ filename }) => embed.image?.url === `attachment://${filename}`);
    return file ? { ...embed, image: { url: file.url } } : embed;
  });
}
