/**
 * One table from Coze's fault numbers and HTTP statuses to our errors. The sentence is for members; what only the owner can
 * mend says so. Sources: Coze docs "coze_error_codes" and "api_faq", coze-js `error.ts`, Coze Studio `errno`.
 */
import { type ErrorCode, RealCozeError } from '../errors.ts';

/** What came back, as far as it is known. */
export interface Failure {
  /** HTTP status; absent inside a stream. */
  readonly status?: number | undefined;
  /** Coze's own number, `''` when there is none. */
  readonly code?: string | undefined;
  /** Coze's words, untrusted: may be a page of HTML or hold a Go stack trace. */
  readonly message?: string | undefined;
  readonly logid?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** Host that was asked, for the hint about regions. */
  readonly host?: string | undefined;
  readonly cause?: unknown;
}

/** What may help: wait and ask again, ask once more, a new token, another conversation, or waiting for the running chat. */
export type Cure = 'backoff' | 'once' | 'token' | 'conversation' | 'busy';

interface Fault {
  readonly code: ErrorCode;
  readonly sentence: string;
  readonly cure?: Cure;
  /** Add Coze's own words: they tell more than ours. */
  readonly quote?: true;
  /** Could be an account of the other region. */
  readonly region?: true;
}

const OWNER_BILLING: Fault = {
  code: 'quota',
  sentence: 'The Coze account of this bot has no credits left. Its owner can top it up at Coze under "Billing".',
};
const BAD_TOKEN: Fault = {
  code: 'auth',
  sentence: 'Coze refused the access token of this bot: it is wrong or has expired. Its owner must set a new one.',
  cure: 'token',
  region: true,
};
const NO_PERMISSION: Fault = {
  code: 'forbidden',
  sentence:
    'The access token of this bot may not do this at Coze. Its owner must give it the permission and the right workspace.',
  cure: 'token',
  region: true,
};
const BUSY_MODEL: Fault = {
  code: 'rate_limited',
  sentence: 'Coze has too many requests at the moment. Try again in a minute.',
  cure: 'backoff',
};
const NOT_PUBLISHED: Fault = {
  code: 'forbidden',
  sentence:
    'This bot is not published for the API. Its owner must publish it with the channel "API" ("Agent As API") at Coze.',
  region: true,
};
const SERVER: Fault = { code: 'server', sentence: 'Coze failed inside. Try again later.' };
const CAPACITY: Fault = { code: 'server', sentence: 'Coze is overloaded. Try again in a minute.', cure: 'backoff' };
const ODD_REQUEST: Fault = {
  code: 'invalid',
  sentence: 'Coze did not accept the question. Ask in other words, or start a new conversation.',
  quote: true,
};
const REFUSED: Fault = { code: 'moderated', sentence: 'The bot refuses to answer this. Ask in other words.' };
const SENSITIVE: Fault = {
  code: 'moderated',
  sentence: 'Coze finds sensitive content in this question. Ask in other words.',
};
const NO_CONVERSATION: Fault = {
  code: 'not_found',
  sentence: 'Coze no longer has this conversation. Start a new one.',
  cure: 'conversation',
};
const WORKFLOW: Fault = {
  code: 'server',
  sentence: "A step of the bot's workflow failed. Try again, or tell its owner.",
};
const BAD_FILE: Fault = { code: 'invalid', sentence: 'Coze could not read this file. Send another one.' };
const BIG_FILE: Fault = { code: 'too_large', sentence: 'The file is too large for Coze. Send a smaller one.' };
const STUDIO_AGENT: Fault = {
  code: 'forbidden',
  sentence:
    "Coze Studio has no such agent for this token. It must belong to the token's user and be published to the API.",
};

