/** Markdown as HTML for the page. Every character of the answer is escaped; tags come from here and from formulas only, links lead only where a link may. */
import type { AlignType, ListItem, Nodes, Root, Table, TableRow } from 'mdast';
import { resolveReferences } from '#core/reply/markdown/definitions.ts';
import { parseMarkdown, showable } from '#core/reply/markdown/markdown.ts';
import { mathML } from './formula.ts';
import { highlight } from './highlight.ts';

/**
 * The blocks of an answer, each valid HTML by itself, so that a page replaces only those that changed.
 * `final` false = the text is still growing, and its loose ends are closed first. `parse`: what reads the texts of one answer as it grows.
 */
export function renderBlocks(
  markdown: string,
  final: boolean,
  parse: (text: string) => Root = parseMarkdown,
): string[] {
  const root = resolveReferences(parse(final ? markdown : showable(markdown)));
  const open = final ? undefined : lastLeaf(root);
  return root.children.map((node) => render(node, { depth: 0, open })).filter((html) => html !== '');
}

interface Around {
  readonly depth: number;
  /** What may still grow: half a formula is none, so it is drawn when something follows it. */
  readonly open: Nodes | undefined;
}

function lastLeaf(node: Nodes): Nodes {
  const last = 'children' in node ? node.children.at(-1) : undefined;
  return last ? lastLeaf(last) : node;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Deeper than any answer that means well; beyond it only the text is shown. */
const deepest = 40;

function render(node: Nodes, around: Around): string {
  switch (node.type) {
    case 'text':
      return escapeHtml(node.value);
    case 'paragraph':
      return wrap('p', node, around);
    case 'heading':
      // The page has its own h1 and h2.
      return wrap(`h${Math.min(node.depth + 2, 6)}`, node, around);
    case 'emphasis':
      return wrap('em', node, around);
    case 'strong':
      return wrap('strong', node, around);
    case 'delete':
      return wrap('del', node, around);
    case 'blockquote':
      return wrap('blockquote', node, around);
    case 'break':
      return '<br>';
    case 'thematicBreak':
      return '<hr>';
    case 'inlineCode':
      return `<code>${escapeHtml(node.value)}</code>`;
    case 'inlineMath':
      return mathML(node.value, false) ?? `<code class="math">${escapeHtml(node.value)}</code>`;
    case 'math':
      return formula(node.value, node === around.open);
    case 'code':
      return codeBlock(node.value, node.lang ?? '');
    case 'html':
      return around.depth === 0 ? `<p>${escapeHtml(node.value)}</p>` : escapeHtml(node.value);
    case 'list': {
      const start = node.ordered && (node.start ?? 1) !== 1 ? ` start="${Number(node.start)}"` : '';
      return wrap(node.ordered ? 'ol' : 'ul', node, around, start);
    }
    case 'listItem': {
      const done = node.checked === true ? ' checked' : '';
      const box = typeof node.checked === 'boolean' ? `<input type="checkbox" disabled${done}> ` : '';
      const text = node.spread ? inside(node, around) : tight(node, around);
      return `<li${box && ' class="task"'}>${box}${text}</li>`;
    }
    case 'table':
      return table(node, (row, cell, align) => row.map((c) => wrap(cell, c, around, align(c))).join(''));
    case 'link':
      return link(node.url, inside(node, around));
    case 'image':
      return image(node.url, node.alt);
    case 'footnoteReference':
      return `<sup>[${escapeHtml(node.identifier)}]</sup>`;
    case 'footnoteDefinition':
      return `<div class="footnote"><sup>[${escapeHtml(node.identifier)}]</sup> ${inside(node, around)}</div>`;
    default:
      return 'children' in node ? inside(node, around) : '';
  }
}

function inside(node: { readonly children: readonly Nodes[] }, around: Around): string {
  return around.depth > deepest ? '…' : node.children.map((child) => render(child, within(around))).join('');
}

/** A tight item's words are a line, not a paragraph; a list within it follows below. */
function tight(item: ListItem, around: Around): string {
  if (around.depth >= deepest) return '…';
  return item.children
    .map((child) => (child.type === 'paragraph' ? inside(child, within(around)) : render(child, within(around))))
    .join('');
}

function within({ depth, open }: Around): Around {
  return { depth: depth + 1, open };
}

function formula(tex: string, isOpen: boolean): string {
  const drawn = isOpen ? undefined : mathML(tex, true);
  return drawn ? `<div class="math">${drawn}</div>` : `<pre class="math"><code>${escapeHtml(tex)}</code></pre>`;
}

function wrap(tag: string, node: { readonly children: readonly Nodes[] }, around: Around, attributes = ''): string {
  return `<${tag}${attributes}>${inside(node, around)}</${tag}>`;
}

type Cells = TableRow['children'];

function table(
  node: Table,
  row: (cells: Cells, tag: 'th' | 'td', align: (cell: Cells[number]) => string) => string,
): string {
  const [head, ...body] = node.children;
  const line = (cells: Cells, tag: 'th' | 'td') =>
    `<tr>${row(cells, tag, (cell) => alignment(node.align?.[cells.indexOf(cell)]))}</tr>`;
  const rows = body.map((r) => line(r.children, 'td')).join('');
  return `<div class="table"><table><thead>${head ? line(head.children, 'th') : ''}</thead><tbody>${rows}</tbody></table></div>`;
}

function alignment(align: AlignType | undefined): string {
  return align ? ` class="${align}"` : '';
}

function codeBlock(code: string, language: string): string {
  const name = escapeHtml(language.slice(0, 24));
  return `<figure class="code"><figcaption><span>${name}</span></figcaption><pre><code>${highlight(code, language, escapeHtml)}</code></pre></figure>`;
}

/** Leads out only to the web, mail and telephone; anything else stays text. The address is shown on hovering. */
function link(url: string, html: string): string {
  if (!/^(https?:\/\/|mailto:|tel:)/i.test(url)) return html;
  const address = escapeHtml(url);
  return `<a href="${address}" title="${address}" target="_blank" rel="noopener noreferrer nofollow">${html}</a>`;
}

function image(url: string, alt: string | null | undefined): string {
  const words = escapeHtml(alt ?? '');
  if (!/^(https?:\/\/|data:image\/(png|jpeg|gif|webp);)/i.test(url)) return words;
  return `<img src="${escapeHtml(url)}" alt="${words}" loading="lazy" referrerpolicy="no-referrer">`;
}
