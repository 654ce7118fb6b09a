/** Discord's failures as ours. Numbers: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json */

import { DiscordAPIError, HTTPError, RateLimitError } from 'discord.js';
import { type ErrorCode, isRealCozeError, RealCozeError } from '#core/errors.ts';

const known: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  10003: ['gone', 'The channel no longer exists.'],
  10004: ['gone', 'The server no longer exists or the bot was removed from it.'],
  10008: ['gone', 'The message was deleted.'],
  10015: ['gone', 'This interaction is too old to be answered.'],
  10062: ['gone', 'This interaction is too old to be answered.'],
  40005: ['too_large', 'The file is larger than Discord takes here.'],
  50001: ['forbidden', 'The bot cannot see this channel. Give it View Channel here.'],
  50005: ['forbidden', 'That message is not the bot’s own.'],
  50006: ['invalid', 'Discord does not take empty messages.'],
  50007: ['forbidden', 'This person takes no direct messages from the bot.'],
  50013: ['forbidden', 'The bot may not write here. Give it Send Messages (in threads: Send Messages in Threads).'],
  50027: ['gone', 'This interaction is older than fifteen minutes.'],
  50035: ['invalid', 'Discord did not take this content.'],
  50083: ['forbidden', 'The thread is archived.'],
  160005: ['forbidden', 'The thread is locked.'],
  200000: ['moderated', 'The automatic moderation of the server does not let this through.'],
  240000: ['moderated', 'Discord takes a link in this for harmful.'],
  30046: ['rate_limited', 'Messages older than an hour can only be edited slowly.'],
};

/** Turns whatever a call of discord.js threw into a RealCozeError; `doing` names the call for people. */
export function discordError(error: unknown, doing: string): RealCozeError {
  if (isRealCozeError(error)) return error;
  if (error instanceof RateLimitError)
    return new RealCozeError('rate_limited', `Discord asks to slow down (${doing}).`, {
      cause: withoutSecrets(error),
      retryAfterMs: Math.max(0, Math.ceil(error.retryAfter || error.timeToReset)),
    });
  if (error instanceof DiscordAPIError) return apiError(error, doing);
  if (error instanceof HTTPError)
    return new RealCozeError('server', `Discord failed with status ${error.status} (${doing}).`, {
      cause: withoutSecrets(error),
      upstreamCode: String(error.status),
    });
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError'))
    return new RealCozeError('timeout', `Discord did not answer in time (${doing}).`, { cause: error });
  if (isOfTheNetwork(error))
    return new RealCozeError('network', `The connection to Discord broke (${doing}).`, { cause: error });
  return new RealCozeError('server', `Something unexpected went wrong (${doing}).`, { cause: error });
}

/** discord.js keeps the address (with an interaction's token in it) and the body (with members' words) in its errors; a log must not. */
function withoutSecrets({ name, message, stack }: Error): Error {
  const cause = new Error(`${name}: ${message}`);
  if (stack !== undefined) cause.stack = stack;
  return cause;
}

/** Node's and undici's own: ECONNRESET, ENOTFOUND, UND_ERR_SOCKET. */
function isOfTheNetwork(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(E[A-Z]+|UND_ERR_[A-Z_]+)$/.test(String(error.code));
}

function apiError(error: DiscordAPIError, doing: string): RealCozeError {
  const [code, sentence] = known[Number(error.code)] ?? byStatus(error.status);
  const details = { cause: withoutSecrets(error), upstreamCode: String(error.code) };
  return new RealCozeError(
    code,
    `${sentence} (${doing})`,
    code === 'rate_limited' ? { ...details, retryAfterMs: 3000 } : details,
  );
}

function byStatus(status: number): readonly [ErrorCode, string] {
  if (status === 401) return ['auth', 'Discord refused the token.'];
  if (status === 403) return ['forbidden', 'Discord does not allow this here.'];
  if (status === 404) return ['gone', 'Discord no longer knows what this is about.'];
  if (status === 413) return ['too_large', 'Discord does not take this much at once.'];
  return ['invalid', 'Discord did not take this.'];
}
