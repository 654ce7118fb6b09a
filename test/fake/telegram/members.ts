/** What people do in the fake: write, press, edit, delete, block. Each makes the update that the real server would send. */
import type { Chat, Location, Message, MessageEntity, Update, User } from 'grammy/types';
import { detect } from './entities.ts';
import { apiMessage } from './messages.ts';
import type { StoredChat, StoredFile, StoredMessage, World } from './world.ts';

/** What a member sends. */
export interface Writing {
  readonly chat: number;
  readonly from: User;
  readonly text?: string;
  readonly topic?: number;
  readonly replyTo?: number;
  /** Seconds since the epoch; default: now. */
  readonly date?: number;
  readonly file?: {
    kind: 'photo' | 'document' | 'voice';
    name?: string;
    type?: string;
    bytes: Uint8Array;
    size?: number;
  };
  readonly album?: string;
  readonly location?: Location;
  readonly forwardedFrom?: string;
  /** The part of the replied message that the member marked. */
  readonly quote?: string;
}

/** What members act on. */
export interface MemberTools {
  readonly world: World;
  readonly date: () => number;
  readonly push: (update: Omit<Update, 'update_id'>) => number;
}

/** The people of the fake. */
export class Members {
  readonly #tools: MemberTools;

  constructor(tools: MemberTools) {
    this.#tools = tools;
  }

  /** A user and the private chat with them; both have the same id. */
  person(name: string, extra: Partial<User> = {}): User {
    const { world } = this.#tools;
    const user: User = { id: world.serial(), is_bot: false, first_name: name, language_code: 'en', ...extra };
    world.people.set(user.id, user);
    const chat = world.addChat({ id: user.id, type: 'private', first_name: name });
    chat.members.set(user.id, 'member');
    return user;
  }

  /** A supergroup with the bot in it as a plain member; `basic`: a group, as Telegram makes them at first. */
  group(
    title: string,
    options: { members?: readonly User[]; admins?: readonly User[]; forum?: boolean; basic?: boolean } = {},
  ): number {
    const { world } = this.#tools;
    const forum = options.forum ? { is_forum: true as const } : {};
    const kind = options.basic
      ? { id: -world.serial(), type: 'group' as const }
      : { id: -1_001_000_000_000 - world.serial(), type: 'supergroup' as const };
    const chat = world.addChat({ ...kind, title, ...forum } as Chat, options.forum);
    chat.members.set(world.me.id, 'member');
    for (const user of options.members ?? []) chat.members.set(user.id, 'member');
    for (const user of options.admins ?? []) chat.members.set(user.id, 'administrator');
    return chat.chat.id;
  }

