/**
 * Files for a question, the way the site uploads them: a token from Coze, then Apply, the bytes, and Commit, in that
 * order, at the storage hosts. Those hosts see the token and signatures, never the session cookie.
 */
import { abortError } from '../../async.ts';
import { RealCozeError } from '../../errors.ts';
import type { Fetch } from '../../web.ts';
import { sha256 } from '../cache.ts';
import { id, isWire, parseWire, text } from '../json.ts';
import { deadline } from '../signals.ts';
import type { FileToUpload, UploadedFile } from '../transport.ts';
import { boundedText, type Call } from './call.ts';
import { crc32 } from './crc32.ts';
import { unreachable } from './faults.ts';
import { type Grant, isFresh, readGrant } from './grant.ts';
import { amzDate, authorization, rfc3986 } from './sigv4.ts';

export interface UploadOptions {
  readonly base: string;
  readonly call: Call;
  readonly fetch: Fetch;
  /** Deadline of one call to a storage host, in milliseconds. */
  readonly timeoutMs: number;
}

/** Most bytes of one file. The file is in memory, and the site's own page takes no more. */
export const FILE_LIMIT = 20 * 1024 * 1024;

export type Upload = (file: FileToUpload, signal: AbortSignal) => Promise<UploadedFile>;

/** One uploader for a session: it keeps the upload token, in memory only, until it is about to expire. */
export function createUpload(options: UploadOptions): Upload {
  let grant: Grant | undefined;
  return async (file, signal) => {
    checkSize(file);
    if (grant === undefined || !isFresh(grant)) {
      const data = await options.call('/api/playground/upload/auth_token', { scene: 'bot_task' }, signal);
      grant = readGrant(data, options.base);
    }
    const storage = new Storage(options, grant, signal);
    const place = await storage.apply(file);
    await storage.send(place, file);
    await storage.commit(place);
    return { id: place.uri, kind: kindOf(file.type) };
  };
}

function checkSize(file: FileToUpload): void {
  if (file.bytes.length === 0) throw new RealCozeError('invalid', `The file ${file.name} is empty.`);
  if (file.bytes.length <= FILE_LIMIT) return;
  throw new RealCozeError(
    'too_large',
    `The file ${file.name} has ${Math.ceil(file.bytes.length / 1024 / 1024)} MB; Coze takes ${FILE_LIMIT / 1024 / 1024} MB. Send a smaller one.`,
  );
}

function kindOf(type: string): UploadedFile['kind'] {
  if (type.startsWith('image/')) return 'image';
  return type.startsWith('audio/') ? 'audio' : 'file';
}

/** Where the bytes go, as Apply answers. */
interface UploadPlace {
  readonly uri: string;
  readonly auth: string;
  readonly host: string;
  readonly sessionKey: string;
}

class Storage {
  readonly #options: UploadOptions;
  readonly #grant: Grant;
  readonly #signal: AbortSignal;

  constructor(options: UploadOptions, grant: Grant, signal: AbortSignal) {
    this.#options = options;
    this.#grant = grant;
    this.#signal = signal;
  }

