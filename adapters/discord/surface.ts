/** Where a reply is shown: a channel (edits with the bot's token) or an interaction (edits with its own token and bucket). */
import { createHash } from 'node:crypto';
import { type REST, Routes } from 'discord.js';
import type { RealCozeError } from '#core/errors.ts';
import { isRealCozeError } from '#core/errors.ts';
import type { Content, Receipt, Surface } from '#core/surface.ts';
import { type Buttons, shorten } from './buttons.ts';
import { type Answered, type Body, callForMessage, callOnly } from './calls.ts';
import { render } from './render.ts';

/** Discord takes 2000 characters of content; the rest is room for the program's own line under the text. */
const CONTENT = 2000;
const TEXT = 1900;
/** Discord shows "typing" for ten seconds. */
const TYPING = 8_000;
/** An interaction's token is good for fifteen minutes; edits move to the bot's token before. */
const TOKEN_LIFE = 14 * 60_000;
const MESSAGE_FLAGS_EPHEMERAL = 64;

/** What the surfaces of one account share. */
export interface Screen {
  readonly rest: REST;
  readonly account: string;
  readonly buttons: Buttons;
  readonly now: () => number;
}

/** A reply in a channel, thread or DM. `replyTo` is the message it answers, shown as a reply where that still exists. */
export function channelSurface(screen: Screen, o: { channelId: string; replyTo?: string | undefined }): Surface {
  const { rest, account } = screen;
  let first = true;
  return {
    limit: TEXT,
    measure: (markdown) => render(markdown).length,
    bucket: `discord:${account}:channel:${o.channelId}`,
    globalBucket: `discord:${account}`,
    budget: 'discord-channel',
    typingEveryMs: TYPING,
    async post(content, key) {
      const body: Body = {
        ...bodyOf(screen, content),
        nonce: nonceOf(key),
        enforce_nonce: true,
        ...(first && o.replyTo ? { message_reference: { message_id: o.replyTo, fail_if_not_exists: false } } : {}),
      };
      const path = Routes.channelMessages(o.channelId);
      const { receipt } = await callForMessage(rest, { method: 'POST', path, body, doing: 'posting a message' });
      first = false;
      // The headers tell about the bucket of creates; the pace of edits has its own.
      return { id: receipt.id };
    },
    edit: (id, content) => editInChannel(screen, o.channelId, id, content),
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
      const body = { allowed_mentions: { parse: [] } };
      const path = Routes.channelMessages(o.channelId);
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
  /** Only the person who asked sees it; such messages cannot be edited once the token has run out. */
  readonly ephemeral?: boolean | undefined;
  /** The interaction already has its first message (the question of a pressed suggestion); the reply comes below it. */
  readonly answered?: boolean | undefined;
}

/** A reply to an interaction that was deferred: the first post fills the waiting message, later ones follow it. */
export function interactionSurface(screen: Screen, o: InteractionPlace): Surface {
  const { rest, account } = screen;
  const channel = channelSurface(screen, { channelId: o.channelId });
  let filled = o.answered ?? false;
  let expired = false;
  const alive = () => !expired && screen.now() - o.at < TOKEN_LIFE;
  const flags = o.ephemeral ? { flags: MESSAGE_FLAGS_EPHEMERAL } : {};
  const webhook = Routes.webhook(o.applicationId, o.token);

  /** Runs with the interaction's token while it lives, else with the bot's own. */
  async function moving(withToken: () => Promise<Answered>, withBot: () => Promise<Receipt>): Promise<Receipt> {
    if (!alive()) return withBot();
    try {
      return (await withToken()).receipt;
    } catch (error) {
      if (!isRealCozeError(error) || !tokenIsOver(error) || o.ephemeral) throw error;
      expired = true;
      return withBot();
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
    async post(content, key) {
      const body = { ...bodyOf(screen, content), ...flags };
      const original = !filled;
      const receipt = await moving(
        () =>
          original
            ? callForMessage(rest, {
                method: 'PATCH',
                path: `${webhook}/messages/@original`,
                body,
                auth: false,
                doing: 'answering a command',
              })
            : callForMessage(rest, { method: 'POST', path: webhook, body, auth: false, doing: 'continuing an answer' }),
        () => channel.post(content, key),
      );
      filled = true;
      return original ? receipt : { id: receipt.id };
    },
    edit: (id, content) =>
      moving(
        () => {
          const path = `${webhook}/messages/${id}` as const;
          return callForMessage(rest, {
            method: 'PATCH',
            path,
            body: bodyOf(screen, content),
            auth: false,
            doing: 'editing an answer',
          });
        },
        () => editInChannel(screen, o.channelId, id, content),
      ),
    async remove(id) {
      if (!alive()) return channel.remove?.(id);
      await callOnly(rest, {
        method: 'DELETE',
        path: `${webhook}/messages/${id}`,
        auth: false,
        doing: 'removing an answer',
      });
    },
    /** Discord already shows "thinking". */
    async typing() {},
    async file(file) {
      const files = [{ name: file.name, data: file.bytes, contentType: file.type }];
      const body = { allowed_mentions: { parse: [] }, ...flags };
      const call = { method: 'POST', path: webhook, body, files, auth: false, doing: 'sending a file' } as const;
      return moving(
        () => callForMessage(rest, call),
        async () => (await channel.file?.(file)) ?? { id: '' },
      );
    },
  };
}

async function editInChannel(screen: Screen, channelId: string, id: string, content: Content): Promise<Receipt> {
  const call = {
    method: 'PATCH',
    path: Routes.channelMessage(channelId, id),
    body: bodyOf(screen, content),
    doing: 'editing a message',
  } as const;
  try {
    return (await callForMessage(screen.rest, call)).receipt;
  } catch (error) {
    if (!isRealCozeError(error) || error.upstreamCode !== '50083') throw error;
    // A thread that went to sleep takes no edits; waking it is allowed unless a moderator locked it.
    const body = { archived: false };
    const doing = 'waking an archived thread';
    await callOnly(screen.rest, { method: 'PATCH', path: Routes.channel(channelId), body, doing });
    return (await callForMessage(screen.rest, call)).receipt;
  }
}

/** `allowed_mentions` goes with every create and edit: an omitted value would ping whatever the text names. */
export function bodyOf(screen: Pick<Screen, 'buttons'>, content: Content): Body {
  const text = render(content.text);
  const note = content.note === undefined ? '' : `${text === '' ? '' : '\n'}-# ${content.note.replaceAll('\n', ' ')}`;
  const room = CONTENT - text.length;
  return {
    // A message may not be empty, not even one with buttons: a zero-width space stands in.
    content: text + (note === '' || room < 4 ? '' : shorten(note, room)) || '\u200b',
    components: screen.buttons.rows(content.buttons ?? []),
    allowed_mentions: { parse: [], replied_user: false },
  };
}

/** 25 characters at most; the same key gives the same nonce, also after a restart, so a repeated create gives the first message. */
export function nonceOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 24);
}

function tokenIsOver(error: RealCozeError): boolean {
  return error.upstreamCode === '50027' || error.upstreamCode === '10015';
}
