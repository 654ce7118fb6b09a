/** What a person enters: a line typed, or several that were pasted together. */
import { EventEmitter, on } from 'node:events';
import type { Interface } from 'node:readline';

/** Bracketed paste: the terminal tells where a paste begins and ends (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html). */
const pasteMarks = { on: '\x1b[?2004h', off: '\x1b[?2004l' };

export interface LinesOptions {
  readonly lines: Interface;
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Whether what is typed now can be seen. */
  readonly isSeen: () => boolean;
}

/** Enter within a paste ends no question: its lines wait for the Enter that is pressed after it. */
export async function* entered({ lines, input, output, isSeen }: LinesOptions): AsyncGenerator<string> {
  let isPasting = false;
  let pasted: string[] = [];
  input.on('keypress', (_text: unknown, key?: { readonly name?: string }) => {
    if (key?.name === 'paste-start') isPasting = true;
    if (key?.name === 'paste-end') isPasting = false;
  });
  const entries = new EventEmitter();
  lines.on('line', (line) => {
    pasted.push(line);
    if (isPasting) return;
    entries.emit('entry', pasted.join('\n'), isSeen());
    pasted = [];
  });
  lines.once('close', () => {
    output.write(pasteMarks.off);
    entries.emit('close');
  });
  const whole = on(entries, 'entry', { close: ['close'] });
  output.write(pasteMarks.on);
  lines.prompt();
  for await (const [words, wasSeen] of whole) {
    // Entered while an answer was drawn: it takes the place of the prompt, above its own answer.
    if (!wasSeen) output.write(`\r\x1b[J${lines.getPrompt()}${words.replaceAll('\n', '\r\n')}\r\n`);
    yield words;
    // `true`: what was typed while the answer came stands in the line again.
    lines.prompt(true);
  }
}
