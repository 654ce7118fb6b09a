/** Pieces of a formula in one line of text, side by side, so that each still reads as itself. */

export interface Drawn {
  readonly text: string;
  /** A fraction in one line, which what stands beside it could be read as a part of. */
  readonly isFraction?: boolean;
}

/** Invisible: what stands before is a function of what stands behind. */
export const APPLIED = '\u2061';
/** A function whose argument ends with the next sign; what limits and the like are taken of goes on. */
const FUNCTION = /(?<!\b(?:lim|max|min|sup|inf)[^\u2061]*)\u2061 ?$/;
const BESIDE_BEFORE = /[\p{L}\p{N}\p{M})\]}′!°∂∇]$/u;
const BESIDE_BEHIND = /^(?:[\p{L}\p{N}√∛∜∑∏∐∫∬∭∮([{⟨⌊⌈‖∂∇∞!%]|\|.*\|$)/u;
const FUNCTION_BEHIND = /^ ?\p{L}[^ ]*\u2061/u;
const DIVIDED = /[/÷] ?$/;
/** A whole number, with nothing before it that it would be a part of. */
const WHOLE = /(?<![\p{L}\p{N}\p{M}.,^_)√∛∜])\p{Nd}+$/u;
const PARTS_OF_ONE = /^\p{Nd}+\/\p{Nd}+$/u;
/** A root of one sign: what came right behind would read as under it. */
const BARE_ROOT = /(?:(?<![\p{L}\p{N}\p{M})\]⁺⁻])[\p{Lm}\p{No}⁺⁻]+)?[√∛∜]+[^\s()/√∛∜]+$/u;
const ROOT_WITH_DEGREE = /^[\p{Lm}\p{No}⁺⁻]+√/u;
/** What would read as the degree of a root right behind. */
const SMALL = /[\p{Lm}\p{No}⁺⁻⁼⁽⁾]$/u;
/** A sign above or below that has no small form. */
const LOOSE_SCRIPT = /(?:[\^_][^\s()]|\S\*)$/u;

/** In brackets, or apart, is what would read as something else beside its neighbours. */
export function joined(pieces: readonly Drawn[]): Drawn {
  const [only] = pieces;
  if (only && pieces.length === 1) return only;
  let text = '';
  for (const [index, piece] of pieces.entries()) text = beside(text, piece, pieces.slice(index + 1, index + 4));
  return { text };
}

function beside(text: string, { text: piece, isFraction }: Drawn, behind: readonly Drawn[]): string {
  if (isFraction) {
    const isTouched = isBefore(behind) || opensBars(text, behind);
    if (FUNCTION.test(text)) return `${text.trimEnd()}(${piece})`;
    if (!isTouched && WHOLE.test(text) && PARTS_OF_ONE.test(piece)) return `${text} ${piece}`;
    const needs = isTouched || BESIDE_BEFORE.test(text) || DIVIDED.test(text);
    return closed(text, '(') + (needs ? `(${piece})` : piece);
  }
  if (ROOT_WITH_DEGREE.test(piece) && (BESIDE_BEFORE.test(text) || SMALL.test(text)))
    return `${closed(text, '(')}(${piece})`;
  return closed(text, piece) + piece;
}

/** What ends with a root or a script of its own, before `behind`, which is no part of that. */
function closed(text: string, behind: string): string {
  if (!/^[\p{L}\p{N}√∛∜([{⟨]/u.test(behind)) return text;
  if (LOOSE_SCRIPT.test(text) && !(behind.startsWith('(') && /_.$/u.test(text))) return `${text} `;
  if (SMALL.test(text) && /^[√∛∜]/.test(behind)) return `${text} `;
  return text.replace(BARE_ROOT, '($&)');
}

/** Whether what follows would read as a part of what is below a fraction line. */
function isBefore([next, after]: readonly Drawn[]): boolean {
  if (!next || next.isFraction) return next !== undefined;
  return BESIDE_BEHIND.test(next.text) || FUNCTION_BEHIND.test(next.text + (after?.text ?? ''));
}

/** Whether the bar that follows begins `|x|` and does not end one. */
function opensBars(text: string, [next, after]: readonly Drawn[]): boolean {
  return next?.text === '|' && after !== undefined && text.split('|').length % 2 === 1;
}
