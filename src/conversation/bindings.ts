/** Which bot answers where, and how: choices made from the chat, kept for a level of a place; the nearest wins, field by field. */
import type { Keyv } from 'keyv';
import type { Bot } from '../bots/bot.ts';
import type { Catalog } from '../bots/catalog.ts';
import type { Language, Level, Place } from '../message.ts';
import { type AccessRules, OPEN } from './access.ts';
import { levelKeys, placeKey, type Scope } from './keys.ts';
import { type Limit, placeLimits } from './limits.ts';
import { createKeyedLock } from './lock.ts';
import type { MailboxMode } from './mailbox.ts';

/** What people may set for a place. */
export interface PlaceSettings extends AccessRules {
  /** Who shares a history. */
  readonly scope: Scope;
  /** `mention`: only when called; `all`: every message. */
  readonly answer: 'mention' | 'all';
  /** Whether answers grow while they are written; else they come whole. */
  readonly streaming: boolean;
  /** Whether a question in a channel of Discord opens a thread, where it is talked about. */
  readonly threads: boolean;
  /** Absent: the language of who writes. */
  readonly language?: Language | undefined;
  /** What becomes of a message that comes while an answer runs. */
  readonly mailbox: MailboxMode;
  /** Absent: as the bot's config says. */
  readonly sources?: boolean | undefined;
  readonly reasoning?: boolean | undefined;
  /** Who may choose bot and settings. */
  readonly choose: 'moderators' | 'everyone';
}

export const DEFAULT_SETTINGS: PlaceSettings = {
  scope: 'thread',
  answer: 'mention',
  streaming: true,
  threads: false,
  mailbox: 'wait',
  choose: 'moderators',
  ...OPEN,
};

/** What one level keeps. */
export interface LevelRecord extends Partial<PlaceSettings> {
  readonly bot?: string | undefined;
}

/** One link of the chain that `/bot why` prints. */
export interface Link {
  readonly level: Level | undefined;
  readonly bot: string | undefined;
  /** Named here, but its folder is gone or broken. */
  readonly missing: boolean;
  /** Everyone may choose for this level: it says so, or one around it does. What is opened further in opens nothing here. */
  readonly isOpen: boolean;
}

export interface Binding {
  /** `undefined` only when there is no bot at all. */
  readonly bot: Bot | undefined;
  readonly settings: PlaceSettings;
  /** Those that were set for the levels of the place. */
  readonly limits: readonly Limit[];
  /** The nearest level first; the last link, without a level, is the program's default. */
  readonly chain: readonly Link[];
  /** The bot somebody chose that is no longer there; another answers in its stead. */
  readonly missing: string | undefined;
}

export interface Bindings {
  resolve(place: Place): Promise<Binding>;
  /** Keeps `change` for the level of this kind; `undefined` in a field takes the choice back. False when the place has no such level. */
  change(place: Place, kind: Level['kind'], change: LevelRecord): Promise<boolean>;
  /** What the narrowest level of `from` keeps holds for that of `to` as well, where nothing was chosen yet. */
  move(from: Place, to: Place): Promise<void>;
}

export function createBindings(keyv: Keyv, catalog: Catalog): Bindings {
  const lock = createKeyedLock();
  return {
    async resolve(place) {
      const levels = levelKeys(place);
      const records = await keyv.getMany<LevelRecord>(levels.map(({ key }) => key));
      const links = levels.map(({ level }, n): Link => {
        const bot = records[n]?.bot;
        const missing = bot !== undefined && catalog.get(bot) === undefined;
        return { level, bot, missing, isOpen: merged(records.slice(n)).choose === 'everyone' };
      });
      const fallback = catalog.default();
      const chain = [...links, { level: undefined, bot: fallback?.name, missing: false, isOpen: false }];
      const chosen = chain.find((l) => l.bot !== undefined && !l.missing)?.bot;
      const first = chain.find((l) => l.bot !== undefined);
      const settings = merged(records);
      return {
        bot: chosen === undefined ? undefined : catalog.get(chosen),
        settings,
        limits: placeLimits(
          levels.map(({ key }, n) => ({ key, rules: records[n] ?? {} })),
          settings.limitHours,
        ),
        chain,
        missing: first?.missing ? first.bot : undefined,
      };
    },
    async change(place, kind, change) {
      const key = levelKeys(place).find(({ level }) => level.kind === kind)?.key;
      if (key === undefined) return false;
      await lock.run(key, async () => {
        const before = (await keyv.get<LevelRecord>(key)) ?? {};
        await keyv.set(key, { ...before, ...change });
      });
      return true;
    },
    async move(from, to) {
      const [before, after] = [ownKey(from), ownKey(to)];
      await lock.run(after, async () => {
        const chosen = await keyv.get<LevelRecord>(before);
        if (chosen && !(await keyv.get<LevelRecord>(after))) await keyv.set(after, chosen);
      });
    },
  };
}

function ownKey(place: Place): string {
  return levelKeys(place)[0]?.key ?? placeKey(place);
}

/** Lists of a wider level go on holding in a narrower one: a server's denial cannot be undone by one of its channels. */
function merged(nearestFirst: readonly (LevelRecord | undefined)[]): PlaceSettings {
  let settings: PlaceSettings = DEFAULT_SETTINGS;
  for (const record of nearestFirst.toReversed()) {
    if (!record) continue;
    const { bot: _, deny = [], ...own } = record;
    settings = { ...settings, ...defined(own), deny: [...settings.deny, ...deny] };
  }
  return settings;
}

function defined<T extends object>(record: T): Partial<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Partial<T>;
}
