/** Text that only shows. */

/** A zero-width space keeps a mention from being drawn as one; `||` hides nothing, and `__`, which Discord takes within words too, underlines nothing. */
export function inert(text: string): string {
  return text
    .replaceAll(/<(?=@)/g, '<\u200b')
    .replaceAll(/@(?=everyone|here)/g, '@\u200b')
    .replaceAll(/(?<!\\)\|\|/g, '\\|\\|')
    .replaceAll(/(?<!\\)__+/g, (marks) => '\\_'.repeat(marks.length));
}

/**
 * Signs that stand for themselves where Discord would read more into them than CommonMark does: the stars of `2*3*4`, `~~` between spaces, a lone
 * backtick before some code.
 */
export function literal(text: string): string {
  return inert(text)
    .replaceAll(/(?<!\\)(?:(?<!\s)\*|\*(?!\s)|`|_(?!\w))/g, '\\$&')
    .replaceAll(/(?<!\\)~~+/g, (marks) => '\\~'.repeat(marks.length));
}
