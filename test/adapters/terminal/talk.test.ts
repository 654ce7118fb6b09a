/** A person at a terminal: what is typed, and what stands on the screen. */
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openCatalog } from '#core/bots/catalog.ts';
import { talk } from '../../../adapters/terminal/talk.ts';
import { type Asked, type Script, scriptedEngine, silentLog, speak } from '../http/site.ts';

const ctrlC = '\x03';

async function sit(script: Script = {}) {
  const catalog = await openCatalog({ dir: 'bots', log: silentLog, watch: false });
  const [input, output] = [new PassThrough(), Object.assign(new PassThrough(), { columns: 60, rows: 24 })];
  const asked: Asked[] = [];
  let screen = '';
  const drawn = new EventTarget();
  output.on('data', (chunk) => {
    screen += chunk;
    drawn.dispatchEvent(new Event('drawn'));
  });
  const engine = scriptedEngine(script, (question) => asked.push(question));
  const left = talk({ engine, catalog, input, output, interactive: true, language: 'en', preface: 'Local service.' });
  const text = () => stripVTControlCharacters(screen);
  return {
    asked,
    text,
    raw: () => screen,
    narrow: (columns: number) => {
      output.columns = columns;
      output.emit('resize');
    },
    left,
    type: (keys: string) => input.write(keys),
    shows: async (words: string) => {
      while (!text().includes(words))
        await new Promise((resolve) => drawn.addEventListener('drawn', resolve, { once: true }));
    },
  };
}

describe('the terminal', () => {
  it('greets with the bot, says how to leave, and leaves at :q', async () => {
    const person = await sit();
    await person.shows('/help lists the commands');
    expect(person.text()).toContain('Local service.');
    person.type(':q\r');
    await person.left;
    expect(person.text()).toContain('Goodbye.');
  });

  it('shows the answer drawn, and follows a suggestion by its number', async () => {
    const person = await sit({
      answer: ({ incoming }) => [
        { type: 'delta', text: `**You** said ${incoming.text}.` },
        { type: 'suggest', text: 'Why?' },
        { type: 'done', finish: 'stop' },
      ],
    });
    person.type('hello\r');
    await person.shows('1. Why?');
    expect(person.text()).toContain('You said hello.');
    person.type('1\r');
    await person.shows('You said Why?.');
    person.type(':q\r');
    await person.left;
  });

  it('stops a running answer at Ctrl-C, keeps what was typed meanwhile, and leaves at the next', async () => {
    const person = await sit({ answer: untilStopped });
    person.type('hello\r');
    await person.shows('Wait');
    person.type('typed early');
    person.type(ctrlC);
    await person.shows('Stopped.');
    expect(person.asked[0]?.signal.aborted).toBe(true);
    await person.shows('› typed early');
    person.type(ctrlC);
    await person.left;
  });

  it('shows a question that was entered during an answer, above the answer to it', async () => {
    const person = await sit({
      answer: (asked) => (asked.incoming.text === 'one' ? untilStopped(asked) : speak('Second.')),
    });
    person.type('one\r');
    await person.shows('Wait');
    person.type(`two\r${ctrlC}`);
    await person.shows('Second.');
    person.type(':q\r');
    await person.left;
    expect(person.text()).toMatch(/Stopped\.\s+› (\r› )?two\r\n/);
  });

  it('goes to the beginning of a line that a narrower window has broken', async () => {
    const person = await sit();
    await person.shows('›');
    person.type('x'.repeat(50));
    await person.shows('x'.repeat(50));
    person.narrow(20);
    const home = '\x01';
    person.type(home);
    person.type('y');
    await person.shows(`› y${'x'.repeat(50)}`);
    expect(person.raw()).toContain('\x1b[2A');
    person.type(ctrlC);
    await person.left;
  });

  it('takes lines that are pasted together as one question, sent by the Enter after it', async () => {
    const person = await sit();
    await person.shows('›');
    person.type('What is\x1b[200~this?\r\rlet a;\x1b[201~ And');
    await person.shows('let a; And');
    expect(person.asked).toEqual([]);
    person.type(' why?\r');
    await person.shows('Hello world');
    expect(person.asked.map(({ incoming }) => incoming.text)).toEqual(['What isthis?\n\nlet a; And why?']);
    person.type(':q\r');
    await person.left;
    expect(person.raw().indexOf('\x1b[?2004l')).toBeGreaterThan(person.raw().indexOf('\x1b[?2004h'));
  });

  it('offers the buttons of a command by number', async () => {
    const lines: string[] = [];
    const person = await sit({
      command: (line) => {
        lines.push(line);
        return { text: 'Choose.', buttons: [{ label: 'Bo', command: 'bot bo' }] };
      },
    });
    person.type('/bot\r');
    await person.shows('1. Bo');
    person.type('1\r:q\r');
    await person.left;
    expect(lines).toEqual(['bot', 'bot bo']);
  });

  it('says what failed and goes on', async () => {
    let count = 0;
    const person = await sit({
      answer: () => {
        count += 1;
        if (count === 1) throw new Error('secret');
        return speak('Fine.');
      },
    });
    person.type('one\r');
    await person.shows('Something failed inside');
    person.type('two\r');
    await person.shows('Fine.');
    person.type(':q\r');
    await person.left;
    expect(person.text()).not.toContain('secret');
  });
});

async function* untilStopped({ signal }: Asked) {
  yield { type: 'delta' as const, text: 'Wait' };
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  throw signal.reason;
}
