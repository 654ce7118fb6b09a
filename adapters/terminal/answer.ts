/** Shows one answer while it comes: redrawn in place on a terminal, appended as it is where the output is a file or a pipe. */
import type { ReplyEvent } from '#core/coze/transport.ts';
import { createParser } from '#core/reply/markdown/tree.ts';
import { draw } from './draw.ts';
import { openRegion, type Terminal } from './screen.ts';
import type { Words } from './words.ts';

export interface View {
  readonly output: Terminal;
  /** False for pipes and files: no colours, no cursor. */
  readonly interactive: boolean;
  readonly words: Words;
}

/** Milliseconds between two drawings. */
const frameMs = 40;

/** Shows all events; resolves to the suggested questions. What the source throws is thrown after all of its text is shown. */
export async function showAnswer(events: AsyncIterable<ReplyEvent>, view: View): Promise<readonly string[]> {
  const sheet = view.interactive ? openSheet(view.output) : openTape(view.output);
  const suggestions: string[] = [];
  const excerpts: string[] = [];
  let text = '';
  try {
    for await (const event of events) {
      if (event.type === 'delta') text += event.text;
      if (event.type === 'replace') text = event.text;
      if (event.type === 'suggest') suggestions.push(event.text);
      if (event.type === 'knowledge') excerpts.push(...event.excerpts);
      if (event.type === 'delta' || event.type === 'replace') sheet.show(text);
    }
  } finally {
    sheet.end(text);
  }
  if (excerpts.length > 0) showNotice([`**${view.words.sources}**`, ...excerpts.map(quoted)].join('\n\n'), view);
  return suggestions;
}

/** A text of the program itself, drawn like an answer. */
export function showNotice(markdown: string, view: View): void {
  const lines = view.interactive ? draw(markdown, columnsOf(view.output), true) : [markdown];
  view.output.write(`${lines.join(view.interactive ? '\r\n' : '\n')}${view.interactive ? '\r\n' : '\n'}`);
}

function quoted(excerpt: string): string {
  return excerpt
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
}

interface Sheet {
  show(text: string): void;
  end(text: string): void;
}

function openSheet(output: Terminal): Sheet {
  const region = openRegion(output);
  const parse = createParser();
  let drawnAt = 0;
  return {
    show(text) {
      if (performance.now() - drawnAt < frameMs) return;
      region.show(draw(text, columnsOf(output), false, parse));
      drawnAt = performance.now();
    },
    end(text) {
      region.show(draw(text, columnsOf(output), true, parse));
      region.end();
    },
  };
}

/** One column stays free: some terminals wrap when the last one is filled. */
function columnsOf(output: Terminal): number {
  return Math.min((output.columns ?? 80) - 1, 100);
}

/** A pipe cannot take anything back: a rewritten answer is given whole once more. */
function openTape(output: Terminal): Sheet {
  let written = '';
  const show = (text: string) => {
    if (!text.startsWith(written)) {
      output.write('\n\n');
      written = '';
    }
    output.write(text.slice(written.length));
    written = text;
  };
  return {
    show,
    end(text) {
      show(text);
      output.write('\n');
    },
  };
}
