/** Which addresses Telegram makes links of, and what it makes of signs in a text. */

/** Only web addresses (`tg://user` would notify a person), and only those whose host has a dot or is an IPv6 address (tdlib LinkManager). */
export function isWeb(url: string): boolean {
  return /^https?:\/\//i.test(url) && URL.canParse(url) && /[.:]/.test(new URL(url).hostname);
}

/** `@name`, which Telegram would notify its owner of (tdlib MessageEntity.cpp, match_mentions). */
export const mention = /(?<!\w)(@\w{4,32})(?!\w)/;

/** `||hidden until it is tapped||`, as bots write it for chats; not the `||` of conditions, which have spaces around it. */
export const spoiler = /\|\|((?=\S)[^|\n]*[^|\s])\|\|/;
