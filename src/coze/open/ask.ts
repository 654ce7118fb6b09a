/** One question from its request to `done`: retries before the first word, tool outputs, a cut stream finished by its chat id. */
import { abortable, abortError } from '../../async.ts';
import type { OpenBot } from '../../bots/bot.ts';
import { errorCode, isRealCozeError, RealCozeError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { uploadCarried } from '../carried.ts';
import type { ChatRef, Question, ReplyEvent, ToolCall } from '../transport.ts';
import type { Api, Call } from './api.ts';
import { type Assembly, createAssembly } from './assembly.ts';
import { cancelChat, recoverChat, submitOutputs } from './chat.ts';
import type { Upload } from './files.ts';
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
  /** Between two pieces that say something, pings left out. */
  readonly quietMs: number;
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
  /** Chats that were left before their end and could not be cancelled, by conversation. */
  readonly stale: Map<string, ChatRef>;
  readonly log: Log | undefined;
  readonly upload: Upload;
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
  let question = await uploadCarried(first, context.upload, signal);
  let used = '';
  const onToken = (token: string) => {
    used = token;
  };
  const remedies = createRemedies({
    signal,
    sleep: context.sleep,
    random: context.random,
    log: context.log,
    renew: () => context.api.renew(used),
    free: async (conversation) => {
      const stale = context.stale.get(conversation);
      if (stale) await giveUp(context, stale);
    },
  });
  for (;;) {
    let said = false;
    try {
      for await (const event of attempt(context, question, { signal, onToken })) {
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
  { signal, onToken }: Pick<Call, 'signal' | 'onToken'>,
): AsyncGenerator<ReplyEvent, void> {
  const { api, bot, timing } = context;
  const assembly = assemblyFor(context, question);
  const request = chatRequest(bot, question, api.selfHosted);
  let finished = false;
  try {
    let response = await api.send(request.path, {
      ...request,
      signal,
      ...(onToken && { onToken }),
      timeoutMs: timing.firstEventMs,
    });
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
    if (!finished) leave(context, question, assembly);
  }
}

function assemblyFor(context: AskContext, question: Question): Assembly {
  const { api, log } = context;
  const onBroken = (event: string) => log?.debug({ event }, 'Coze sent an event that is no JSON. It is passed over.');
  return createAssembly({ wanted: question.subscribe, host: api.host, onChat: question.onChat, onBroken });
}

/** A turn that was left early or broke is cancelled at Coze, or it would run on, bill, and block its conversation. */
function leave(context: AskContext, question: Question, { chat, standing }: Assembly): void {
  if (!chat) return;
  if (standing.type !== 'action') context.background(giveUp(context, chat));
  // A fresh conversation is never asked again: nothing can be stuck in it.
  else if (question.conversationId) context.background(refuse(context, chat, standing.calls));
}

const MOST_STALE = 1000;

/** Cancels a chat; one that cannot be cancelled now is remembered, for the next question may find its conversation busy. */
export async function giveUp({ api, stale }: AskContext, chat: ChatRef): Promise<void> {
  stale.set(chat.conversationId, chat);
  if (await cancelChat(api, chat)) stale.delete(chat.conversationId);
  const oldest = stale.keys().next();
  if (stale.size > MOST_STALE && !oldest.done) stale.delete(oldest.value);
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

/** Gives Coze the tool outputs it waits for. @throws RealCozeError `action_required` where nobody gives them, else what the giver throws. */
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
    const names = calls.map((call) => call.name || 'tool').join(', ');
    throw new RealCozeError(
      'action_required',
      `The bot wants to use a tool on this side (${names}), which there is not. Its owner can take the local plugin out of it at Coze.`,
    );
  }
  const outputs = await abortable(question.onAction(calls), signal);
  assembly.resume();
  return submitOutputs(api, chat, outputs, { stream: true, signal, timeoutMs: timing.firstEventMs });
}

/** A chat that waits for outputs cannot be cancelled (4104): every call gets an error for an output, and then it can. */
async function refuse(context: AskContext, chat: ChatRef, calls: readonly ToolCall[]): Promise<void> {
  const outputs = calls.map((call) => ({
    toolCallId: call.id,
    output: '{"error":"This tool is not available here."}',
  }));
  const { signal } = new AbortController();
  await submitOutputs(context.api, chat, outputs, { stream: false, signal, timeoutMs: 5000 })
    .then((response) => response.body?.cancel())
    .catch(() => undefined);
  await giveUp(context, chat);
}
