/** Logging as the core sees it, and the program's own log: pino underneath, no secret in it, one plain line on a terminal. */
import { type Logger, pino } from 'pino';
import { isRealCozeError } from './errors.ts';

/** Fields first, then the sentence. */
export interface Log {
  debug(fields: object, sentence: string): void;
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
}

/** A log that can name the part of the program that speaks. */
export interface RootLog extends Log {
  /** The same log with these fields in every line. */
  child(fields: object): RootLog;
  /** Secrets found later (a bot's own token) are replaced from then on. */
  hide(secrets: readonly string[]): void;
}

export interface LogOptions {
  readonly level: 'silent' | Level;
  /** Replaced wherever they occur in any string, field or error. */
  readonly secrets: readonly string[];
  /** Default: standard error. With `isTTY` a line is for people, otherwise JSON. */
  readonly stream?: { write(line: string): unknown; readonly isTTY?: boolean };
}

type Level = 'debug' | 'info' | 'warn' | 'error';

/** Opens the program's log. */
export function createLog(options: LogOptions): RootLog {
  const stream = options.stream ?? process.stderr;
  const write = (line: string) => stream.write(stream.isTTY ? forPeople(line) : line);
  const base = { base: null, level: options.level, timestamp: pino.stdTimeFunctions.isoTime };
  const logger = pino({ ...base, formatters: { level: (label) => ({ level: label }) } }, { write });
  return wrap(logger, createScrubber(options.secrets));
}

function wrap(logger: Logger, scrubber: Scrubber): RootLog {
  const at = (level: Level) => (fields: object, sentence: string) => {
    if (!logger.isLevelEnabled(level)) return;
    logger[level](scrubber.value(fields) as object, scrubber.text(sentence));
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(logger.child(scrubber.value(fields) as Record<string, unknown>), scrubber),
    hide: (secrets) => scrubber.add(secrets),
  };
}

interface Scrubber {
  add(secrets: readonly string[]): void;
  text(text: string): string;
  value(value: unknown, depth?: number): unknown;
}

const mask = '[secret]';
const secretKeys = /^(authorization|proxy-authorization|cookie|set-cookie|token|session|password|secret|api_?key)$/i;
/** Deep enough for every object the program logs; keeps a cyclic one finite. */
const deepest = 6;

function createScrubber(first: readonly string[]): Scrubber {
  let hidden: string[] = [];
  const add = (secrets: readonly string[]) => {
    const forms = secrets.filter(Boolean).flatMap((text) => [text, encodeURIComponent(text)]);
    // Longest first: a secret that contains another is replaced whole.
    hidden = [...new Set([...hidden, ...forms])].sort((a, b) => b.length - a.length);
  };
  const text = (words: string) => hidden.reduce((seen, secret) => seen.replaceAll(secret, mask), words);
  const value = (thing: unknown, depth = 0): unknown => {
    if (typeof thing === 'string') return text(thing);
    if (typeof thing === 'bigint') return String(thing);
    if (typeof thing !== 'object' || thing === null) return thing;
    if (depth >= deepest) return '…';
    if (thing instanceof URL || thing instanceof Date) return text(String(thing));
    if (Array.isArray(thing)) return thing.map((item) => value(item, depth + 1));
    const fields = thing instanceof Error ? errorFields(thing) : thing;
    return Object.fromEntries(
      Object.entries(fields).map(([key, item]) => [
        text(key),
        secretKeys.test(key) && typeof item === 'string' && item ? mask : value(item, depth + 1),
      ]),
    );
  };
  add(first);
  return { add, text, value };
}

/** Our own errors are sentences and need no stack; anything else is a surprise and brings it. */
function errorFields(error: Error): object {
  const { name, message, cause } = error;
  if (!isRealCozeError(error)) return { ...error, name, message, stack: error.stack, ...(cause ? { cause } : {}) };
  const { code, logid, upstreamCode, retryAfterMs } = error;
  return { name, message, code, logid, upstreamCode, retryAfterMs, ...(cause ? { cause } : {}) };
}

const colours: Readonly<Record<string, string>> = { debug: '\x1b[2m', info: '', warn: '\x1b[33m', error: '\x1b[31m' };

/** `12:00:01 warn  The sentence. field=value`: what an owner reads on a terminal. */
function forPeople(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const clock = new Date(String(time)).toTimeString().slice(0, 8);
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${brief(value)}`);
  const details = rest.length > 0 ? ` \x1b[2m${rest.join(' ')}\x1b[0m` : '';
  return `\x1b[2m${clock}\x1b[0m ${colours[String(level)] ?? ''}${msg}\x1b[0m${details}\n`;
}

/** An error's message is enough on a terminal; its stack is for the JSON log. */
function brief(value: unknown): string {
  if (typeof value === 'string') return /\s/.test(value) ? JSON.stringify(value) : value;
  const message = (value as { message?: unknown } | null)?.message;
  return JSON.stringify(typeof message === 'string' ? message : value);
}
