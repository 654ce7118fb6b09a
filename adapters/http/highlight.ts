/** Colours for code in a few strokes: comments, strings, numbers, words that most languages keep for themselves. */

const words =
  'abstract as async await bool boolean break byte case catch char class const continue crate def default defer del do double ' +
  'echo elif else enum except export extends false final finally float fn for from func function global go goto if impl implements ' +
  'import in include int interface is lambda let long match mod mut namespace new nil none None not null or and package pass private ' +
  'protected pub public raise return self select short sizeof static string struct super switch template this throw throws trait true ' +
  'True False try type typeof union unsafe use using var void where while with yield SELECT FROM WHERE INSERT UPDATE DELETE CREATE ' +
  'TABLE JOIN ON AND OR NOT NULL GROUP ORDER BY LIMIT';
const keywords = new Set(words.split(' '));
const hashComments = /^(py|python|sh|bash|zsh|shell|ruby|rb|yaml|yml|toml|perl|r|make|makefile|dockerfile|ini|env)$/i;
const dashComments = /^(sql|lua|haskell|hs)$/i;
const plain = /^(|text|txt|plain|plaintext|md|markdown|html|xml|diff|log)$/i;

const rest =
  /(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|(?<number>\b\d[\w.]*)|(?<word>[A-Za-z_$][\w$]*)(?<call>\s*\()?/
    .source;
const lexers = {
  slash: new RegExp(`(?<comment>\\/\\/[^\\n]*|\\/\\*[\\s\\S]*?(?:\\*\\/|$))|${rest}`, 'g'),
  hash: new RegExp(`(?<comment>#[^\\n]*)|${rest}`, 'g'),
  dash: new RegExp(`(?<comment>--[^\\n]*)|${rest}`, 'g'),
};

/** The code as HTML; all of it goes through `escapeHtml`. Unknown languages are read as C-like, prose stays as it is. */
export function highlight(code: string, language: string, escapeHtml: (text: string) => string): string {
  if (plain.test(language)) return escapeHtml(code);
  const lexer = hashComments.test(language) ? lexers.hash : dashComments.test(language) ? lexers.dash : lexers.slash;
  let html = '';
  let end = 0;
  for (const match of code.matchAll(lexer)) {
    const kind = kindOf(match.groups ?? {});
    const token = match.groups?.word ?? match[0];
    html += escapeHtml(code.slice(end, match.index));
    html += kind ? `<i class="${kind}">${escapeHtml(token)}</i>` : escapeHtml(token);
    end = match.index + token.length;
  }
  return html + escapeHtml(code.slice(end));
}

function kindOf(groups: Record<string, string | undefined>): string | undefined {
  for (const kind of ['comment', 'string', 'number']) if (groups[kind] !== undefined) return kind;
  if (keywords.has(groups.word ?? '')) return 'keyword';
  return groups.call === undefined ? undefined : 'call';
}
