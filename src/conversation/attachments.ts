/** Files of a message: small texts are read into the question, the rest goes to Coze, and what cannot is named. */

import { abortable } from '../async.ts';
import { decodeBase64 } from '../coze/carried.ts';
import type { Transport, UploadedFile } from '../coze/transport.ts';
import { type ErrorCode, errorCode, RealCozeError } from '../errors.ts';
import type { Attachment, Language, Place } from '../message.ts';
import { text } from '../texts.ts';
import { failureText, isRefusal, refusal } from './failure.ts';

/** Fetches the bytes of an attachment. The adapter bounds the download and goes through its own proxy. */
export type FetchAttachment = (attachment: Attachment, place: Place, signal: AbortSignal) => Promise<Uint8Array>;

export interface Prepared {
  /** To be put under the question. */
  readonly inlined: string;
  readonly files: readonly UploadedFile[];
  /** What stands in the history for the files. */
  readonly mention: string;
  /** One sentence for each file that was left out. */
  readonly problems: readonly string[];
}

/** Most bytes of one file; Coze takes more, but members wait for the upload. */
export const MAX_FILE_BYTES = 20 * 1024 * 1024;
const MAX_FILES = 10;
/** For one file to be fetched and uploaded. */
const FILE_MS = 120_000;
const MAX_INLINE_BYTES = 64 * 1024;
const MAX_INLINE_CHARACTERS = 16_000;
const TEXT_NAME =
  /\.(txt|md|csv|tsv|json|jsonl|ya?ml|toml|ini|xml|html?|css|[cm]?[jt]sx?|py|rb|go|rs|java|kt|c|h|cc|cpp|hpp|cs|sh|sql|log|diff|patch|tex|srt)$/i;
const TEXT_TYPE = /^(text\/|application\/(json|xml|yaml|x-yaml|toml|javascript|x-sh)\b)/i;

export interface PrepareOptions {
  readonly place: Place;
  readonly transport: Pick<Transport, 'upload'>;
  readonly fetchAttachment: FetchAttachment;
  readonly language: Language;
  readonly signal: AbortSignal;
}

/** Fetches and uploads the files one after the other, two minutes each at most. Only an abort is thrown; any other failure becomes a sentence. */
export async function prepareAttachments(attachments: readonly Attachment[], o: PrepareOptions): Promise<Prepared> {
  const inlined: string[] = [];
  const files: UploadedFile[] = [];
  const mentions: string[] = [];
  const problems: string[] = [];
  for (const [index, attachment] of attachments.entries()) {
    try {
      if (index >= MAX_FILES) throw refusal('too_large', text('fileTooMany', o.language, { most: MAX_FILES }));
      const taken = await take(attachment, o);
      if (typeof taken === 'string') {
        inlined.push(fenced(attachment.name, taken));
        if (taken.length > MAX_INLINE_CHARACTERS)
          problems.push(text('fileCut', o.language, { name: attachment.name, most: MAX_INLINE_CHARACTERS }));
      } else {
        files.push(taken);
        mentions.push(`[${taken.kind}: ${attachment.name}]`);
      }
    } catch (error) {
      o.signal.throwIfAborted();
      problems.push(whyLeftOut(attachment, error, o.language));
    }
  }
  return { inlined: inlined.join('\n\n'), files, mention: mentions.join(' '), problems };
}

