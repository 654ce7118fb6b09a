/** One question from its request to `done`: retries before the first word, tool outputs, a cut stream finished by its chat id. */
import { abortError } from '../../async.ts';
import type { OpenBot } from '../../bots/bot.ts';
import { errorCode, isRealCozeError, RealCozeError } from '../../errors.ts';
import type { ChatRef, Question, ReplyEvent, ToolCall } from '../transport.ts';
import type { Api } from './api.ts';
import { type Assembly, createAssembly } from './assembly.ts';
import { cancelChat, recoverChat, submitOutputs } from './chat.ts';
import { lost } from './lost.ts';
import { chatRequest } from './question.ts';
import { createRemedies, type Sleep } from './remedy.ts';
import { readStream } from './stream.ts';

/** Milliseconds. Defaults: Coze's own chat SDK gives up after 210 s without data. */
export interface Timing {
  /** From the request to the first byte of the answer. */
  readonly firstEventMs: number;
  /** Between two pieces of the answer. */
  readonly idleMs: number;
  /** For a chat whose stream was lost to finish. */
  readonly recoverMs: number;
  /** For a finished stream to end by itself. */
  readonly graceMs: number;
}

export interface AskContext {
  readonly api: Api;
  readonly bot: OpenBot;
  readonly timing: Timing;
  readonly sleep: Sleep;
  readonly random: (() => number) | undefined;
  /** Chats of this transport that may still run, by conversation. */
  readonly running: Map<string, ChatRef>;
  /** Runs a best-effort task that nobody waits for but `close`. */
  background(task: Promise<void>): void;
}

/** Streams the answer to a question; see `Transport.ask`. `signal` must also fire when the reader goes away. */
export async function* ask(
  context: AskContext,
  first: Question,
  signal: AbortSignal,
): AsyncGenerator<ReplyEvent, void> {
  if (signal.aborted) throw abortError(signal);
  let question = first;
  const remedies = createRemedies({
    signal,
    sleep: context.sleep,
    random: context.random,
    renew: () => context.api.renew(),
    running: (conversation) => context.running.get(conversation),
    cancel: (chat) => cancelChat(context.api, chat),
  });
  for (;;) {
    let said = false;
    try {
      for await (const event of attempt(context, question, signal)) {
        said = true;
        yield event;
      }
      return;
    } catch (error) {
      if (said || signal.aborted || !isRealCozeError(error)) throw error;
      question = await remedies.next(error, question);
    }
  }
}

async function* attempt(
  context: AskContext,
  question: Question,
  signal: AbortSignal,
): AsyncGenerator<ReplyEvent, void> {
  const { api, bot, timing } = context;
  const assembly = assemblyFor(context, question);
  const request = chatRequest(bot, question, api.selfHosted);
  let finished = false;
  try {
    let response = await api.send(request.path, { ...request, signal, timeoutMs: timing.firstEventMs });
    for (;;) {
      yield* readStream(response, assembly, { signal, host: api.host, ...timing });
      if (assembly.standing.type === 'running' && !assembly.ended) yield* finishLost(context, assembly, signal);
      if (assembly.standing.type !== 'action') break;
      response = await act(context, question, assembly, assembly.standing.calls, signal);
    }
    finished = true;
    yield* assembly.finish();
  } catch (error) {
    finished = assembly.standing.type === 'failed';
    throw error;
  } finally {
    settle(context, assembly.chat, finished);
  }
}

function assemblyFor(context: AskContext, question: Question): Assembly {
  return createAssembly({
    wanted: question.subscribe,
    host: context.api.host,
    onChat(chat) {
      context.running.set(chat.conversationId, chat);
      question.onChat?.(chat);
    },
  });
}

/** A turn that was left early or broke is cancelled at Coze, or it would run on, bill, and block its conversation. */
function settle(context: AskContext, chat: ChatRef | undefined, finished: boolean): void {
  if (!chat) return;
  if (finished) context.running.delete(chat.conversationId);
  else context.background(cancelChat(context.api, chat).then(() => void context.running.delete(chat.conversationId)));
}

/** The stream broke off: the rest is fetched by the chat's id, if Coze gave it one and lets us. */
async function* finishLost(
  context: AskContext,
  assembly: Assembly,
  signal: AbortSignal,
): AsyncGenerator<ReplyEvent, void> {
  const { api, sleep, timing } = context;
  if (!assembly.chat) throw lost();
  try {
    yield* recoverChat(api, assembly.chat, assembly, { signal, sleep, recoverMs: timing.recoverMs });
  } catch (error) {
    const own = assembly.standing.type === 'failed' || ['aborted', 'timeout', 'too_large'].includes(errorCode(error));
    throw own || signal.aborted ? error : lost(error);
  }
}

/** Gives Coze the tool outputs it waits for. Nobody to give them: the turn is refused, and the conversation freed. */
async function act(
  context: AskContext,
  question: Question,
  assembly: Assembly,
  calls: readonly ToolCall[],
  signal: AbortSignal,
): Promise<Response> {
  const { api, timing } = context;
  const chat = assembly.chat;
  if (!chat || !question.onAction) {
    if (chat && question.conversationId) context.background(refuse(api, chat, calls));
    const names = calls.map((call) => call.name || 'tool').join(', ');
    throw new RealCozeError(
      'action_required',
      `The bot wants to use a tool on this side (${names}), which there is not.`,
    );
  }
  const outputs = await question.onAction(calls);
  assembly.resume();
  return submitOutputs(api, chat, outputs, { stream: true, signal, timeoutMs: timing.firstEventMs });
}

/** A chat that waits for outputs cannot be cancelled (4104), so every call gets an error for an output. */
async function refuse(api: Api, chat: ChatRef, calls: readonly ToolCall[]): Promise<void> {
  const outputs = calls.map((call) => ({
    toolCallId: call.id,
    output: '{"error":"This tool is not available here."}',
  }));
  const signal = new AbortController().signal;
  await submitOutputs(api, chat, outputs, { stream: false, signal, timeoutMs: 5000 })
    .then((response) => response.body?.cancel())
    .catch(() => undefined);
}
