/** Draws a markdown tree as Telegram's text with entities. */
import type { List, ListItem, Nodes, Parents, Root, RootContent, Table } from 'mdast';
import { resolveReferences } from '#core/reply/markdown/definitions.ts';
import { readable } from '#core/reply/markdown/readable.ts';
import { isWeb, mention, spoiler } from './links.ts';
import { Spans } from './spans.ts';
import { cellText, drawTable, plainText } from './table.ts';
import { withoutTabs } from './width.ts';

/** Cells of a monospace line. */
const widestTable = 64;
/** About four lines on a phone. */
const longQuote = 160;
const bullets = ['•', '◦', '▪'] as const;

/** What differs from place to place. */
export interface DrawOptions {
  /** `@name` is shown in monospace, which keeps Telegram from notifying its owner: for every chat with more than one reader. */
  readonly guardMentions: boolean;
  /** Long quotations are folded until they are tapped. */
  readonly foldQuotes?: boolean;
}

/** A tree as Telegram shows it. */
export interface Drawn {
  readonly spans: Spans;
  /** Addresses of the pictures. */
  readonly images: readonly string[];
}

/** Draws the whole tree. Never fails: what Telegram cannot draw is shown as its source. */
export function draw(root: Root, options: DrawOptions): Drawn {
  const pen = new Pen(options);
  pen.blocks(resolveReferences(root).children, '\n\n');
  if (options.guardMentions) pen.spans.guard(mention);
  return pen;
}

class Pen implements Drawn {
  readonly spans = new Spans();
  readonly #options: DrawOptions;
  readonly images: string[] = [];
  #indent = '';
  #depth = 0;

  constructor(options: DrawOptions) {
    this.#options = options;
  }

  blocks(nodes: readonly RootContent[], between: string): void {
    let first = true;
    for (const node of nodes) {
      if (node.type === 'definition') continue;
      if (!first) this.#line(between);
      first = false;
      this.#block(node);
    }
  }

  #block(node: RootContent): void {
    switch (node.type) {
      case 'heading':
        this.spans.within({ type: 'bold' }, () => this.#inline(node));
        break;
      case 'blockquote':
        this.spans.within({ type: this.#quoteOf(node) }, () => this.blocks(node.children, '\n'));
        break;
      case 'code':
        this.#pre(node.value, node.lang ?? undefined);
        break;
      case 'math':
        this.#formula(node.value);
        break;
      case 'table':
        this.#table(node);
        break;
      case 'list':
        this.#list(node);
        break;
      case 'thematicBreak':
        this.spans.write('———');
        break;
      case 'footnoteDefinition':
        this.#words(`[${node.label ?? node.identifier}] `);
        this.blocks(node.children, '\n');
        break;
      case 'html':
        this.#html(node.value);
        break;
      default:
        this.#inlineNode(node);
        break;
    }
  }

  #quoteOf(node: Nodes): 'blockquote' | 'expandable_blockquote' {
    return this.#options.foldQuotes && plainText(node).length > longQuote ? 'expandable_blockquote' : 'blockquote';
  }

  #line(breaks: string): void {
    this.spans.write(breaks + this.#indent);
  }

  #pre(value: string, language?: string): void {
    // Telegram drops an empty entity, and with it the fence of a block that has only begun.
    const body = value === '' ? ' ' : withoutTabs(value);
    this.spans.within({ type: 'pre', ...(language ? { language } : {}) }, () => this.spans.write(body));
  }

