/** Formulas as people write them in a chat: `x₁ = (−b + √(b² − 4ac))/(2a)`. For places that draw no TeX. */
import temml from 'temml';
import { APPLIED, type Drawn, joined } from './beside.ts';
import { drawAccent, drawScript } from './scripts.ts';

/** A node of Temml's MathML (https://www.w3.org/TR/mathml-core/); a text has no type, a fragment neither type nor text. */
interface Node {
  readonly type?: string;
  readonly text?: string;
  readonly classes?: readonly string[];
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children?: readonly Node[];
}

/** Its types name the module one level too deep. */
const { __renderToMathMLTree: parse } = temml as unknown as typeof temml.default;
const longest = 2_000;
const LARGE = /^[∑∏∐∫∬∭∮⋃⋂⨁⨂]$/u;
/** Between the equations of one line. */
const GAP = '\u2003';
/** Signs that stand close to what they belong to. */
const CLOSE = /^[!/′″°∘%…⋯⋮∂∇∀∃¬∠|‖∥∞\\:]$/u;
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
    // Where a line may break is told by the same empty sign as where it must.
    const macros = { '\\allowbreak': '', '\\nobreak': '' };
    const options = { displayMode: !isInLine, throwOnError: true, trust: false, maxExpand: 200, macros };
    const root = parse(tex, options) as Node;
    const lines = rowsOf(root).flatMap((cells) => row(cells).text.split('\n').map(tidy));
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
  const lines = only.children ?? [];
  const rows = lines.map((line) => cellsOf(line.children ?? []));
  const isOne = rows.length === 1 && rows[0]?.filter((cell) => draw(cell).text !== '').length === 1;
  const isEquation = isOne || only.classes?.includes('tml-jot') || lines[0]?.classes?.includes('tml-tageqn');
  return isEquation ? rows : [[root]];
}

/** The left and right side of an equation belong together; what else stands in its line, such as a number, stands apart. */
function cellsOf(cells: readonly Node[]): readonly Node[] {
  const drawn = cells.filter(({ children = [] }) => row(children).text.trim() !== '');
  return drawn.flatMap((cell, index) => {
    const above = cells[cells.indexOf(cell) - 1];
    const goesOn = index === 0 || (cell.classes?.includes('tml-left') && drawn[index - 1] === above);
    return [...(goesOn ? [] : [{ text: GAP }]), ...(cell.children ?? [])];
  });
}

function tidy(text: string): string {
  return text
    .replaceAll(APPLIED, '')
    .replace(/[ \u00a0]+/g, ' ')
    .replace(/ ?\u2003 ?/g, GAP)
    .replace(/([([{]) /g, '$1')
    .replace(/ ([)\]},;])/g, '$1')
    .trim();
}

function row(nodes: readonly Node[]): Drawn {
  return joined(nodes.map(draw).filter(({ text }) => text !== ''));
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
      if (children.length === 0) return { text: '\n' };
      return { text: operator(row(children).text, node.attributes ?? {}) };
    case 'mspace':
      return { text: Number.parseFloat(node.attributes?.width ?? '') > 0 ? ' ' : '' };
    case 'mfrac':
      if (node.attributes?.linethickness) throw new Unreadable();
      return { text: `${operand(first, true)}/${operand(second)}`, isFraction: true };
    case 'msqrt':
      return { text: `√${radicand({ children })}` };
    case 'mroot':
      return root(first, textOf(second));
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
  const text = node ? tidy(draw(node).text) : '';
  if (text.includes('\n')) throw new Unreadable();
  return text;
}

function operator(sign: string, { form, fence, separator, lspace }: Readonly<Record<string, string>>): string {
  if (sign === APPLIED) return APPLIED;
  if (sign === '\u2062') return '';
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

function radicand(node: Node | undefined): string {
  const text = operand(node);
  return text.startsWith('(') && !text.endsWith(')') ? `(${text})` : text;
}

/** A root whose degree has no small form is a power. */
function root(base: Node | undefined, degree: string): Drawn {
  if (degree === '3') return { text: `∛${radicand(base)}` };
  if (degree === '4') return { text: `∜${radicand(base)}` };
  const drawn = drawScript(degree.replaceAll(' ', ''), 'above');
  if (drawn !== undefined) return { text: `${drawn}√${radicand(base)}` };
  const text = textOf(base);
  const below = ONE.test(degree) ? degree : `(${degree})`;
  return { text: `${/^\p{L}/u.test(text) && ONE.test(text) ? text : `(${text})`}^(1/${below})` };
}

function scripted(base: Node | undefined, below: Node | undefined, above: Node | undefined): Drawn {
  const word = base ? draw(base).text : '';
  const bare = tidy(word);
  const isLarge = LARGE.test(bare);
  const low = script(below, 'below');
  const high = script(above, 'above');
  // A small sign right behind one that is not small would read as a script of that.
  const scripts = low.startsWith('_') && !high.startsWith('^') ? high + low : low + high;
  const start = word.startsWith(' ') ? ' ' : '';
  return { text: `${start}${isSign(base, bare, low, high) ? bare : `(${bare})`}${scripts}${isLarge ? ' ' : ''}` };
}

/** Whether scripts belong to all of it as it stands. */
function isSign(base: Node | undefined, bare: string, low: string, high: string): boolean {
  const only = onlyOf(base);
  if ((low && /^msub/.test(only?.type ?? '')) || (high && /^msu(?:p|bsup)/.test(only?.type ?? ''))) return false;
  if (bare.length <= 1 || isWord(only) || /[^|]\|$/.test(bare) || isEnclosed(bare)) return true;
  return ONE.test(bare) || isUpright(only);
}

/** One letter, number or sign, or the name of a function. */
function isWord(node: Node | undefined): boolean {
  return (
    /^m[inot]/.test(node?.type ?? '') ||
    (node?.children ?? []).some(({ children: [one] = [] }) => one?.text === APPLIED)
  );
}

function onlyOf(node: Node | undefined): Node | undefined {
  let only = node;
  while (only?.children?.length === 1 && /^(?:mrow|mstyle|mpadded|undefined)$/.test(String(only.type)))
    only = only.children[0];
  return only;
}

/** One pair of brackets around all of it. */
function isEnclosed(text: string): boolean {
  if (/^‖[^‖]*‖$/.test(text)) return true;
  if (!/^[([{⟨⌊⌈]/.test(text)) return false;
  let depth = 0;
  for (const [index, sign] of [...text].entries()) {
    if (/[([{⟨⌊⌈]/.test(sign)) depth++;
    else if (/[)\]}⟩⌋⌉]/.test(sign)) depth--;
    if (depth === 0) return index === [...text].length - 1;
  }
  return false;
}

/** A unit in `\mathrm`: what stands above it belongs to its last letter, as when it is printed. */
function isUpright(node: Node | undefined): boolean {
  const { type, attributes, text, children = [] } = node ?? {};
  if (type === 'mi') return attributes?.mathvariant === 'normal' || children[0]?.text === '/';
  return text === undefined && (type === 'mspace' || (type === 'mrow' && children.every(isUpright)));
}

function script(node: Node | undefined, where: 'above' | 'below'): string {
  const text = textOf(node);
  if (text === '') return '';
  const [primes = ''] = where === 'above' ? (/^[′″‴]+(?=[^′″‴])/.exec(text) ?? []) : [];
  if (primes) return primes + smallOf(text.slice(primes.length), where);
  return smallOf(text, where);
}

function smallOf(text: string, where: 'above' | 'below'): string {
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
