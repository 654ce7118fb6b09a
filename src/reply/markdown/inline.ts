/** Markup inside a paragraph that is still being written. */

export interface InlineRepair {
  /** Offset from which the text must be held back. */
  readonly cut?: number;
  /** What must be appended to close what is open. */
  readonly closers: string;
  /** What a text that goes on behind the closers must begin with. */
  readonly openers: string;
}

/** Longest a bracket, tag or address may be held back; beyond that it is taken for plain text. */
const HOLD = 300;

/** How a formula that was closed is opened again. */
const VERBATIM_OPENERS: Readonly<Record<string, string>> = { '\\)': '\\(', '\\]': '\\[', '\n\\]': '\\[\n' };

interface Opener {
  readonly mark: string;
  length: number;
}

interface Scan {
  readonly text: string;
  at: number;
  readonly openers: Opener[];
  readonly brackets: number[];
  /** A code span or formula that has begun and not ended: nothing behind it is markup. */
  verbatim?: string;
  cut?: number;
}

/** Looks at the paragraph that begins at `from` and runs to the end of `text`. */
export function repairInline(text: string, from: number): InlineRepair {
  const scan: Scan = { text, at: from, openers: [], brackets: [] };
  while (scan.at < text.length && scan.cut === undefined && scan.verbatim === undefined) step(scan);
  const bracket = scan.brackets.find((at) => text.length - at < HOLD);
  const cut = scan.cut ?? (scan.verbatim === undefined ? bracket : marksAtEnd(text));
  if (cut !== undefined) return { cut, closers: '', openers: '' };
  const openers = scan.openers.map((opener) => opener.mark.repeat(opener.length));
  const verbatim = scan.verbatim ?? '';
  return {
    closers: verbatim + openers.toReversed().join(''),
    openers: openers.join('') + (VERBATIM_OPENERS[verbatim] ?? verbatim),
  };
}

/** Marks at the end of an open code span or formula would grow together with those that close it. */
function marksAtEnd(text: string): number | undefined {
  return /[`$]+\s*$/.exec(text)?.index;
}

function step(scan: Scan): void {
  const mark = scan.text.charAt(scan.at);
  if (mark === '\\') backslash(scan);
  else if (mark === '`') span(scan, '`');
  else if (mark === '$') span(scan, '$');
  else if (mark === '<') tag(scan);
  else if (mark === '[') bracket(scan);
  else if (mark === ']') link(scan);
  else if (mark === '*' || mark === '_' || mark === '~') emphasis(scan, mark);
  else scan.at++;
}

function run(text: string, at: number, mark: string): number {
  let end = at;
  while (text.charAt(end) === mark) end++;
  return end - at;
}

/** A backslash takes the next character's meaning away; `\(` and `\[` begin a formula. */
function backslash(scan: Scan): void {
  const next = scan.text.charAt(scan.at + 1);
  const close = next === '(' ? '\\)' : next === '[' ? '\\]' : undefined;
  const end = close ? scan.text.indexOf(close, scan.at + 2) : -1;
  if (close && end < 0 && scan.text.length - scan.at < HOLD) {
    if (scan.text.slice(scan.at + 2).trim() === '') scan.cut = scan.at;
    else scan.verbatim = scan.text.charAt(scan.at + 2) === '\n' ? `\n${close}` : close;
  }
  scan.at = end < 0 ? scan.at + 2 : end + 2;
}

/** Code between backticks or a formula between dollars. A dollar before a digit or a space is money until a partner shows up. */
function span(scan: Scan, mark: '`' | '$'): void {
  const length = run(scan.text, scan.at, mark);
  const inside = scan.at + length;
  let end = scan.text.indexOf(mark, inside);
  while (end >= 0 && run(scan.text, end, mark) !== length)
    end = scan.text.indexOf(mark, end + run(scan.text, end, mark));
  if (end >= 0) scan.at = end + length;
  else if (mark === '$' && length === 1 && /[\d\s]/.test(scan.text.charAt(inside))) scan.at = inside;
  else if (scan.text.slice(inside).trim() === '') scan.cut = scan.at;
  else scan.verbatim = mark.repeat(length);
}

function tag(scan: Scan): void {
  const rest = scan.text.slice(scan.at, scan.at + HOLD);
  const whole = /^<(?:!--[\s\S]*?-->|[a-zA-Z/!?][^<>\n]*>)/.exec(rest);
  if (whole) scan.at += whole[0].length;
  else if (/^<(?:$|!--|[a-zA-Z/!?][^<>\n]*$)/.test(rest) && scan.text.length - scan.at < HOLD) scan.cut = scan.at;
  else scan.at++;
}

function bracket(scan: Scan): void {
  scan.brackets.push(scan.text.charAt(scan.at - 1) === '!' ? scan.at - 1 : scan.at);
  scan.at++;
}

/** The end of a link's text: its address must be whole, and what may still get an address waits for the next character. */
function link(scan: Scan): void {
  const open = scan.brackets.pop();
  const next = scan.text.charAt(scan.at + 1);
  scan.at++;
  if (open === undefined) return;
  if (next === '') scan.cut = outermost(scan, open);
  else if (next === '(') address(scan, open);
}

function outermost(scan: Scan, open: number): number {
  return scan.brackets[0] ?? open;
}

function address(scan: Scan, open: number): void {
  let depth = 0;
  for (let at = scan.at; at < scan.text.length; at++) {
    const mark = scan.text.charAt(at);
    if (mark === '\\') at++;
    else if (mark === '(') depth++;
    else if (mark === ')' && --depth === 0) {
      scan.at = at + 1;
      return;
    } else if (mark === '\n') return;
  }
  if (scan.text.length - scan.at < HOLD * 4) scan.cut = outermost(scan, open);
}

/** CommonMark's delimiter runs: https://spec.commonmark.org/0.31.2/#delimiter-run, with wide punctuation as in `markdown.ts`. */
function emphasis(scan: Scan, mark: string): void {
  const length = run(scan.text, scan.at, mark);
  const before = scan.text.charAt(scan.at - 1);
  const after = scan.text.charAt(scan.at + length);
  scan.at += length;
  if (mark === '~' && length > 2) return;
  const opens = flanks(after, before);
  const closes = flanks(before, after);
  let left = length;
  if (closes && !(mark === '_' && opens && isWord(after))) left = close(scan.openers, mark, length);
  const wordInside = isWord(before) && (mark === '_' || (mark === '*' && left === 1));
  if (left > 0 && opens && !wordInside) scan.openers.push({ mark, length: left });
}

function close(openers: Opener[], mark: string, length: number): number {
  let left = length;
  while (left > 0) {
    const index = openers.findLastIndex((opener) => opener.mark === mark && (mark !== '~' || opener.length === left));
    const opener = openers[index];
    if (!opener) break;
    const used = Math.min(opener.length, left);
    openers.splice(index + 1);
    opener.length -= used;
    left -= used;
    if (opener.length === 0) openers.pop();
  }
  return left;
}

/** Whether a run stands against `inner`: no space there, and punctuation only when the other side is not a letter either. */
function flanks(inner: string, outer: string): boolean {
  if (inner === '' || /\s/.test(inner)) return false;
  return !isPunctuation(inner) || outer === '' || /\s/.test(outer) || isPunctuation(outer) || isWide(inner);
}

function isPunctuation(character: string): boolean {
  return /[\p{P}\p{S}]/u.test(character);
}

function isWide(character: string): boolean {
  return character.charCodeAt(0) > 0x7f;
}

function isWord(character: string): boolean {
  return /[\da-zA-Z]/.test(character);
}
