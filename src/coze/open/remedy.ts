/**
 * What to do about a question that failed before its first visible word: nothing, or ask again after a wait, with a new
 * token, or in another conversation. `POST /v3/chat` is not idempotent, so a request with unknown outcome is never repeated.
 */
import { sleep as realSleep } from '../../async.ts';
import type { RealCozeError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { type Cure, cureFor } from '../failure.ts';
import type { Question } from '../transport.ts';

export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

export interface RemedyOptions {
  readonly signal: AbortSignal;
  /** Waits; injectable so that tests need no time. */
  readonly sleep?: Sleep | undefined;
  /** 0 to 1, for the jitter. */
  readonly random?: (() => number) | undefined;
  /** Makes a new token; false when it cannot. */
  renew(): Promise<boolean>;
  /** Cancels the chat that was left behind in a conversation, if one is known. */
  free(conversationId: string): Promise<void>;
  readonly log?: Log | undefined;
}

export interface Remedies {
  /** The question to ask next. @throws the error itself when nothing can help. */
  next(error: RealCozeError, question: Question): Promise<Question>;
}

const BACKOFFS = 3;
const BUSY_WAITS = 4;
const FIRST_WAIT = 500;
const FIRST_BUSY_WAIT = 1000;
/** A longer `Retry-After` is the caller's to wait out: it has it in `retryAfterMs`. */
const LONGEST_WAIT = 20_000;
/** The request did not leave this machine, so asking again cannot ask twice. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Remedies for one question, each bounded. */
export function createRemedies(options: RemedyOptions): Remedies {
  const { signal, random = Math.random, sleep = realSleep } = options;
  const spent: Record<Cure, number> = { backoff: 0, once: 0, token: 0, conversation: 0, busy: 0 };

  const wait = async (error: RealCozeError, first: number, tries: number) => {
    const grown = first * 2 ** tries * (0.5 + random());
    await sleep(Math.max(error.retryAfterMs ?? 0, grown), signal);
  };

  const wasted = (cure: Cure, most: number) => {
    spent[cure] += 1;
    return spent[cure] > most;
  };

  const inNewConversation = (error: RealCozeError, question: Question): Question => {
    if (!question.conversationId || wasted('conversation', 1)) throw error;
    return { ...question, conversationId: undefined };
  };

  const whenBusy = async (error: RealCozeError, question: Question): Promise<Question> => {
    const conversation = question.conversationId;
    if (!conversation) throw error;
    await options.free(conversation);
    const tries = spent.busy;
    if (wasted('busy', BUSY_WAITS)) return { ...question, conversationId: undefined };
    await wait(error, FIRST_BUSY_WAIT, tries);
    return question;
  };

  return {
    async next(error, question) {
      if ((error.retryAfterMs ?? 0) > LONGEST_WAIT) throw error;
      const { upstreamCode, logid } = error;
      options.log?.debug({ upstreamCode, logid }, `A question failed before its first word: ${error.message}`);
      const cure = NEVER_SENT.has(error.upstreamCode ?? '') ? 'backoff' : cureFor(error);
      switch (cure) {
        case 'backoff':
        case 'once': {
          const tries = spent[cure];
          if (wasted(cure, cure === 'once' ? 1 : BACKOFFS)) throw error;
          await wait(error, FIRST_WAIT, tries);
          return question;
        }
        case 'token':
          if (!wasted('token', 1) && (await options.renew())) return question;
          // 4101 also means that the conversation belongs to another account: the token was changed.
          if (error.code !== 'forbidden') throw error;
          return inNewConversation(error, question);
        case 'conversation':
          return inNewConversation(error, question);
        case 'busy':
          return whenBusy(error, question);
        default:
          throw error;
      }
    },
  };
}
