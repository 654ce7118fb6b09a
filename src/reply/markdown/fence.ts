/** Fenced code without the parser: the longest blocks that answers have, and no markup in them. */
import type { Code, Root } from 'mdast';

const OPENING = /^(`{3,}|~{3,})[ \t]*([\w+#.-]*)[ \t]*(?:\n|$)/;

/** The tree of a text that is one fenced block and nothing else, exactly as the parser makes it; `undefined` for all others, and where in doubt. */
export function readFence(text: string): Root | undefined {
  const opening = OPENING.exec(text);
  const mark = opening?.[1];
  if (!opening || mark === undefined || /[\r\0]/.test(text)) return undefined;
  const body = opening[0].trimEnd().length;
  const close = new RegExp(String.raw`\n {0,3}${mark}${mark.charAt(0)}*[ \t]*(?=\n|$)`).exec(text.slice(body));
  const end = close ? body + close.index + close[0].length : text.length;
  if (/[^\n]/.test(text.slice(end))) return undefined;
  const value = text.slice(opening[0].length, close ? Math.max(opening[0].length, body + close.index) : end);
  const start = { line: 1, column: 1, offset: 0 };
  const code: Code = {
    type: 'code',
    lang: opening[2] || null,
    meta: null,
    value: close ? value : value.replace(/\n$/, ''),
    position: { start, end: pointAt(text, end) },
  };
  return { type: 'root', children: [code], position: { start: { ...start }, end: pointAt(text, text.length) } };
}

function pointAt(text: string, offset: number): { line: number; column: number; offset: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n'), offset };
}
