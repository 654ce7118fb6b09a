/** Draws a markdown tree as the blocks of Telegram's rich messages (Bot API 10.1, InputRichMessage). */
import type { RichBlockTableCell, RichText } from 'grammy/types';
import type { List, ListItem, Nodes, Parents, Root, RootContent, Table } from 'mdast';
import { resolveReferences } from '#core/reply/definitions.ts';
import type { DrawOptions } from './draw.ts';
import { isWeb, mention } from './links.ts';
import type { Block, Item } from './rich-size.ts';
import { cellText, drawTable, plainText } from './table.ts';

/** Levels of blocks and formatting that are used of Telegram's 16; an item and its paragraph count as two. */
const deepest = 14;
/** Most columns of a table. */
const mostColumns = 20;

/** A tree as blocks. */
export interface DrawnBlocks {
  readonly blocks: readonly Block[];
  /** Address of the first picture. */
  readonly image: string | undefined;
}

/** Draws the whole tree. Never fails: what has no block of its own is shown as its words. */
export function drawBlocks(root: Root, options: DrawOptions): DrawnBlocks {
  const pen = new Pen(options);
  return { blocks: pen.blocks(resolveReferences(root).children, 1), image: pen.image };
}

class Pen {
  readonly #options: DrawOptions;
  image: string | undefined;

  constructor(options: DrawOptions) {
    this.#options = options;
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
        return { type: 'pre', text: shown(node.value), ...(node.lang ? { language: node.lang } : {}) };
      case 'math':
        return { type: 'mathematical_expression', expression: shown(node.value) };
      case 'table':
        return this.#table(node, depth);
      case 'thematicBreak':
        return { type: 'divider' };
      case 'blockquote':
        return this.#container(node, depth, (blocks) => ({ type: 'blockquote', blocks }));
      case 'list':
        return depth >= deepest ? this.#flat(node) : { type: 'list', items: this.#items(node, depth + 1) };
      case 'footnoteDefinition':
        return led(`[${node.label ?? node.identifier}] `, this.blocks(node.children, depth));
      case 'html':
        return paragraph(this.#html(node.value));
      default:
        return paragraph('children' in node ? this.#inline(node, depth + 1) : this.#inlineNode(node, depth + 1));
    }
  }

  #container(node: Parents, depth: number, wrap: (blocks: Block[]) => Block): Block | undefined {
    if (depth >= deepest) return this.#flat(node);
    const blocks = this.blocks(node.children as RootContent[], depth + 1);
    return blocks.length > 0 ? wrap(blocks) : undefined;
  }

  /** What lies too deep keeps its words. */
  #flat(node: Nodes): Block {
    return paragraph(this.#words(plainText(node)));
  }

  #items(list: List, depth: number): Item[] {
    return list.children.map((item, index) => ({
      blocks: this.#itemBlocks(item, depth),
      ...(list.ordered ? { type: '1' as const, value: (list.start ?? 1) + index } : {}),
      ...(typeof item.checked === 'boolean' ? { has_checkbox: true as const } : {}),
      ...(item.checked === true ? { is_checked: true as const } : {}),
    }));
  }

  #itemBlocks(item: ListItem, depth: number): Block[] {
    const blocks = this.blocks(item.children, depth + 1);
    return blocks.length > 0 ? blocks : [paragraph(shown(''))];
  }

  #table(table: Table, depth: number): Block {
    const align = table.align ?? [];
    const rows = table.children.map((row) => row.children);
    if (rows.some((row) => row.length > mostColumns))
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
        return this.#words(node.value);
      case 'strong':
        return this.#styled('bold', node, depth);
      case 'emphasis':
        return this.#styled('italic', node, depth);
      case 'delete':
        return this.#styled('strikethrough', node, depth);
      case 'inlineCode':
        return { type: 'code', text: node.value };
      case 'inlineMath':
        return { type: 'mathematical_expression', expression: node.value };
      case 'break':
        return '\n';
      case 'html':
        return this.#html(node.value);
      case 'link':
        return this.#link(node.url, this.#inline(node, depth + 1), plainText(node));
      case 'image':
        return this.#image(node.alt, node.url);
      case 'footnoteReference':
        return `[${node.label ?? node.identifier}]`;
      default:
        if ('children' in node) return this.#inline(node, depth);
        return 'value' in node ? this.#words(node.value) : '';
    }
  }

  #styled(type: 'bold' | 'italic' | 'strikethrough', node: Parents, depth: number): RichText {
    const text = this.#inline(node, depth + 1);
    return depth >= deepest || text === '' ? text : { type, text };
  }

  /** Telegram finds mentions in plain text by itself, and none in monospace. */
  #words(value: string): RichText {
    if (!this.#options.guardMentions) return value;
    return joined(
      value.split(mention).map((piece, index) => (index % 2 === 0 ? piece : { type: 'code', text: piece })),
    );
  }

  /** Markup of a model is text to us; only a line break is obeyed. */
  #html(value: string): RichText {
    return /^<br\s*\/?>$/i.test(value) ? '\n' : this.#words(value);
  }

  #link(url: string, label: RichText, text: string): RichText {
    if (!url || url === text || url === `http://${text}` || url === `mailto:${text}`) return label;
    return isWeb(url) ? { type: 'url', url, text: label === '' ? url : label } : joined([label, ` (${url})`]);
  }

  #image(alt: string | null | undefined, url: string): RichText {
    const label = `🖼 ${alt || url.split(/[?#]/)[0]?.split('/').pop() || 'image'}`;
    if (isWeb(url)) this.image ??= url;
    return this.#link(url, this.#words(label), label);
  }
}

function paragraph(text: RichText): Block {
  return { type: 'paragraph', text };
}

/** A heading that has only begun says nothing yet. */
function saysSomething(block: Block): boolean {
  return (block.type !== 'paragraph' && block.type !== 'heading') || block.text !== '';
}

function led(mark: string, [first, ...rest]: readonly Block[]): Block[] {
  if (first?.type !== 'paragraph') return [paragraph(mark), ...(first ? [first] : []), ...rest];
  return [paragraph(joined([mark, first.text])), ...rest];
}

/** A block without a letter is refused. */
function shown(value: string): string {
  return value.trim() === '' ? ' ' : value;
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
