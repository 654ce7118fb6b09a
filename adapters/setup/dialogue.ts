/** Questions and answers, one line each: on a terminal or through a pipe. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { abortError } from '#core/async.ts';
import { RealCozeError } from '#core/errors.ts';

/** What the steps speak through. */
export interface Dialogue {
  /** Shows a paragraph. */
  say(text: string): void;
  /** The answer, trimmed; empty for Enter alone and when the input has ended. `secret`: what is typed is not shown. */
  ask(question: string, options?: { readonly secret?: boolean }): Promise<string>;
}

export interface TerminalDialogue extends Dialogue {
  /** Fires at Ctrl-C; a question that waits then rejects. */
  readonly signal: AbortSignal;
  close(): void;
}

export interface DialogueOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** True for a terminal with a person in front of it. */
  readonly interactive: boolean;
}

/** Lines that come before their question is asked, as a pipe sends them, are kept for it. */
export function openDialogue({ input, output, interactive }: DialogueOptions): TerminalDialogue {
  const leaving = new AbortController();
  const echo = createEcho(output);
  const lines = createInterface({ input, output: interactive ? echo : undefined, terminal: interactive });
  lines.on('SIGINT', () => {
    output.write('\n');
    leaving.abort(new RealCozeError('aborted', 'Setup was left.'));
    lines.close();
  });
  const answers = lines[Symbol.asyncIterator]();
  return {
    signal: leaving.signal,
    say: (text) => void output.write(`${text}\n`),
    async ask(question, { secret = false } = {}) {
      if (leaving.signal.aborted) throw abortError(leaving.signal);
      lines.setPrompt(`${question} `);
      if (interactive) lines.prompt();
      else output.write(`${question}\n`);
      echo.muted = secret;
      const answer = await answers.next();
      echo.muted = false;
      if (secret && interactive) output.write('\n');
      if (leaving.signal.aborted) throw abortError(leaving.signal);
      return answer.done ? '' : answer.value.trim();
    },
    close: () => lines.close(),
  };
}

/** Where readline echoes what is typed; silent for secrets. */
function createEcho(output: NodeJS.WritableStream) {
  const echo = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        if (!echo.muted) output.write(chunk);
        done();
      },
    }),
    { muted: false },
  );
  return echo;
}
