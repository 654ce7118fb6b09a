/** The upload token: where the storage is, with which keys, and until when. */
import { RealCozeError } from '../../errors.ts';
import { number, text, wire } from '../json.ts';

export interface Grant {
  readonly serviceId: string;
  /** Host of Apply and Commit. */
  readonly host: string;
  readonly scheme: 'https:' | 'http:';
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch, by this machine's clock. */
  readonly expiresAt: number;
  /** What to add to this machine's clock to get Coze's; signatures are refused minutes off. */
  readonly clockSkewMs: number;
}

/** Where no expiry can be read. Real tokens live an hour. */
const DEFAULT_LIFE_MS = 10 * 60_000;

/** Before its expiry a token may still be good for starting, but not for finishing. */
const MARGIN_MS = 60_000;

export function isFresh(grant: Grant): boolean {
  return grant.expiresAt - MARGIN_MS > Date.now();
}

/** Reads `data` of `POST /api/playground/upload/auth_token`. @throws RealCozeError `protocol` when keys are missing. */
export function readGrant(data: unknown, base: string): Grant {
  const outer = wire(data);
  const auth = wire(outer.auth);
  const [serviceId, host] = [text(outer.service_id), text(outer.upload_host)];
  const [accessKeyId, secretAccessKey] = [text(auth.access_key_id), text(auth.secret_access_key)];
  if (!serviceId || !host || !accessKeyId || !secretAccessKey)
    throw new RealCozeError(
      'protocol',
      'Coze gave no usable upload token: its web API has changed. Send words alone, or use a bot of the Open API.',
    );
  const now = Date.now();
  const clockSkewMs = (moment(auth.current_time) ?? now) - now;
  return {
    serviceId,
    host,
    scheme: schemeFor(host, base),
    region: regionOf(host),
    accessKeyId,
    secretAccessKey,
    sessionToken: text(auth.session_token),
    expiresAt: (moment(auth.expired_time) ?? now + clockSkewMs + DEFAULT_LIFE_MS) - clockSkewMs,
    clockSkewMs,
  };
}

/** Times come as ISO text, as unix seconds, or as milliseconds, the numbers also as text. */
function moment(value: unknown): number | undefined {
  const count = number(value);
  if (count !== undefined && count > 0) return count < 1e11 ? count * 1000 : count;
  const parsed = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** Unencrypted only towards this machine, and only from a service that is on it too. */
function schemeFor(host: string, base: string): 'https:' | 'http:' {
  const local = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host);
  return local && new URL(base).protocol === 'http:' ? 'http:' : 'https:';
}

/** The host carries its region (`imagex-ap-singapore-1.…`); coze.com's is Singapore. */
function regionOf(host: string): string {
  return /(?:^|[.-])((?:ap|cn|us|eu)-[a-z]+-?\d)(?=[.-]|$)/.exec(host)?.[1] ?? 'ap-singapore-1';
}
