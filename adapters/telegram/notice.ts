/** The program's own answers as Telegram messages: results of commands, greetings, refusals. */
import { isRealCozeError } from '#core/errors.ts';
import type { Notice } from '#core/message.ts';
import { type PacedOptions, paced } from '#core/reply/pace/paced.ts';
import { createSplitter } from '#core/reply/split.ts';
import type { Content, Receipt, Surface } from '#core/surface.ts';

/** Where and at whose cost a notice is shown. */
export interface NoticeOptions extends PacedOptions {
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
