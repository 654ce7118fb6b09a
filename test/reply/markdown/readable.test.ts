/** Formulas in the signs of Unicode: what people read, and what is left to TeX. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readable } from '#core/reply/markdown/readable.ts';

describe('a formula in lines of text', () => {
  it.each([
    ['E = mc^2', 'E = mc²'],
    ['x_{1,2} = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}', 'x₁,₂ = (−b ± √(b² − 4ac))/(2a)'],
    ['\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}', '∫₀^∞ e^(−x²) dx = √π/2'],
    ['\\sum_{i=1}^n i = \\frac{n(n+1)}{2}', '∑ᵢ₌₁ⁿ i = n(n + 1)/2'],
    ['\\lim_{x\\to 0} \\frac{\\sin x}{x} = 1', 'lim_(x → 0) (sin x)/x = 1'],
    ['\\frac{1}{2}mv^2', '(1/2)mv²'],
    ['\\frac{a}{b(c+d)}', 'a/(b(c + d))'],
    ['\\frac{\\partial f}{\\partial x} = \\frac{dy}{dx}', '∂f/∂x = dy/dx'],
    ['{a+b}^2 + (a+b)^2', '(a + b)² + (a + b)²'],
    ['\\sqrt[3]{x+1} + \\sqrt[5]{2}', '∛(x + 1) + ⁵√2'],
    ['\\vec v + \\hat x + \\overline{AB}', 'v⃗ + x̂ + A̅B̅'],
    ["f'(x) = 90^\\circ", 'f′(x) = 90°'],
    ['x \\sin y + \\log_2 n', 'x sin y + log₂ n'],
    ['\\{x \\in \\mathbb{R}^n \\mid \\|x\\| \\le 1\\}', '{x ∈ ℝⁿ | ‖x‖ ≤ 1}'],
    ['\\ce{2H2 + O2 -> 2H2O}', '2 H₂ + O₂ → 2 H₂O'],
    ['速度 = \\frac{路程}{时间}', '速度 = 路程/时间'],
    ['\\text{if } x_{\\text{max}} > 50\\%', 'if xₘₐₓ > 50%'],
    ['x^{q}_{F}', 'x_F^q'],
    ['\\sigma = \\sqrt{\\frac{1}{N}\\sum_{i=1}^N x_i}', 'σ = √((1/N)∑ᵢ₌₁ᴺ xᵢ)'],
    ['\\left.\\frac{df}{dx}\\right|_{x=0}', 'df/dx|ₓ₌₀'],
    ["y'' = \\frac{-1}{\\sqrt{2}}(a)", 'y″ = (−1/√2)(a)'],
    ['\\frac{e^{z_i}}{\\sum_j e^{z_j}}', 'e^(zᵢ)/(∑ⱼ e^(zⱼ))'],
    ['9.8\\,\\text{m/s}^2 = 9.8\\,\\mathrm{m/s}^2', '9.8 m/s² = 9.8 m/s²'],
    ['a \\equiv b \\pmod{n}', 'a ≡ b (mod n)'],
  ])('%s', (tex, text) => {
    expect(readable(tex, true)).toBe(text);
  });

  it.each([
    ['\\sqrt{2}\\pi + \\sqrt{x}(y+1)', '(√2)π + (√x)(y + 1)'],
    ['\\sqrt{(a+b)^2} + 2\\sqrt[3]{x}y', '√((a + b)²) + 2(∛x)y'],
    ['a\\sqrt[5]{2} + y^3\\sqrt{x}', 'a(⁵√2) + y³ √x'],
    ['(a)^{(12)}\\sqrt[5]{2}', '(a)⁽¹²⁾(⁵√2)'],
    ['\\sqrt[\\alpha]{x+1} + \\sqrt[\\alpha]{\\sqrt{x}}', '(x + 1)^(1/α) + (√x)^(1/α)'],
    ['3\\sqrt[\\alpha]{2}', '3(2)^(1/α)'],
    ['\\sin\\frac{x}{2} + \\log_2\\frac{a}{b}', 'sin(x/2) + log₂(a/b)'],
    ['\\frac{1}{2}\\sin x + \\frac{1}{2}\\tan^{-1}x', '(1/2) sin x + (1/2) tan⁻¹ x'],
    ['c/\\frac{a}{b} + a \\div \\frac{b}{c}', 'c/(a/b) + a ÷ (b/c)'],
    ['\\frac{a}{b}! + \\frac{1}{m}\\partial_x u + \\frac{1}{2}|x|', '(a/b)! + (1/m)∂ₓu + (1/2)|x|'],
    ['\\frac{a}{\\sqrt{b}}\\frac{-c}{d}', '(a/√b)(−c/d)'],
    ['2\\frac{3}{4} + \\sqrt{5}\\frac{3}{4}', '2 3/4 + (√5)(3/4)'],
    ['e^{\\alpha}t + x_\\alpha^2 y + z^*w', 'e^α t + x²_α y + z* w'],
    ["{x^2}^3 + {ab}^2 + f'^2(x)", '(x²)³ + (ab)² + f′²(x)'],
    ['\\left(\\frac{x-\\mu}{\\sigma}\\right)^2', '((x − μ)/σ)²'],
  ])('does not read as another: %s', (tex, text) => {
    expect(readable(tex, true)).toBe(text);
  });

  it('has a line for each of the equations below each other, where there is room for lines', () => {
    const tex = '\\begin{aligned}a&=b+c\\\\&=d\\end{aligned}';
    expect(readable(tex, false)).toBe('a = b + c\n= d');
    expect(readable(tex, true)).toBeUndefined();
    expect(readable('a = b \\\\ c = d', false)).toBe('a = b\nc = d');
    expect(readable('\\begin{align}a&=b & c&=d\\\\e&=f & g&=h\\end{align}', false)).toBe(
      'a = b\u2003c = d\ne = f\u2003g = h',
    );
    expect(readable('E = mc^2 \\tag{1}', false)).toBe('E = mc²\u2003(1)');
    expect(readable('\\frac{a\\\\b}{c}', false)).toBeUndefined();
    expect(readable('\\begin{equation}E=mc^2\\end{equation}', false)).toBe('E = mc²');
  });

  it.each([
    '\\begin{pmatrix}1&2\\end{pmatrix}',
    '\\begin{matrix}1&2\\end{matrix}',
    '\\begin{cases}1&x\\\\2&y\\end{cases}',
    '\\binom nk',
    '\\underbrace{a}_{b}',
    '\\cancel{x}',
    '\\overrightarrow{AB}',
    '\\oops{x}',
    '\\frac{a',
    '\\href{https://x.org}{x}',
    '\\def\\a{\\a\\a}\\a',
    'x'.repeat(100_000),
    ' ',
  ])('is none, and stays TeX: %s', (tex) => {
    expect(readable(tex, false)).toBeUndefined();
  });

  it('has brackets in pairs wherever the TeX has, and never takes long', () => {
    const piece = fc.constantFrom(
      '\\frac',
      '{',
      '}',
      '^',
      '_',
      'a',
      '2',
      '+',
      '(',
      ')',
      '\\sqrt',
      '²',
      ' ',
      '\\sum',
      '|',
      '∂',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = readable(pieces.join(''), false);
        if (text === undefined || /[()]/.test(pieces.join(''))) return;
        expect(text.replaceAll(/[^(]/g, '').length).toBe(text.replaceAll(/[^)]/g, '').length);
      }),
    );
    expect(readable(`\\frac{${'²'.repeat(300)}!}{2}`, false)).toBeDefined();
  });
});
