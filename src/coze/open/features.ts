/**
 * Functions of Coze that an account, a token or Coze Studio may lack. What turned out to be missing is not asked for again
 * for a while (each call counts on the free plan), and never takes the chat itself down.
 */
import { type ErrorCode, isRealCozeError, RealCozeError } from '../../errors.ts';

export interface Features {
  /**
   * Runs `call`, unless the function `name` was found missing lately.
   * @throws RealCozeError `unsupported` for a missing function, saying what cannot be done; else what `call` throws.
   */
  use<T>(name: string, call: () => Promise<T>): Promise<T>;
}

/** A token may be given the permission meanwhile. */
const ASK_AGAIN_MS = 10 * 60_000;
const MISSING: readonly ErrorCode[] = ['forbidden', 'unsupported', 'not_found'];

export function createFeatures(now: () => number = Date.now): Features {
  const missing = new Map<string, { readonly until: number; readonly cause: unknown }>();
  return {
    async use(name, call) {
      const known = missing.get(name);
      if (known && known.until > now()) throw absent(name, known.cause);
      try {
        return await call();
      } catch (cause) {
        if (!isRealCozeError(cause) || !lacks(cause)) throw cause;
        missing.set(name, { until: now() + ASK_AGAIN_MS, cause });
        throw absent(name, cause);
      }
    },
  };
}

/** Only what Coze itself said, and not 4303, which is about one file: what was refused on this side tells nothing of Coze. */
function lacks({ code, upstreamCode }: RealCozeError): boolean {
  return MISSING.includes(code) && upstreamCode !== undefined && upstreamCode !== '4303';
}

function absent(name: string, cause: unknown): RealCozeError {
  const why = cause instanceof Error ? ` ${cause.message}` : '';
  const upstreamCode = isRealCozeError(cause) ? cause.upstreamCode : undefined;
  return new RealCozeError('unsupported', `This bot's access to Coze does not allow: ${name}.${why}`, {
    cause,
    upstreamCode,
  });
}
