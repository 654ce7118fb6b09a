/** Text that only shows. */

/** A zero-width space keeps a mention from being drawn as one; `||` hides nothing, and `__`, which Discord takes within words too, underlines nothing. */
export function inert(text: string): string {
  return text
    .replaceAll(/<(?=@)/g, '<\u200b')
    .replaceAll(/@(?=everyone|here)/g, '@\u200b')
    .replaceAll(/(?<!\\)\|\|/g, '\\|\\|')
    .replaceAll(/(?<!\\)__+/g, (marks) => '\\_'.repeat(marks.length));
}
