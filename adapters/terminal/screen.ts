/** Redraws an answer in place: only the lines that changed are written again, and only those that are still on the screen. */

export interface Terminal {
  write(text: string): unknown;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface Region {
  /** Shows these lines in the place of the ones before. */
  show(lines: readonly string[]): void;
  /** Leaves the cursor at the beginning of the line below. */
  end(): void;
}

/** A region that begins where the cursor is now, at the beginning of a line. */
export function openRegion(terminal: Terminal): Region {
  let shown: readonly string[] = [];
  return {
    show(lines) {
      const reach = Math.max(0, shown.length - ((terminal.rows ?? 24) - 1));
      // What has scrolled out cannot be drawn again; it stays as it was.
      const from = Math.max(firstDifference(shown, lines), reach);
      if (from === lines.length && lines.length === shown.length) return;
      const up = shown.length - from;
      const back = up > 0 ? `\x1b[${up}A` : '';
      terminal.write(
        `${back}\r\x1b[J${lines
          .slice(from)
          .map((line) => `${line}\r\n`)
          .join('')}`,
      );
      shown = lines;
    },
    end() {
      shown = [];
    },
  };
}

function firstDifference(a: readonly string[], b: readonly string[]): number {
  let index = 0;
  while (index < Math.min(a.length, b.length) && a[index] === b[index]) index++;
  return index;
}
