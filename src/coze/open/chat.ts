/** The calls about a chat that already runs: cancel, submit, retrieve, list. Coze docs: "chat_cancel", "retrieve_chat", … */
import { isRealCozeError, RealCozeError } from '../../errors.ts';
import type { Wire } from '../json.ts';
import type { ChatRef, ReplyEvent, ToolOutput } from '../transport.ts';
import type { Api } from './api.ts';
import type { Assembly } from './assembly.ts';
import { dataOf, listOf } from './body.ts';
import { lost } from './lost.ts';
import type { Sleep } from './remedy.ts';

/**
 * Tells Coze to give up a chat; closing the stream alone leaves it running and billing.
 * False when Coze could not be told; a chat that Coze says cannot be cancelled any more (4104) has ended.
 */
export async function cancelChat(api: Api, chat: ChatRef): Promise<boolean> {
  const json = { conversation_id: chat.conversationId, chat_id: chat.chatId };
  const { signal } = new AbortController();
  try {
    await api.call('/v3/chat/cancel', { json, signal, timeoutMs: 5000 });
    return true;
  } catch (error) {
    return isRealCozeError(error) && error.code === 'invalid';
  }
}

/** Sends the outputs of one `requires_action`, all at once; the answer goes on in the response. */
export function submitOutputs(
  api: Api,
  chat: ChatRef,
  outputs: readonly ToolOutput[],
  options: { readonly stream: boolean; readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<Response> {
  return api.send('/v3/chat/submit_tool_outputs', {
    query: { conversation_id: chat.conversationId, chat_id: chat.chatId },
    json: {
      tool_outputs: outputs.map((output) => ({ tool_call_id: output.toolCallId, output: output.output })),
      stream: options.stream,
    },
    signal: options.signal,
    timeoutMs: options.timeoutMs,
  });
}

export interface RecoverOptions {
  readonly signal: AbortSignal;
  readonly sleep: Sleep;
  /** Milliseconds to wait for a chat that still runs. */
  readonly recoverMs: number;
}

/**
 * Finishes a turn whose stream is lost: waits until Coze has finished the chat, then takes its messages.
 * @throws RealCozeError `timeout` when it still runs after `recoverMs`, else what Coze says.
 */
export async function* recoverChat(
  api: Api,
  chat: ChatRef,
  assembly: Assembly,
  options: RecoverOptions,
): AsyncGenerator<ReplyEvent, void> {
  await waitForEnd(api, chat, assembly, options);
  if (assembly.standing.type === 'action') return;
  const messages = listOf(await patient(options, () => listMessages(api, chat, options.signal)));
  const answered = messages.some((message) => message.type === 'answer');
  if (!answered && assembly.spoken) throw lost(); // Coze did not keep the turn: what was shown stays as it is.
  assembly.takeMessages(messages);
  yield* assembly.drain();
  if (assembly.standing.type === 'failed') throw assembly.standing.error;
}

/** Coze docs: poll at most once a second. The free plan counts calls, so the pauses grow. */
const POLL_MS = [1000, 1500, 2000, 3000, 5000];

async function waitForEnd(api: Api, chat: ChatRef, assembly: Assembly, options: RecoverOptions): Promise<void> {
  let waited = 0;
  for (let poll = 0; ; poll += 1) {
    assembly.takeChat(await patient(options, () => retrieve(api, chat, options.signal)));
    if (assembly.standing.type === 'failed') throw assembly.standing.error;
    if (assembly.standing.type !== 'running') return;
    const pause = POLL_MS[Math.min(poll, POLL_MS.length - 1)] ?? 1000;
    waited += pause;
    if (waited > options.recoverMs)
      throw new RealCozeError('timeout', 'Coze did not finish the answer in time. Ask again.');
    await options.sleep(pause, options.signal);
  }
}

const PATIENCE = 4;

/** What broke a stream may break the next call too: a lost connection and a busy server are tried again. */
async function patient<T>(options: RecoverOptions, call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      const passing = isRealCozeError(error) && ['network', 'timeout', 'server', 'rate_limited'].includes(error.code);
      if (!passing || tries >= PATIENCE) throw error;
      await options.sleep(Math.max(error.retryAfterMs ?? 0, 500 * 2 ** tries), options.signal);
    }
  }
}

/** GET by the docs and on Studio; the SDKs POST, and so does this where GET is not there. */
async function retrieve(api: Api, chat: ChatRef, signal: AbortSignal): Promise<Wire> {
  const query = queryOf(chat);
  try {
    return dataOf(await api.call('/v3/chat/retrieve', { method: 'GET', query, signal }));
  } catch (error) {
    if (!isRealCozeError(error) || !/^(HTTP )?40[45]$/.test(error.upstreamCode ?? '')) throw error;
    return dataOf(await api.call('/v3/chat/retrieve', { query, signal }));
  }
}

function listMessages(api: Api, chat: ChatRef, signal: AbortSignal): Promise<Wire> {
  return api.call('/v3/chat/message/list', { method: 'GET', query: queryOf(chat), signal });
}

function queryOf(chat: ChatRef): Record<string, string> {
  return { conversation_id: chat.conversationId, chat_id: chat.chatId };
}
