/** The program's own answers as Telegram messages: results of commands, greetings, refusals. */
import { abortable } from '#core/async.ts';
import { isRealCozeError } from '#core/errors.ts';
import type { Notice } from '#core/message.ts';
import type { Pacer } from '#core/reply/pace.ts';
import { createSplitter } from '#core/reply/split.ts';
import type { Content, Receipt, Surface } from '#core/surface.ts';

/** A notice that has not gone out after so many refusals is not worth more of the chat's budget. */
const tries = 4;
const longestWaitMs = 60_000;

/** Where and at whose cost a notice is shown. */
export interface NoticeOptions {
  readonly surface: Surface;
  /** Notices are paid from the budget of the chat like the edits of replies. */
  readonly pacer: Pacer;
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
    await paced(options, replace === undefined, () => write(surface, content, replace, `notice:${index}`));
    replace = undefined;
  }
  const { file } = notice;
  if (file && surface.file) await paced(options, true, async () => surface.file?.(file));
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

/** Takes its slot in the chat's budget, and waits as long as Telegram asks. */
async function paced(
  { surface, pacer, signal }: NoticeOptions,
  isPost: boolean,
  run: () => Promise<Receipt | undefined>,
): Promise<void> {
  const pace = pacer.open(surface);
  const call = { isPost, isLast: true };
  try {
    for (let left = tries; ; left -= 1) {
      for (let wait = pace.wait(call); wait > 0; wait = pace.wait(call)) await pause(pacer, wait, signal);
      const began = pacer.now();
      pace.sent(call);
      try {
        const receipt = await run();
        if (receipt) pace.took(call, receipt, pacer.now() - began);
        return;
      } catch (error) {
        const wait = isRealCozeError(error) ? error.retryAfterMs : undefined;
        pace.refused(call, wait);
        if (wait === undefined || wait > longestWaitMs || left <= 1) throw error;
      }
    }
  } finally {
    pace.close();
  }
}

async function pause(pacer: Pacer, ms: number, signal: AbortSignal): Promise<void> {
  const waited = Promise.withResolvers<void>();
  const cancel = pacer.timer(ms, waited.resolve);
  await abortable(waited.promise, signal).finally(cancel);
}
