/** Signs of Unicode that stand above, below or behind others. Not every letter has one. */

const ABOVE = table(
  '0123456789+−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ',
  '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡ',
);
const BELOW = table('0123456789+−=()aehijklmnoprstuvxβγρφχ', '₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ');
/** What stands above as it is. */
const RAISED: Readonly<Record<string, string>> = {
  '∘': '°',
  '°': '°',
  '′': '′',
  '″': '″',
  '‴': '‴',
  '′′': '″',
  '′′′': '‴',
  '∗': '*',
  '*': '*',
  '†': '†',
};
/** TeX's accents and the combining signs for them. */
const ACCENTS: Readonly<Record<string, string>> = {
  ...{ ˆ: '\u0302', '^': '\u0302', '‾': '\u0305', '¯': '\u0304', ˉ: '\u0304', '~': '\u0303', '˜': '\u0303' },
  ...{
    '˙': '\u0307',
    '¨': '\u0308',
    '→': '\u20d7',
    '⃗': '\u20d7',
    ˇ: '\u030c',
    '˘': '\u0306',
    '´': '\u0301',
    '`': '\u0300',
  },
};

function table(signs: string, small: string): ReadonlyMap<string, string> {
  const drawn = [...small];
  return new Map([...signs].map((sign, index) => [sign, drawn[index] ?? sign]));
}

/** `undefined` where a sign has no small form; commas between small signs stay. */
export function drawScript(text: string, where: 'above' | 'below'): string | undefined {
  if (where === 'above' && RAISED[text] !== undefined) return RAISED[text];
  const small = where === 'above' ? ABOVE : BELOW;
  const drawn = [...text].map((sign) => small.get(sign) ?? (sign === ',' && text.length > 1 ? sign : undefined));
  return drawn.includes(undefined) ? undefined : drawn.join('');
}

export function drawAccent(letter: string, mark: string): string | undefined {
  const combining = ACCENTS[mark];
  return combining === undefined ? undefined : letter + combining;
}
