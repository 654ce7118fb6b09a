/** Code and formulas as Discord draws them. */
import type { Code } from 'mdast';
import { readable } from '#core/reply/markdown/readable.ts';
import { inert } from './inert.ts';

const DISCORD_LANGUAGE = /^[\w+\-.#]*$/;

/** `undefined` for a block that Discord draws as it stands. */
export function codeBlock(node: Code, source: string): string | undefined {
  const language = DISCORD_LANGUAGE.test(node.lang ?? '') ? (node.lang ?? '') : undefined;
  const isPlain = source.startsWith('```') && !source.startsWith('````') && !node.meta && language !== undefined;
  return isPlain ? undefined : fence(node, language ?? '');
}

/** Discord ends a block at the first three backticks, however long the fence was. */
export function fence({ value }: { value: string }, language: string): string {
  return `\`\`\`${language}\n${value.replaceAll('```', '`\u200b``')}\n\`\`\``;
}

export function inlineCode(value: string): string {
  const flat = value.replaceAll('\n', ' ').trim();
  return flat.includes('`') ? `\`\` ${flat} \`\`` : `\`${flat}\``;
}

/** Discord draws no TeX. */
export function formula(tex: string, isInLine = false): string | undefined {
  const text = readable(tex, isInLine)
    ?.replaceAll(/[\\*_~`|]/g, '\\$&')
    .replaceAll(/^[>#-]/gm, '\\$&');
  return text && inert(text);
}