  /** Plain messages draw no TeX. */
  #formula(tex: string): void {
    const lines = readable(tex, false);
    if (lines === undefined) this.#pre(tex, 'latex');
    else this.#plain(lines);
  }

  /** In monospace while it fits a phone held sideways; wider ones, which would wrap into a muddle, row by row. */
  #table(table: Table): void {
    const rows = table.children.map((row) => row.children.map(cellText));
    const drawn = drawTable(rows, table.align ?? []);
    if (drawn.width <= widestTable) this.#pre(drawn.text);
    else this.#records(rows);
  }

  #records([head = [], ...rows]: readonly (readonly string[])[]): void {
    rows.forEach((row, index) => {
      if (index > 0) this.#line('\n\n');
      this.spans.within({ type: 'bold' }, () => this.#words(row[0] ?? ''));
      for (const [column, cell] of row.entries()) {
        if (column === 0 || cell === '') continue;
        this.#line('\n');
        this.#words(`${head[column] ?? ''}: ${cell}`);
      }
    });
  }

  #list(list: List): void {
    list.children.forEach((item, index) => {
      if (index > 0) this.#line(list.spread ? '\n\n' : '\n');
      this.#item(item, list.ordered ? `${(list.start ?? 1) + index}. ` : `${bullets[this.#depth % 3]} `);
    });
  }

  #item(item: ListItem, mark: string): void {
    const before = this.#indent;
    this.spans.write(mark + (item.checked === true ? '☑ ' : item.checked === false ? '☐ ' : ''));
    this.#indent += ' '.repeat(mark.length);
    this.#depth += 1;
    this.blocks(item.children, item.spread ? '\n\n' : '\n');
    this.#depth -= 1;
    this.#indent = before;
  }

  #inline(parent: Parents): void {
    for (const child of parent.children) this.#inlineNode(child);
  }

  #inlineNode(node: Nodes): void {
    const { spans } = this;
    switch (node.type) {
      case 'text':
        this.#words(node.value);
        break;
      case 'strong':
        spans.within({ type: 'bold' }, () => this.#inline(node));
        break;
      case 'emphasis':
        spans.within({ type: 'italic' }, () => this.#inline(node));
        break;
      case 'delete':
        spans.within({ type: 'strikethrough' }, () => this.#inline(node));
        break;
      case 'inlineCode':
        spans.within({ type: 'code' }, () => spans.write(node.value));
        break;
      case 'inlineMath': {
        const text = readable(node.value, true);
        if (text !== undefined) this.#plain(text);
        else spans.within({ type: 'code' }, () => spans.write(node.value));
        break;
      }
      case 'break':
        this.#line('\n');
        break;
      case 'html':
        this.#html(node.value);
        break;
      case 'link':
        this.#link(node.url, () => this.#inline(node), plainText(node));
        break;
      case 'image':
        this.#image(node.alt, node.url);
        break;
      case 'footnoteReference':
        this.#words(`[${node.label ?? node.identifier}]`);
        break;
      default:
        if ('children' in node) this.#inline(node);
        else if ('value' in node) this.#words(node.value);
    }
  }

  #words(value: string): void {
    for (const [index, piece] of value.split(spoiler).entries())
      if (index % 2 === 0) this.#plain(piece);
      else this.spans.within({ type: 'spoiler' }, () => this.#plain(piece));
  }

  /** Without a look for spoilers: the double bars of a formula are a norm. */
  #plain(value: string): void {
    this.spans.write(value.replaceAll('\n', `\n${this.#indent}`));
  }

  /** Markup of a model is text to us; only a line break is obeyed. */
  #html(value: string): void {
    if (/^<br\s*\/?>$/i.test(value)) this.#line('\n');
    else this.#words(value);
  }

  /**
   * Only web addresses become links: `tg://user` would notify a person. An address that is its own text is found by Telegram, but stays whole only as
   * a link of ours where a name in it is guarded.
   */
  #link(url: string, label: () => void, text: string): void {
    if (!url || !isWeb(url)) {
      label();
      if (url && url !== text && url !== `mailto:${text}`) this.#words(` (${url})`);
    } else if ((url === text || url === `http://${text}`) && !mention.test(text)) this.spans.write(text);
    else this.spans.within({ type: 'text_link', url }, label);
  }

  #image(alt: string | null | undefined, url: string): void {
    const label = `🖼 ${alt || url.split(/[?#]/)[0]?.split('/').pop() || 'image'}`;
    if (isWeb(url) && !this.images.includes(url)) this.images.push(url);
    this.#link(url, () => this.#words(label), label);
  }
}
