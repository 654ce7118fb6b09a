/** What the web page talks to: the bots, a session's history, and answers as blocks of HTML that grow. */
import type { Context } from 'hono';
import { z } from 'zod';
import { sleep } from '#core/async.ts';
import type { Bot, Profile } from '#core/bots/bot.ts';
import { RealCozeError } from '#core/errors.ts';
import type { Incoming, Notice } from '#core/message.ts';
import { createParser } from '#core/reply/markdown/tree.ts';
import { chooseBot, goneSignal, incomingFrom, type Server } from './ask.ts';
import { filesLimit, readJson } from './body.ts';
import { faultBody } from './fault.ts';
import { follow, nothingYet, type Progress } from './progress.ts';
import { renderBlocks } from './render.ts';
import { sse, streamed } from './stream.ts';

/** Chosen by the page at random; whoever knows it can read that history, so it must be long. */
const session = z.string().regex(/^[\w-]{16,64}$/, { error: 'session: 16 to 64 letters, digits, "-" or "_"' });
const language = z.enum(['en', 'zh-CN', 'zh-TW']).optional();
const openRequest = z.object({ session, language, bot: z.string().optional() });
const file = z.object({
  name: z.string().min(1).max(200),
  type: z.string().max(100),
  url: z.string().startsWith('data:', { error: 'files: each url is a data: URL' }),
});
const chatRequest = z
  .object({
    session,
    language,
    text: z.string({ error: 'text: the question, as a string' }),
    files: z.array(file).max(10, { error: 'files: ten at most' }).default([]),
  })
  .refine(({ text, files }) => text !== '' || files.length > 0, { error: 'text: empty; write a question' });

/** Milliseconds that Coze may take to describe its bots before the page is shown without. */
const profileDeadline = 2_000;

/** Newest turns that a page shows when it is opened. */
const shownTurns = 200;
/** Least milliseconds between two frames of a page: as often as an eye can follow, and never most of the processor's time. */
const frameMs = 40;

/** `GET /api/bots`: what people choose from. */
export async function listBots(server: Server): Promise<Response> {
  const bots = await Promise.all(server.catalog.list().map((bot) => describe(server, bot)));
  const faults = server.catalog.faults();
  return Response.json({ bots, default: server.catalog.default()?.name, faults, local: server.local?.() ?? false });
}

async function describe(server: Server, bot: Bot): Promise<object> {
  const { name, description, avatar, prologue, suggestions } = bot.bridge;
  const complete = name !== undefined && prologue !== undefined && suggestions !== undefined;
  const told: Profile = complete ? {} : await askCoze(server, bot);
  const welcome = prologue ?? told.prologue;
  return {
    name: bot.name,
    title: name ?? told.name ?? bot.name,
    description: description ?? told.description,
    avatar: avatar ?? told.avatar,
    welcome: welcome && renderBlocks(welcome, true).join(''),
    suggestions: suggestions ?? told.suggestions ?? [],
  };
}

async function askCoze(server: Server, bot: Bot): Promise<Profile> {
  try {
    return (await server.profile?.(bot, AbortSignal.timeout(profileDeadline))) ?? {};
  } catch (error) {
    server.log.debug({ bot: bot.name, error }, 'Coze did not describe this bot; the page shows its folder name.');
    return {};
  }
}

/** `POST /api/session`: chooses the bot of a session, and gives back what was said with it. */
export async function openSession(server: Server, context: Context): Promise<Response> {
  const request = read(openRequest, await readJson(context.req.raw));
  const bot = chooseBot(server, request.bot);
  const incoming = incomingFrom({ ...request, text: '' });
  await server.engine.command(`bot ${bot}`, incoming);
  const exported = await server.engine.command('history export', incoming);
  return Response.json({ bot, turns: turnsOf(exported) });
}

/** The exported history as the page shows it; knowledge turns are for the bot only. */
function turnsOf(exported: Notice | undefined): object[] {
  if (!exported?.file) return [];
  const { turns } = JSON.parse(new TextDecoder().decode(exported.file.bytes)) as {
    turns: { role: number; content: string }[];
  };
  return turns
    .filter((turn) => turn.role !== 6)
    .slice(-shownTurns)
    .map(({ role, content }) => ({
      role,
      text: content,
      blocks: role === 1 ? renderBlocks(content, true) : undefined,
    }));
}

/** `POST /api/chat`: a question, or a command that starts with `/`; the answer as server-sent events. */
export async function chat(server: Server, context: Context): Promise<Response> {
  const { files, ...request } = read(chatRequest, await readJson(context.req.raw, { limit: filesLimit }));
  const attachments = files.map(({ name, type, url }) => ({ name, type, ref: url }));
  const incoming = incomingFrom({ ...request, attachments });
  return streamed('text/event-stream; charset=utf-8', goneSignal(server, context.req.raw), (signal) =>
    answer(server, incoming, signal),
  );
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const sentences = parsed.error.issues.map((issue) => issue.message);
  throw new RealCozeError('invalid', `The request cannot be used: ${sentences.join('; ')}.`);
}

async function* answer(server: Server, incoming: Incoming, signal: AbortSignal): AsyncGenerator<string> {
  const page = createPageState();
  let progress = nothingYet;
  try {
    const notice = await runCommand(server, incoming);
    if (notice) return yield sse({ type: 'notice', ...notice });
    for await (progress of follow(server.engine.answer(incoming, signal))) {
      const began = performance.now();
      yield* page.frames(progress, false);
      await sleep(Math.max(frameMs, 2 * (performance.now() - began)), signal);
    }
    yield* page.frames(progress, true);
  } catch (error) {
    yield* page.frames(progress, true);
    const { code, message } = faultBody(error).error;
    server.log.info({ error }, 'An answer on the web page failed.');
    yield sse({ type: 'fault', code, message });
  }
}

/** `undefined` for questions, and for `/retry`, whose answer streams like that of a question. */
async function runCommand(server: Server, incoming: Incoming): Promise<object | undefined> {
  if (!incoming.text.startsWith('/')) return undefined;
  const notice = await server.engine.command(incoming.text.slice(1), incoming);
  if (!notice) return undefined;
  const file = notice.file && {
    name: notice.file.name,
    url: `data:${notice.file.type};base64,${Buffer.from(notice.file.bytes).toString('base64')}`,
  };
  return { blocks: renderBlocks(notice.text, true), buttons: notice.buttons ?? [], file };
}

/** Remembers what the page already shows, and says only what is new. */
function createPageState() {
  const parse = createParser();
  let shown: readonly string[] = [];
  let behind = '';
  function* frames(progress: Progress, final: boolean): Generator<string> {
    const blocks = renderBlocks(progress.text, final, parse);
    const from = firstDifference(shown, blocks);
    if (from < Math.max(blocks.length, shown.length)) yield sse({ type: 'blocks', from, blocks: blocks.slice(from) });
    shown = blocks;
    const { reasoning, excerpts, tools, suggestions } = progress;
    const now = JSON.stringify({ reasoning, excerpts, tools, suggestions });
    if (now !== behind && (behind || now !== nothingBehind)) yield `data: {"type":"behind",${now.slice(1)}\n\n`;
    behind = now;
    if (final) yield sse({ type: 'done', text: progress.text, finish: progress.finish });
  }
  return { frames };
}

const nothingBehind = JSON.stringify({ reasoning: '', excerpts: [], tools: [], suggestions: [] });

function firstDifference(a: readonly string[], b: readonly string[]): number {
  let index = 0;
  while (index < Math.min(a.length, b.length) && a[index] === b[index]) index++;
  return index;
}
