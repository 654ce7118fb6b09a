/**
 * Text with formatting, built piece by piece, turned into the entities that Telegram takes. Offsets are UTF-16 units.
 * Rules (Bot API "Formatting options", tdlib MessageEntity.cpp): entities nest or stay apart; code holds nothing and stands only in a
 * quote; links hold no links; quotes hold no quotes; at most 100 a message, the rest would be dropped by the server in silence.
 */
import type { MessageEntity } from 'grammy/types';

/** Entities that a message shows (tdlib MAX_USER_ENTITY_COUNT). */
export const mostEntities = 100;

/** The formatting that is used here. */
export type Style =
  | { readonly type: 'bold' | 'italic' | 'strikethrough' | 'spoiler' | 'code' | 'blockquote' | 'expandable_blockquote' }
  | { readonly type: 'pre'; readonly language?: string }
  | { readonly type: 'text_link'; readonly url: string };

/** What stays when there are more than a hundred: what carries meaning before what only looks nice. */
const rank: Readonly<Record<Style['type'], number>> = {
  blockquote: 0,
  expandable_blockquote: 0,
  pre: 1,
  spoiler: 2,
  text_link: 2,
  code: 3,
  bold: 4,
  strikethrough: 5,
  italic: 6,
};

interface Range {
  readonly start: number;
  readonly end: number;
}

interface Span extends Range {
  readonly style: Style;
  /** Kept before all others. */
  readonly must: boolean;
  end: number;
}

/** The server takes these out, so that what stood around them stands together (tdlib misc.cpp, clean_input_string). */
const dropped = /[\r\u2028-\u202e]|\u0333|\u033f|\u030a/g;

/** Collects text and its formatting. */
export class Spans {
  text = '';
  /** Styles around what is written now, the outermost first. */
  readonly #open: Style[] = [];
  /** The span that a style is writing into; closed when the style does not cover a piece (bold around code has a hole). */
  readonly #running = new Map<Style, Span>();
  #spans: Span[] = [];

  /** Everything `write` adds gets `style`, as far as the rules allow. */
  within(style: Style, write: () => void): void {
    this.#open.push(style);
    write();
    this.#open.pop();
    this.#running.delete(style);
  }

  write(words: string): void {
    const text = words.replaceAll(dropped, '');
    if (text === '') return;
    const start = this.text.length;
    this.text += text;
    const covering = allowed(this.#open);
    for (const style of this.#open) if (!covering.includes(style)) this.#running.delete(style);
    for (const style of covering) {
      const running = this.#running.get(style);
      if (running?.end === start) running.end = this.text.length;
      else this.#begin({ style, must: false, start, end: this.text.length });
    }
  }

  /** Shows what matches in monospace, where Telegram looks for nothing, however its letters were formatted. Links and code are such already. */
  guard(pattern: RegExp): void {
    const found = [...this.text.matchAll(new RegExp(pattern, 'g'))].map(
      ({ index: start, 0: match }): Range => ({ start, end: start + match.length }),
    );
    const safe = this.#spans.filter(({ style: { type } }) => type === 'code' || type === 'pre' || type === 'text_link');
    const known = new Set(safe.flatMap((span) => within(span, found)));
    const names = found.filter((one) => !known.has(one));
    const around = this.#spans.flatMap((span) => (isQuote(span.style) ? [span] : without(span, within(span, names))));
    this.#spans = [...around, ...names.map((name): Span => ({ ...name, style: { type: 'code' }, must: true }))];
  }

  #begin(span: Span): void {
    this.#running.set(span.style, span);
    this.#spans.push(span);
  }

  /** How many entities the text needs, before the limit of a message. */
  get wanted(): number {
    return this.#spans.length;
  }

  entities(): MessageEntity[] {
    const kept = this.#spans.length > mostEntities ? mostWorthy(this.#spans) : this.#spans;
    return [...kept]
      .sort((a, b) => a.start - b.start || b.end - a.end)
      .map(({ style, start, end }) => ({ ...style, offset: start, length: end - start }));
  }
}

/** The open styles that may cover a piece of text together. */
function allowed(open: readonly Style[]): Style[] {
  const code = open.find(({ type }) => type === 'pre' || type === 'code');
  const link = open.find(({ type }) => type === 'text_link');
  const seen = new Set<string>();
  return open.filter((style) => {
    const family = isQuote(style) ? 'quote' : style.type;
    if (seen.has(family)) return false;
    seen.add(family);
    if (isQuote(style)) return true;
    // A link keeps its address: code inside one loses its look, not the other way round.
    if (link) return style === link || (style.type !== 'code' && style.type !== 'pre');
    return code ? style === code : true;
  });
}

function isQuote({ type }: Style): boolean {
  return type === 'blockquote' || type === 'expandable_blockquote';
}

/** Those of the ranges, which stand apart and in order, that a span touches. */
function within({ start, end }: Range, ranges: readonly Range[]): readonly Range[] {
  let [from, to] = [0, ranges.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((ranges[middle]?.end ?? 0) > start) to = middle;
    else from = middle + 1;
  }
  let behind = from;
  while ((ranges[behind]?.start ?? end) < end) behind += 1;
  return ranges.slice(from, behind);
}

/** What is left of a span between holes, which are in order. */
function without(span: Span, holes: readonly Range[]): readonly Span[] {
  const starts = [span.start, ...holes.map((hole) => hole.end)];
  const ends = [...holes.map((hole) => hole.start), span.end];
  return starts
    .map((start, index) => ({ ...span, start, end: ends[index] ?? start }))
    .filter((one) => one.start < one.end);
}

function mostWorthy(spans: readonly Span[]): Span[] {
  const order = ({ must, style }: Span) => (must ? -1 : rank[style.type]);
  return [...spans].sort((a, b) => order(a) - order(b) || a.start - b.start).slice(0, mostEntities);
}
