import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32 } from '#core/coze/playground/crc32.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('crc32', () => {
  it('gives the check value of the standard', () => {
    expect(crc32(bytes('123456789'))).toBe('cbf43926');
  });

  it('keeps the leading zeros, which the upload host compares', () => {
    // Found by search: the first decimal whose checksum starts with 00.
    const found = Array.from({ length: 2_000 }, (_, i) => String(i)).find((t) => zlibCrc32(t) < 0x01000000) ?? '';
    expect(crc32(bytes(found))).toMatch(/^00[0-9a-f]{6}$/);
    expect(crc32(new Uint8Array())).toBe('00000000');
  });

  it('agrees with zlib', () => {
    for (const text of ['a', 'hello', '夏生', '\u0000\u0000']) {
      expect(Number.parseInt(crc32(bytes(text)), 16)).toBe(zlibCrc32(text));
    }
  });
});
