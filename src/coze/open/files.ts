/** Uploading files to Coze. Coze docs "upload_files": one part `file` with name and type, 512 MB, kept for three months. */
import { abortable, abortError } from '../../async.ts';
import { isRealCozeError, RealCozeError } from '../../errors.ts';
import { type Cache, remembered, sha256 } from '../cache.ts';
import { cureFor } from '../failure.ts';
import { id, text } from '../json.ts';
import type { FileToUpload, UploadedFile } from '../transport.ts';
import type { Api } from './api.ts';
import { dataOf } from './body.ts';
import type { Sleep } from './remedy.ts';

const MOST_BYTES = 512 * 1024 * 1024;
/** Well inside the three months that Coze keeps a file. */
const REMEMBER_MS = 60 * 24 * 3600_000;
const TIMEOUT_MS = 120_000;
const MOST_TRIES = 3;

const IMAGES = 'jpg jpeg jpg2 png gif webp heic heif bmp pcd tiff';
const AUDIO = 'wav mp3 flac m4a aac ogg wma midi';
const DOCUMENTS = 'doc docx xls xlsx ppt pptx pdf numbers csv';
const OTHERS = 'cpp py java c mp4 avi mov 3gp 3gpp flv webm wmv rmvb m4v mkv rar zip 7z gz gzip bz2';

const KINDS = new Map<string, UploadedFile['kind']>([
  ...IMAGES.split(' ').map((extension) => [extension, 'image'] as const),
  ...AUDIO.split(' ').map((extension) => [extension, 'audio'] as const),
  ...`${DOCUMENTS} ${OTHERS}`.split(' ').map((extension) => [extension, 'file'] as const),
]);

/** Coze judges by extension alone, so that a name without one, or with a synonym, is given one it knows. */
const SYNONYMS: Readonly<Record<string, string>> = {
  oga: 'ogg',
  opus: 'ogg',
  jpe: 'jpg',
  jfif: 'jpg',
  tif: 'tiff',
  mid: 'midi',
};
/** Where the type does not end on the extension, as `image/png` does. */
const BY_TYPE: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/x-wav': 'wav',
  'audio/opus': 'ogg',
};

export interface UploadOptions {
  readonly api: Api;
  readonly cache: Cache | undefined;
  /** Names the Coze account: a file belongs to one. */
  account(): Promise<string>;
  readonly sleep: Sleep;
  /** Fires when the transport closes. */
  readonly signal: AbortSignal;
}

export type Upload = (file: FileToUpload, signal: AbortSignal) => Promise<UploadedFile>;

/**
 * Uploads each content once while Coze keeps it, also when several members send it at the same moment: then it goes on
 * although one of them has stopped waiting.
 */
export function createUpload(options: UploadOptions): Upload {
  const running = new Map<string, Promise<string>>();
  const start = (key: string, send: () => Promise<string>) => {
    const upload = remembered(options.cache, key, REMEMBER_MS, isId, send).finally(() => running.delete(key));
    running.set(key, upload);
    return upload;
  };
  return async (file, signal) => {
    const { name, kind } = checkFile(file);
    const bytes = new Uint8Array(file.bytes);
    const extension = name.slice(name.lastIndexOf('.') + 1);
    const key = `coze:file:${await options.account()}:${extension}:${await sha256(bytes)}`;
    const upload = running.get(key) ?? start(key, () => sendPatiently(options, { name, kind, type: file.type, bytes }));
    const fileId = await abortable(upload, signal).catch((error: unknown) => {
      throw signal.aborted ? abortError(signal) : error;
    });
    return { id: fileId, kind };
  };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** The name Coze will judge by. @throws RealCozeError `invalid`, `too_large`, `unsupported`: what Coze would refuse is not sent. */
export function checkFile(file: FileToUpload): { name: string; kind: UploadedFile['kind'] } {
  const name = nameFor(file);
  if (file.bytes.byteLength === 0) throw new RealCozeError('invalid', `The file "${file.name}" is empty.`);
  if (file.bytes.byteLength > MOST_BYTES) {
    throw new RealCozeError(
      'too_large',
      `The file "${file.name}" is over the 512 MB that Coze takes. Send a smaller one.`,
    );
  }
  const kind = KINDS.get(name.slice(name.lastIndexOf('.') + 1));
  if (!kind)
    throw new RealCozeError(
      'unsupported',
      `Coze does not take files like "${shown(file)}". Send a picture, a PDF, an office document, sound or a video.`,
    );
  return { name, kind };
}

/** A name without an ending says nothing of the kind. */
function shown({ name, type }: FileToUpload): string {
  return name.includes('.') || type === '' ? name : `${name} (${type})`;
}

function nameFor(file: FileToUpload): string {
  const clean = file.name.replace(/[\r\n"\\/]+/g, '_').trim() || 'file';
  const dot = clean.lastIndexOf('.');
  const extension = dot > 0 ? clean.slice(dot + 1).toLowerCase() : '';
  const known = KINDS.has(extension) ? extension : SYNONYMS[extension];
  if (known) return `${clean.slice(0, dot)}.${known}`;
  const typed = extensionFor(file.type.split(';', 1)[0]?.trim().toLowerCase() ?? '');
  return typed && dot <= 0 ? `${clean}.${typed}` : clean;
}

function extensionFor(type: string): string | undefined {
  const subtype = type.slice(type.indexOf('/') + 1);
  return BY_TYPE[type] ?? (KINDS.has(subtype) ? subtype : undefined);
}

interface Sent {
  readonly name: string;
  readonly kind: UploadedFile['kind'];
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** Coze takes 10 to 20 uploads a second; an album may be more. */
async function sendPatiently(options: UploadOptions, sent: Sent): Promise<string> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await send(options, sent);
    } catch (error) {
      if (!isRealCozeError(error) || cureFor(error) !== 'backoff' || tries >= MOST_TRIES) throw error;
      await options.sleep(Math.max(error.retryAfterMs ?? 0, 500 * 2 ** tries), options.signal);
    }
  }
}

async function send({ api, signal }: UploadOptions, { name, kind, type, bytes }: Sent): Promise<string> {
  const body = multipart(name, type, bytes);
  const told = dataOf(await api.call('/v1/files/upload', { bytes: body, signal, timeoutMs: TIMEOUT_MS }));
  // Only Coze Studio tells where a file lies. It takes audio here, and leaves it out of the question without a word.
  if (kind === 'audio' && text(told.uri) !== '')
    throw new RealCozeError('unsupported', 'Coze Studio takes no audio. Send words instead.');
  const fileId = id(told.id);
  if (fileId === '') throw new RealCozeError('protocol', 'Coze took the file but gave it no id. Try again.');
  return fileId;
}

/** RFC 7578, by hand: a `FormData` of one runtime's `fetch` is not one of another's, and we are given the `fetch`. */
function multipart(name: string, type: string, bytes: Uint8Array): { type: string; body: Uint8Array<ArrayBuffer> } {
  const boundary = `----real-coze-${crypto.randomUUID()}`;
  const safeType = /^[\w.+-]+\/[\w.+-]+/.exec(type)?.[0] ?? 'application/octet-stream';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${safeType}\r\n\r\n`;
  const before = new TextEncoder().encode(head);
  const after = new TextEncoder().encode(`\r\n--${boundary}--\r\n`);
  const body = new Uint8Array(before.length + bytes.length + after.length);
  body.set(before);
  body.set(bytes, before.length);
  body.set(after, before.length + bytes.length);
  return { type: `multipart/form-data; boundary=${boundary}`, body };
}
