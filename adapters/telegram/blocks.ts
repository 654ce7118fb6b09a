/** Draws a markdown tree as the blocks of Telegram's rich messages (Bot API 10.1, InputRichMessage). */
import type { RichBlockTableCell, RichText } from 'grammy/types';
import type { FootnoteDefinition, List, ListItem, Nodes, Parents, Root, RootContent, Table } from 'mdast';
import { resolveReferences } from '#core/reply/markdown/definitions.ts';
import { type DrawOptions, draw } from './draw.ts';
import { isWeb, mention, spoiler } from './links.ts';
import { type Block, type Item, saysSomething } from './rich-size.ts';
import { cellText, drawTable, plainText } from './table.ts';
import { withoutTabs } from './width.ts';

/** Levels of nested blocks and formatting (Bot API, "Rich Message Limits"), where items, rows and the text in all of them count as levels too. */
const deepest = 16;
/** Most columns of a table. */
const mostColumns = 20;
/** The sign at which an address ends that stands in Chinese text without a space behind it. */
const widePunctuation = /[，。、；：！？（）【】《》〈〉「」『』“”‘’…]/;

/** A tree as blocks. */
export interface DrawnBlocks {
  readonly blocks: readonly Block[];
  /** Addresses of the pictures. */
  readonly images: readonly string[];
}

/** Draws the whole tree. Never fails: what has no block of its own is shown as its words. */
export function drawBlocks(root: Root, options: DrawOptions): DrawnBlocks {
  const resolved = resolveReferences(root);
  const pen = new Pen(options, footnotesOf(resolved));
  return { blocks: pen.blocks(resolved.children, 1), images: pen.images };
}

/** The name of each footnote that is defined, by its identifier. */
function footnotesOf(root: Root): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const collect = (node: Nodes) => {
    if (node.type === 'footnoteDefinition') names.set(node.identifier, `note-${names.size + 1}`);
    if ('children' in node) node.children.forEach(collect);
  };
  collect(root);
  return names;
}

class Pen {
  readonly #options: DrawOptions;
  readonly #footnotes: ReadonlyMap<string, string>;
  readonly images: string[] = [];
  /** Links hold no links. */
  #inLink = false;

  constructor(options: DrawOptions, footnotes: ReadonlyMap<string, string>) {
    this.#options = options;
    this.#footnotes = footnotes;
  }

