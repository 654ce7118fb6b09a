/** AWS Signature Version 4 over WebCrypto, as far as the upload host asks for it (docs.aws.amazon.com, "Signature Version 4"). */
import { sha256 } from '../cache.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
}

export interface Signable {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** Exactly the headers to be signed, names in any case. Must hold `x-amz-date` (`YYYYMMDDTHHMMSSZ`). */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty when there is none. */
  readonly body: string;
}

/** The value of the `Authorization` header. */
export async function authorization(request: Signable, who: Credentials): Promise<string> {
  const headers = Object.entries(request.headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/\s+/g, ' ')] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const signed = headers.map(([name]) => name).join(';');
  const date = headers.find(([name]) => name === 'x-amz-date')?.[1] ?? '';
  const scope = `${date.slice(0, 8)}/${who.region}/${who.service}/aws4_request`;
  const canonical = [
    request.method,
    request.url.pathname,
    canonicalQuery(request.url),
    headers.map(([name, value]) => `${name}:${value}\n`).join(''),
    signed,
    await sha256(request.body),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', date, scope, await sha256(canonical)].join('\n');
  const signature = hex(await hmac(await signingKey(who, date.slice(0, 8)), toSign));
  return `AWS4-HMAC-SHA256 Credential=${who.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
}

/** `YYYYMMDDTHHMMSSZ` of a moment in milliseconds since the epoch. */
export function amzDate(at: number): string {
  return new Date(at).toISOString().replace(/[:-]|\.\d{3}/g, '');
}

/**
 * RFC 3986: everything but the unreserved characters, in upper-case hex. `encodeURIComponent` leaves `!'()*` alone.
 * The URL that is sent should carry this very text.
 */
export function rfc3986(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function canonicalQuery(url: URL): string {
  return [...url.searchParams]
    .map(([name, value]) => [rfc3986(name), rfc3986(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

async function signingKey(who: Credentials, day: string): Promise<ArrayBuffer> {
  let key: ArrayBuffer | Uint8Array<ArrayBuffer> = new TextEncoder().encode(`AWS4${who.secretAccessKey}`);
  for (const part of [day, who.region, who.service]) key = await hmac(key, part);
  return hmac(key, 'aws4_request');
}

async function hmac(key: ArrayBuffer | Uint8Array<ArrayBuffer>, text: string): Promise<ArrayBuffer> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return crypto.subtle.sign('HMAC', imported, new TextEncoder().encode(text));
}

function hex(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