const FAULTS: Readonly<Record<string, Fault>> = {
  4000: ODD_REQUEST,
  4001: { code: 'not_found', sentence: 'Coze no longer has this chat. Ask again.' },
  4002: NO_CONVERSATION,
  4003: {
    code: 'too_large',
    sentence: 'The question carries too many extra fields for Coze. Send fewer.',
    quote: true,
  },
  4004: { code: 'too_large', sentence: 'The history is too long for Coze. Start a new conversation.' },
  4005: {
    code: 'invalid',
    sentence: 'Coze did not accept a message of this conversation. Start a new one.',
    quote: true,
  },
  4006: {
    code: 'config',
    sentence: 'Coze does not know this bot. Its owner must check `bot_id` in its config.json.',
    region: true,
  },
  4007: ODD_REQUEST,
  4008: { code: 'rate_limited', sentence: 'The limit of questions to this bot is reached for now. Try again later.' },
  4009: { ...CAPACITY, code: 'rate_limited' },
  4010: { code: 'too_large', sentence: 'The conversation is too long for the model. Start a new one.' },
  4011: OWNER_BILLING,
  4012: {
    code: 'config',
    sentence: 'The model of this bot is not available. Its owner must choose another one at Coze.',
  },
  4013: BUSY_MODEL,
  4014: REFUSED,
  4015: NOT_PUBLISHED,
  4016: {
    code: 'busy',
    sentence: 'The bot is still answering in this conversation. Wait for it, then ask again.',
    cure: 'busy',
  },
  4019: OWNER_BILLING,
  4020: BUSY_MODEL,
  4021: { code: 'config', sentence: 'The workflow of this bot is not set up. Its owner must finish it at Coze.' },
  4022: OWNER_BILLING,
  4027: OWNER_BILLING,
  4028: OWNER_BILLING,
  4033: {
    code: 'quota',
    sentence: 'A quota at Coze is used up. Try again later, or tell the owner of the bot.',
    quote: true,
  },
  4100: BAD_TOKEN,
  4101: NO_PERMISSION,
  4102: { code: 'forbidden', sentence: "Coze's risk control stopped this question. Try again later." },
  4104: { code: 'invalid', sentence: 'Coze cannot cancel this chat any more.' },
  4105: SENSITIVE,
  4200: {
    code: 'not_found',
    sentence: 'Coze does not have what was asked for: it is gone or not published. Its owner must check the ids.',
    cure: 'conversation',
    quote: true,
  },
  4300: BAD_FILE,
  4301: BAD_FILE,
  4302: BIG_FILE,
  4303: { code: 'unsupported', sentence: 'Coze does not take files of this type. Send another one.' },
  4304: BAD_FILE,
  4314: { code: 'not_found', sentence: 'Coze has no record of this run. Ask again.' },
  4315: { code: 'not_found', sentence: 'This run has already finished at Coze. Ask again.' },
  5000: { ...SERVER, cure: 'once' },
  6006: { code: 'timeout', sentence: "A step of the bot's workflow took too long. Try again." },
  6023: { code: 'timeout', sentence: "The bot's workflow took too long. Try again." },
  6031: { code: 'config', sentence: "The bot's workflow is not published. Its owner must publish it." },
  6039: {
    code: 'unsupported',
    sentence: "The bot's workflow asks questions in a way that this Coze does not support. Its owner must change it.",
  },
  700012006: BAD_TOKEN,
  720701013: WORKFLOW,
  788788103: OWNER_BILLING,
  100000003: STUDIO_AGENT,
  100000013: { code: 'config', sentence: 'The agent has no model. Its owner must choose one in Coze Studio.' },
  103000000: ODD_REQUEST,
  103000001: STUDIO_AGENT,
  103000002: NO_CONVERSATION,
  103100002: STUDIO_AGENT,
  103200003: { code: 'not_found', sentence: 'Coze no longer has this chat. Ask again.' },
  103200004: {
    code: 'config',
    sentence: 'The chatflow of this bot is not set up. Its owner must finish it in Coze Studio.',
  },
  103200005: { code: 'invalid', sentence: 'Coze cannot cancel this chat any more.' },
  104000004: BIG_FILE,
  104000006: BAD_FILE,
  104000007: BAD_FILE,
};

/** Coze says no in JSON; a page comes from what stands before it. */
const BLOCKED: Fault = {
  code: 'forbidden',
  sentence:
    'A gateway before Coze turned this away. The owner can check the network, or set `PROXY` to a place that Coze serves.',
};

/** No cure for a gateway that waited in vain: Coze may have heard the question and be answering it. */
const IN_VAIN: Fault = { code: 'timeout', sentence: 'Coze took too long. Try again.' };

const ABSENT: Fault = {
  code: 'unsupported',
  sentence: 'This Coze does not have this function.',
};

