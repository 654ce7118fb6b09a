/**
 * Telegram's and Discord's HTTP as `fetch` sees it, for the calls that streaming makes. The place behind it counts and delays them exactly as it
 * does ours; a refusal is told as the platform tells it: `retry_after` in whole seconds on Telegram, in fractions on Discord.
 */
import { RealCozeError } from '#core/errors.ts';
import type { Surface } from '#core/surface.ts';
import type { Clock } from '../../reply/clock.ts';
import type { Fetch } from './globals.ts';
import type { Place } from './place.ts';
import type { Screen } from './screen.ts';

/** What the two adapters put into a body, as far as it matters here. */
interface Body {
  readonly content?: string;
  readonly text?: string;
  readonly rich_message?: { readonly markdown: string };
  readonly message_id?: number;
  readonly chat_id?: string;
  readonly draft_id?: number;
}

interface Call {
  readonly kind: 'post' | 'edit' | 'draft';
  /** The message, new ones too. */
  readonly id: string;
  readonly text: string;
  /** The token it is made with, where that is an interaction's. */
  readonly interaction?: string | undefined;
}

const SENT_AT = 1_700_000_000;
const BOT = { id: 1, is_bot: true, first_name: 'Bot', username: 'bench_bot' };

export interface Platform {
  readonly telegram: Fetch;
  readonly discord: Fetch;
  /** Until when, in ms of the clock, the place would not have taken what it refused. */
  readonly closedUntil: () => number;
  /** The first call that nothing here answers: the SDK may have swallowed that, so look at the end. */
  readonly fault: () => Error | undefined;
}

export function createPlatform(place: Place, screen: Screen, clock: Clock): Platform {
  const drafts: string[] = [];
  let made = 0;
  let closedUntil = 0;
  let fault: Error | undefined;

  /** Posts, edits or drafts; answers the milliseconds to wait where the place refuses. */
  async function make(call: Call): Promise<number> {
    try {
      await send(place.surface(call.interaction), call);
    } catch (error) {
      if (!(error instanceof RealCozeError) || error.retryAfterMs === undefined) throw error;
      closedUntil = Math.max(closedUntil, clock.now() + error.retryAfterMs);
      return error.retryAfterMs;
    }
    if (call.kind === 'post') for (const draft of drafts.splice(0)) screen.drop(draft);
    if (call.kind === 'draft') drafts.push(call.id);
    screen.show(call.id, call.text);
    return 0;
  }

  async function telegram(url: string, init: Parameters<Fetch>[1]): Promise<Response> {
    const body: Body = JSON.parse(init?.body ?? '{}');
    const method = url.slice(url.lastIndexOf('/') + 1);
    if (method === 'getMe') return Response.json({ ok: true, result: BOT });
    const text = body.rich_message?.markdown ?? body.text ?? '';
    if (text.length > (body.rich_message ? 32_768 : 4096)) return refusal(400, 'Bad Request: message is too long');
    const isDraft = method.endsWith('Draft');
    const messageId = body.message_id ?? ++made;
    const kind = isDraft ? 'draft' : body.message_id === undefined ? 'post' : 'edit';
    const wait = await make({ kind, id: isDraft ? `draft ${body.draft_id}` : `${messageId}`, text });
    if (wait > 0) return refusal(429, 'Too Many Requests', Math.ceil(wait / 1000));
    if (isDraft) return Response.json({ ok: true, result: true });
    const chat = { id: Number(body.chat_id), type: Number(body.chat_id) < 0 ? 'supergroup' : 'private' };
    return Response.json({ ok: true, result: { message_id: messageId, chat, from: BOT, date: SENT_AT, text } });
  }

  async function discord(url: string, init: Parameters<Fetch>[1]): Promise<Response> {
    const body: Body = JSON.parse(init?.body ?? '{}');
    const text = body.content ?? '';
    if (text.length > 2000) return Response.json({ code: 50_035, message: 'Invalid Form Body' }, { status: 400 });
    const call = discordCall(`${init?.method} ${new URL(url).pathname}`, `${made + 1}`, text);
    if (call.id === `${made + 1}`) made++;
    const wait = await make(call);
    if (wait === 0) return Response.json({ id: call.id, content: text });
    const retryAfter = wait / 1000;
    return Response.json(
      { message: 'You are being rate limited.', retry_after: retryAfter, global: false },
      { status: 429, headers: { 'Retry-After': `${Math.ceil(retryAfter)}` } },
    );
  }

  const watched =
    (fetch: Fetch): Fetch =>
    async (url, init) => {
      try {
        return await fetch(url, init);
      } catch (error) {
        fault ??= error instanceof Error ? error : new Error(String(error));
        throw error;
      }
    };

  return { telegram: watched(telegram), discord: watched(discord), closedUntil: () => closedUntil, fault: () => fault };
}

/** `fresh`: the name of a message that is new. A deferred answer is an edit for Discord, though its text is the first there. */
function discordCall(route: string, fresh: string, text: string): Call {
  const edited = /^PATCH .+\/channels\/\d+\/messages\/(\d+)$/.exec(route)?.[1];
  if (edited !== undefined) return { kind: 'edit', id: edited, text };
  if (/^POST .+\/channels\/\d+\/messages$/.test(route)) return { kind: 'post', id: fresh, text };
  const answered = /^PATCH .+\/webhooks\/\d+\/([^/]+)\/messages\/@original$/.exec(route)?.[1];
  if (answered !== undefined) return { kind: 'edit', id: fresh, text, interaction: answered };
  const followed = /^POST .+\/webhooks\/\d+\/([^/]+)$/.exec(route)?.[1];
  if (followed !== undefined) return { kind: 'post', id: fresh, text, interaction: followed };
  throw new Error(`No answer is known for ${route}.`);
}

function send(surface: Surface, { kind, id, text }: Call): Promise<unknown> {
  const content = { text, final: false };
  if (kind === 'edit') return surface.edit(id, content);
  if (kind === 'post') return surface.post(content, id);
  if (!surface.draft) throw new Error('There are no drafts in this place.');
  return surface.draft(content);
}

function refusal(status: number, description: string, seconds?: number): Response {
  const parameters = seconds === undefined ? {} : { parameters: { retry_after: seconds } };
  return Response.json({ ok: false, error_code: status, description, ...parameters }, { status });
}
