/** How wide text is in a monospace font: Chinese, Japanese, Korean and emoji take two cells (Unicode UAX #11). */
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE4F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}|[\u{20000}-\u{3FFFD}]/u;

/** Cells that the text takes. */
export function width(text: string): number {
  let cells = 0;
  for (const { segment } of graphemes.segment(text)) cells += wide.test(segment) ? 2 : 1;
  return cells;
}

/** Fills `text` up to `cells` on the side that the column's alignment leaves free. */
export function pad(text: string, cells: number, align: 'left' | 'right' | 'center' | null | undefined): string {
  const free = Math.max(0, cells - width(text));
  if (align === 'right') return ' '.repeat(free) + text;
  if (align === 'center') return ' '.repeat(Math.floor(free / 2)) + text + ' '.repeat(Math.ceil(free / 2));
  return text + ' '.repeat(free);
}

/** Code as Telegram keeps its indents: its server makes one space of a tab (tdlib misc.cpp, clean_input_string). */
export function withoutTabs(code: string): string {
  return code.replaceAll('\t', '    ');
}
