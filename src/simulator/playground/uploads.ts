/** The playground's way to take a file: a short-lived key, then ImageX in three steps (apply, bytes, commit), in this order. */
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { answer, badParameter, type Exchange, type Fields, jsonBody, Refusal, sendJson } from '../exchange.ts';
import { now } from '../ids.ts';
import type { Route } from '../routes.ts';
import type { World } from '../world.ts';
import { type Credentials, signatureFault } from './signature.ts';

export interface Uploads {
  readonly routes: readonly Route[];
  /** A file that has gone through all three steps, by its store URI. */
  committed(uri: string): { readonly name: string; readonly bytes: number } | undefined;
}

interface Upload {
  readonly uri: string;
  readonly auth: string;
  readonly size: number;
  state: 'applied' | 'stored' | 'committed';
  name: string;
}

const serviceId = 'localdemo';
const most = 1000;

export function createUploads(world: World): Uploads {
  const uploads = new Map<string, Upload>();
  const { host } = new URL(world.url);
  const credentials: Credentials = {
    accessKeyId: `AKTP${randomBytes(12).toString('hex')}`,
    secretAccessKey: randomBytes(24).toString('base64'),
    sessionToken: `STS2${randomBytes(24).toString('base64')}`,
  };

  function imagex(exchange: Exchange, signed: readonly string[], act: (exchange: Exchange) => void): void {
    const fault = signatureFault(exchange, credentials, signed);
    if (fault) throw new ImagexRefusal(403, 'SignatureDoesNotMatch', fault);
    if (exchange.query.get('ServiceId') !== serviceId)
      throw new ImagexRefusal(400, 'InvalidService', 'Unknown ServiceId.');
    if (exchange.query.get('Version') !== '2018-08-01')
      throw new ImagexRefusal(400, 'InvalidVersion', 'Unknown Version.');
    act(exchange);
  }

  function apply(exchange: Exchange): void {
    const size = Number(exchange.query.get('FileSize'));
    const extension = exchange.query.get('FileExtension') ?? '';
    if (exchange.query.get('Action') !== 'ApplyImageUpload')
      throw new ImagexRefusal(400, 'InvalidAction', 'Unknown Action.');
    if (!Number.isInteger(size) || size < 1 || (extension !== '' && !/^\.\w{1,8}$/.test(extension)))
      throw new ImagexRefusal(400, 'InvalidParameter', 'FileSize or FileExtension is wrong.');
    const uri = `tos-local/${randomBytes(16).toString('hex')}${extension}`;
    const upload: Upload = {
      uri,
      auth: `SpaceKey/${randomBytes(16).toString('hex')}`,
      size,
      state: 'applied',
      name: uri,
    };
    uploads.set(uri, upload);
    for (const oldest of uploads.keys()) if (uploads.size > most) uploads.delete(oldest);
    const StoreInfos = [{ StoreUri: uri, Auth: upload.auth, UploadID: '' }];
    const SessionKey = Buffer.from(uri).toString('base64');
    imagexResult(exchange, { UploadAddress: { StoreInfos, UploadHosts: [host], SessionKey } });
  }

  function store(exchange: Exchange): void {
    const upload = uploads.get(exchange.path.slice('/upload/v1/'.length));
    if (!upload || exchange.headers.authorization !== upload.auth)
      throw new StorageRefusal(4003, 'authorization failed');
    if (exchange.headers.cookie !== undefined) throw new StorageRefusal(4003, 'a cookie has no business here');
    const sum = crc32(exchange.body).toString(16).padStart(8, '0');
    if (exchange.headers['content-crc32'] !== sum) throw new StorageRefusal(4008, 'crc32 mismatch');
    if (exchange.body.length !== upload.size) throw new StorageRefusal(4009, 'size mismatch');
    upload.state = 'stored';
    upload.name = fileName(exchange) ?? upload.uri;
    sendJson(exchange.response, 200, { code: 2000, message: 'Success', data: { crc32: sum } });
  }

  function commit(exchange: Exchange): void {
    if (exchange.query.get('Action') !== 'CommitImageUpload')
      throw new ImagexRefusal(400, 'InvalidAction', 'Unknown Action.');
    const key = jsonBody(exchange).SessionKey;
    const upload = uploads.get(Buffer.from(String(key), 'base64').toString('utf8'));
    if (!upload) throw new ImagexRefusal(400, 'InvalidSessionKey', 'Unknown SessionKey.');
    if (upload.state === 'applied') throw new ImagexRefusal(400, 'NotUploaded', 'The bytes have not come yet.');
    upload.state = 'committed';
    imagexResult(exchange, { Results: [{ Uri: upload.uri, UriStatus: 2000 }], RequestId: exchange.logid });
  }

  const dateAndToken = ['x-amz-date', 'x-amz-security-token'];
  return {
    committed: (uri) => {
      const upload = uploads.get(uri);
      return upload?.state === 'committed' ? { name: upload.name, bytes: upload.size } : undefined;
    },
    routes: [
      {
        method: 'POST',
        path: '/api/playground/upload/auth_token',
        auth: 'cookie',
        handle: (e) => authToken(world, e, credentials),
      },
      { method: 'GET', path: '/', auth: 'none', handle: (e) => imagex(e, dateAndToken, apply) },
      {
        method: 'POST',
        path: '/',
        auth: 'none',
        handle: (e) => imagex(e, ['x-amz-content-sha256', ...dateAndToken], commit),
      },
      { method: 'POST', path: '/upload/v1/:space/:file', auth: 'none', handle: store },
    ],
  };
}

function authToken(world: World, exchange: Exchange, credentials: Credentials): void {
  if (jsonBody(exchange).scene !== 'bot_task') throw badParameter('scene', 'must be "bot_task"');
  answer(exchange, {
    service_id: serviceId,
    upload_path_prefix: '',
    // A bare host, as the real one gives it: the caller decides on the scheme.
    upload_host: new URL(world.url).host,
    auth: {
      access_key_id: credentials.accessKeyId,
      secret_access_key: credentials.secretAccessKey,
      session_token: credentials.sessionToken,
      current_time: new Date(now() * 1000).toISOString(),
      expired_time: new Date((now() + 3600) * 1000).toISOString(),
    },
  });
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

/** ImageX's own shape of an error. */
class ImagexRefusal extends Refusal {
  constructor(status: number, code: string, message: string) {
    super(code, message, status);
  }

  override body(logid: string): unknown {
    const problem = { CodeN: 100_010, Code: this.code, Message: this.message };
    return { ResponseMetadata: { RequestId: logid, Service: 'imagex', Error: problem } };
  }
}

/** The storage host's: a number other than 2000. */
class StorageRefusal extends Refusal {
  override body(): unknown {
    return { code: this.code, message: this.message };
  }
}
