/** Pictures that the local service paints itself, so that an answer with an image needs nobody else's server. */
import { createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import { type Exchange, Refusal } from './exchange.ts';
import type { Route } from './routes.ts';

const side = 256;

/** `/images/NAME.png`: the same name is always the same picture. */
export function imageRoutes(): readonly Route[] {
  return [{ method: 'GET', path: '/images/:name', auth: 'none', handle: serve }];
}

function serve({ params, response }: Exchange): void {
  const name = /^([^/]{1,400})\.png$/.exec(params.name ?? '')?.[1];
  if (name === undefined) throw new Refusal(4200, 'There is no such picture.', 404);
  const png = paint(name);
  response.writeHead(200, {
    'content-type': 'image/png',
    'content-length': png.length,
    'cache-control': 'max-age=3600',
  });
  response.end(png);
}

/** A PNG of 256 by 256: a mirrored pattern on a plain ground, both drawn from the name's hash. */
function paint(name: string): Buffer {
  const hash = createHash('sha256').update(name).digest();
  const [ground, ink] = [colour(hash, 0, 40), colour(hash, 3, 150)];
  const rows = Buffer.alloc((side * 3 + 1) * side);
  for (let y = 0; y < side; y += 1)
    for (let x = 0; x < side; x += 1) rows.set(inked(hash, x, y) ? ink : ground, y * (side * 3 + 1) + 1 + x * 3);
  return png(deflateSync(rows));
}

function colour(hash: Buffer, at: number, floor: number): readonly number[] {
  return [0, 1, 2].map((part) => floor + ((hash[at + part] ?? 0) % 100));
}

/** Six by six fields inside a margin, the right half the mirror of the left. */
function inked(hash: Buffer, x: number, y: number): boolean {
  const [column, row] = [Math.floor((x - 32) / 32), Math.floor((y - 32) / 32)];
  if (column < 0 || column > 5 || row < 0 || row > 5) return false;
  const field = row * 3 + Math.min(column, 5 - column);
  return ((hash[8 + field] ?? 0) & 1) === 1;
}

function png(pixels: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
