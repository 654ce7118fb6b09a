/**
 * The original project's `POST /`: the whole history in, `{"content", "continue"}` out; once, or growing line by line.
 * Source: README and demos of CrazyCreativeDream/Real-Coze-API.
 */
import type { Context } from 'hono';
import { answerHistory, chooseBot, goneSignal, type Server } from './ask.ts';
import { readHistory, readJson } from './body.ts';
import { faultBody, faultResponse } from './fault.ts';
import { follow } from './progress.ts';
import { streamed } from './stream.ts';

/** Streams for `?stream=true`, or always when the server was started as `server:stream`. A failure has its sentence as `content`, too: the original's clients show nothing else. */
export async function postHistory(server: Server, context: Context): Promise<Response> {
  try {
    return await answerPost(server, context);
  } catch (error) {
    const response = faultResponse(error, { content: faultBody(error).error.message, continue: false });
    if (response.status >= 500) server.log.warn({ error }, 'A request failed.');
    return response;
  }
}

async function answerPost(server: Server, context: Context): Promise<Response> {
  const turns = readHistory(await readJson(context.req.raw));
  const bot = chooseBot(server, context.req.query('bot'));
  const question = { turns, bot, user: context.req.query('user') };
  const gone = goneSignal(server, context.req.raw);
  const stream = context.req.query('stream') ?? String(server.streamByDefault ?? false);
  if (stream === 'true' || stream === '1')
    return streamed('application/x-ndjson; charset=utf-8', gone, (signal) =>
      lines(answerHistory(server.engine, question, signal)),
    );
  let content = '';
  for await (const progress of follow(answerHistory(server.engine, question, gone))) content = progress.text;
  return Response.json({ content, continue: false });
}

/** One object a line, each with all of the answer so far. */
async function* lines(answer: ReturnType<typeof answerHistory>): AsyncGenerator<string> {
  let first = true;
  const line = (value: object) => {
    const text = (first ? '' : '\n') + flat(value);
    first = false;
    return text;
  };
  let content = '';
  try {
    for await (const progress of follow(answer)) {
      if (progress.text === content) continue;
      content = progress.text;
      yield line({ content, continue: true });
    }
    yield line({ content, continue: false });
  } catch (error) {
    const fault = faultBody(error).error;
    yield line({ content: content || fault.message, continue: false, code: fault.code, message: fault.message });
  }
}

/**
 * JSON with one closing brace only, and the line end before it rather than after: the original's clients cut the stream at
 * each brace, and wait for a piece that ends with one.
 */
function flat(value: object): string {
  const json = JSON.stringify(value);
  return `${json.slice(0, -1).replaceAll('}', '\\u007d')}}`;
}
