/** Markdown that means nothing but its letters. */

/** Escapes every character markdown could read something into, so that each platform's renderer shows the text as it stands. */
export function plainMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>~$-]/g, '\\$&');
}