  blocks(nodes: readonly RootContent[], depth: number): Block[] {
    return nodes.flatMap((node) => this.#block(node, depth) ?? []).filter(saysSomething);
  }

  #block(node: RootContent, depth: number): Block | Block[] | undefined {
    switch (node.type) {
      case 'definition':
        return undefined;
      case 'heading':
        return { type: 'heading', size: node.depth, text: this.#inline(node, depth + 1) };
      case 'code':
        return { type: 'pre', text: withoutTabs(node.value), ...(node.lang ? { language: node.lang } : {}) };
      case 'math':
        return { type: 'mathematical_expression', expression: node.value };
      case 'table':
        return this.#table(node, depth);
      case 'thematicBreak':
        return { type: 'divider' };
      case 'blockquote':
        return depth + 2 <= deepest
          ? { type: 'blockquote', blocks: this.blocks(node.children, depth + 1) }
          : this.#flat(node, depth);
      case 'list':
        return depth + 3 <= deepest ? { type: 'list', items: this.#items(node, depth + 1) } : this.#flat(node, depth);
      case 'footnoteDefinition':
        return this.#footnote(node, depth);
      case 'html':
        return paragraph(this.#html(node.value, depth + 1));
      default:
        return paragraph('children' in node ? this.#inline(node, depth + 1) : this.#inlineNode(node, depth + 1));
    }
  }

  /** What lies too deep is written as in a plain message, line by line. */
  #flat(node: RootContent, depth: number): Block {
    const { spans } = draw({ type: 'root', children: [node] }, { guardMentions: false });
    return paragraph(this.#words(spans.text, depth + 1));
  }

  /** A tap on the mark in the text shows the mark here and the paragraph behind it. */
  #footnote(node: FootnoteDefinition, depth: number): Block[] {
    const [first, ...rest] = node.children;
    const isText = first?.type === 'paragraph';
    const mark = this.#words(`[${node.label ?? node.identifier}] `, depth + 2);
    const text = isText ? joined([mark, this.#inline(first, depth + 2)]) : mark;
    const name = this.#footnotes.get(node.identifier);
    const told = name === undefined || depth + 2 > deepest ? text : { type: 'reference' as const, name, text };
    return [paragraph(told), ...this.blocks(isText ? rest : node.children, depth)];
  }

  #items(list: List, depth: number): Item[] {
    return list.children.map((item, index) => ({
      blocks: this.#itemBlocks(item, depth),
      ...(list.ordered ? { type: '1' as const, value: (list.start ?? 1) + index } : {}),
      ...(typeof item.checked === 'boolean' ? { has_checkbox: true as const } : {}),
      ...(item.checked === true ? { is_checked: true as const } : {}),
    }));
  }

  /** An empty item is a paragraph without text, the only one that Telegram takes. */
  #itemBlocks(item: ListItem, depth: number): Block[] {
    const blocks = this.blocks(item.children, depth + 1);
    return blocks.length > 0 ? blocks : [paragraph('')];
  }

  #table(table: Table, depth: number): Block {
    const align = table.align ?? [];
    const rows = table.children.map((row) => row.children);
    if (rows.some((row) => row.length > mostColumns) || depth + 2 > deepest)
      return {
        type: 'pre',
        text: drawTable(
          rows.map((row) => row.map(cellText)),
          align,
        ).text,
      };
    const cells = rows.map((row, index) =>
      row.map(
        (cell, column): RichBlockTableCell => ({
          text: this.#inline(cell, depth + 2),
          align: align[column] ?? 'left',
          valign: 'middle',
          ...(index === 0 ? { is_header: true as const } : {}),
        }),
      ),
    );
    return { type: 'table', cells, is_bordered: true };
  }

  #inline(parent: Parents, depth: number): RichText {
    return joined(parent.children.map((child) => this.#inlineNode(child, depth)));
  }

  #inlineNode(node: Nodes, depth: number): RichText {
    switch (node.type) {
      case 'text':
        return this.#words(node.value, depth);
      case 'strong':
        return styled('bold', this.#inline(node, depth + 1), depth);
      case 'emphasis':
        return styled('italic', this.#inline(node, depth + 1), depth);
      case 'delete':
        return styled('strikethrough', this.#inline(node, depth + 1), depth);
      case 'inlineCode':
        return styled('code', node.value, depth);
      case 'inlineMath':
        return { type: 'mathematical_expression', expression: node.value };
      case 'break':
        return '\n';
      case 'html':
        return this.#html(node.value, depth);
      case 'link':
        return this.#link(node.url, () => this.#inline(node, depth + 1), plainText(node), depth);
      case 'image':
        return this.#image(node.alt, node.url, depth);
      case 'footnoteReference':
        return this.#mark(node.identifier, `[${node.label ?? node.identifier}]`, depth);
      default:
        if ('children' in node) return this.#inline(node, depth);
        return 'value' in node ? this.#words(node.value, depth) : '';
    }
  }

  /** Leads to its footnote where that is in the same message. */
  #mark(identifier: string, text: string, depth: number): RichText {
    const name = this.#footnotes.get(identifier);
    if (name === undefined || this.#inLink || depth >= deepest) return text;
    return { type: 'reference_link', reference_name: name, text };
  }

  /** Mentions are monospace, as in a plain message, which an answer may become; of what is sent here Telegram is asked to look for none. */
  #words(value: string, depth: number): RichText {
    const pieces = value.split(spoiler);
    return joined(
      pieces.map((piece, index) =>
        index % 2 === 0 ? this.#guarded(piece, depth) : styled('spoiler', this.#guarded(piece, depth + 1), depth),
      ),
    );
  }

  #guarded(value: string, depth: number): RichText {
    if (!this.#options.guardMentions || this.#inLink) return value;
    return joined(value.split(mention).map((piece, index) => (index % 2 === 0 ? piece : styled('code', piece, depth))));
  }

  /** Markup of a model is text to us; only a line break is obeyed. */
  #html(value: string, depth: number): RichText {
    return /^<br\s*\/?>$/i.test(value) ? '\n' : this.#words(value, depth);
  }

  #link(url: string, label: () => RichText, text: string, depth: number): RichText {
    if (url === text || url === `http://${text}`) return this.#bare(url, text, depth);
    if (isWeb(url) && !this.#inLink && depth < deepest) {
      this.#inLink = true;
      const shown = label();
      this.#inLink = false;
      return { type: 'url', url, text: shown === '' ? url : shown };
    }
    if (!url || this.#inLink || url === `mailto:${text}`) return label();
    return joined([label(), this.#words(` (${url})`, depth)]);
  }

  /** An address as it stands in the text; Telegram does not look for any itself. */
  #bare(url: string, text: string, depth: number): RichText {
    const end = text.search(widePunctuation);
    const behind = end < 0 ? '' : text.slice(end);
    const address = url.slice(0, url.length - behind.length);
    if (!isWeb(address) || this.#inLink || depth >= deepest) return this.#words(text, depth);
    const link: RichText = { type: 'url', url: address, text: text.slice(0, text.length - behind.length) };
    return joined([link, this.#words(behind, depth)]);
  }

  #image(alt: string | null | undefined, url: string, depth: number): RichText {
    const label = `🖼 ${alt || url.split(/[?#]/)[0]?.split('/').pop() || 'image'}`;
    if (isWeb(url) && !this.images.includes(url)) this.images.push(url);
    return this.#link(url, () => this.#words(label, depth + 1), label, depth);
  }
}

function paragraph(text: RichText): Block {
  return { type: 'paragraph', text };
}

function styled(
  type: 'bold' | 'italic' | 'strikethrough' | 'spoiler' | 'code',
  text: RichText,
  depth: number,
): RichText {
  return depth >= deepest || text === '' ? text : { type, text };
}

function joined(parts: readonly RichText[]): RichText {
  const all: RichText[] = [];
  for (const part of parts.flatMap((one) => (Array.isArray(one) ? one : [one]))) {
    const before = all.at(-1);
    if (part === '') continue;
    if (typeof part === 'string' && typeof before === 'string') all[all.length - 1] = before + part;
    else all.push(part);
  }
  return all.length > 1 ? all : (all[0] ?? '');
}
