/** CRC-32 as zip and PNG use it (polynomial 0xEDB88320), which the upload host wants in `Content-Crc32`. */

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/** Always eight lower-case hex digits: the host compares the text, so the leading zeros count. */
export function crc32(bytes: Uint8Array): string {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ((crc ^ -1) >>> 0).toString(16).padStart(8, '0');
}
