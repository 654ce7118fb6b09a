/** What the messages of a reply should show, from what was read so far. */
import type { Notice } from '../message.ts';
import type { Content } from '../surface.ts';
import { plainMarkdown } from './markdown/plain.ts';
import { BUDGETS } from './pace/budgets.ts';
import type { Presented, PresentOptions } from './presented.ts';
import type { Reading } from './reading.ts';
import { createSplitter, type Part } from './split.ts';

/** Beyond so many messages the whole answer is sent as a file. */
const MAX_PARTS = 8;
/** How much of the newest reasoning is shown while there is no answer yet. */
const REASONING_TAIL = 300;
/** How much shorter parts get each time the platform counts differently than the surface's measure, and the least they may be. */
const SHRINK = 0.8;
const SMALLEST = 0.4;
const EXCERPT_LENGTH = 200;

export interface Composer {
  /** One content per message, in order. Empty while there is nothing to show. */
  contents(): readonly Content[];
  /** Characters of the answer in the messages before this one. */
  lengthBefore(index: number): number;
  /** The whole answer as a file, when it needs too many messages and the surface takes files. */
  file(): NonNullable<Notice['file']> | undefined;
  /** The file did not go through: everything is shown in messages. */
  withoutFile(): void;
  /** The platform refused the content: shows it with less markup from now on. False when it is plain already. */
  plainer(): boolean;
  /** The platform found a message too long: makes shorter parts from now on. False when that has been tried often enough. */
  smaller(): boolean;
}

export function createComposer(reading: Reading, options: PresentOptions, summary: () => Presented): Composer {
  const { surface } = options;
  const measure = surface.measure && ((text: string) => surface.measure?.(text) ?? text.length);
  let limit = surface.limit;
  // Where posts are counted apart from edits, a part can be filled up: the next message follows at once.
  const early = surface.budget !== 'unlimited' && !surface.draft && BUDGETS[surface.budget].posts === undefined;
  let splitter = createSplitter({ limit, measure, early });
  let maxParts = surface.file ? MAX_PARTS : Number.POSITIVE_INFINITY;
  let isPlain = false;
  let parts: readonly Part[] = [];

  function contents(): readonly Content[] {
    const isLast = reading.finish !== undefined;
    const note = isLast ? options.note(summary()) : undefined;
    const text = isLast && options.showSources ? reading.text + sources(reading.excerpts) : reading.text;
    if (text.trim() === '') return isLast ? ending(note) : thinking();
    parts = splitter.parts(text, isLast, note ? note.length + 2 : 0);
    return parts
      .slice(0, maxParts)
      .filter(hasText)
      .map((part, index, all) => content(part, index === all.length - 1, note));
  }

  function content(part: Part, isEnd: boolean, note: string | undefined): Content {
    const isLast = reading.finish !== undefined;
    const text = isPlain ? plainMarkdown(part.text) : part.text;
    if (!isEnd) return { text, final: true };
    const buttons = isLast ? options.finished?.(summary()) : options.running;
    return { text, final: isLast, ...(note ? { note } : {}), ...(buttons?.length ? { buttons } : {}) };
  }

  /** An answer without a word: only what the program itself has to say. */
  function ending(note: string | undefined): readonly Content[] {
    const buttons = options.finished?.(summary()) ?? [];
    if (!note) return [];
    return [{ text: '', note, final: true, ...(buttons.length ? { buttons } : {}) }];
  }

  function thinking(): readonly Content[] {
    const reasoning = options.showReasoning ? reading.reasoning.trim().slice(-REASONING_TAIL) : '';
    if (!reasoning && !reading.tool) return [];
    const text = reasoning && `> ${plainMarkdown(reasoning).replaceAll('\n', '\n> ')}`;
    const note = reading.tool ? `⚙ ${reading.tool} …` : undefined;
    const buttons = options.running;
    return [{ text, final: false, ...(note ? { note } : {}), ...(buttons?.length ? { buttons } : {}) }];
  }

  return {
    contents,
    lengthBefore: (index) => parts.slice(0, index).reduce((sum, { source }) => sum + source.length, 0),
    file: () =>
      parts.length > maxParts
        ? { name: 'answer.md', type: 'text/markdown', bytes: new TextEncoder().encode(reading.text) }
        : undefined,
    withoutFile: () => {
      maxParts = Number.POSITIVE_INFINITY;
    },
    smaller: () => {
      limit = Math.floor(limit * SHRINK);
      splitter = createSplitter({ limit, measure, early });
      return limit > surface.limit * SMALLEST;
    },
    plainer: () => {
      const wasMarked = !isPlain;
      isPlain = true;
      return wasMarked;
    },
  };
}

function hasText(part: Part): boolean {
  return part.text !== '';
}

function sources(excerpts: readonly string[]): string {
  const lines = excerpts.map((excerpt, index) => `> ${index + 1}. ${oneLine(excerpt)}`);
  return lines.length === 0 ? '' : `\n\n${lines.join('\n')}`;
}

function oneLine(excerpt: string): string {
  const line = plainMarkdown(excerpt).replace(/\s+/g, ' ').trim();
  return line.length > EXCERPT_LENGTH ? `${line.slice(0, EXCERPT_LENGTH - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : line;
}

/** Whether a message that shows the one need not be edited to show the other. */
export function isSame(shown: Content | undefined, content: Content): boolean {
  return (
    shown?.text === content.text &&
    shown.final === content.final &&
    (shown.note ?? '') === (content.note ?? '') &&
    JSON.stringify(shown.buttons ?? []) === JSON.stringify(content.buttons ?? [])
  );
}
