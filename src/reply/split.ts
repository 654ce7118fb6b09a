/** One answer in several messages. What was sealed stays; only the open end is looked at again. */
import { repair, showable } from './markdown/markdown.ts';
import type { Repair } from './markdown/unfinished.ts';

export interface SplitOptions {
  /** Most that one part may measure. */
  readonly limit: number;
  /** Size of markdown once rendered; default: UTF-16 length. */
  readonly measure?: ((markdown: string) => number) | undefined;
  /**
   * Seals a part while it still has room, at the end of a paragraph that is already followed by more. For places where a new message costs as much
   * as an edit: a part cut only when it overflows has to be shown once more, with nothing new in it and its last lines gone until the next call.
   */
  readonly early?: boolean | undefined;
}

export interface Part {
  /** The slice of the answer it shows: the slices of all parts joined are the answer. */
  readonly source: string;
  /** Markdown, valid on its own: a fence cut in two is closed here and reopened, with its language, in the next part. */
  readonly text: string;
  /** True when nothing of it will change any more. */
  readonly sealed: boolean;
}

export interface Splitter {
  /**
   * Parts of the answer so far. `text` normally extends the text of the call before; where it does not, the parts that differ are made anew.
   * While not `final` the last part shows only what is valid. `room` is kept free in the last part for a note.
   */
  parts(text: string, final: boolean, room?: number): readonly Part[];
}

interface Sealed extends Part {
  /** What the next part begins with, besides its source. */
  readonly carry: string;
}

/** Parts are cut at 90 % of the limit, so that closing marks and a later renderer's additions have room. */
const FILL = 0.9;
/** A text longer than so many times the limit is not looked at whole to find its first part. */
const NEAR = 2;
/**
 * From so much of the limit on a part may be sealed early: at the end of a paragraph, and later of any line or sentence. Text behind the cut waits for
 * the next message: at most this part of what is new.
 */
