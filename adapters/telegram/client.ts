/** The Bot API client: grammY's, without its queues and retries, since the pacing must see every refusal itself. */
import { Api } from 'grammy';
import type { UserFromGetMe } from 'grammy/types';
import { abortError, sleep } from '#core/async.ts';
import type { Log } from '#core/log.ts';
import type { Network } from '#core/network.ts';
import { badToken, mayPass, telegramError } from './errors.ts';

/**
 * Longer than the long poll, and than the eight seconds for which the Bot API server itself hides a short flood wait
 * (tdlib NetQueryCreator.cpp); grammY's own default is 500.
 */
const timeoutSeconds = 60;

/** How the Bot API is reached. */
export interface ClientOptions {
  readonly token: string;
  /** Root of the Bot API server, e.g. `https://api.telegram.org`; a self-hosted one works too. */
  readonly apiUrl: string;
  readonly network: Pick<Network, 'agent'>;
}

/** grammY's client, through the proxy where there is one. It sends nothing yet. */
export function createApi({ token, apiUrl, network }: ClientOptions): Api {
  return new Api(token, {
    apiRoot: apiUrl.replace(/\/+$/, ''),
    timeoutSeconds,
    ...(network.agent ? { baseFetchConfig: { agent: network.agent, compress: true } } : {}),
  });
}

type ApiSignal = NonNullable<Parameters<Api['getMe']>[0]>;

/** grammY's types name the AbortSignal of a shim. It only listens for `abort`, so the runtime's own serves as well. */
export function forGrammy(signal: AbortSignal): ApiSignal {
  return signal as unknown as ApiSignal;
}

const firstPauseMs = 500;
const longestPauseMs = 30_000;

/**
 * Who we are. Waits while Telegram cannot be reached, as when a machine starts before its network, and says so.
 * @throws RealCozeError `auth` for a bad token, `aborted` when the signal fires.
 */
export async function whoAmI(api: Api, log: Log, signal: AbortSignal): Promise<UserFromGetMe> {
  for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 2)) {
    try {
      return await api.getMe(forGrammy(signal));
    } catch (error) {
      const told = telegramError(error, 'getMe');
      // A string that has not even the shape of a token is answered with 404.
      if (told.code === 'not_found') throw badToken({ upstreamCode: '404' });
      if (!mayPass(told)) throw told;
      if (pause === firstPauseMs) log.warn({ code: told.code }, `${told.message} Trying again until it works.`);
      await sleep(told.retryAfterMs ?? pause, signal).catch(() => {
        throw abortError(signal);
      });
    }
  }
}
