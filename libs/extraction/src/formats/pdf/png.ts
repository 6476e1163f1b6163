import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const GRAY = 0;
const COLOUR = 2;
/** Each row as it differs from the one above: what is written is mostly paper. */
const UP = 2;

/** A picture as PNG (ISO/IEC 15948), without colours where it has none. @param pixels four bytes each: R, G, B, any */
export function pngOf(width: number, height: number, pixels: Uint8Array): Buffer {
  const samples = isGray(pixels) ? 1 : 3;
  const row = width * samples;
  const filtered = Buffer.alloc((row + 1) * height);
  for (let y = 0; y < height; y += 1) {
    const to = y * (row + 1);
    filtered[to] = UP;
    for (let x = 0; x < width; x += 1) {
      const from = (y * width + x) * 4;
      for (let sample = 0; sample < samples; sample += 1) {
        const above = y === 0 ? 0 : (pixels[from - width * 4 + sample] ?? 0);
        filtered[to + 1 + x * samples + sample] = (pixels[from + sample] ?? 0) - above;
      }
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  head[9] = samples === 1 ? GRAY : COLOUR;
  return Buffer.concat([SIGNATURE, part('IHDR', head), part('IDAT', deflateSync(filtered)), part('IEND', Buffer.of())]);
}

function isGray(pixels: Uint8Array): boolean {
  for (let at = 0; at < pixels.length; at += 4) {
    if (pixels[at] !== pixels[at + 1] || pixels[at] !== pixels[at + 2]) return false;
  }
  return true;
}

function part(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const around = Buffer.alloc(8);
  around.writeUInt32BE(data.length, 0);
  around.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([around.subarray(0, 4), named, around.subarray(4)]);
}
