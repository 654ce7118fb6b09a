/** What stands on the screen after an answer was redrawn in place. */
import { describe, expect, it } from 'vitest';
import { openRegion } from '../../../adapters/terminal/screen.ts';

/** A terminal that obeys the few sequences a region sends, with everything that has scrolled out kept above. */
function fakeTerminal(rows: number) {
  const lines: string[] = [''];
  let row = 0;
  const obey = (token: string) => {
    const up = /^\p{Cc}\[(\d+)A$/u.exec(token);
    if (up) row = Math.max(row - Number(up[1]), Math.max(0, lines.length - rows));
    else if (token === '\x1b[J') lines.splice(row, lines.length, '');
    else if (token === '\n') lines[++row] ??= '';
    else if (token !== '\r') lines[row] += token;
  };
  return {
    rows,
    columns: 40,
    writes: [] as string[],
    write(text: string) {
      this.writes.push(text);
      for (const token of text.match(/\p{Cc}\[\d*[A-Z]|[\r\n]|\P{Cc}+/gu) ?? []) obey(token);
    },
    all: () => lines.slice(0, -1),
  };
}

describe('a region of the screen', () => {
  it('shows the newest lines in the place of the old ones', () => {
    const terminal = fakeTerminal(10);
    const region = openRegion(terminal);
    region.show(['On']);
    region.show(['One', 'two']);
    region.show(['One', 'three', 'four']);
    region.show(['Uno']);
    expect(terminal.all()).toEqual(['Uno']);
  });

  it('writes only what changed', () => {
    const terminal = fakeTerminal(10);
    const region = openRegion(terminal);
    region.show(['a', 'b', 'c']);
    region.show(['a', 'b', 'cc']);
    expect(terminal.writes[1]).toBe('\x1b[1A\r\x1b[Jcc\r\n');
    region.show(['a', 'b', 'cc']);
    expect(terminal.writes).toHaveLength(2);
  });

  it('lets a long answer scroll without repeating a line', () => {
    const terminal = fakeTerminal(5);
    const region = openRegion(terminal);
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    for (let count = 1; count <= 30; count++) {
      region.show([...lines.slice(0, count - 1), `line`]);
      region.show(lines.slice(0, count));
    }
    expect(terminal.all()).toEqual(lines);
  });

  it('cannot change what has scrolled out, and does not try', () => {
    const terminal = fakeTerminal(4);
    const region = openRegion(terminal);
    region.show(['a', 'b', 'c', 'd', 'e', 'f']);
    region.show(['A', 'b', 'c', 'd', 'e', 'F']);
    expect(terminal.all()).toEqual(['a', 'b', 'c', 'd', 'e', 'F']);
  });
});
