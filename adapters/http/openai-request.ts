/** What a client of the OpenAI-compatible API asks, as turns of Coze's. https://platform.openai.com/docs/api-reference/chat/create */
import { z } from 'zod';
import { RealCozeError } from '#core/errors.ts';
import type { Turn } from '#core/message.ts';

const parts = {
  text: z.object({ type: z.literal('text'), text: z.string() }),
  refusal: z.object({ type: z.literal('refusal'), refusal: z.string() }),
  image: z.object({ type: z.literal('image_url'), image_url: z.object({ url: address('pictures') }) }),
  audio: z.object({
    type: z.literal('input_audio'),
    input_audio: z.object({ data: z.string(), format: z.enum(['wav', 'mp3'], { error: 'audio is wav or mp3' }) }),
  }),
  file: z.object({
    type: z.literal('file'),
    file: z.object({
      file_data: z.string({ error: 'send the file itself, as a data: URL' }).regex(/^data:/, {
        error: 'send the file itself, as data:TYPE;base64,BYTES',
      }),
      filename: z.string().max(200).nullish(),
    }),
  }),
};

/** Coze fetches what has an address; this server never does. */
function address(what: string) {
  const sentence = `${what} come as data:TYPE;base64,BYTES, or by an address that begins with https://`;
  return z.string({ error: sentence }).regex(/^(data:|https?:\/\/)/i, { error: sentence });
}

/** A string is one part. */
function contentOf<P extends z.ZodType>(part: P) {
  const whole = (value: unknown) => (typeof value === 'string' ? [{ type: 'text', text: value }] : value);
  return z.preprocess(
    whole,
    z.array(part, { error: 'send a string, or an array of parts such as {"type": "text", "text"}' }),
  );
}

const words = contentOf(
  z.discriminatedUnion('type', [parts.text, parts.refusal], { error: 'the part is unknown; here, parts are text' }),
);
const asked = contentOf(
  z.discriminatedUnion('type', [parts.text, parts.image, parts.audio, parts.file], {
    error: 'the part is unknown; parts are text, image_url, input_audio and file',
  }),
);
const toolCall = z.object({
  id: z.string().optional(),
  function: z.object({ name: z.string(), arguments: z.string().optional() }).optional(),
});

const message = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.literal('user'), content: asked }),
    z.object({ role: z.literal('assistant'), content: words.nullish(), tool_calls: z.array(toolCall).nullish() }),
    z.object({ role: z.enum(['system', 'developer']), content: words }),
    z.object({ role: z.literal('tool'), content: words, tool_call_id: z.string().optional() }),
  ],
  { error: 'the role is unknown; roles are user, assistant, system, developer and tool' },
);

const chatRequest = z.object({
  model: z.string({ error: 'name a bot; GET /v1/models lists them' }),
  messages: z
    .array(message, { error: 'send an array of {"role", "content"}' })
    .nonempty({ error: 'send at least the question' }),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  user: z.string().max(200).nullish(),
});

export type ChatRequest = z.infer<typeof chatRequest>;
type Message = z.infer<typeof message>;
type AskedPart = z.infer<typeof asked>[number];

/** Messages, parts and tool calls of one request. They are counted first: a complaint about each of millions would fill the memory. */
const most = 10_000;
const mostComplaints = 5;

/** @throws RealCozeError `invalid` with the first fields that are wrong, and what is taken there; `too_large`. */
export function readChatRequest(body: unknown): ChatRequest {
  if (countOf(body) > most)
    throw new RealCozeError('too_large', `The request has more than ${most} messages and parts. Send fewer.`);
  const parsed = chatRequest.safeParse(body);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, mostComplaints);
  const sentences = issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw new RealCozeError('invalid', `The request cannot be used: ${sentences.join('; ')}.`);
}

function countOf(body: unknown): number {
  const messages = listIn(body, 'messages');
  return messages.reduce<number>(
    (sum, each) => sum + 1 + listIn(each, 'content').length + listIn(each, 'tool_calls').length,
    0,
  );
}

function listIn(value: unknown, field: string): readonly unknown[] {
  const list: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
  return Array.isArray(list) ? list : [];
}

/** The messages as a history. @throws RealCozeError `invalid` where none of them says anything. */
export function turnsOf({ messages }: ChatRequest): [Turn, ...Turn[]] {
  const calls = new Map<string, string>();
  const [first, ...rest] = messages.flatMap((each) => turnOf(each, calls) ?? []);
  if (!first) throw new RealCozeError('invalid', 'The messages hold no words. Send at least the question.');
  return [first, ...rest];
}

/**
 * Coze has neither a system nor a tool role in a history: such messages go in as knowledge, before what follows them. `calls` are
 * the tool calls so far, by id. Answers that only called tools say nothing themselves.
 */
function turnOf(said: Message, calls: Map<string, string>): Turn | undefined {
  switch (said.role) {
    case 'user':
      return questionOf(said.content);
    case 'assistant': {
      for (const { id, function: called } of said.tool_calls ?? [])
        if (id && called) calls.set(id, `${called.name}(${called.arguments ?? ''})`);
      const content = wordsOf(said.content ?? []);
      return content === '' ? undefined : { role: 1, content };
    }
    case 'tool': {
      const call = calls.get(said.tool_call_id ?? '');
      return { role: 6, content: `${call ? `${call}: ` : ''}${wordsOf(said.content)}` };
    }
    default:
      return { role: 6, content: wordsOf(said.content) };
  }
}

/** Words alone are a turn of text; with files beside them it is a list of Coze's parts, of which only one may be text. */
function questionOf(content: readonly AskedPart[]): Turn {
  const text = wordsOf(content);
  const files = content.flatMap((part) => fileOf(part) ?? []);
  if (files.length === 0) return { role: 2, content: text };
  return { role: 2, contentType: 6, content: JSON.stringify([...(text ? [{ type: 'text', text }] : []), ...files]) };
}

function fileOf(part: AskedPart): object | undefined {
  switch (part.type) {
    case 'image_url':
      return { type: 'image', file_url: part.image_url.url };
    case 'input_audio': {
      const { data, format } = part.input_audio;
      return { type: 'audio', file_url: `data:audio/${format === 'mp3' ? 'mpeg' : format};base64,${data}` };
    }
    case 'file':
      return { type: 'file', name: part.file.filename ?? '', file_url: part.file.file_data };
    case 'text':
      return undefined;
  }
}

function wordsOf(content: readonly (AskedPart | z.infer<typeof parts.refusal>)[]): string {
  return content
    .flatMap((part) => (part.type === 'text' ? part.text : part.type === 'refusal' ? part.refusal : []))
    .join('\n');
}
