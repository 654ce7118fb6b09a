/** The progressive reply: a read loop and a show loop that share nothing but the newest state. */
import type { ReplyEvent } from '../coze/transport.ts';
import type { Presented, PresentOptions } from './presented.ts';
import { Reading } from './reading.ts';
import { Showing } from './showing.ts';

export type { Presented, PresentOptions };

/**
 * Shows an answer while it is written, and does not return before its last edit has landed, however long the platform makes it wait.
 * Never throws for a failing source or surface: `finish` and `error` tell. When the surface dies the source is closed.
 */
export async function present(events: AsyncIterable<ReplyEvent>, options: PresentOptions): Promise<Presented> {
  const reading = new Reading(events);
  const onAbort = () => reading.stop('stopped');
  options.signal.addEventListener('abort', onAbort, { once: true });
  if (options.signal.aborted) onAbort();
  const showing = new Showing(reading, options, () => summarize(reading, showing.ids));
  try {
    const read = reading.run();
    await showing.run();
    if (showing.dead) reading.stop('gone');
    else await read;
    return summarize(reading, showing.ids, showing.dead);
  } finally {
    options.signal.removeEventListener('abort', onAbort);
    showing.close();
  }
}

function summarize(reading: Reading, ids: readonly string[], dead?: { error: unknown }): Presented {
  const error = dead?.error ?? reading.error;
  return {
    text: reading.text,
    ids: [...ids],
    suggestions: [...reading.suggestions],
    excerpts: reading.excerpts,
    reasoning: reading.reasoning,
    tools: [...reading.tools],
    finish: dead ? 'gone' : (reading.finish ?? 'stopped'),
    ...(reading.isCut ? { isCut: true } : {}),
    ...(reading.usage ? { usage: reading.usage } : {}),
    ...(error === undefined ? {} : { error }),
  };
}
