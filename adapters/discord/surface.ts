/** Where a reply is shown: a channel (edits with the bot's token) or an interaction (edits with its own token and bucket). */
import { createHash } from 'node:crypto';
import { type APIEmbed, type APIMessage, MessageFlags, type REST, Routes } from 'discord.js';
import type { RealCozeError } from '#core/errors.ts';
import { isRealCozeError } from '#core/errors.ts';
import type { Content, Receipt, Surface } from '#core/surface.ts';
import { type Buttons, shorten } from './buttons.ts';
import { type Answered, type Body, type Call, callForMessage, callOnly } from './calls.ts';
import { createDraw, type Drawn, draw } from './render.ts';

/** Discord takes 2000 characters of content; the rest is room for the program's own line under the text. */
const CONTENT = 2000;
const TEXT = 1900;
/** Without Read Message History a bot may write, but not reply. */
const NO_HISTORY = '160002';
const INVALID_FORM = '50035';
/** Embeds of a message, and images of one gallery. */
const EMBEDS = 10;
const GALLERY = 4;
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
}

/** A reply in a channel, thread or DM. `replyTo` is the message it answers, shown as a reply where that still exists. */
export function channelSurface(
  screen: Screen,
  o: { channelId: string; replyTo?: string | undefined },
  drawing = createDraw(),
): Surface {
  const { rest, account } = screen;
  const path = Routes.channelMessages(o.channelId);
  /** Name of the newest post; names a file that follows. */
  let newest: string | undefined;

  const create = (body: Body) => callWithMessage(rest, { method: 'POST', path, body, doing: 'posting a message' });

  async function createReply(body: Body, id: string) {
    try {
      return await create({ ...body, message_reference: { message_id: id, fail_if_not_exists: false } });
    } catch (error) {
      if (!isRealCozeError(error) || error.upstreamCode !== NO_HISTORY) throw error;
      return create(body);
    }
  }

  return {
    limit: TEXT,
    measure: (markdown) => drawing(markdown).text.length,
    bucket: `discord:${account}:channel:${o.channelId}`,
    globalBucket: `discord:${account}`,
    budget: 'discord-channel',
    typingEveryMs: TYPING,
    async post(content, key) {
      const body: Body = { ...bodyOf(screen, content, drawing), nonce: nonceOf(key), enforce_nonce: true };
      const target = newest === undefined ? o.replyTo : undefined;
      const { message } = await (target === undefined ? create(body) : createReply(body, target));
      newest = key;
      // The headers tell about the bucket of creates; the pace of edits has its own.
      return { id: message.id };
    },
    edit: (id, content) => editInChannel(screen, o.channelId, id, bodyOf(screen, content, drawing)),
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
  const drawing = createDraw();
  const channel = channelSurface(screen, { channelId: o.channelId }, drawing);
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
    const body = bodyOf(screen, content, drawing);
    // Follow-ups take no nonce: a repeated one first looks whether the one before has landed after all.
    const landed = doubtful.delete(key) ? await findTwin(screen, o, body) : undefined;
    if (landed !== undefined) return { id: landed };
    try {
      const call = { method: 'POST', path: webhook, body, auth: false, doing: 'answering a command' } as const;
      return { id: (await callWithMessage(rest, call)).message.id };
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
      const call = {
        method: 'PATCH',
        path,
        body: bodyOf(screen, content, drawing),
        auth: false,
        doing: 'editing an answer',
      } as const;
      return moving(
        async () => (await callWithMessage(rest, call)).receipt,
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

async function editInChannel(screen: Screen, channelId: string, id: string, body: Body): Promise<Receipt> {
  const call = {
    method: 'PATCH',
    path: Routes.channelMessage(channelId, id),
    body,
    doing: 'editing a message',
  } as const;
  try {
    return (await callWithMessage(screen.rest, call)).receipt;
  } catch (error) {
    if (!isRealCozeError(error) || error.upstreamCode !== '50083') throw error;
    // A thread that went to sleep takes no edits; waking it is allowed unless a moderator locked it.
    const body = { archived: false };
    const doing = 'waking an archived thread';
    await callOnly(screen.rest, { method: 'PATCH', path: Routes.channel(channelId), body, doing });
    return (await callWithMessage(screen.rest, call)).receipt;
  }
}

/** Discord takes no message with a picture's address that it finds bad: the answer then goes without its pictures, which it links to. */
async function callWithMessage(rest: REST, call: Call & { readonly body: Body }): Promise<Answered> {
  try {
    return await callForMessage(rest, call);
  } catch (error) {
    const hasPictures = (call.body.embeds ?? []).length > 0;
    if (!hasPictures || !isRealCozeError(error) || error.upstreamCode !== INVALID_FORM) throw error;
    return callForMessage(rest, { ...call, body: { ...call.body, embeds: [] } });
  }
}

/** `allowed_mentions` goes with every create and edit: an omitted value would ping whatever the text names. */
export function bodyOf(
  screen: Pick<Screen, 'buttons'>,
  content: Content,
  drawing: (markdown: string) => Drawn = draw,
): Body {
  const { text, images } = drawing(content.text);
  const note = content.note === undefined ? '' : `${text === '' ? '' : '\n'}-# ${content.note.replaceAll('\n', ' ')}`;
  const room = CONTENT - text.length;
  const embeds = content.final ? gallery(images) : [];
  return {
    // A message may not be empty, not even one with buttons: a zero-width space stands in.
    content: text + (note === '' || room < 4 ? '' : shorten(note, room)) || '\u200b',
    embeds,
    components: screen.buttons.rows(content.buttons ?? []),
    // Links of an answer grow no previews, unless that would hide its own images too.
    flags: embeds.length > 0 ? 0 : MessageFlags.SuppressEmbeds,
    allowed_mentions: { parse: [], replied_user: false },
  };
}

/** Embeds with the same address are shown as one gallery of up to four images. */
function gallery(images: readonly string[]): APIEmbed[] {
  return images.slice(0, EMBEDS).map((url, place) => ({
    url: images[place - (place % GALLERY)] ?? url,
    image: { url },
  }));
}

/** 25 characters at most; the same key gives the same nonce, also after a restart, so a repeated create gives the first message. */
export function nonceOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 24);
}

function tokenIsOver(error: RealCozeError): boolean {
  return error.upstreamCode === '50027' || error.upstreamCode === '10015';
}
