/** The OpenAI-compatible API: a bot is a model. https://platform.openai.com/docs/api-reference/chat */
import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import { z } from 'zod';
import { RealCozeError } from '#core/errors.ts';
import type { Role, Turn } from '#core/message.ts';
import { answerHistory, chooseBot, goneSignal, type Server } from './ask.ts';
import { readJson } from './body.ts';
import { faultBody } from './fault.ts';
import { follow, nothingYet, type Progress } from './progress.ts';
import { sse, streamed } from './stream.ts';

/** Coze has no system role in a history; such a message goes in as knowledge, before the talk. */
const roles: Readonly<Record<string, Role>> = { user: 2, assistant: 1, system: 6, developer: 6 };

const content = z.union([z.string(), z.array(z.object({ type: z.literal('text'), text: z.string() }))], {
  error: 'send a string, or an array of {"type": "text", "text"}; other parts, such as pictures, are not taken',
});

const chatRequest = z.object({
  model: z.string({ error: 'name a bot; GET /v1/models lists them' }),
  messages: z
    .array(
      z.object({
        role: z.enum(['user', 'assistant', 'system', 'developer'], {
          error: 'the role is unknown; roles are user, assistant, system and developer',
        }),
        content,
      }),
      { error: 'send an array of {"role", "content"}' },
    )
    .nonempty({ error: 'send at least the question' }),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().optional() }).nullish(),
  user: z.string().max(200).nullish(),
});

const example = '{"model": "BOT", "messages": [{"role": "user", "content": "Hello"}]}';

type ChatRequest = z.infer<typeof chatRequest>;

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
  const request = readRequest(await readJson(context.req.raw, { example }));
  const question = { turns: turnsOf(request), bot: chooseBot(server, request.model), user: request.user ?? undefined };
  const head = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: question.bot };
  const gone = goneSignal(server, context.req.raw);
  if (request.stream) {
    const withUsage = request.stream_options?.include_usage ?? false;
    return streamed('text/event-stream; charset=utf-8', gone, (signal) =>
      chunks(head, follow(answerHistory(server.engine, question, signal)), withUsage),
    );
  }
  let progress = nothingYet;
  for await (progress of follow(answerHistory(server.engine, question, gone)));
  const message = { role: 'assistant', content: progress.text, ...reasoningOf(progress.reasoning) };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return Response.json({ ...head, object: 'chat.completion', choices, ...usageOf(progress) });
}

function readRequest(body: unknown): ChatRequest {
  const parsed = chatRequest.safeParse(body);
  if (parsed.success) return parsed.data;
  const sentences = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw new RealCozeError('invalid', `The request cannot be used: ${sentences.join('; ')}.`);
}

function turnsOf(request: ChatRequest): [Turn, ...Turn[]] {
  const [first, ...rest] = request.messages.map(turnOf);
  return [first as Turn, ...rest];
}

function turnOf(message: ChatRequest['messages'][number]): Turn {
  const text =
    typeof message.content === 'string' ? message.content : message.content.map((part) => part.text).join('\n');
  return { role: roles[message.role] ?? 2, content: text };
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
