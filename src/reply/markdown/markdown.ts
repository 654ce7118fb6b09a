/** Markdown as language models write it: one parser for every platform's renderer, and a valid view of text that is still being written. */
import type { Root } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { mathFromMarkdown } from 'mdast-util-math';
import { gfm } from 'micromark-extension-gfm';
import { math } from 'micromark-extension-math';
import { readFence } from './fence.ts';
import { asDollars, keepLiterals } from './formulas.ts';
import { type Repair, repairEnd } from './unfinished.ts';

/**
 * Wide punctuation. CommonMark lets `**` close only where a space or punctuation follows punctuation, so the everyday
 * `**注意：**请看` would show its stars. Naming these marks as neighbours of emphasis makes both sides count.
 */
const WIDE_PUNCTUATION = [...'，。、；：？！（）【】《》〈〉「」『』“”‘’…—～·'].map((mark) => mark.codePointAt(0) ?? 0);

const syntax = [gfm(), math(), { attentionMarkers: { null: WIDE_PUNCTUATION } }];
const tree = [gfmFromMarkdown(), mathFromMarkdown()];

/**
 * Reads GitHub-flavoured markdown with formulas (`$x$`, `$$x$$`, `\(x\)`, `\[x\]`) into an mdast tree. Offsets of nodes are offsets in `text`.
 * Never throws: every text is markdown. Prices (`$5 and $6`) and products (`2*3*4`) stay text.
 * The tree is not to be changed: the same text may get the same tree again.
 */
export function parseMarkdown(text: string): Root {
  if (last?.text !== text) last = { text, root: parseAnew(text) };
  return last.root;
}

/** What was looked at last: the end of an answer is repaired, and often drawn next as it is. */
let last: { readonly text: string; readonly root: Root } | undefined;

function parseAnew(text: string): Root {
  const fence = readFence(text);
  if (fence) return fence;
  // The parser drops a byte order mark, and counts without it.
  const source = asDollars(text.replace(/^\uFEFF/, ' '));
  return keepLiterals(fromMarkdown(source, { extensions: syntax, mdastExtensions: tree }), source);
}

/**
 * The part of an unfinished text that can be shown now, as markdown that is valid on its own: fences, formulas and emphasis are closed;
 * a link, a table row, a tag or a marker that is still being written is held back. Only ever the end of the text is hidden.
 */
export function showable(text: string): string {
  return repairEnd(text, parseMarkdown).text;
}

/** As `showable`, and says how much is held back and how a text that goes on from here must begin. */
export function repair(text: string): Repair {
  return repairEnd(text, parseMarkdown);
}
