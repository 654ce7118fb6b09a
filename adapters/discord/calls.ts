/** The few REST calls that show a reply. Raw on purpose: they give the rate-limit headers of exactly this call, which `Message.edit` hides. */

import type { APIMessage, RawFile, REST, RESTPatchAPIChannelMessageJSONBody, RequestMethod } from 'discord.js';
import { sleep } from '#core/async.ts';
import { errorCode } from '#core/errors.ts';
import type { Receipt } from '#core/surface.ts';
import { discordError } from './faults.ts';

/** What create and edit have in common. */
export type Body = Omit<RESTPatchAPIChannelMessageJSONBody, 'flags'> & {
  readonly flags?: number;
  readonly nonce?: string;
  readonly enforce_nonce?: boolean;
  readonly message_reference?: { readonly message_id: string; readonly fail_if_not_exists: false };
};

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: `/${string}`;
  readonly body?: object | undefined;
  readonly files?: readonly RawFile[] | undefined;
  readonly query?: URLSearchParams | undefined;
  /** False for routes whose address holds an interaction's token. */
  readonly auth?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For error sentences. */
  readonly doing: string;
}

export interface Answered {
  readonly message: Pick<APIMessage, 'id' | 'channel_id'>;
  readonly receipt: Receipt;
}

/** One call that gives a message. @throws RealCozeError as `Surface.post` says */
export async function callForMessage(rest: REST, call: Call): Promise<Answered> {
  const { body, headers } = await send(rest, call);
  const message = body as APIMessage;
  const remaining = headers.get('x-ratelimit-remaining');
  const after = headers.get('x-ratelimit-reset-after');
  const receipt: Receipt = {
    id: message.id,
    ...(remaining === null ? {} : { remaining: Number(remaining) }),
    ...(after === null ? {} : { resetAfterMs: Math.ceil(Number(after) * 1000) }),
  };
  return { message, receipt };
}

/** One call whose answer does not matter. @throws RealCozeError */
export async function callOnly(rest: REST, call: Call): Promise<unknown> {
  return (await send(rest, call)).body;
}

/** For the program's own notices, which nobody paces: waits as long as Discord asks, at most three times. */
export async function patiently<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      const fault = discordError(error, 'waiting for a rate limit');
      if (errorCode(fault) !== 'rate_limited' || tries === 4) throw fault;
      await sleep(fault.retryAfterMs ?? 1000, signal);
    }
  }
}

async function send(rest: REST, call: Call) {
  try {
    const response = await rest.queueRequest({
      fullRoute: call.path,
      method: call.method as RequestMethod,
      auth: call.auth ?? true,
      ...(call.body === undefined ? {} : { body: call.body }),
      ...(call.files === undefined ? {} : { files: [...call.files] }),
      ...(call.query === undefined ? {} : { query: call.query }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    const body: unknown = response.status === 204 ? undefined : await response.json();
    return { body, headers: response.headers };
  } catch (error) {
    throw discordError(error, call.doing);
  }
}
