/** Where a reply is shown: a channel (edits with the bot's token) or an interaction (edits with its own token and bucket). */
import { type APIMessage, type REST, Routes } from 'discord.js';
import { type ErrorCode, isRealCozeError, type RealCozeError } from '#core/errors.ts';
import type { Content, Receipt, Surface } from '#core/surface.ts';
import type { Fetch } from '#core/web.ts';
import { nonceOf, type Packed, type Pen, pack } from './body.ts';
import type { Buttons } from './buttons.ts';
import { type Answered, type Body, type Call, callForMessage, callOnly } from './calls.ts';
import { createPictures, type Pictures } from './pictures.ts';
import { createDraw } from './render.ts';

/** Of Discord's 2000 characters; the rest is room for the program's own line under the text. */
const TEXT = 1900;
/** Without Read Message History a bot may write, but not reply. */
const NO_HISTORY = '160002';
const INVALID_FORM = '50035';
const HARMFUL_LINK = '240000';
const REFUSED: readonly ErrorCode[] = ['forbidden', 'invalid', 'too_large'];
/** Discord shows "typing" for ten seconds. */
const TYPING = 8_000;
/** An interaction's token is good for fifteen minutes; edits move to the bot's token before. */
const TOKEN_LIFE = 14 * 60_000;

/** What the surfaces of one account share. */
export interface Screen {
  readonly rest: REST;
  readonly account: string;
  readonly buttons: Buttons;
  readonly now: () => number;
  /** For pictures that would be gone later; without it they are shown by their addresses. */
  readonly fetch?: Fetch | undefined;
}

/** What all messages of one answer are made with. */
interface Tools extends Pen {
  readonly pictures: Pictures;
}

function toolsOf({ buttons, fetch }: Screen): Tools {
  return { buttons, drawing: createDraw(), pictures: createPictures(fetch) };
}

/** A reply in a channel, thread or DM. `replyTo` is the message it answers, shown as a reply where that still exists. */
export function channelSurface(
  screen: Screen,
  o: { channelId: string; replyTo?: string | undefined },
  tools = toolsOf(screen),
): Surface {
  const { rest, account } = screen;
  const path = Routes.channelMessages(o.channelId);
  /** Name of the newest post; names a file that follows. */
  let newest: string | undefined;

  const create = (packed: Packed, more: Partial<Body>) =>
    callPacked(rest, packed, (body) => ({
      method: 'POST',
      path,
      body: { ...body, ...more },
      doing: 'posting a message',
    }));

  async function createReply(packed: Packed, more: Partial<Body>, id: string) {
    try {
      return await create(packed, { ...more, message_reference: { message_id: id, fail_if_not_exists: false } });
    } catch (error) {
      if (!isRealCozeError(error) || error.upstreamCode !== NO_HISTORY) throw error;
      return create(packed, more);
    }
  }

  return {
    limit: TEXT,
    measure: (markdown) => tools.drawing(markdown).text.length,
    bucket: `discord:${account}:channel:${o.channelId}`,
    globalBucket: `discord:${account}`,
    budget: 'discord-channel',
    typingEveryMs: TYPING,
    async post(content, key) {
      const packed = await pack(tools, tools.pictures, content);
      const named = { nonce: nonceOf(key), enforce_nonce: true };
      const target = newest === undefined ? o.replyTo : undefined;
      const { message } = await (target === undefined ? create(packed, named) : createReply(packed, named, target));
      newest = key;
      // The headers tell about the bucket of creates; the pace of edits has its own.
      return { id: message.id };
    },
    edit: async (id, content) => editInChannel(screen, o.channelId, id, await pack(tools, tools.pictures, content)),
    async remove(id) {
      const path = Routes.channelMessage(o.channelId, id);
      await callOnly(rest, { method: 'DELETE', path, doing: 'removing a message' });
    },
    async typing() {
      const path = Routes.channelTyping(o.channelId);
      await callOnly(rest, { method: 'POST', path, doing: 'showing that it types' });
    },
    async file(file) {
      const files = [{ name: file.name, data: file.bytes, contentType: file.type }];
      const named = newest === undefined ? {} : { nonce: nonceOf(`${newest}/${file.name}`), enforce_nonce: true };
      const body = { allowed_mentions: { parse: [] }, ...named };
      return (await callForMessage(rest, { method: 'POST', path, body, files, doing: 'sending a file' })).receipt;
    },
  };
}

export interface InteractionPlace {
  readonly id: string;
  readonly token: string;
  readonly applicationId: string;
  readonly channelId: string;
  /** When the interaction came, in the clock of `Screen.now`. */
  readonly at: number;
  /** The bot sees the channel: the answer can be edited there as well. Commands work where it does not, too. */
  readonly isSeen: boolean;
}

/**
 * A reply to an interaction that already shows the question: follow-up messages with the interaction's own token, which have a bucket
 * of their own; shortly before the token runs out, edits and posts move to the bot's token. Until then that is the spare road of last edits.
 */
