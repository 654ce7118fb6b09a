/** The playground's way to take a file: a short-lived key, then ImageX in three steps (apply, bytes, commit), in this order. */
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { answer, badParameter, type Exchange, type Fields, jsonBody, sendJson } from '../exchange.ts';
import { now } from '../ids.ts';
import type { Route } from '../routes.ts';
import type { World } from '../world.ts';
import { ImagexRefusal, StorageRefusal } from './refusals.ts';
import { type Credentials, signatureFault } from './signature.ts';

interface Upload {
  readonly uri: string;
  readonly auth: string;
  readonly size: number;
  state: 'applied' | 'stored' | 'committed';
  name: string;
}

const serviceId = 'localdemo';
const most = 500;
const dateAndToken = ['x-amz-date', 'x-amz-security-token'];

/** The files of the playground. The oldest go when there are more than 500; their bytes are only counted. */
export class Uploads {
  readonly #host: string;
  readonly #uploads = new Map<string, Upload>();
  readonly #credentials: Credentials = {
    accessKeyId: `AKTP${randomBytes(12).toString('hex')}`,
    secretAccessKey: randomBytes(24).toString('base64'),
    sessionToken: `STS2${randomBytes(24).toString('base64')}`,
  };

  constructor(world: Pick<World, 'url'>) {
    this.#host = new URL(world.url).host;
  }

  /** A file that has gone through all three steps, by its store URI. */
  committed(uri: string): { readonly name: string; readonly bytes: number } | undefined {
    const upload = this.#uploads.get(uri);
    return upload?.state === 'committed' ? { name: upload.name, bytes: upload.size } : undefined;
  }

  /** The calls of the site, of ImageX and of the storage host, all at one address here. */
  routes(): readonly Route[] {
    const token = '/api/playground/upload/auth_token';
    return [
      { method: 'POST', path: token, auth: 'cookie', handle: (exchange) => this.#giveToken(exchange) },
      { method: 'GET', path: '/', auth: 'none', handle: (exchange) => this.#apply(exchange) },
      { method: 'POST', path: '/upload/v1/:space/:file', auth: 'none', handle: (exchange) => this.#store(exchange) },
      { method: 'POST', path: '/', auth: 'none', handle: (exchange) => this.#commit(exchange) },
    ];
  }

  #giveToken(exchange: Exchange): void {
    if (jsonBody(exchange).scene !== 'bot_task') throw badParameter('scene', 'must be "bot_task"');
    answer(exchange, {
      service_id: serviceId,
      upload_path_prefix: '',
      // A bare host, as the real one gives it: the caller decides on the scheme.
      upload_host: this.#host,
      auth: {
        access_key_id: this.#credentials.accessKeyId,
        secret_access_key: this.#credentials.secretAccessKey,
        session_token: this.#credentials.sessionToken,
        current_time: new Date(now() * 1000).toISOString(),
        expired_time: new Date((now() + 3600) * 1000).toISOString(),
      },
    });
  }

  #apply(exchange: Exchange): void {
    this.#check(exchange, 'ApplyImageUpload', dateAndToken);
    const size = Number(exchange.query.get('FileSize'));
    const extension = exchange.query.get('FileExtension') ?? '';
    if (!Number.isInteger(size) || size < 1 || (extension !== '' && !/^\.\w{1,10}$/.test(extension)))
      throw new ImagexRefusal(400, 'InvalidParameter', 'FileSize or FileExtension is wrong.');
    const uri = `tos-local/${randomBytes(16).toString('hex')}${extension}`;
    const auth = `SpaceKey/${randomBytes(16).toString('hex')}`;
    this.#uploads.set(uri, { uri, auth, size, state: 'applied', name: uri });
    for (const oldest of this.#uploads.keys()) if (this.#uploads.size > most) this.#uploads.delete(oldest);
    const StoreInfos = [{ StoreUri: uri, Auth: auth, UploadID: '' }];
    const SessionKey = Buffer.from(uri).toString('base64');
    imagexResult(exchange, { UploadAddress: { StoreInfos, UploadHosts: [this.#host], SessionKey } });
  }

  #store(exchange: Exchange): void {
    const { headers, body } = exchange;
    const upload = this.#uploads.get(exchange.path.slice('/upload/v1/'.length));
    if (!upload || headers.authorization !== upload.auth) throw new StorageRefusal(4003, 'authorization failed');
    if (headers.cookie !== undefined) throw new StorageRefusal(4003, 'a cookie has no business here');
    const sum = crc32(body).toString(16).padStart(8, '0');
    if (headers['content-crc32'] !== sum) throw new StorageRefusal(4008, 'crc32 mismatch');
    if (body.length !== upload.size) throw new StorageRefusal(4009, 'size mismatch');
    upload.state = 'stored';
    upload.name = fileName(exchange) ?? upload.uri;
    sendJson(exchange.response, 200, { code: 2000, message: 'Success', data: { crc32: sum } });
  }

  #commit(exchange: Exchange): void {
    this.#check(exchange, 'CommitImageUpload', ['x-amz-content-sha256', ...dateAndToken]);
    const key = jsonBody(exchange).SessionKey;
    const upload = this.#uploads.get(Buffer.from(String(key), 'base64').toString('utf8'));
    if (!upload) throw new ImagexRefusal(400, 'InvalidSessionKey', 'Unknown SessionKey.');
    if (upload.state === 'applied') throw new ImagexRefusal(400, 'NotUploaded', 'The bytes have not come yet.');
    upload.state = 'committed';
    imagexResult(exchange, { Results: [{ Uri: upload.uri, UriStatus: 2000 }], RequestId: exchange.logid });
  }

  #check(exchange: Exchange, action: string, signed: readonly string[]): void {
    const fault = signatureFault(exchange, this.#credentials, signed);
    if (fault) throw new ImagexRefusal(403, 'SignatureDoesNotMatch', fault);
    const wanted = { ServiceId: serviceId, Version: '2018-08-01', Action: action };
    for (const [name, value] of Object.entries(wanted))
      if (exchange.query.get(name) !== value) throw new ImagexRefusal(400, `Invalid${name}`, `Unknown ${name}.`);
  }
}

function fileName(exchange: Exchange): string | undefined {
  const name = /filename="([^"]*)"/.exec(String(exchange.headers['content-disposition'] ?? ''))?.[1];
  return name ? decodeName(name) : undefined;
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function imagexResult(exchange: Exchange, Result: Fields): void {
  sendJson(exchange.response, 200, { ResponseMetadata: { RequestId: exchange.logid, Service: 'imagex' }, Result });
}
