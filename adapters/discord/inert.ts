/** Text that only shows. */

/** A zero-width space keeps a mention from being drawn as one, and a lone `||` from hiding the rest of the line. */
export function inert(text: string): string {
  return text
    .replaceAll(/<(?=@)/g, '<\u200b')
    .replaceAll(/@(?=everyone|here)/g, '@\u200b')
    .replaceAll(/(?<!\\)\|\|/g, '\\|\\|');
}