const EARLIEST = 0.75;
const SENTENCE = /\n(?=[ \t]*\S)|[.!?]["')\]]*\s+(?=\S)|[。！？；…]+[”’」』）]*(?=\S)/g;
const EARLY: readonly { readonly least: number; readonly pattern: RegExp; readonly held: number }[] = [
  { least: EARLIEST, pattern: /\n[ \t]*\n+(?=\s*\S)/g, held: 0.4 },
  { least: 0.85, pattern: SENTENCE, held: 0.4 },
  { least: 0.92, pattern: SENTENCE, held: 1 },
];

export function createSplitter(options: SplitOptions): Splitter {
  const measure = options.measure ?? ((markdown: string) => markdown.length);
  const { limit, early } = options;
  const sealed: Sealed[] = [];
  /** End of the text in the call before: what was shown of an open part is not taken back by sealing it early. */
  let before = 0;

  function parts(text: string, final: boolean, room = 0): readonly Part[] {
    const shown = before;
    before = text.length;
    let from = keepMatching(sealed, text);
    for (;;) {
      const source = text.slice(from);
      const carry = carryInto(source, sealed.at(-1)?.carry ?? '');
      const body = carry + source;
      const goesOn = sealed.length > 0;
      const most = Math.floor((limit - (final ? room : 0)) * FILL);
      const open: Open = { body, carry: carry.length, goesOn, measure };
      let part = sealFirst(open, limit, most);
      if (!part) {
        const view = tidy(final ? body : showable(body), goesOn);
        const size = measure(view);
        if (early && !final) part = sealEarly(open, carry.length + shown - from, size / limit, most);
        if (!part && size <= limit - room) return [...sealed, { source, text: view, sealed: final }];
      }
      part ??= seal(open, most);
      sealed.push(part);
      from += part.source.length;
    }
  }

  return { parts };
}

/** Forgets parts that the text no longer has; returns where the open part begins. */
function keepMatching(sealed: Sealed[], text: string): number {
  let from = 0;
  for (const [index, part] of sealed.entries()) {
    if (!text.startsWith(part.source, from)) {
      sealed.length = index;
      break;
    }
    from += part.source.length;
  }
  return from;
}

/** A table may turn out to have ended where it was cut: then its head is not repeated. */
function carryInto(source: string, carry: string): string {
  const isTable = /^\s*\|?.*\|.*\n\s*\|?\s*:?-/.test(carry);
  return isTable && !/^[^\n]*\|/.test(source) ? '' : carry;
}

/** A part that goes on does not begin with the blank line it was cut at. */
function tidy(text: string, goesOn: boolean): string {
  return (goesOn ? text.replace(/^(?:[ \t]*\n)+/, '') : text).trimEnd();
}

/** The part that is still growing. */
interface Open {
  readonly body: string;
  /** Length of what it repeats at its beginning from the part before. */
  readonly carry: number;
  readonly goesOn: boolean;
  readonly measure: (text: string) => number;
}

function sealedAt({ body, carry, goesOn }: Open, cut: number, text: string, reopen = ''): Sealed {
  return { source: body.slice(carry, cut), text: tidy(text, goesOn), sealed: true, carry: reopen };
}

/** Of a text of many messages that came at once, only what is near the first cut is looked at: reading all that follows for each part is a second's work. */
function sealFirst(open: Open, limit: number, most: number): Sealed | undefined {
  const { body, measure } = open;
  for (let length = NEAR * limit; length < body.length; length *= 2) {
    if (measure(repair(body.slice(0, length)).text) > limit) return seal(open, most, length);
  }
  return undefined;
}

function seal(open: Open, limit: number, longest = open.body.length): Sealed {
  const { body, carry, measure } = open;
  const most = longestFit(body, carry + 1, longest, (head) => measure(repair(head).text) <= limit);
  for (const boundary of boundaries(body, carry, most)) {
    const repaired = repair(body.slice(0, boundary));
    const cut = settleCut(body, boundary, repaired);
    if (cut === undefined) continue;
    const { text, kept, reopen } = cut === boundary ? repaired : repair(body.slice(0, cut));
    if (kept < body.slice(0, cut).trimEnd().length || measure(text) > limit) continue;
    return sealedAt(open, cut, text, reopen);
  }
  // Nothing can be cut whole, such as a link or a row that is longer than a message: it is shown as it is written.
  const written = longestFit(body, carry + 1, longest, (head) => measure(head) <= limit);
  const cut = graphemeBoundary(body, carry, written);
  return sealedAt(open, cut, body.slice(0, cut));
}

/**
 * The cut, moved behind the end of a fence that it stands before, and behind a space, since marks that are opened again before one do not count.
 * `undefined` between a text and the marks that close it: the next part would open and close them around nothing, and `~~` twice is a fence.
 */
function settleCut(body: string, cut: number, { text, kept, reopen }: Repair): number | undefined {
  const closers = text.slice(kept);
  if (closers.startsWith('\n') && body.startsWith(closers, kept)) {
    const end = kept + closers.length;
    return end + (/^[^\S\n]*\n?/.exec(body.slice(end))?.[0].length ?? 0);
  }
  if (!isInline(reopen)) return cut;
  return body.charAt(cut) === closers.charAt(0) ? undefined : behindSpace(body, cut);
}

function behindSpace(body: string, at: number): number {
  return at + (/^\s*/.exec(body.slice(at))?.[0].length ?? 0);
}

/** Emphasis and the like, not a fence or the head of a table. */
function isInline(reopen: string): boolean {
  return reopen !== '' && !reopen.endsWith('\n');
}

/**
 * Seals a part that is `fill` of its limit full where `EARLY` says, at the last place that comes after `shown`, fits and has more behind it, and that is not
 * inside a fence or a table.
 */
function sealEarly(open: Open, shown: number, fill: number, limit: number): Sealed | undefined {
  const { body, carry, measure } = open;
  // The last letter that was shown may be the full stop before a cut.
  const from = Math.max(carry, body.slice(0, Math.max(0, shown)).trimEnd().length - 1);
  for (const { least, pattern, held } of EARLY) {
    if (fill < least) return undefined;
    const first = body.length - (body.length - from) * held;
    const cuts = Array.from(body.slice(from).matchAll(pattern), (match) => from + match.index + match[0].length);
    for (const cut of cuts
      .filter((at) => at >= first)
      .slice(-4)
      .reverse()) {
      const head = body.slice(0, cut);
      const { text, kept, reopen } = repair(head);
      if (reopen !== '' || kept < head.trimEnd().length) continue;
      const size = measure(text);
      if (size > limit || size < limit * EARLIEST) continue;
      return sealedAt(open, cut, text);
    }
  }
  return undefined;
}

/** Length of the longest head that fits, by halving: sizes grow with length, nearly. */
function longestFit(body: string, least: number, longest: number, fits: (head: string) => boolean): number {
  let low = least;
  let high = longest;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(body.slice(0, middle))) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where to cut, best first: paragraph, line, sentence, word. The higher kinds only where the part stays at least half full. */
const KINDS: readonly { readonly pattern: RegExp; readonly least: number; readonly tries: number }[] = [
  { pattern: /\n[ \t]*\n+/g, least: 0.5, tries: 4 },
  { pattern: /\n/g, least: 0.5, tries: 12 },
  { pattern: /[.!?]["')\]]*\s|[。！？；…]+[”’」』）]*/g, least: 0.4, tries: 8 },
  { pattern: /\s+|[，、：]/g, least: 0.2, tries: 16 },
];

function* boundaries(body: string, carry: number, most: number): Generator<number> {
  for (const { pattern, least, tries } of KINDS) {
    const from = Math.max(carry, Math.floor(most * least));
    const cuts: number[] = [];
    for (const match of body.slice(from, most).matchAll(pattern)) cuts.push(from + match.index + match[0].length);
    yield* cuts
      .filter((cut) => cut > carry)
      .slice(-tries)
      .reverse();
  }
  const anywhere = graphemeBoundary(body, carry, most);
  // Before a link, say, that has more words than were tried.
  const { kept } = repair(body.slice(0, anywhere));
  if (kept > carry) yield behindSpace(body, kept);
  yield anywhere;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The last place at or before `most` that is not inside a character with its marks and joiners. */
function graphemeBoundary(body: string, carry: number, most: number): number {
  const from = Math.max(carry, most - 64);
  let cut = from;
  for (const { index, segment } of graphemes.segment(body.slice(from, most + 64))) {
    const end = from + index + segment.length;
    if (end > most) break;
    cut = end;
  }
  return cut > carry ? cut : most;
}
