/** The conversation on a terminal: one line, one answer, until `:q` or the end of the input. */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Catalog } from '#core/bots/catalog.ts';
import { failureText, isRefusal } from '#core/conversation/failure.ts';
import type { Engine } from '#core/engine.ts';
import { isRealCozeError } from '#core/errors.ts';
import type { Button, Incoming, Language } from '#core/message.ts';
import { showAnswer, showNotice, type View } from './answer.ts';
import { entered } from './lines.ts';
import type { Terminal } from './screen.ts';
import { wordsIn } from './words.ts';
import { paint } from './wrap.ts';

export interface TalkOptions {
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream & Terminal;
  /** True for a terminal with a person in front of it, false for pipes. */
  readonly interactive: boolean;
  readonly language: Language;
  /** Said once at the beginning, e.g. that no account is connected. */
  readonly preface?: string | undefined;
}

/**
 * Talks until the person leaves. A running answer is stopped by Ctrl-C; when none runs, Ctrl-C leaves.
 * Resolves to false when an answer failed that no person saw fail, i.e. in a pipe.
 */
export async function talk(options: TalkOptions): Promise<boolean> {
  const { interactive, language, output, input } = options;
  const view: View = { output, interactive, words: wordsIn(language) };
  const echo = createEcho(output);
  const lines = createInterface({
    input,
    output: interactive ? echo : undefined,
    terminal: interactive,
    prompt: promptText,
  });
  const turn = createTurn(options, view);
  if (interactive) greet(options, view);
  lines.on('SIGINT', () => {
    if (!turn.stop()) lines.close();
  });
  let complete = true;
  for await (const line of interactive ? entered({ lines, input, output, isSeen: () => !echo.muted }) : lines) {
    const words = line.trim();
    if (words === ':q') break;
    if (words === '') continue;
    echo.muted = true;
    const answered = await turn.take(words);
    complete &&= answered || interactive;
    echo.muted = false;
  }
  lines.close();
  if (interactive) output.write(`${view.words.goodbye}\r\n`);
  return complete;
}

const promptText = paint({ text: '› ', style: '1;36' });

/** Where readline echoes what is typed; silent while an answer is drawn, so that they do not mix. */
function createEcho(output: NodeJS.WritableStream & Terminal) {
  const echo = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        if (!echo.muted) output.write(chunk);
        done();
      },
    }),
    { muted: false },
  );
  // Readline asks for them with each key: a window that was made narrower breaks the line elsewhere.
  Object.defineProperties(echo, { columns: { get: () => output.columns }, rows: { get: () => output.rows } });
  output.on('resize', () => echo.emit('resize'));
  return echo;
}

function greet({ catalog, preface }: TalkOptions, view: View): void {
  const bot = catalog.default();
  const name = bot?.bridge.name ?? bot?.name;
  showNotice(
    [name && `**${name}**`, bot?.bridge.prologue, preface, view.words.hint].filter(Boolean).join('\n\n'),
    view,
  );
  view.output.write('\r\n');
}

function createTurn({ engine, language }: TalkOptions, view: View) {
  let running: AbortController | undefined;
  /** What the numbers under the last answer stand for. */
  let offered: readonly string[] = [];

  const offer = (choices: readonly { label: string; line: string }[]) => {
    offered = choices.map(({ line }) => line);
    if (choices.length === 0 || !view.interactive) return;
    view.output.write('\r\n');
    showNotice(choices.map(({ label }, index) => `${index + 1}\\. ${label}  `).join('\n'), view);
  };
  const answer = async (text: string) => {
    const incoming = incomingFrom(text, language);
    const notice = text.startsWith('/') ? await engine.command(text.slice(1), incoming) : undefined;
    if (notice) {
      showNotice(notice.text, view);
      if (notice.file) showNotice(`\`\`\`\n${new TextDecoder().decode(notice.file.bytes)}\n\`\`\``, view);
      return offer((notice.buttons ?? []).map(choiceOf));
    }
    running = new AbortController();
    const suggestions = await showAnswer(engine.answer(incoming, running.signal), view);
    offer(suggestions.map((label) => ({ label, line: label })));
  };
  return {
    /** False when nothing ran. */
    stop(): boolean {
      running?.abort();
      return running !== undefined;
    },
    /** False when it failed; why is shown. */
    async take(words: string): Promise<boolean> {
      const text = (view.interactive && offered[Number(words) - 1]) || words;
      offered = [];
      let answered = true;
      try {
        await answer(text);
      } catch (error) {
        answered = false;
        const sentence = running?.signal.aborted
          ? `\n*${view.words.stopped}*`
          : `**!** ${whyNot(error, language, view)}`;
        showNotice(sentence, view);
      } finally {
        running = undefined;
      }
      view.output.write(view.interactive ? '\r\n' : '\n');
      return answered;
    },
  };
}

/** The English sentence of a failure tells the owner which setting or host it is about. */
function whyNot(error: unknown, language: Language, { words }: View): string {
  if (!isRealCozeError(error)) return words.failed;
  if (language === 'en' || isRefusal(error)) return error.message;
  return `${failureText(error, language)}（${error.message}）`;
}

function choiceOf({ label, command }: Button): { label: string; line: string } {
  return { label, line: command.startsWith('ask ') ? command.slice('ask '.length) : `/${command}` };
}

/** One conversation for all runs on this machine: it goes on where it ended. */
function incomingFrom(text: string, language: Language): Incoming {
  return {
    id: randomUUID(),
    place: { platform: 'terminal', account: 'terminal', levels: [{ kind: 'channel', id: 'terminal' }], direct: true },
    author: { id: 'owner', name: '', moderator: true },
    text,
    attachments: [],
    language,
    at: Date.now(),
  };
}
