/**
 * Reads and writes pictures as PNG files, with nothing but `node:zlib`.
 *
 * Writes a palette with one byte for each point, or 8-bit RGB. Reads every kind with 8 bits a
 * channel that is not interlaced; what is transparent is laid on white.
 *
 * @module
 */

import { crc32, deflateSync, inflateSync } from "node:zlib";

/** A picture: three bytes for each point, row by row. */
export interface Picture {
  width: number;
  height: number;
  rgb: Uint8Array;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const BITS_PER_CHANNEL = 8;
const RGB = 2;
const PALETTE = 3;
/** Bytes of a point, by the type of colour: grey, RGB, palette, grey and alpha, RGB and alpha. */
const CHANNELS: Record<number, number> = { 0: 1, [RGB]: 3, [PALETTE]: 1, 4: 2, 6: 4 };
const FILTERS = [0, 1, 2, 3, 4];
/** A header of a broken file may say anything: no more memory than this is taken for it. */
const MOST_BYTES = 1e9;

/** The picture as a file. Byte 255 is black, the others go round the colours. */
export function png(width: number, height: number, points: Uint8Array): Uint8Array {
  return file(width, height, PALETTE, [chunk("PLTE", palette())], filtered(points, width, 1));
}

/** The picture as a file. */
export function encodePng({ width, height, rgb }: Picture): Uint8Array {
  return file(width, height, RGB, [], filtered(rgb, 3 * width, 3));
}

/**
 * The picture in a file.
 *
 * @throws {Error} If it is no PNG, is damaged, or is of a kind that is not read here.
 */
export function decodePng(bytes: Uint8Array): Picture {
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) throw new Error("Not a PNG file");
  const chunks = chunksOf(bytes);
  const header = chunks.find(({ name }) => name === "IHDR")?.content;
  if (header?.length !== 13) throw new Error("Damaged PNG file: its header is missing");
  const view = new DataView(header.buffer, header.byteOffset);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [bits, type, interlaced] = [header[8], header[9], header[12]];
  const channels = CHANNELS[type];
  if (bits !== BITS_PER_CHANNEL || interlaced !== 0 || channels === undefined) {
    const kind = `${bits} bits a channel, type ${type}${interlaced ? ", interlaced" : ""}`;
    throw new Error(`Cannot read a PNG file with ${kind}: save it with 8 bits, not interlaced`);
  }
  const length = (width * channels + 1) * height;
  if (length === 0 || length > MOST_BYTES) {
    throw new Error(`Cannot read a PNG file of ${width} × ${height} points`);
  }
  const packed = chunks.filter(({ name }) => name === "IDAT").map(({ content }) => content);
  const lines = inflateSync(concat(packed), { maxOutputLength: length });
  if (lines.length !== length) throw new Error("Damaged PNG file: points are missing");
  const points = unfiltered(lines, width * channels, channels);
  const colours = chunks.find(({ name }) => name === "PLTE")?.content ?? new Uint8Array(0);
  return { width, height, rgb: toRgb(points, type, channels, colours) };
}

function toRgb(points: Uint8Array, type: number, channels: number, colours: Uint8Array) {
  if (type === RGB) return points;
  const count = points.length / channels;
  const rgb = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) {
      const at = i * channels;
      if (type === PALETTE) rgb[3 * i + c] = colours[3 * points[at] + c];
      else {
        const alpha = channels % 2 === 0 ? points[at + channels - 1] : 255;
        rgb[3 * i + c] = 255 + (points[at + (channels > 2 ? c : 0)] - 255) * alpha / 255;
      }
    }
  }
  return rgb;
}

/** What a filter expects of a byte, from those to the left, above, and above the left. */
function predict(filter: number, left: number, up: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) throw new Error(`Damaged PNG file: there is no filter ${filter}`);
  const [a, b, c] = [
    Math.abs(up - corner),
    Math.abs(left - corner),
    Math.abs(left + up - 2 * corner),
  ];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** Each row behind the number of the filter that makes its bytes small. */
function filtered(points: Uint8Array, stride: number, step: number): Uint8Array {
  const lines = new Uint8Array(points.length / stride * (stride + 1));
  const candidate = new Uint8Array(stride);
  for (let row = 0, to = 0; row < points.length; row += stride, to += stride + 1) {
    let least = Infinity;
    for (const filter of FILTERS) {
      let size = 0;
      for (let x = 0, at = row; x < stride; x++, at++) {
        const left = x < step ? 0 : points[at - step];
        const up = row === 0 ? 0 : points[at - stride];
        const corner = x < step || row === 0 ? 0 : points[at - stride - step];
        candidate[x] = points[at] - predict(filter, left, up, corner);
        size += Math.abs(candidate[x] << 24 >> 24);
      }
      if (size >= least) continue;
      least = size;
      lines[to] = filter;
      lines.set(candidate, to + 1);
    }
  }
  return lines;
}

function unfiltered(lines: Uint8Array, stride: number, step: number): Uint8Array {
  const points = new Uint8Array(lines.length / (stride + 1) * stride);
  for (let row = 0, from = 0; row < points.length; row += stride) {
    const filter = lines[from++];
    for (let x = 0, at = row; x < stride; x++, at++) {
      const left = x < step ? 0 : points[at - step];
      const up = row === 0 ? 0 : points[at - stride];
      const corner = x < step || row === 0 ? 0 : points[at - stride - step];
      points[at] = lines[from++] + predict(filter, left, up, corner);
    }
  }
  return points;
}

function file(width: number, height: number, type: number, more: Uint8Array[], lines: Uint8Array) {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, BITS_PER_CHANNEL);
  header.setUint8(9, type);
  const first = chunk("IHDR", new Uint8Array(header.buffer));
  const points = chunk("IDAT", deflateSync(lines));
  return concat([SIGNATURE, first, ...more, points, chunk("IEND", new Uint8Array(0))]);
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

function chunksOf(bytes: Uint8Array): { name: string; content: Uint8Array }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: { name: string; content: Uint8Array }[] = [];
  for (let at = SIGNATURE.length; chunks.at(-1)?.name !== "IEND";) {
    const end = at + 8 < bytes.length ? at + 8 + view.getUint32(at) : Infinity;
    if (end + 4 > bytes.length) throw new Error("Damaged PNG file: its end is missing");
    const name = new TextDecoder().decode(bytes.subarray(at + 4, at + 8));
    if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) {
      throw new Error(`Damaged PNG file: wrong checksum of its part ${name}`);
    }
    chunks.push({ name, content: bytes.subarray(at + 8, end) });
    at = end + 4;
  }
  return chunks;
}

function concat(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