export function interactionSurface(screen: Screen, o: InteractionPlace): Surface {
  const { rest, account } = screen;
  const tools = toolsOf(screen);
  const channel = channelSurface(screen, { channelId: o.channelId }, tools);
  const webhook = Routes.webhook(o.applicationId, o.token);
  /** Posts whose outcome was never heard. */
  const doubtful = new Set<string>();
  let expired = false;
  const alive = () => !expired && screen.now() - o.at < TOKEN_LIFE;

  /** Runs with the interaction's token while it lives, else with the bot's own. */
  async function moving<T>(withToken: () => Promise<T>, withBot: () => Promise<T>): Promise<T> {
    if (!alive()) return withBot();
    try {
      return await withToken();
    } catch (error) {
      if (!isRealCozeError(error) || !tokenIsOver(error)) throw error;
      expired = true;
      return withBot();
    }
  }

  async function followUp(content: Content, key: string): Promise<Receipt> {
    const packed = await pack(tools, tools.pictures, content);
    // Follow-ups take no nonce: a repeated one first looks whether the one before has landed after all.
    const landed = doubtful.delete(key) ? await findTwin(screen, o, packed.body) : undefined;
    if (landed !== undefined) return { id: landed };
    try {
      const call = { method: 'POST', path: webhook, auth: false, doing: 'answering a command' } as const;
      return { id: (await callPacked(rest, packed, (body) => ({ ...call, body }))).message.id };
    } catch (error) {
      if (isDoubtful(error)) doubtful.add(key);
      throw error;
    }
  }

  return {
    ...channel,
    get bucket() {
      return alive() ? `discord:${account}:interaction:${o.id}` : channel.bucket;
    },
    get globalBucket() {
      // Interaction routes are not bound to the bot's 50 calls a second (Discord docs: rate-limits).
      return alive() ? undefined : channel.globalBucket;
    },
    get budget() {
      return alive() ? ('discord-interaction' as const) : channel.budget;
    },
    get spare() {
      return alive() && o.isSeen ? channel : undefined;
    },
    post: (content, key) =>
      moving(
        () => followUp(content, key),
        () => channel.post(content, key),
      ),
    edit(id, content) {
      const path = `${webhook}/messages/${id}` as const;
      const call = { method: 'PATCH', path, auth: false, doing: 'editing an answer' } as const;
      return moving(
        async () => {
          const packed = await pack(tools, tools.pictures, content);
          return (await callPacked(rest, packed, (body) => ({ ...call, body }))).receipt;
        },
        () => channel.edit(id, content),
      );
    },
    async file(file) {
      const files = [{ name: file.name, data: file.bytes, contentType: file.type }];
      const body = { allowed_mentions: { parse: [] } };
      const call = { method: 'POST', path: webhook, body, files, auth: false, doing: 'sending a file' } as const;
      return moving(
        async () => ({ id: (await callForMessage(rest, call)).message.id }),
        async () => (await channel.file?.(file)) ?? { id: '' },
      );
    },
  };
}

/** The newest message of ours after the interaction that says exactly this. */
async function findTwin(screen: Screen, o: InteractionPlace, body: Body): Promise<string | undefined> {
  const path = Routes.channelMessages(o.channelId);
  const query = new URLSearchParams({ after: o.id, limit: '50' });
  const call = { method: 'GET', path, query, doing: 'looking for a message' } as const;
  const found = await callOnly(screen.rest, call).catch(() => []);
  const messages = Array.isArray(found) ? (found as APIMessage[]) : [];
  return messages.find(({ author, content }) => author.id === screen.account && content === body.content)?.id;
}

function isDoubtful(error: unknown): boolean {
  return isRealCozeError(error) && ['network', 'timeout', 'server'].includes(error.code);
}

async function editInChannel(screen: Screen, channelId: string, id: string, packed: Packed): Promise<Receipt> {
  const call = { method: 'PATCH', path: Routes.channelMessage(channelId, id), doing: 'editing a message' } as const;
  const edit = async () => (await callPacked(screen.rest, packed, (body) => ({ ...call, body }))).receipt;
  try {
    return await edit();
  } catch (error) {
    if (!isRealCozeError(error) || error.upstreamCode !== '50083') throw error;
    // A thread that went to sleep takes no edits; waking it is allowed unless a moderator locked it.
    const body = { archived: false };
    const doing = 'waking an archived thread';
    await callOnly(screen.rest, { method: 'PATCH', path: Routes.channel(channelId), body, doing });
    return edit();
  }
}

/**
 * What Discord does not take with its pictures goes without: as files (too large, no right to attach), then by their addresses (one that Discord finds
 * bad); the text links to them.
 */
async function callPacked(rest: REST, packed: Packed, make: (body: Body) => Call): Promise<Answered> {
  const { body, files, plain } = packed;
  try {
    return await callForMessage(rest, { ...make(body), files });
  } catch (error) {
    if (!isRealCozeError(error)) throw error;
    if (isDoubtful(error)) packed.giveUp();
    if (files.length > 0 && REFUSED.includes(error.code))
      return callPacked(rest, { ...packed, body: plain, files: [] }, make);
    const words = error.upstreamCode === HARMFUL_LINK ? packed.disarm() : undefined;
    if (words) return callForMessage(rest, make(words));
    if ((body.embeds ?? []).length === 0 || error.upstreamCode !== INVALID_FORM) throw error;
    return callForMessage(rest, make({ ...body, embeds: [] }));
  }
}

function tokenIsOver(error: RealCozeError): boolean {
  return error.upstreamCode === '50027' || error.upstreamCode === '10015';
}
