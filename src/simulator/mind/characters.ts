/** Tells traditional Chinese characters from simplified ones, by the two encodings that were made for them. */

interface Kinds {
  readonly simplified: ReadonlySet<string>;
  readonly traditional: ReadonlySet<string>;
}

let kinds: Kinds | undefined;

/** Which kind most of the characters are that only one of them has; `undefined` where there are none, or as many of each. */
export function charactersOf(text: string): 'zh' | 'tw' | undefined {
  kinds ??= readKinds();
  const { simplified, traditional } = kinds;
  let balance = 0;
  for (const character of text) {
    if (traditional.has(character)) balance += simplified.has(character) ? 0 : 1;
    else if (simplified.has(character)) balance -= 1;
  }
  return balance === 0 ? undefined : balance > 0 ? 'tw' : 'zh';
}

/** The hanzi of GB 2312, and the frequently used ones of Big5 (its level 1). */
function readKinds(): Kinds {
  const big5 = [...decoded('big5', [0xa4, 0xc6], [0x40, 0x7e]), ...decoded('big5', [0xa4, 0xc6], [0xa1, 0xfe])];
  return { simplified: new Set(decoded('gbk', [0xb0, 0xf7], [0xa1, 0xfe])), traditional: new Set(big5) };
}

type Range = readonly [from: number, to: number];

/** The Chinese characters behind all pairs of bytes of these ranges. */
function decoded(encoding: string, first: Range, second: Range): readonly string[] {
  const bytes: number[] = [];
  for (let high = first[0]; high <= first[1]; high += 1)
    for (let low = second[0]; low <= second[1]; low += 1) bytes.push(high, low);
  return new TextDecoder(encoding).decode(Uint8Array.from(bytes)).match(/\p{Script=Han}/gu) ?? [];
}
