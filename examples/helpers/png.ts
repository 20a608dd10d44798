/**
 * Writes pictures as PNG files: a palette, and one byte for each point.
 *
 * @module
 */

import { deflateSync } from "node:zlib";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const BITS_PER_POINT = 8;
const WITH_PALETTE = 3;

/** The picture as a file. Byte 255 is black, the others go round the colours. */
export function png(width: number, height: number, points: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, BITS_PER_POINT);
  header.setUint8(9, WITH_PALETTE);
  const lines = new Uint8Array((width + 1) * height); // before each line, how it is filtered: not
  for (let y = 0; y < height; y++) {
    lines.set(points.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  }
  return Uint8Array.from([
    ...SIGNATURE,
    ...chunk("IHDR", new Uint8Array(header.buffer)),
    ...chunk("PLTE", palette()),
    ...chunk("IDAT", deflateSync(lines)),
    ...chunk("IEND", new Uint8Array(0)),
  ]);
}

function palette(): Uint8Array {
  const wave = (i: number, shift: number) => Math.round(127.5 - 127.5 * Math.cos(i / 12 + shift));
  const colours = Array.from({ length: 255 }, (_, i) => [wave(i, 0), wave(i, 0.6), wave(i, 1.2)]);
  return Uint8Array.from([...colours, [0, 0, 0]].flat());
}

function chunk(name: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crc32(bytes.subarray(4, content.length + 8)));
  return bytes;
}

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc >>> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
