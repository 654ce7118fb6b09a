/** What the fake Discord remembers: people, places, messages and interactions, in the shapes of the REST API v10. */

export interface User {
  readonly id: string;
  readonly username: string;
  readonly global_name: string | null;
  readonly discriminator: '0';
  readonly avatar: null;
  readonly bot: boolean;
}

export interface Channel {
  readonly id: string;
  /** 0 text, 1 DM, 2 voice, 4 category, 5 announcements, 10 to 12 threads (of announcements, public, private), 13 stage, 15 forum. */
  readonly type: 0 | 1 | 2 | 4 | 5 | 10 | 11 | 12 | 13 | 15;
  readonly name: string | undefined;
  readonly guildId: string | undefined;
  readonly parentId: string | undefined;
  readonly recipient: User | undefined;
  /** The bot is a member of the thread. */
  joined: boolean;
  /** Who opened the thread. */
  readonly ownerId?: string | undefined;
  archived: boolean;
  /** Only moderators write in the thread, or wake it. */
  locked: boolean;
  /** What the bot may not do here: 50001 = see it, 50013 = write in it, `posts` = write in it but for its threads. */
  refuse: 50001 | 50013 | 'posts' | undefined;
  /** Id of a person who may manage this channel, and no other. */
  steward: string | undefined;
  /** The bot may not read what was written before, so it cannot reply to it. */
  hidesHistory: boolean;
}

export interface Attachment {
  readonly id: string;
  readonly filename: string;
  readonly size: number;
  readonly content_type: string;
  readonly url: string;
  readonly proxy_url: string;
}

export interface Component {
  readonly type: number;
  readonly components?: readonly Component[];
  readonly custom_id?: string;
  readonly label?: string;
  readonly style?: number;
  readonly disabled?: boolean;
}

export interface Embed {
  readonly url?: string;
  readonly title?: string;
  readonly description?: string;
  readonly fields?: readonly { readonly name: string; readonly value: string }[];
  readonly image?: { readonly url: string };
}

export interface Poll {
  readonly question: string;
  readonly answers: readonly string[];
}

export interface Message {
  readonly id: string;
  readonly channelId: string;
  readonly author: User;
  content: string;
  components: readonly Component[];
  attachments: readonly Attachment[];
  embeds: readonly Embed[];
  flags: number;
  readonly replyTo: string | undefined;
  /** The message that was forwarded with this one. */
  readonly forwarded: Message | undefined;
  readonly stickers: readonly string[];
  readonly poll: Poll | undefined;
  mentions: readonly User[];
  readonly nonce: string | undefined;
  readonly interactionToken: string | undefined;
  /** Only this person sees it. */
  readonly ephemeralFor: string | undefined;
  readonly sentAt: number;
  edits: number;
  deleted: boolean;
}

export interface Interaction {
  readonly id: string;
  readonly token: string;
  readonly kind: 'command' | 'component' | 'autocomplete' | 'menu' | 'modal';
  readonly user: User;
  readonly channelId: string;
  /** The message whose button was pressed. */
  readonly source: string | undefined;
  /**
   * `waiting`: nothing answered yet (a member sees "the application did not respond" once three seconds have gone);
   * `thinking`: deferred; `answered`: has its message, its choices or its update. The three seconds are a state, not a timer:
   * `lapse()` of the fake ends the wait.
   */
  state: 'waiting' | 'thinking' | 'answered' | 'lapsed' | 'expired';
  ephemeral: boolean;
  original: string | undefined;
  choices: readonly { readonly name: string; readonly value: string | number }[] | undefined;
  /** The form that was shown as an answer. */
  modal: Modal | undefined;
}

export interface Modal {
  readonly custom_id: string;
  readonly title: string;
  readonly components: readonly {
    readonly type: number;
    readonly label?: string;
    readonly component?: { readonly type: number; readonly custom_id: string; readonly required?: boolean };
  }[];
}

const DISCORD_EPOCH = 1_420_070_400_000;

export class Memory {
  readonly users = new Map<string, User>();
  readonly channels = new Map<string, Channel>();
  readonly messages = new Map<string, Message>();
  readonly interactions = new Map<string, Interaction>();
  readonly files = new Map<string, { readonly type: string; readonly bytes: Uint8Array }>();
  /** Addresses of files carry it; when a day has gone by, older ones are no longer taken. */
  day = 1;
  readonly #watchers = new Set<() => void>();
  #sequence = 0;

  /** A snowflake of 19 digits, in order; libraries tell ids from words by their length. */
  snowflake(at = Date.now()): string {
    this.#sequence += 1;
    return String((BigInt(at - DISCORD_EPOCH) << 22n) | BigInt(this.#sequence & 0x3fffff));
  }

  addUser(name: string, bot = false): User {
    const user: User = {
      id: this.snowflake(),
      username: name.toLowerCase(),
      global_name: bot ? null : name,
      discriminator: '0',
      avatar: null,
      bot,
    };
    this.users.set(user.id, user);
    return user;
  }

  addChannel(channel: Pick<Channel, 'type'> & Partial<Channel>): Channel {
    const whole: Channel = {
      id: channel.id ?? this.snowflake(),
      type: channel.type,
      name: channel.name,
      guildId: channel.guildId,
      parentId: channel.parentId,
      recipient: channel.recipient,
      joined: channel.joined ?? false,
      ownerId: channel.ownerId,
      archived: false,
      locked: false,
      refuse: undefined,
      steward: undefined,
      hidesHistory: false,
    };
    this.channels.set(whole.id, whole);
    return whole;
  }

  /** Messages of a channel that were not deleted, oldest first. */
  messagesOf(channelId: string): Message[] {
    return [...this.messages.values()].filter((message) => message.channelId === channelId && !message.deleted);
  }

  /** Tells everyone who waits that something is different now. */
  changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /**
   * Resolves as soon as `predicate` gives something truthy; looks again at each change, never by the clock.
   * @throws Error with `describe()` when nothing came within `withinMs`.
   */
  waitFor<T>(predicate: () => T | undefined | false | null, describe: () => string, withinMs = 12_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        clearTimeout(deadline);
        this.#watchers.delete(look);
      };
      const look = () => {
        try {
          const found = predicate();
          if (!found) return;
          finish();
          resolve(found);
        } catch (error) {
          finish();
          reject(error);
        }
      };
      const deadline = setTimeout(() => {
        finish();
        reject(new Error(`Nothing came within ${withinMs} ms. What a member sees:\n${describe()}`));
      }, withinMs);
      this.#watchers.add(look);
      look();
    });
  }
}
