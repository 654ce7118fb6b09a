/** The OpenAI-compatible API: a bot is a model. https://platform.openai.com/docs/api-reference/chat */
import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import { sleep } from '#core/async.ts';
import { answerHistory, chooseBot, goneSignal, type Server } from './ask.ts';
import { filesLimit, readJson } from './body.ts';
import { faultBody } from './fault.ts';
import { readChatRequest, turnsOf } from './openai-request.ts';
import { follow, nothingYet, type Progress } from './progress.ts';
import { sse, streamed } from './stream.ts';

const example = '{"model": "BOT", "messages": [{"role": "user", "content": "Hello"}]}';

/** `GET /v1/models`. */
export function listModels(server: Server): Response {
  return Response.json({ object: 'list', data: server.catalog.list().map((bot) => modelOf(bot.name)) });
}

/** `GET /v1/models/NAME`. @throws RealCozeError `not_found` with the bots there are. */
export function showModel(server: Server, name: string): Response {
  return Response.json(modelOf(chooseBot(server, name)));
}

function modelOf(bot: string): object {
  return { id: bot, object: 'model', created: 0, owned_by: 'coze' };
}

/** `POST /v1/chat/completions`, whole or streamed. */
export async function completeChat(server: Server, context: Context): Promise<Response> {
  const request = readChatRequest(await readJson(context.req.raw, { example, limit: filesLimit }));
  const question = { turns: turnsOf(request), bot: chooseBot(server, request.model), user: request.user ?? undefined };
  const head = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: question.bot };
  const gone = goneSignal(server, context.req.raw);
  if (request.stream) {
    const left = new AbortController();
    const until = AbortSignal.any([gone, left.signal]);
    const answer = await begun(follow(answerHistory(server.engine, question, until)));
    return streamed('text/event-stream; charset=utf-8', gone, (signal) => {
      signal.addEventListener('abort', () => left.abort());
      return chunks(head, answer, request.stream_options?.include_usage ?? false);
    });
  }
  let progress = nothingYet;
  for await (progress of follow(answerHistory(server.engine, question, gone)));
  const message = { role: 'assistant', content: progress.text, ...reasoningOf(progress.reasoning) };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return Response.json({ ...head, object: 'chat.completion', choices, ...usageOf(progress) });
}

/** Milliseconds in which a failure still gets a status, which every client reads; some show nothing of one inside a stream. */
const statusMs = 5_000;

/** Waits a while for the first words. @throws what fails before them. */
async function begun(answer: AsyncGenerator<Progress, void, void>): Promise<AsyncIterable<Progress>> {
  const first = answer.next();
  const patience = new AbortController();
  await Promise.race([first, sleep(statusMs, patience.signal)]).finally(() => patience.abort());
  return resumed(first, answer);
}

async function* resumed(
  first: Promise<IteratorResult<Progress, void>>,
  rest: AsyncIterable<Progress>,
): AsyncGenerator<Progress> {
  const step = await first;
  if (step.done) return;
  yield step.value;
  yield* rest;
}

interface Head {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

async function* chunks(head: Head, answer: AsyncIterable<Progress>, withUsage: boolean): AsyncGenerator<string> {
  const chunk = (delta: object, finish: string | null = null) =>
    sse({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] });
  yield chunk({ role: 'assistant', content: '' });
  let sent = nothingYet;
  try {
    for await (const progress of answer) {
      const text = added(sent.text, progress.text);
      const reasoning = added(sent.reasoning, progress.reasoning);
      sent = text === undefined ? { ...progress, text: sent.text } : progress;
      if (text || reasoning) yield chunk({ ...(text && { content: text }), ...reasoningOf(reasoning ?? '') });
      if (progress.finish && text === undefined) yield chunk({ content: `\n\n${progress.text}` });
    }
    yield chunk({}, 'stop');
    if (withUsage) yield sse({ ...head, object: 'chat.completion.chunk', choices: [], ...usageOf(sent) });
    yield 'data: [DONE]\n\n';
  } catch (error) {
    yield sse(faultBody(error));
  }
}

/** What came on; `undefined` when Coze has rewritten what was already sent, which this protocol cannot take back. */
function added(before: string, after: string): string | undefined {
  return after.startsWith(before) ? after.slice(before.length) : undefined;
}

/** The field that DeepSeek and others use for it. */
function reasoningOf(text: string): object {
  return text ? { reasoning_content: text } : {};
}

function usageOf({ usage }: Progress): object {
  if (!usage) return {};
  const total = usage.input + usage.output;
  return { usage: { prompt_tokens: usage.input, completion_tokens: usage.output, total_tokens: total } };
}
