/** The official Open API v3 as a `Transport`: coze.com, coze.cn and self-hosted Coze Studio. */
import { abortable, abortError, sleep as realSleep } from '../../async.ts';
import type { OpenBot, Profile } from '../../bots/bot.ts';
import { RealCozeError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Fetch } from '../../web.ts';
import { type Cache, remembered, sha256 } from '../cache.ts';
import { isWire } from '../json.ts';
import { follow } from '../signals.ts';
import type { ChatRef, ReplyEvent, Transport } from '../transport.ts';
import { createApi, type TokenSource } from './api.ts';
import { type AskContext, ask, giveUp, type Timing } from './ask.ts';
import { createAssembly } from './assembly.ts';
import { recoverChat } from './chat.ts';
import { createFeatures } from './features.ts';
import { createUpload, type Upload } from './files.ts';
import { lost } from './lost.ts';
import { fetchProfile } from './profile.ts';
import type { Sleep } from './remedy.ts';

export interface OpenTransportOptions {
  readonly bot: OpenBot;
  /** E.g. `https://api.coze.com`. */
  readonly base: string;
  /** A token, or what gives one (see `jwt.ts`). */
  readonly token: string | TokenSource;
  readonly fetch: Fetch;
  /** Keeps uploads and the profile between restarts. */
  readonly cache?: Cache | undefined;
  readonly log?: Log | undefined;
  /** Names the Coze account in cache keys; default: made from the token. */
  readonly account?: string | undefined;
  readonly timing?: Partial<Timing> | undefined;
  /** Waits between retries and polls; for tests. */
  readonly sleep?: Sleep | undefined;
  /** Jitter; for tests. */
  readonly random?: (() => number) | undefined;
}

const TIMING: Timing = {
  firstEventMs: 90_000,
  idleMs: 210_000,
  // Coze docs "workflow_run": a workflow runs for ten minutes at most, and may say nothing meanwhile.
  quietMs: 11 * 60_000,
  recoverMs: 120_000,
  graceMs: 1000,
};
const PROFILE_MS = 24 * 3600_000;
/** Longest wait at the end for what was stopped: a little more than a cancel may take. */
const CLOSE_MS = 6000;

/** @throws RealCozeError `config` when `base` is no URL. */
export function createOpenTransport(options: OpenTransportOptions): Transport {
  const { bot, cache, log, sleep = realSleep } = options;
  const api = createApi(options);
  const features = createFeatures();
  const closing = new AbortController();
  /** What goes on although nobody waits for it: answers that end because they were stopped, and word of it to Coze. */
  const tasks = new Set<Promise<void>>();
  const background = (task: Promise<void>) => {
    const kept = task.finally(() => tasks.delete(kept));
    tasks.add(kept);
  };
  const account = async () => `${api.host}:${options.account ?? (await accountOf(options.token))}`;
  const send = createUpload({ api, cache, account, sleep, signal: closing.signal });
  const stoppable = (signal: AbortSignal, run: (own: AbortSignal) => AsyncGenerator<ReplyEvent, void>) =>
    closable([signal, closing.signal], run, background);
  const upload: Upload = (file, signal) => features.use('sending files', () => send(file, signal));
  const context: AskContext = {
    api,
    bot,
    timing: { ...TIMING, ...options.timing },
    sleep,
    random: options.random,
    stale: new Map<string, ChatRef>(),
    log,
    upload,
    background,
  };

  return {
    ask: (question, signal) => stoppable(signal, (own) => ask(context, question, own)),
    recover: (chat, signal) => stoppable(signal, (own) => recover(context, chat, own)),
    upload,
    async profile(signal) {
      const key = `coze:profile:${api.host}:${bot.botId}`;
      try {
        const make = () => features.use('reading the profile of a bot', () => fetchProfile(api, bot.botId, signal));
        return await remembered<Profile>(cache, key, PROFILE_MS, isWire, make);
      } catch (error) {
        if (signal.aborted || !(error instanceof RealCozeError) || error.code !== 'unsupported') throw error;
        log?.debug({ upstreamCode: error.upstreamCode }, error.message);
        return {};
      }
    },
    async close() {
      closing.abort(new RealCozeError('aborted', 'The program is closing.'));
      await abortable(settled(tasks), AbortSignal.timeout(CLOSE_MS)).catch(() => undefined);
    },
  };
}

/** An answer that ends leaves a task behind: Coze is told to cancel. */
async function settled(tasks: ReadonlySet<Promise<void>>): Promise<void> {
  while (tasks.size > 0) await Promise.allSettled(tasks);
}

async function accountOf(token: string | TokenSource): Promise<string> {
  return typeof token === 'string' ? (await sha256(token)).slice(0, 16) : 'app';
}

/** The answer of a chat whose stream was lost with the program that read it. */
async function* recover(context: AskContext, chat: ChatRef, signal: AbortSignal): AsyncGenerator<ReplyEvent, void> {
  const { api, sleep, timing } = context;
  const assembly = createAssembly({ host: api.host });
  let finished = false;
  try {
    yield* recoverChat(api, chat, assembly, { signal, sleep, recoverMs: timing.recoverMs });
    finished = true;
    if (assembly.standing.type === 'action') throw lost();
    yield* assembly.finish();
  } finally {
    // Whoever cannot get this answer asks anew: the two must not run side by side.
    if (!finished && assembly.standing.type === 'running') context.background(giveUp(context, chat));
  }
}

/**
 * Runs a generator under a signal of its own that fires with any of `signals`, or when the reader leaves: a generator alone
 * would first wait for the bytes it is reading, and the request would stay open until they come. Nor would it hear of an
 * abort while its reader does not read: it is ended then, as a task of `background`.
 */
function closable(
  signals: readonly AbortSignal[],
  run: (signal: AbortSignal) => AsyncGenerator<ReplyEvent, void>,
  background: (task: Promise<void>) => void,
): AsyncIterable<ReplyEvent> {
  return {
    [Symbol.asyncIterator]() {
      const own = follow(signals);
      const events = run(own.signal);
      const end = () =>
        events.return().then(
          () => {},
          () => {},
        );
      own.signal.addEventListener('abort', () => background(end()), { once: true });
      return {
        async next() {
          try {
            const step = await events.next();
            if (step.done && own.signal.aborted) throw abortError(own.signal);
            if (step.done) own.stop();
            return step;
          } catch (error) {
            own.stop();
            throw own.signal.aborted ? abortError(own.signal) : error;
          }
        },
        async return() {
          own.abort(new RealCozeError('aborted', 'Nobody reads the answer any more.'));
          own.stop();
          await end();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
