/**
 * Telegram's and Discord's HTTP as `fetch` sees it, for the calls that streaming makes. The place behind it (`reply-world`) counts and delays
 * them exactly as it does ours; a refusal is told as the platform tells it: `retry_after` in whole seconds on Telegram, in fractions on Discord.
 */
import { RealCozeError } from '#core/errors.ts';
import type { Surface } from '#core/surface.ts';
import type { Clock } from '../../reply/clock.ts';
import type { World } from '../reply-world.ts';
import type { Screen } from './screen.ts';

export type Fetch = (url: string, init?: { readonly body?: string; readonly method?: string }) => Promise<Response>;

/** What the two adapters put into a body, as far as it matters here. */
interface Body {
  readonly content?: string;
  readonly text?: string;
  readonly rich_message?: { readonly markdown: string };
  readonly message_id?: number;
  readonly chat_id?: string;
  readonly draft_id?: number;
}

const SENT_AT = 1_700_000_000;
const BOT = { id: 1, is_bot: true, first_name: 'Bot', username: 'bench_bot' };

export interface Platform {
  readonly telegram: Fetch;
  readonly discord: Fetch;
  /** Until when, in ms of the clock, the place would not have taken what it refused. */
  readonly closedUntil: () => number;
}

export function createPlatform(world: World, screen: Screen, clock: Clock): Platform {
  const drafts: string[] = [];
  let made = 0;
  let closedUntil = 0;

  /** Posts, edits or drafts; answers the milliseconds to wait where the place refuses. */
  async function call(kind: 'post' | 'edit' | 'draft', id: string, text: string): Promise<number> {
    const surface = world.surface(() => {});
    try {
      await send(surface, kind, id, text);
    } catch (error) {
      if (!(error instanceof RealCozeError) || error.retryAfterMs === undefined) throw error;
      closedUntil = Math.max(closedUntil, clock.now() + error.retryAfterMs);
      return error.retryAfterMs;
    }
    if (kind === 'post') for (const draft of drafts.splice(0)) screen.drop(draft);
    if (kind === 'draft') drafts.push(id);
    screen.show(id, text);
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
    const wait = await call(kind, isDraft ? `draft ${body.draft_id}` : `${messageId}`, text);
    if (wait > 0) return refusal(429, 'Too Many Requests', Math.ceil(wait / 1000));
    if (isDraft) return Response.json({ ok: true, result: true });
    const chat = { id: Number(body.chat_id), type: Number(body.chat_id) < 0 ? 'supergroup' : 'private' };
    return Response.json({ ok: true, result: { message_id: messageId, chat, from: BOT, date: SENT_AT, text } });
  }

  async function discord(url: string, init: Parameters<Fetch>[1]): Promise<Response> {
    const body: Body = JSON.parse(init?.body ?? '{}');
    const text = body.content ?? '';
    if (text.length > 2000) return Response.json({ code: 50_035, message: 'Invalid Form Body' }, { status: 400 });
    const isEdit = init?.method === 'PATCH';
    const id = isEdit ? url.slice(url.lastIndexOf('/') + 1) : `${++made}`;
    const wait = await call(isEdit ? 'edit' : 'post', id, text);
    if (wait === 0) return Response.json({ id, content: text });
    const retryAfter = wait / 1000;
    return Response.json(
      { message: 'You are being rate limited.', retry_after: retryAfter, global: false },
      { status: 429, headers: { 'Retry-After': `${Math.ceil(retryAfter)}` } },
    );
  }

  return { telegram, discord, closedUntil: () => closedUntil };
}

function send(surface: Surface, kind: 'post' | 'edit' | 'draft', id: string, text: string): Promise<unknown> {
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
