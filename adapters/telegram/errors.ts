/** What the Bot API refuses, in the words of our own errors. The token never gets into one. */
import { GrammyError, HttpError } from 'grammy';
import { type ErrorCode, isRealCozeError, RealCozeError } from '#core/errors.ts';

/** The start of the description decides, because the Bot API has no finer codes (texts: telegram-bot-api Client.cpp, tdlib). */
const byDescription: readonly [RegExp, ErrorCode, string][] = [
  [/message to edit not found|message can't be edited|MESSAGE_ID_INVALID/i, 'gone', 'The message was deleted.'],
  [/(thread|topic) not found|TOPIC_(DELETED|CLOSED|ID_INVALID)/i, 'gone', 'The topic was deleted or closed.'],
  [/chat not found|PEER_ID_INVALID/i, 'gone', 'Telegram does not know this chat any more.'],
  [/too long|MESSAGE_TOO_LONG/i, 'too_large', 'The text is too long for one Telegram message.'],
  [
    /file is too big/i,
    'too_large',
    'The file is over 20 MB, the most that Telegram gives to bots. Send a smaller one.',
  ],
  [/file_id|temporarily unavailable/i, 'not_found', 'Telegram does not have this file any more. Send it again.'],
  [
    /not enough rights|no write access|CHAT_(WRITE|SEND)_\w*FORBIDDEN|CHAT_(RESTRICTED|ADMIN_REQUIRED)|USER_BANNED/i,
    'forbidden',
    'The bot may not write in this Telegram chat.',
  ],
];

/** Any failure of a call as a RealCozeError; `method` names the call for the owner. */
export function telegramError(error: unknown, method: string): RealCozeError {
  if (isRealCozeError(error)) return error;
  if (error instanceof GrammyError) return refused(error, method);
  if (error instanceof HttpError) return unreached(error, method);
  return new RealCozeError('server', `Telegram call ${method} failed.`, { cause: error });
}

function refused(error: GrammyError, method: string): RealCozeError {
  const details = { cause: error.description, upstreamCode: String(error.error_code) };
  const seconds = error.parameters.retry_after;
  if (error.error_code === 429 || seconds !== undefined)
    return new RealCozeError('rate_limited', `Telegram asks to wait ${seconds ?? 1} s.`, {
      ...details,
      retryAfterMs: (seconds ?? 1) * 1000,
    });
  if (error.error_code === 401) return badToken(details);
  const known = byDescription.find(([pattern]) => pattern.test(error.description));
  if (known) return new RealCozeError(known[1], known[2], details);
  return new RealCozeError(codeOf(error.error_code), `Telegram refused ${method}: ${error.description}.`, details);
}

function codeOf(status: number): ErrorCode {
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 409) return 'busy';
  return status >= 500 ? 'server' : 'invalid';
}

/** Whether the same call may be taken later. */
export function mayPass({ code }: RealCozeError): boolean {
  return code === 'network' || code === 'timeout' || code === 'server' || code === 'rate_limited';
}

/** The bot's token was refused. */
export function badToken(details: { cause?: unknown; upstreamCode?: string } = {}): RealCozeError {
  return new RealCozeError(
    'auth',
    'Telegram refused the bot token. Set TELEGRAM_BOT_TOKEN to the token that @BotFather shows under /mybots, API Token.',
    details,
  );
}

/** grammY hides the inner error because it may hold the URL, which holds the token; only its name and code are looked at. */
function unreached(error: HttpError, method: string): RealCozeError {
  const inner = error.error;
  const words = inner instanceof Error ? inner.message : '';
  if (inner instanceof Error && inner.name === 'AbortError') return new RealCozeError('aborted', 'Stopped.');
  if (/timed out after/.test(words)) return new RealCozeError('timeout', `Telegram did not answer ${method} in time.`);
  const code = inner instanceof Error && 'code' in inner ? String(inner.code) : undefined;
  return new RealCozeError(
    'network',
    `Telegram cannot be reached${code ? ` (${code})` : ''}. Where it is blocked, set PROXY.`,
    { upstreamCode: code },
  );
}

/** True when the message already shows exactly this: a success for whoever edits. */
export function isNotModified(error: unknown): boolean {
  return error instanceof GrammyError && error.description.includes('message is not modified');
}

/** True when Telegram disliked the formatting, so that the same text without it may pass. */
export function isFormattingRefused(error: unknown): boolean {
  return (
    error instanceof GrammyError && error.error_code === 400 && /parse entities|entity|ENTIT/i.test(error.description)
  );
}

/** True when Telegram disliked the buttons, so that the same text without them may pass. */
export function isKeyboardRefused(error: unknown): boolean {
  return (
    error instanceof GrammyError &&
    error.error_code === 400 &&
    /BUTTON_|reply markup|inline keyboard/i.test(error.description)
  );
}

/**
 * True when Telegram did not take a rich message as such: something in it, its size (RICH_MESSAGE_TEXT_TOO_LONG, RICH_MESSAGE_BLOCKS_TOO_MANY; never
 * seen of what was measured here), its kind in this chat, or all of them (an older Bot API server of one's own).
 */
export function isRichRefused(error: unknown): boolean {
  if (!(error instanceof GrammyError) || isNotModified(error) || movedTo(error) !== undefined) return false;
  if (/rights to send the rich message/i.test(error.description)) return true;
  const { code } = refused(error, '');
  return code === 'invalid' || code === 'too_large' || code === 'not_found';
}

/** Where a group has moved when it became a supergroup. */
export function movedTo(error: unknown): number | undefined {
  return error instanceof GrammyError ? error.parameters.migrate_to_chat_id : undefined;
}
