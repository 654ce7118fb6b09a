/** Text in columns: how wide characters are on a terminal, and where a line may break. */

/** A run of text in one style; `style` is the SGR parameters, e.g. `1;36`, or empty. */
export interface Span {
  readonly text: string;
  readonly style: string;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** East Asian wide and full-width characters, and pictures. https://www.unicode.org/reports/tr11/ */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|^\p{Emoji_Presentation}|^[\u{20000}-\u{3fffd}]|\ufe0f/u;
const invisible = /^[\p{Cc}\p{Cf}\p{Mn}]+$/u;

/** Columns that a text takes. */
export function widthOf(text: string): number {
  let columns = 0;
  for (const { segment } of segmenter.segment(text)) columns += columnsOf(segment);
  return columns;
}

function columnsOf(grapheme: string): number {
  if (invisible.test(grapheme)) return 0;
  return wide.test(grapheme) ? 2 : 1;
}

/** What a terminal would obey must not come from an answer: only tabs (as spaces) and printable text get through. */
export function printable(text: string): string {
  return text.replaceAll('\t', '    ').replace(/(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '');
}

export function paint({ text, style }: Span): string {
  return style && text ? `\x1b[${style}m${text}\x1b[0m` : text;
}

/** Breaks spans into lines of at most `width` columns: at spaces, between wide characters, else anywhere. `\n` always breaks. */
export function wrap(spans: readonly Span[], width: number): string[] {
  const lines: Span[][] = [[]];
  let column = 0;
  const breakLine = () => {
    const last = lines.at(-1);
    while (last?.at(-1)?.text === ' ') last.pop();
    lines.push([]);
    column = 0;
  };
  for (const { text, style } of spans) {
    for (const piece of piecesOf(printable(text))) {
      if (piece === '\n') {
        breakLine();
        continue;
      }
      const isSpace = piece === ' ';
      if (isSpace && column === 0 && lines.length > 1) continue;
      if (column + widthOf(piece) > width && column > 0) breakLine();
      if (isSpace && column === 0) continue;
      for (const part of widthOf(piece) > width ? cut(piece, width) : [piece]) {
        if (column + widthOf(part) > width && column > 0) breakLine();
        lines.at(-1)?.push({ text: part, style });
        column += widthOf(part);
      }
    }
  }
  return lines.map((line) => merged(line).map(paint).join(''));
}

/** Words, single spaces, line ends and single wide characters: what may not be broken further. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let word = '';
  const end = () => {
    if (word) pieces.push(word);
    word = '';
  };
  for (const { segment } of segmenter.segment(text)) {
    if (segment === ' ' || segment === '\n' || columnsOf(segment) === 2) {
      end();
      pieces.push(segment);
    } else word += segment;
  }
  end();
  return pieces;
}

function cut(piece: string, width: number): string[] {
  const parts = [''];
  for (const { segment } of segmenter.segment(piece)) {
    const last = parts.at(-1) ?? '';
    if (widthOf(last + segment) > width) parts.push(segment);
    else parts[parts.length - 1] = last + segment;
  }
  return parts;
}

function merged(line: readonly Span[]): Span[] {
  const runs: Span[] = [];
  for (const span of line) {
    const last = runs.at(-1);
    if (last?.style === span.style) runs[runs.length - 1] = { text: last.text + span.text, style: span.style };
    else runs.push(span);
  }
  return runs;
}
