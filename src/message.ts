/** What every platform's message looks like once its adapter has read it: plain data, no platform types. */

/** Where a message was written. `levels` runs from the widest to the narrowest: server, category, channel, thread. */
export interface Place {
  /** `discord`, `telegram`, `web`, `terminal`, or a third party's own word. */
  readonly platform: string;
  /** The platform account we answer with: two tokens in one process are two accounts and share nothing. */
  readonly account: string;
  /** Never empty. A DM, a Telegram chat and a web session are one level of kind `channel`. */
  readonly levels: readonly [Level, ...Level[]];
  /** True when only one person can read it (DM, private chat, web session, terminal). */
  readonly direct: boolean;
}

export interface Level {
  /** server: Discord guild. category: Discord category. channel: channel, forum, DM, Telegram chat, session. thread: thread, forum post, topic. */
  readonly kind: 'server' | 'category' | 'channel' | 'thread';
  readonly id: string;
  /** For people; never part of a key. */
  readonly name?: string | undefined;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  /** May choose what this place uses and stop anybody's answer (Manage Channels, Telegram admin, the only person in a DM). */
  readonly moderator: boolean;
  /** The widest level that this holds for; default: all levels of the place. */
  readonly upTo?: Level['kind'] | undefined;
  /** Discord role ids. */
  readonly roles?: readonly string[] | undefined;
}

export type Language = 'en' | 'zh-CN' | 'zh-TW';

/** A file that came with a message. Bytes are fetched when asked for, bounded by the adapter, through its own proxy. */
export interface Attachment {
  readonly name: string;
  /** MIME type, `application/octet-stream` when unknown. */
  readonly type: string;
  /** Bytes, where the platform says. */
  readonly size?: number | undefined;
  /** Enough for the adapter to find the file again after a restart (Telegram file id, Discord URL, `data:` URL). Never holds a token. */
  readonly ref: string;
}

/** A message meant for us. */
export interface Incoming {
  /** The platform's id of the message: stable across redelivery, unique within the place. */
  readonly id: string;
  readonly place: Place;
  readonly author: Person;
  /** Without the mention of us. A text that starts with `/` may be a command. */
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** The message it replies to, where the history may not hold it. */
  readonly quote?: { readonly id: string; readonly author: string; readonly text: string } | undefined;
  readonly language?: Language | undefined;
  /** It did not call us: it is heard because every message of its place is answered. */
  readonly overheard?: true | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Coze's role numbers: 1 assistant, 2 user, 6 knowledge (placeholder). */
export type Role = 1 | 2 | 6;

/** One turn of a history, as stored, exported and sent. */
export interface Turn {
  readonly role: Role;
  readonly content: string;
  /** Coze's content type: 1 text, 6 images, 9 files; for the last two `content` is Coze's stringified JSON. Absent = 1. */
  readonly contentType?: 1 | 6 | 9 | undefined;
  /** Platform id of the message, so that edits and deletions find it. */
  readonly id?: string | undefined;
  /** Name of the speaker in group talk. */
  readonly name?: string | undefined;
  readonly at?: number | undefined;
}

/** A button under a message. Pressing it does what writing `command` would do; nothing else hides behind one. */
export interface Button {
  readonly label: string;
  /** A command line without the slash, e.g. `bot nim` or `stop`; or, with `ask`, the words to ask. */
  readonly command: string;
  readonly style?: 'primary' | 'danger' | 'plain' | undefined;
}

/** A value for the option of a command that is being typed, and how people know it. */
export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** An answer of the program itself (not of a bot): command results, refusals, greetings. */
export interface Notice {
  /** Markdown. */
  readonly text: string;
  readonly buttons?: readonly Button[] | undefined;
  readonly file?: { readonly name: string; readonly type: string; readonly bytes: Uint8Array } | undefined;
  /** Only the person who asked should see it, where the platform can do that. */
  readonly private?: boolean | undefined;
}
