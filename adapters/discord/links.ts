/** Links and pictures as Discord draws them. */
import { inert } from './inert.ts';

/** Discord takes 2048 characters in an embed's address; a `data:` image is longer and no address at all. */
const LONGEST_ADDRESS = 2048;

export interface Picture {
  /** A link, without a second preview. */
  readonly text: string;
  /** For an embed; `undefined` where Discord would refuse the address, and the whole message with it. */
  readonly address: string | undefined;
}

/** `href`: where a press leads, when not to the picture itself. */
export function picture(alt: string, url: string, href = url): Picture {
  const label = inert(alt || fileName(url)).replaceAll(/[[\]\n]/g, ' ');
  const text = isWeb(href) ? `🖼 [${label}](<${href.replaceAll(/[\s<>]/g, encodeURIComponent)}>)` : `🖼 ${label}`;
  return { text: href.length > LONGEST_ADDRESS ? `🖼 ${label}` : text, address: embeddable(url) };
}

/** Pictures in HTML, which some models and plugins write. */
export function htmlPictures(html: string, draw: (alt: string, url: string) => string): string {
  const texts = html.split(/(<img\b[^>]*>)/i).map((part) => {
    const url = attribute(part, 'src');
    return /^<img\b/i.test(part) && isWeb(url) ? draw(attribute(part, 'alt'), url) : inert(part);
  });
  return texts.join('');
}

/** Discord makes links of web addresses only. */
export function isWeb(url: string): boolean {
  return /^https?:\/\/[^/]/i.test(url);
}

/**
 * Discord shows a link in full, brackets and all, when its words are an address themselves. `undefined` when they are none; else what to show in place
 * of the whole link (`whole`) or of the words.
 */
export function disguised(words: string, url: string): { readonly text: string; readonly whole: boolean } | undefined {
  if (!/https?:\/\//i.test(words)) return undefined;
  const bare = (address: string) => address.trim().replace(/\/$/, '');
  if (bare(words) === bare(url)) return { text: url, whole: true };
  return { text: inert(words.replaceAll(/https?:\/\//gi, '')).replaceAll(/[[\]\n]/g, ' '), whole: false };
}

function embeddable(url: string): string | undefined {
  if (!isWeb(url) || !URL.canParse(url)) return undefined;
  const { href, hostname } = new URL(url);
  return hostname.includes('.') && href.length <= LONGEST_ADDRESS ? href : undefined;
}

function attribute(tag: string, name: string): string {
  const [, quoted, bare] = new RegExp(`\\s${name}\\s*=\\s*(?:["']([^"']*)["']|([^\\s"'>]+))`, 'i').exec(tag) ?? [];
  return (quoted ?? bare ?? '').replaceAll('&amp;', '&').trim();
}

function fileName(url: string): string {
  return /([^/?#]+)(?:[?#].*)?$/.exec(url)?.[1] ?? 'image';
}
