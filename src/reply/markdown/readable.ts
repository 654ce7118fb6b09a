/** Formulas as people write them in a chat: `x₁ = (−b + √(b² − 4ac))/(2a)`. For places that draw no TeX. */
import temml from 'temml';
import { drawAccent, drawScript } from './scripts.ts';

/** A node of Temml's MathML (https://www.w3.org/TR/mathml-core/); a text has no type, a fragment neither type nor text. */
interface Node {
  readonly type?: string;
  readonly text?: string;
  readonly classes?: readonly string[];
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children?: readonly Node[];
}

/** `isFraction`: needs brackets where something stands right beside it. */
interface Drawn {
  readonly text: string;
  readonly isFraction?: boolean;
}

/** Its types name the module one level too deep. */
const { __renderToMathMLTree: parse } = temml as unknown as typeof temml.default;
const longest = 2_000;
const LARGE = /^[∑∏∐∫∬∭∮⋃⋂⨁⨂]$/u;
/** Signs that stand close to what they belong to. */
const CLOSE = /^[!/′″°∘%…⋯⋮∂∇∀∃¬∠|‖∥∞\\:]$/u;
const BESIDE_BEFORE = /[\p{L}\p{N}\p{M})\]}′!°]$/u;
const BESIDE_BEHIND = /^[\p{L}\p{N}√∑∏∫([{⟨]/u;
/** What is small behind a sign, or above it. */
const MARKS = String.raw`[\p{M}\p{No}\p{Lm}′°]*`;
/** One sign or number, a Chinese word, a differential; or something in brackets. */
const ONE = new RegExp(String.raw`^(?:[d∂]?\p{L}|\p{Nd}+(?:[.,]\p{Nd}+)*|\p{Script=Han}+|\([^()]*\))${MARKS}$`, 'u');
/** Factors, some of them in brackets or under a root: above a fraction line they need no more of those. */
const PRODUCT = /^−?(?:[\p{L}\p{N}\p{M}′°√∂^_]|\([^()]*\))+$/u;

/** What cannot be written in lines: matrices, cases, braces over terms. */
class Unreadable extends Error {}

/** Lines of text, one where the formula stands in a line; `undefined` where only TeX or a drawing shows what is meant. */
export function readable(tex: string, isInLine: boolean): string | undefined {
  if (tex.length > longest) return undefined;
  try {
    const options = { displayMode: !isInLine, throwOnError: true, trust: false, maxExpand: 200 };
    const root = parse(tex, options) as Node;
    const lines = rowsOf(root).map((cells) => tidy(row(cells).text));
    const isEmpty = lines.every((line) => line === '');
    return isEmpty || (isInLine && lines.length > 1) ? undefined : lines.join('\n');
  } catch {
    return undefined;
  }
}

/** Equations below each other are lines, everything else is one. */
function rowsOf(root: Node): (readonly Node[])[] {
  let only: Node | undefined = root;
  while (only?.type !== 'mtable' && only?.children?.length === 1) only = only.children[0];
  if (only?.type !== 'mtable') return [[root]];
  const rows = (only.children ?? []).map((line) => (line.children ?? []).flatMap((cell) => cell.children ?? []));
  const isOne = rows.length === 1 && rows[0]?.filter((cell) => draw(cell).text !== '').length === 1;
  return isOne || only.classes?.includes('tml-jot') ? rows : [[root]];
}

function tidy(text: string): string {
  return text
    .replace(/[ \u00a0]+/g, ' ')
    .replace(/([([{]) /g, '$1')
    .replace(/ ([)\]},;])/g, '$1')
    .trim();
}

function row(nodes: readonly Node[]): Drawn {
  const drawn = nodes.map(draw).filter(({ text }) => text !== '');
  const [only] = drawn;
  if (only && drawn.length === 1) return only;
  let text = '';
  for (const [index, piece] of drawn.entries()) {
    const behind = drawn[index + 1]?.text ?? '';
    const isTouched = BESIDE_BEFORE.test(text) || BESIDE_BEHIND.test(behind);
    text += piece.isFraction && isTouched ? `(${piece.text})` : piece.text;
  }
  return { text };
}

function draw(node: Node): Drawn {
  const children = node.children ?? [];
  const [first, second, third] = children;
  switch (node.type) {
    case undefined:
      return node.text === undefined ? row(children) : { text: node.text };
    case 'math':
    case 'mrow':
    case 'mstyle':
    case 'mpadded':
      return row(children);
    case 'mi': {
      const { text } = row(children);
      return { text: /^\p{L}{2,}$/u.test(text) ? ` ${text}` : text };
    }
    case 'mn':
    case 'mtext':
      return row(children);
    case 'mo':
      return { text: operator(row(children).text, node.attributes ?? {}) };
    case 'mspace':
      return { text: Number.parseFloat(node.attributes?.width ?? '') > 0 ? ' ' : '' };
    case 'mfrac':
      if (node.attributes?.linethickness) throw new Unreadable();
      return { text: `${operand(first, true)}/${operand(second)}`, isFraction: true };
    case 'msqrt':
      return { text: `√${operand({ children })}` };
    case 'mroot':
      return { text: `${rootSign(textOf(second))}${operand(first)}` };
    case 'msup':
      return scripted(first, undefined, second);
    case 'msub':
      return scripted(first, second, undefined);
    case 'msubsup':
    case 'munderover':
      return scripted(first, second, third);
    case 'munder':
      return isMark(second) ? accented(first, textOf(second)) : scripted(first, second, undefined);
    case 'mover':
      return isMark(second) ? accented(first, textOf(second)) : scripted(first, undefined, second);
    case 'menclose':
      if (node.attributes?.notation !== 'top') throw new Unreadable();
      return { text: [...textOf({ children })].map((letter) => drawAccent(letter, '‾')).join('') };
    default:
      throw new Unreadable();
  }
}

function textOf(node: Node | undefined): string {
  return node ? tidy(draw(node).text) : '';
}

function operator(sign: string, { form, fence, separator, lspace }: Readonly<Record<string, string>>): string {
  if (sign === '\u2061' || sign === '\u2062') return '';
  if (separator) return `${sign} `;
  if (LARGE.test(sign)) return `${sign} `;
  const isSpaced = lspace !== undefined && Number.parseFloat(lspace) > 0;
  if (form || fence || (!isSpaced && (CLOSE.test(sign) || lspace !== undefined))) return sign;
  return ` ${sign} `;
}

/** In brackets where its parts would read as parts of what is around it. */
function operand(node: Node | undefined, isAbove = false): string {
  const text = textOf(node);
  return ONE.test(text.replace(/^√/, '')) || (isAbove && PRODUCT.test(text)) ? text : `(${text})`;
}

function rootSign(degree: string): string {
  if (degree === '3') return '∛';
  if (degree === '4') return '∜';
  return `${drawScript(degree, 'above') ?? `(${degree})`}√`;
}

function scripted(base: Node | undefined, below: Node | undefined, above: Node | undefined): Drawn {
  const word = base ? draw(base).text : '';
  const bare = tidy(word);
  const isLarge = LARGE.test(bare);
  const isSign = bare.length <= 1 || /^\p{L}+$|[^|]\|$/u.test(bare) || ONE.test(bare);
  const scripts = script(below, 'below') + script(above, 'above');
  return { text: `${word.startsWith(' ') ? ' ' : ''}${isSign ? bare : `(${bare})`}${scripts}${isLarge ? ' ' : ''}` };
}

function script(node: Node | undefined, where: 'above' | 'below'): string {
  const text = textOf(node);
  if (text === '') return '';
  const drawn = drawScript(text.replaceAll(' ', ''), where);
  if (drawn !== undefined) return drawn;
  return `${where === 'above' ? '^' : '_'}${[...text].length === 1 ? text : `(${text})`}`;
}

function isMark(node: Node | undefined): boolean {
  return node?.type === 'mo';
}

function accented(base: Node | undefined, mark: string): Drawn {
  const letter = textOf(base);
  const drawn = [...letter].length === 1 ? drawAccent(letter, mark) : undefined;
  if (drawn === undefined) throw new Unreadable();
  return { text: drawn };
}
