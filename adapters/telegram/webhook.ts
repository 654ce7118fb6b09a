/**
 * Updates by webhook: Telegram calls this program's server, at an address of the owner's. As with the update loop an update is answered only when it is
 * in the journal, so that a crash makes Telegram send it again. The address stays set while the program is down: Telegram keeps updates for a day.
 * Source: core.telegram.org/bots/api#setwebhook; telegram-bot-api WebhookActor.cpp.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Api } from 'grammy';
import type { Update, WebhookInfo } from 'grammy/types';
import { abortable, sleep } from '#core/async.ts';
import type { RealCozeError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import { forGrammy } from './client.ts';
import { telegramError } from './errors.ts';
import type { Inbox } from './inbox.ts';
import { heard } from './updates.ts';

const header = 'x-telegram-bot-api-secret-token';
/** How often Telegram is asked how the deliveries go, in ms. */
const watchMs = 60_000;
const firstPauseMs = 1_000;

export interface WebhookOptions {
  readonly api: Api;
  readonly token: string;
  /** Where Telegram calls. What is at that address has to send it on to this program's server, to any path. */
  readonly url: string;
  readonly inbox: Inbox;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Default: a minute, and a second. */
  readonly watchMs?: number;
  readonly pauseMs?: number;
}

export interface Webhook {
  /** Answers a request of Telegram's, known by its secret, whatever its path; `undefined` for any other request. */
  receive(request: Request): Promise<Response | undefined>;
  /**
   * Tells Telegram the address and watches the deliveries, until the signal fires.
   * @throws RealCozeError `auth` when the token is refused; everything else is said and tried again.
   */
  run(): Promise<void>;
  /** What is wrong with the deliveries, as last said in the log. */
  trouble(): string | undefined;
}

export function createWebhook(options: WebhookOptions): Webhook {
  const { token, inbox, log, signal } = options;
  const secret = secretOf(token);

  async function receive(request: Request): Promise<Response | undefined> {
    const given = request.headers.get(header);
    if (given === null || request.method !== 'POST') return undefined;
    if (!isSame(given, secret)) return new Response('The secret is not that of this bot.\n', { status: 401 });
    const update = await updateOf(request);
    if (!update) return new Response('This is no update of the Bot API.\n', { status: 400 });
    try {
      await abortable(inbox.add(update), signal);
      return new Response(null, { status: 200 });
    } catch (error) {
      if (!signal.aborted) log.error({ error }, 'An update of Telegram could not be written down. It comes again.');
      return new Response('Not now.\n', { status: 503, headers: { 'retry-after': '5' } });
    }
  }

  const report = createReport(log, options.url);
  return { receive, run: () => watch({ ...options, secret, report }), trouble: report.said };
}

/** The same in every run and every process, and nothing that the owner has to keep. */
function secretOf(token: string): string {
  return createHmac('sha256', token).update('webhook').digest('base64url');
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function updateOf(request: Request): Promise<Update | undefined> {
  const body: unknown = await request.json().catch(() => undefined);
  const isUpdate = typeof body === 'object' && body !== null && 'update_id' in body;
  return isUpdate && Number.isSafeInteger(body.update_id) ? (body as Update) : undefined;
}

type Watched = WebhookOptions & { readonly secret: string; readonly report: Report };

async function watch(o: Watched): Promise<void> {
  const { api, url, inbox, log, signal, report, pauseMs = firstPauseMs } = o;
  let isSet = false;
  let failures = 0;
  while (!signal.aborted) {
    let pause = o.watchMs ?? watchMs;
    try {
      await inbox.open();
      const info = await api.getWebhookInfo(forGrammy(signal));
      if (!isSet || info.url !== url) {
        if (isSet) log.warn({}, taken);
        await api.setWebhook(url, { secret_token: o.secret, allowed_updates: heard }, forGrammy(signal));
      }
      report.delivered(info, isSet);
      isSet = true;
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      const told = telegramError(error, 'setWebhook');
      if (told.code === 'auth') throw told;
      report.failed(told);
      pause = told.retryAfterMs ?? Math.min(pause, pauseMs * 2 ** failures++);
    }
    await sleep(pause, signal).catch(() => {});
  }
}

const taken =
  'Another program took the updates of this Telegram bot over. Stop it, or give this one a token of its own; the webhook is set again.';

type Report = ReturnType<typeof createReport>;

/** Says once what is wrong, and when it is over. */
function createReport(log: Log, url: string) {
  let said: string | undefined;
  let isWell = false;
  let failedAt: number | undefined;

  function complain(sentence: string): void {
    if (said !== sentence) log.warn({}, sentence);
    said = sentence;
    isWell = false;
  }

  return {
    said: () => said,
    /** `isSet`: before, too. What went wrong earlier says nothing about the address. */
    delivered(info: WebhookInfo, isSet: boolean): void {
      const { last_error_date: at, last_error_message: words, pending_update_count: waiting } = info;
      const isNew = isSet && at !== undefined && at !== failedAt;
      failedAt = at;
      if (isNew && waiting > 0)
        complain(
          `Telegram cannot deliver to ${url}: ${words}. What was written waits and comes when it can. Let that address lead to this program's server (SERVER_HOST, SERVER_PORT).`,
        );
      else if (!isWell && (waiting === 0 || !isSet)) {
        log.info({}, `Telegram delivers to ${url}.`);
        said = undefined;
        isWell = true;
      }
    },
    failed({ code, message, cause }: RealCozeError): void {
      const refusal = code === 'invalid' && typeof cause === 'string' ? cause : undefined;
      complain(
        refusal === undefined
          ? `${message} Trying again.`
          : `Telegram does not take the address ${url} (TELEGRAM_WEBHOOK_URL): ${refusal}. Correct it; it is tried again until then.`,
      );
    },
  };
}
