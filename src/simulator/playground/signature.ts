/** AWS Signature Version 4 as ImageX checks it: the same sum from the other side. */
import { createHash, createHmac } from 'node:crypto';
import type { Exchange } from '../exchange.ts';

/** The short-lived keys of one service. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

const region = 'ap-singapore-1';
const service = 'imagex';

/** What is wrong with the signature of a call, or `undefined`. `signed` are the headers that have to be under it. */
export function signatureFault(
  exchange: Pick<Exchange, 'method' | 'path' | 'query' | 'headers' | 'body'>,
  credentials: Credentials,
  signed: readonly string[],
): string | undefined {
  const parts = /^AWS4-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/.exec(
    String(exchange.headers.authorization ?? ''),
  );
  if (!parts) return 'The Authorization header is not an AWS4-HMAC-SHA256 signature.';
  const [, credential = '', names = '', signature = ''] = parts;
  const time = String(exchange.headers['x-amz-date'] ?? '');
  if (!/^\d{8}T\d{6}Z$/.test(time)) return 'x-amz-date must look like 20260101T000000Z.';
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  if (credential !== `${credentials.accessKeyId}/${scope}`) return `The credential must be of the scope ${scope}.`;
  if (exchange.headers['x-amz-security-token'] !== credentials.sessionToken) return 'The session token is wrong.';
  if (!signed.every((name) => names.split(';').includes(name)))
    return `These headers must be signed: ${signed.join(';')}.`;
  const claimed = exchange.headers['x-amz-content-sha256'];
  if (claimed !== undefined && claimed !== sha256(exchange.body))
    return 'x-amz-content-sha256 is not the hash of the body.';
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonicalRequest(exchange, names))].join('\n');
  const right = hmac(signingKey(credentials.secretAccessKey, time.slice(0, 8)), toSign).toString('hex');
  return right === signature ? undefined : 'The signature does not match.';
}

function canonicalRequest(
  exchange: Pick<Exchange, 'method' | 'path' | 'query' | 'headers' | 'body'>,
  names: string,
): string {
  const query = [...exchange.query]
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort()
    .join('&');
  const headers = names
    .split(';')
    .map((name) => `${name}:${String(exchange.headers[name] ?? '').trim()}\n`)
    .join('');
  return [exchange.method, exchange.path, query, headers, names, sha256(exchange.body)].join('\n');
}

/** RFC 3986 with upper-case hexadecimal digits. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function signingKey(secret: string, day: string): Buffer {
  return [day, region, service, 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(value: Buffer | string): string {
  return createHash('sha256').update(value).digest('hex');
}
