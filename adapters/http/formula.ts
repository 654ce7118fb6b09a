/** TeX as MathML, which browsers draw themselves. */
import temml from 'temml';

/** Formulas of an answer are much shorter; what is not is none, and would take long to read. */
const longest = 5_000;
/** In em: no rule or space covers the page. */
const maxSize: [number, number] = [20, 60];
/** Formulas that are kept: an answer that grows is drawn over and over. */
const most = 200;
const known = new Map<string, string | undefined>();
/** TeX ends no line here, but models write `a \\\\ b` for two. */
const lineEnd = '<mo></mo>';
/** Where `{align}` and `{equation}` have the number that a style sheet would count. */
const equationNumber = '<span class="tml-eqn"></span>';
/** A tag of MathML, with no attribute that runs or fetches anything. */
const tag = /<\/?m[a-z]*(?: (?!on|href|src)[a-z-]+="[^"<>()]*")*>/g;

/**
 * `undefined` for what is not understood. `trust` false: no links, pictures or classes from the text; `maxExpand`: macros that call themselves
 * end. Source: https://temml.org/docs/en/administration
 */
export function mathML(tex: string, displayMode: boolean): string | undefined {
  if (tex.length > longest) return undefined;
  const key = `${displayMode} ${tex}`;
  if (known.has(key)) return known.get(key);
  if (known.size >= most) known.clear();
  const html = draw(tex, displayMode);
  known.set(key, html);
  return html;
}

function draw(tex: string, displayMode: boolean): string | undefined {
  try {
    const html = render(tex, displayMode);
    const lines = displayMode && html.includes(lineEnd) ? inLines(tex) : undefined;
    return [lines, html].find((one) => one !== undefined && !one.replaceAll(tag, '').includes('<'));
  } catch {
    return undefined;
  }
}

function inLines(tex: string): string | undefined {
  try {
    return render(`\\begin{gathered}${tex}\\end{gathered}`, true);
  } catch {
    return undefined;
  }
}

function render(tex: string, displayMode: boolean): string {
  // Where a line may break is told by the same empty sign as where it must.
  const macros = displayMode ? { '\\allowbreak': '', '\\nobreak': '' } : {};
  const safe = { throwOnError: true, trust: false, maxSize, maxExpand: 200, macros };
  // Within a line, a formula breaks behind its signs where the line does.
  return temml.renderToString(tex, { displayMode, wrap: 'tex', ...safe }).replaceAll(equationNumber, '');
}