/** The words of a small text, or of one that Coze does not take; any other file where Coze has it. */
async function take(attachment: Attachment, o: PrepareOptions): Promise<string | UploadedFile> {
  if ((attachment.size ?? 0) > MAX_FILE_BYTES) throw tooLarge(o.language);
  if (!isText(attachment) && !o.transport.upload) throw refusal('unsupported', text('fileUnsupported', o.language));
  const signal = AbortSignal.any([o.signal, AbortSignal.timeout(FILE_MS)]);
  const bytes = await abortable(o.fetchAttachment(attachment, o.place, signal), signal);
  if (bytes.length > MAX_FILE_BYTES) throw tooLarge(o.language);
  if (bytes.length === 0) throw refusal('invalid', text('fileEmpty', o.language));
  const words = isText(attachment) ? decodeText(bytes, o.language) : undefined;
  if (words !== undefined && (bytes.length <= MAX_INLINE_BYTES || !o.transport.upload)) return words;
  if (!o.transport.upload) throw refusal('unsupported', text('fileUnsupported', o.language));
  try {
    return await o.transport.upload({ name: attachment.name, type: attachment.type, bytes }, signal);
  } catch (error) {
    if (words === undefined || errorCode(error) !== 'unsupported') throw error;
    return words;
  }
}

function isText({ name, type }: Attachment): boolean {
  return TEXT_TYPE.test(type) || (type === 'application/octet-stream' && TEXT_NAME.test(name));
}

/** What editors on Windows still write where Chinese is spoken. */
const NATIONAL: Readonly<Partial<Record<Language, string>>> = { 'zh-CN': 'gb18030', 'zh-TW': 'big5' };

/** UTF-8 (or UTF-16 with its mark), else what the reader's language was written in before; `undefined` for bytes of another kind. */
export function decodeText(bytes: Uint8Array, language: Language): string | undefined {
  const mark = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
  if (mark === 0xfffe) return decoded(bytes, 'utf-16le');
  if (mark === 0xfeff) return decoded(bytes, 'utf-16be');
  const national = NATIONAL[language];
  return decoded(bytes, 'utf-8') ?? (national && decoded(bytes, national));
}

function decoded(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    const words = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return words.includes('\0') ? undefined : words;
  } catch {
    return undefined;
  }
}

function fenced(name: string, words: string): string {
  const cut = words.length > MAX_INLINE_CHARACTERS;
  const body = cut ? `${words.slice(0, MAX_INLINE_CHARACTERS).toWellFormed()}\n[…]` : words;
  const longest = Math.max(2, ...[...body.matchAll(/`{3,}/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${name}:\n${fence}\n${body.trimEnd()}\n${fence}`;
}

function tooLarge(language: Language): RealCozeError {
  return refusal('too_large', text('fileTooLarge', language, { most: MAX_FILE_BYTES / 1024 / 1024 }));
}

/** Failures of Coze that say more of a file than that it failed. */
const TELLING: ReadonlySet<ErrorCode> = new Set(['auth', 'region', 'quota', 'rate_limited', 'moderated']);

/** One sentence in the reader's language for a file that could not be taken. */
export function whyLeftOut({ name }: Attachment, error: unknown, language: Language): string {
  return text('fileLeftOut', language, { name, reason: reasonOf(error, language) });
}

function reasonOf(error: unknown, language: Language): string {
  const code = errorCode(error);
  if (isRefusal(error) || TELLING.has(code)) return failureText(error, language);
  if (code === 'too_large') return tooLarge(language).message;
  if (code === 'unsupported') return text('fileKind', language);
  return text(code === 'gone' ? 'fileGone' : 'fileFailed', language);
}

/** The bytes of a `data:` URL, which needs nobody's help to be fetched. @throws RealCozeError `invalid` for anything else. */
export async function fetchDataUrl({ name, ref }: Attachment): Promise<Uint8Array> {
  const comma = ref.indexOf(',');
  if (!ref.startsWith('data:') || comma < 0)
    throw new RealCozeError('invalid', `${name} cannot be fetched from here: it must come as a data: URL.`);
  const body = ref.slice(comma + 1);
  try {
    return ref.slice(0, comma).endsWith(';base64')
      ? decodeBase64(body)
      : new TextEncoder().encode(decodeURIComponent(body));
  } catch (cause) {
    throw new RealCozeError('invalid', `${name} is a data: URL that cannot be decoded.`, { cause });
  }
}
