/** What the fake remembers: people, chats, messages, files, menus. */
import type {
  BotCommand,
  Chat,
  InlineKeyboardButton,
  Location,
  MessageEntity,
  Update,
  User,
  UserFromGetMe,
} from 'grammy/types';
import { badRequest, forbidden, Refusal } from './refusal.ts';

/** A file on the server. */
export interface StoredFile {
  readonly id: string;
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
  /** What `getFile` believes the size is; lets a test have a file over 20 MB without its bytes. */
  readonly size: number;
}

/** A message as the server keeps it. */
export interface StoredMessage {
  readonly id: number;
  readonly from: User;
  readonly date: number;
  readonly topic: number | undefined;
  readonly replyTo: number | undefined;
  text: string;
  entities: MessageEntity[];
  /** The blocks of a rich message, whose words `text` has for tests; the Bot API tells them instead of a text. */
  rich?: readonly unknown[] | undefined;
  keyboard: InlineKeyboardButton[][];
  previewOff: boolean;
  /** Address whose preview is asked for by name. */
  preview: string | undefined;
  edits: number;
  file: (StoredFile & { readonly kind: 'photo' | 'document' | 'voice' }) | undefined;
  albumId?: string | undefined;
  location?: Location | undefined;
  forwardedFrom?: string | undefined;
  /** The channel whose post this is, in the group where it is discussed. */
  postOf?: Chat | undefined;
  /** Texts this message has shown, oldest first. */
  readonly shown: string[];
}

/** A chat, who is in it and what was written. */
export interface StoredChat {
  readonly chat: Chat;
  readonly forum: boolean;
  readonly members: Map<number, 'creator' | 'administrator' | 'member' | 'left'>;
  readonly messages: Map<number, StoredMessage>;
  readonly topics: Map<number, string>;
  readonly closed: Set<number>;
  /** Administrators let the bot read, but not write. */
  muted: boolean;
  nextMessage: number;
  /** Why the bot may not write here, as the real server says it. */
  shut: string | undefined;
  /** The supergroup that this group has become. */
  movedTo?: number;
}

/** A command menu of one scope and language. */
export interface Menu {
  readonly scope: string;
  readonly language: string;
  readonly commands: readonly BotCommand[];
}

/** The whole state of the fake. */
export class World {
  readonly me: UserFromGetMe;
  readonly people = new Map<number, User>();
  readonly chats = new Map<number, StoredChat>();
  readonly files = new Map<string, StoredFile>();
  readonly menus = new Map<string, Menu>();
  readonly profile = new Map<string, string>();
  /** Unanswered button presses by id. */
  readonly presses = new Map<string, { answered: boolean; text: string | undefined; alert: boolean }>();
  readonly drafts = new Map<
    number,
    { id: number; text: string; entities: MessageEntity[]; canStop: boolean; rich?: readonly unknown[] | undefined }
  >();
  /** Addresses from which Telegram gets nothing. */
  readonly unreachable = new Set<string>();
  readonly updates: Update[] = [];
  nextUpdate = 700_000_001;
  #serial = 1000;

  constructor(me: Partial<UserFromGetMe>) {
    this.me = {
      id: 7_000_000_001,
      is_bot: true,
      first_name: 'Coze',
      username: 'real_coze_bot',
      can_join_groups: true,
      can_read_all_group_messages: false,
      supports_inline_queries: false,
      can_connect_to_business: false,
      has_main_web_app: false,
      has_topics_enabled: false,
      allows_users_to_create_topics: false,
      ...me,
    } as UserFromGetMe;
  }

  serial(): number {
    this.#serial += 1;
    return this.#serial;
  }

  /** @throws Refusal 400 `chat not found`, 403 when the bot may not write there. */
  writable(chatId: unknown): StoredChat {
    const chat = this.known(chatId);
    if (chat.shut) throw forbidden(chat.shut);
    if (chat.movedTo !== undefined) {
      const words = 'Bad Request: group chat was upgraded to a supergroup chat';
      throw new Refusal(400, words, { movedTo: chat.movedTo });
    }
    return chat;
  }

  known(chatId: unknown): StoredChat {
    const chat = this.chats.get(Number(chatId));
    if (!chat) throw badRequest('chat not found');
    return chat;
  }

  addChat(chat: Chat, forum = false): StoredChat {
    const stored: StoredChat = {
      chat,
      forum,
      members: new Map(),
      messages: new Map(),
      topics: new Map(),
      closed: new Set(),
      muted: false,
      nextMessage: 1,
      shut: undefined,
    };
    this.chats.set(chat.id, stored);
    return stored;
  }
}