  async apply(file: FileToUpload): Promise<UploadPlace> {
    const { serviceId } = this.#grant;
    const answer = await this.#signed('GET', {
      Action: 'ApplyImageUpload',
      Version: '2018-08-01',
      ServiceId: serviceId,
      FileSize: String(file.bytes.length),
      FileExtension: extension(file),
      s: crypto.randomUUID().replaceAll('-', '').slice(0, 11),
    });
    const address = get(answer, 'Result', 'UploadAddress');
    const store = first(get(address, 'StoreInfos'));
    const [uri, auth, host, sessionKey] = [
      get(store, 'StoreUri'),
      get(store, 'Auth'),
      first(get(address, 'UploadHosts')),
      get(address, 'SessionKey'),
    ];
    if (typeof uri !== 'string' || typeof auth !== 'string' || typeof host !== 'string')
      throw refused('gave no place for the file', answer);
    return { uri, auth, host, sessionKey: String(sessionKey ?? '') };
  }

  async send(place: UploadPlace, file: FileToUpload): Promise<void> {
    const url = new URL(`${this.#grant.scheme}//${place.host}/upload/v1/${place.uri}`);
    const answer = await this.#fetch(url, {
      method: 'POST',
      headers: {
        authorization: place.auth,
        'content-crc32': crc32(file.bytes),
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename="${plainName(file.name)}"`,
      },
      body: new Blob([new Uint8Array(file.bytes)]),
    });
    if (Number(get(answer, 'code')) !== 2000) throw refused('did not take the file', answer);
  }

  async commit(place: UploadPlace): Promise<void> {
    const answer = await this.#signed(
      'POST',
      { Action: 'CommitImageUpload', Version: '2018-08-01', ServiceId: this.#grant.serviceId },
      JSON.stringify({ SessionKey: place.sessionKey }),
    );
    const status = get(first(get(answer, 'Result', 'Results')), 'UriStatus');
    if (Number(status) !== 2000) throw refused('did not keep the file', answer);
  }

  async #signed(method: 'GET' | 'POST', query: Readonly<Record<string, string>>, body = ''): Promise<unknown> {
    const grant = this.#grant;
    const search = Object.entries(query).map(([name, value]) => `${rfc3986(name)}=${rfc3986(value)}`);
    const url = new URL(`${grant.scheme}//${grant.host}/?${search.join('&')}`);
    const headers = {
      'x-amz-date': amzDate(Date.now() + grant.clockSkewMs),
      'x-amz-security-token': grant.sessionToken,
      ...(method === 'POST' ? { 'x-amz-content-sha256': await sha256(body) } : {}),
    };
    const signature = await authorization({ method, url, headers, body }, { ...grant, service: 'imagex' });
    return this.#fetch(url, {
      method,
      headers: {
        ...headers,
        authorization: signature,
        ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      },
      ...(method === 'POST' ? { body } : {}),
    });
  }

  async #fetch(url: URL, init: RequestInit): Promise<unknown> {
    const until = deadline(this.#signal, this.#options.timeoutMs);
    try {
      const response = await this.#options.fetch(url, { ...init, redirect: 'manual', signal: until.signal });
      return readAnswer(await boundedText(response, 1024 * 1024), response.status);
    } catch (error) {
      if (error instanceof RealCozeError) throw error;
      if (until.signal.aborted) throw abortError(until.signal);
      throw unreachable(url.origin, error);
    } finally {
      until.stop();
    }
  }
}

function readAnswer(body: string, status: number): unknown {
  const answer = parseWire(body);
  if (answer === undefined)
    throw new RealCozeError(
      'protocol',
      `The storage of Coze answered HTTP ${status} without JSON. Send the file again.`,
    );
  if (status >= 400 || get(answer, 'ResponseMetadata', 'Error') !== undefined)
    throw refused(`refused the upload (HTTP ${status})`, answer);
  return answer;
}

function refused(what: string, answer: unknown): RealCozeError {
  const error = get(answer, 'ResponseMetadata', 'Error');
  const said = text(get(error, 'Message')) || text(get(error, 'Code')) || text(get(answer, 'message'));
  const code = get(error, 'CodeN') ?? get(error, 'Code') ?? get(answer, 'code');
  return new RealCozeError('server', `The storage of Coze ${what}${said && `: ${said}`}. Send the file again.`, {
    upstreamCode: id(code) || undefined,
  });
}

/** `.jpg` from a name; what is no plain extension becomes `.bin`. */
function extension(file: FileToUpload): string {
  const found = /\.[A-Za-z0-9]{1,10}$/.exec(file.name)?.[0].toLowerCase();
  return found ?? (file.type.startsWith('image/') ? `.${file.type.slice(6).replace(/[^a-z0-9].*$/, '')}` : '.bin');
}

/** Headers are ASCII, and a quote would end the name. */
const plainName = (name: string) => name.replace(/[^\x20-\x7e]|["\\]/g, '_').slice(-100) || 'file';

function get(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((at, name) => (isWire(at) ? at[name] : undefined), value);
}

const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : undefined);
