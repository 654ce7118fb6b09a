/** A bot's opening words, as its owner wrote them at Coze. */

const AT_START = /^\s*\{\{\s*user_name\s*\}\}\s*[,，、:：!！]?\s*/;
const WITHIN = /[,，、]?\s*\{\{\s*user_name\s*\}\}/g;

/**
 * The words without the place where Coze's own pages put the visitor's name, and without the comma that sets it apart:
 * `Hello, {{user_name}}!` is `Hello!`. They are for everybody here.
 */
export function withoutName(prologue: string): string {
  return prologue.replace(AT_START, '').replace(WITHIN, '').trim();
}