  /** A group becomes a supergroup, as when its admins make it public or open topics. Its messages stay in the old one. */
  upgrade(chatId: number): number {
    const { world, date } = this.#tools;
    const before = world.known(chatId);
    const title = 'title' in before.chat ? before.chat.title : '';
    const after = world.addChat({ id: -1_001_000_000_000 - world.serial(), type: 'supergroup', title } as Chat);
    for (const [user, role] of before.members) after.members.set(user, role);
    const { id } = after.chat;
    before.movedTo = id;
    const service = ({ chat, ...stored }: StoredChat, more: object) =>
      this.#tools.push({
        message: { message_id: stored.nextMessage, date: date(), chat, ...more } as Message & Update.NonChannel,
      });
    service(before, { migrate_to_chat_id: id });
    service(after, { migrate_from_chat_id: chatId });
    before.nextMessage += 1;
    after.nextMessage += 1;
    return id;
  }

  /** A member adds the bot to a group; by a link with `?startgroup=`, their app also writes `/start` with what the link said. */
  invite(chatId: number, from: User, startgroup?: string): void {
    const { world, date } = this.#tools;
    const member = (status: string) => ({ user: world.me, status });
    this.#tools.push({
      my_chat_member: {
        chat: world.known(chatId).chat,
        from,
        date: date(),
        old_chat_member: member('left'),
        new_chat_member: member('member'),
      },
    } as Omit<Update, 'update_id'>);
    const text = `/start@${world.me.username} ${startgroup}`;
    if (startgroup !== undefined) this.write({ chat: chatId, from, text });
  }

  promote(chatId: number, user: User): void {
    this.#tools.world.known(chatId).members.set(user.id, 'administrator');
  }

  /** Opens a topic: the id is that of its service message. */
  topic(chatId: number, name: string): number {
    const chat = this.#tools.world.known(chatId);
    const id = chat.nextMessage++;
    chat.topics.set(id, name);
    return id;
  }

  /** Only administrators write there now. */
  closeTopic(chatId: number, topic: number): void {
    this.#tools.world.known(chatId).closed.add(topic);
  }

  /** With everything in it. */
  deleteTopic(chatId: number, topic: number): void {
    const { topics, messages } = this.#tools.world.known(chatId);
    topics.delete(topic);
    for (const [id, message] of messages) if (message.topic === topic) messages.delete(id);
  }

  mute(chatId: number): void {
    this.#tools.world.known(chatId).muted = true;
  }

  /** Returns the id of the message. The bot hears of it only where privacy mode lets it. */
  write(writing: Writing): number {
    const { world, date } = this.#tools;
    const chat = world.known(writing.chat);
    const text = writing.text ?? '';
    const message: StoredMessage = {
      id: chat.nextMessage++,
      from: writing.from,
      date: writing.date ?? date(),
      topic: writing.topic,
      replyTo: writing.replyTo,
      text,
      entities: detect(text, []),
      keyboard: [],
      previewOff: false,
      preview: undefined,
      edits: 0,
      file: writing.file && this.#store(writing.file),
      albumId: writing.album,
      location: writing.location,
      forwardedFrom: writing.forwardedFrom,
      shown: [text],
    };
    chat.messages.set(message.id, message);
    if (this.#hears(chat, message)) this.#tools.push({ message: this.#asUpdate(chat, message, writing.quote) });
    return message.id;
  }

  /** A post of a channel comes into the group where it is discussed; replies to it are its comments. */
  post(chatId: number, channel: string, text: string): number {
    const { world, date } = this.#tools;
    const chat = world.known(chatId);
    const from: User = { id: 777000, is_bot: false, first_name: 'Telegram' };
    const postOf = { id: -1_002_000_000_000 - world.serial(), type: 'channel' as const, title: channel };
    const message = { id: chat.nextMessage++, from, date: date(), text, postOf, shown: [text] };
    const rest = { entities: [], keyboard: [], previewOff: false, preview: undefined, edits: 0, file: undefined };
    const stored: StoredMessage = { ...rest, ...message, topic: undefined, replyTo: undefined };
    chat.messages.set(stored.id, stored);
    if (this.#hears(chat, stored)) this.#tools.push({ message: this.#asUpdate(chat, stored) });
    return stored.id;
  }

  /** Changes a member's own message. */
  edit(edit: { chat: number; message: number; text: string }): void {
    const chat = this.#tools.world.known(edit.chat);
    const message = chat.messages.get(edit.message);
    if (!message) throw new Error(`There is no message ${edit.message} to edit`);
    message.text = edit.text;
    message.entities = detect(edit.text, []);
    message.edits += 1;
    if (this.#hears(chat, message)) this.#tools.push({ edited_message: this.#asUpdate(chat, message) as never });
  }

  /** A live location goes on: Telegram tells of it as of a changed message. */
  move(chatId: number, messageId: number, location: Location): void {
    const chat = this.#tools.world.known(chatId);
    const message = chat.messages.get(messageId);
    if (!message?.location) throw new Error(`There is no location ${messageId} to move`);
    message.location = location;
    message.edits += 1;
    if (this.#hears(chat, message)) this.#tools.push({ edited_message: this.#asUpdate(chat, message) as never });
  }

  /** Presses a button by its label. The id finds the answer in `answers`. @throws Error when no such button is shown. */
  press(press: { chat: number; from: User; message: number; label: string | RegExp }): string {
    const { world } = this.#tools;
    const chat = world.known(press.chat);
    const message = chat.messages.get(press.message);
    const buttons = message?.keyboard.flat() ?? [];
    const button = buttons.find(({ text }) => text.match(press.label) !== null);
    if (!message || !button || !('callback_data' in button))
      throw new Error(`No button ${press.label}; shown are: ${buttons.map((b) => b.text).join(', ')}`);
    const id = `press-${world.serial()}`;
    world.presses.set(id, { answered: false, text: undefined, alert: false });
    this.#tools.push({
      callback_query: {
        id,
        from: press.from,
        chat_instance: String(press.chat),
        data: button.callback_data,
        message: apiMessage(chat, message),
      },
    });
    return id;
  }

  /** Presses the stop button of the draft that is shown in a private chat. */
  stopDraft(user: User): void {
    const { world } = this.#tools;
    const draft = world.drafts.get(user.id);
    if (!draft?.canStop) throw new Error('No draft that can be stopped is shown.');
    const chat = world.known(user.id).chat as Chat.PrivateChat;
    this.#tools.push({ stopped_message_generation: { chat, draft_id: draft.id } });
  }

  /** A member deletes a message: Telegram tells bots nothing of it. */
  remove(chatId: number, messageId: number): void {
    this.#tools.world.known(chatId).messages.delete(messageId);
  }

  block(user: User): void {
    this.#tools.world.known(user.id).shut = 'bot was blocked by the user';
  }

  kick(chatId: number): void {
    this.#tools.world.known(chatId).shut = 'bot was kicked from the supergroup chat';
  }

  #asUpdate(chat: StoredChat, message: StoredMessage, quote?: string): Message & Update.NonChannel {
    const marked = quote === undefined ? {} : { quote: { text: quote, position: 0 } };
    return { ...apiMessage(chat, message), ...marked } as Message & Update.NonChannel;
  }

  #store(file: NonNullable<Writing['file']>): NonNullable<StoredMessage['file']> {
    const { world } = this.#tools;
    const id = `file-${world.serial()}`;
    const name = file.name ?? `${file.kind}.bin`;
    const type = file.type ?? (file.kind === 'photo' ? 'image/jpeg' : 'application/octet-stream');
    const stored: StoredFile = {
      id,
      path: `${file.kind}s/${id}-${name}`,
      name,
      type,
      bytes: file.bytes,
      size: file.size ?? file.bytes.length,
    };
    world.files.set(id, stored);
    return { ...stored, kind: file.kind };
  }

  /** Privacy mode: commands, mentions and replies to the bot, unless it is an administrator or the mode is off. */
  #hears(chat: StoredChat, message: StoredMessage): boolean {
    const { world } = this.#tools;
    const role = chat.members.get(world.me.id);
    if (chat.chat.type === 'private' || world.me.can_read_all_group_messages) return true;
    if (role === 'administrator' || role === 'creator') return true;
    const replied = message.replyTo === undefined ? undefined : chat.messages.get(message.replyTo);
    return replied?.from.id === world.me.id || message.entities.some((e) => this.#addressesUs(message.text, e));
  }

  #addressesUs(text: string, entity: MessageEntity): boolean {
    const words = text.slice(entity.offset, entity.offset + entity.length).toLowerCase();
    const us = `@${this.#tools.world.me.username}`.toLowerCase();
    if (entity.type === 'mention') return words === us;
    return entity.type === 'bot_command' && (!words.includes('@') || words.endsWith(us));
  }
}
