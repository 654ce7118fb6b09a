/** The program's own answers as Telegram messages: results of commands, greetings, refusals. */
import { sleep } from '#core/async.ts';
import { isRealCozeError } from '#core/errors.ts';
import type { Notice } from '#core/message.ts';
import { createSplitter } from '#core/reply/split.ts';
import type { Content, Receipt, Surface } from '#core/surface.ts';

/** A notice that has not gone out after so many refusals is not worth more of the chat's budget. */
const tries = 4;
const longestWaitMs = 60_000;

export interface NoticeOptions {
  readonly surface: Surface;
  readonly signal: AbortSignal;
  /** The message that the notice takes the place of; if it is gone, the notice is written below. */
  readonly replace?: string | undefined;
}

/** Shows all of it, in several messages if need be; buttons and file come last. @throws RealCozeError as the surface. */
export async function showNotice(notice: Notice, options: NoticeOptions): Promise<void> {
  const { surface } = options;
  const parts = createSplitter(surface).parts(notice.text, true);
  let { replace } = options;
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const content: Content = { text: part.text, final: true, ...(isLast ? { buttons: notice.buttons } : {}) };
    await insist(() => write(surface, content, replace, `notice:${index}`), options.signal);
    replace = undefined;
  }
  const { file } = notice;
  if (file) await insist(async () => surface.file?.(file), options.signal);
}

async function write(surface: Surface, content: Content, replace: string | undefined, key: string): Promise<Receipt> {
  if (replace === undefined) return surface.post(content, key);
  try {
    return await surface.edit(replace, content);
  } catch (error) {
    if (isRealCozeError(error) && error.code === 'gone') return surface.post(content, key);
    throw error;
  }
}

/** Waits as long as Telegram asks. */
async function insist<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let left = tries; ; left -= 1) {
    try {
      return await run();
    } catch (error) {
      const wait = isRealCozeError(error) && error.code === 'rate_limited' ? (error.retryAfterMs ?? 1_000) : undefined;
      if (wait === undefined || wait > longestWaitMs || left <= 1) throw error;
      await sleep(wait, signal);
    }
  }
}
