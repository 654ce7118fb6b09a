/** The Bot API client: grammY's, without its queues and retries, since the pacing must see every refusal itself. */
import { Api } from 'grammy';
import type { UserFromGetMe } from 'grammy/types';
import { sleep } from '#core/async.ts';
import { RealCozeError } from '#core/errors.ts';
import type { Network } from '#core/network.ts';
import { badToken, telegramError } from './errors.ts';

/**
 * Longer than the long poll, and than the eight seconds for which the Bot API server itself hides a short flood wait
 * (tdlib NetQueryCreator.cpp); grammY's own default is 500.
 */
const timeoutSeconds = 60;

export interface ClientOptions {
  readonly token: string;
  /** Root of the Bot API server, e.g. `https://api.telegram.org`; a self-hosted one works too. */
  readonly apiUrl: string;
  readonly network: Pick<Network, 'agent'>;
}

export function createApi({ token, apiUrl, network }: ClientOptions): Api {
  return new Api(token, {
    apiRoot: apiUrl.replace(/\/+$/, ''),
    timeoutSeconds,
    ...(network.agent ? { baseFetchConfig: { agent: network.agent, compress: true } } : {}),
  });
}

/** Pauses between the tries at start, when the network may just be coming up. */
const pausesMs = [500, 1_500];

/** Who we are. @throws RealCozeError `auth` for a bad token, `network` when Telegram cannot be reached three times. */
export async function whoAmI(api: Api): Promise<UserFromGetMe> {
  for (const pause of [...pausesMs, undefined]) {
    try {
      return await api.getMe();
    } catch (error) {
      const told = telegramError(error, 'getMe');
      // A string that has not even the shape of a token is answered with 404.
      if (told.code === 'not_found') throw badToken({ upstreamCode: '404' });
      const mayPass = told.code === 'network' || told.code === 'timeout' || told.code === 'server';
      if (!mayPass || pause === undefined) throw told;
      await sleep(pause);
    }
  }
  throw new RealCozeError('network', 'Telegram cannot be reached.');
}