/** coze-js and coze-py map statuses the same way. */
const STATUSES: Readonly<Record<number, Fault>> = {
  400: ODD_REQUEST,
  401: BAD_TOKEN,
  402: OWNER_BILLING,
  403: NO_PERMISSION,
  404: {
    code: 'not_found',
    sentence: 'Coze does not have what was asked for. Its owner must check the ids and the address of the API.',
    region: true,
  },
  405: ABSENT,
  408: { code: 'timeout', sentence: 'Coze took too long. Try again.', cure: 'once' },
  413: { code: 'too_large', sentence: 'The question is too large for Coze. Send less at once.' },
  429: BUSY_MODEL,
  451: { code: 'region', sentence: 'Coze is not available in this region. The owner can set `PROXY`.' },
  504: IN_VAIN,
  // Cloudflare's, before a self-hosted Coze Studio: an answer that broke off, and none within 100 s.
  520: IN_VAIN,
  524: IN_VAIN,
};

/** Cures of the errors made here; not a field, for nobody else may come to rely on it. */
const cures = new WeakMap<RealCozeError, Cure>();

/** The typed error for what Coze said. Never holds a token, and never a stack trace of Studio's. */
export function toError(failure: Failure): RealCozeError {
  const said = readMessage(failure.message ?? '');
  const code = said.code ?? failure.code ?? '';
  const fault = said.isPage && failure.status === 403 ? BLOCKED : findFault(code, failure.status, said.text);
  const words = fault.quote && said.text !== '' ? `${fault.sentence} Coze says: ${said.text}` : fault.sentence;
  const error = new RealCozeError(fault.code, fault.region ? words + regionHint(failure.host) : words, {
    upstreamCode: code || (failure.status === undefined ? undefined : `HTTP ${failure.status}`),
    logid: failure.logid || undefined,
    retryAfterMs: failure.retryAfterMs,
    cause: failure.cause ?? (said.text === '' ? undefined : new Error(said.text)),
  });
  if (fault.cure) cures.set(error, fault.cure);
  return error;
}

/** What may help against an error made by `toError`, if anything. */
export function cureFor(error: RealCozeError): Cure | undefined {
  return cures.get(error);
}

function findFault(code: string, status: number | undefined, said: string): Fault {
  if (/missing session_key/i.test(said)) return ABSENT;
  if (code === '103000001' && /user not match/i.test(said)) return NO_CONVERSATION;
  const own = FAULTS[code];
  if (own) return own;
  // Studio repeats the status as the code: {"code":401}.
  const http = STATUSES[Number(code)] ?? (status === undefined || status === 200 ? undefined : STATUSES[status]);
  if (http) return http;
  if (/^7207[02]\d+$/.test(code)) return WORKFLOW;
  if (status !== undefined && status >= 500) return CAPACITY;
  return /^\d{9,}$/.test(code) || code === '500' || said === '' ? SERVER : { ...SERVER, quote: true };
}

function regionHint(host: string | undefined): string {
  if (!host) return '';
  if (/(^|\.)coze\.(com|cn)$/.test(host)) {
    const other = host.endsWith('.cn') ? 'coze.com' : 'coze.cn';
    return ` The request went to ${host}; tokens and bots of ${other} do not work there (\`COZE_API_BASE\`).`;
  }
  return ` The request went to ${host} (\`COZE_API_BASE\`).`;
}

const MOST_WORDS = 200;
/** A page of megabytes is not searched for words. */
const MOST_READ = 2000;

/**
 * The first line of what Coze wrote, bounded, without HTML and without tokens. Studio writes `code=1 message=text` and then
 * causes and a Go stack trace, all on further lines; only the first is for people, and its code is the true one.
 */
function readMessage(message: string): { code: string | undefined; text: string; isPage: boolean } {
  const [line = ''] = message
    .trimStart()
    .slice(0, MOST_READ)
    .split(/\r?\n|\\n/, 1);
  const first = line.trimEnd().replace(/\s*(cause|stack)=.*$/, '');
  const studio = /(?:^|\s)code=(\d+) message=(.*)$/.exec(first);
  const plain = (studio?.[2] ?? first).trim();
  const isPage = /^<|<html|<!doctype/i.test(plain);
  return { code: studio?.[1], text: isPage ? '' : redact(plain).slice(0, MOST_WORDS), isPage };
}

function redact(words: string): string {
  return words.replace(/\b(pat|sat|czs|czu|cztei)_[\w.-]+/g, '$1_…').replace(/Bearer\s+\S+/gi, 'Bearer …');
}
