/**
 * Layer 3, wire. The end of a message: which modules its functions come from. The receiver imports
 * them before it decodes the values, because importing takes time and decoding must not.
 *
 * `… values … | module URLs | u32 position of the list, little-endian`; position 0 is "no list". The
 * position's highest bit is the sender's: an item of a channel says with it that objects came beside.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import { Decoder } from "./decode.ts";
import type { Encoder, Message } from "./encode.ts";

const TRAILER_BYTES = 4;
const MARK = 0x8000_0000;

/** Finishes a message and takes it from the encoder. */
export function seal(encoder: Encoder): Message {
  appendModules(encoder);
  return encoder.take();
}

/** Finishes a message: appends the list of modules, and a mark. */
export function appendModules(encoder: Encoder, marked = false): void {
  const mark = marked ? MARK : 0;
  if (encoder.modules.size === 0) {
    encoder.u32(mark);
  } else {
    const position = encoder.length;
    encoder.varint(encoder.modules.size);
    for (const url of encoder.modules) encoder.string(url);
    encoder.u32((position | mark) >>> 0);
  }
}

/** Whether a message has the mark. */
export function isMarked(bytes: Uint8Array): boolean {
  return (bytes[bytes.length - 1] & 0x80) !== 0;
}

/** Where the list of modules begins, or would. */
export function modulesStart(bytes: Uint8Array): number {
  const end = bytes.length - TRAILER_BYTES;
  const position = bytes[end] | bytes[end + 1] << 8 | bytes[end + 2] << 16 |
    (bytes[end + 3] & 0x7f) << 24;
  return position === 0 ? end : position;
}

/** The modules that a message mentions; most mention none. */
export function modulesOf(bytes: Uint8Array): string[] {
  const end = bytes.length - TRAILER_BYTES;
  if (end < 0) {
    throw new ProtocolError(`Cannot read a message of ${bytes.length} bytes: it has no trailer`);
  }
  const position = modulesStart(bytes);
  if (position === end) return [];
  if (position > end) {
    throw new ProtocolError(
      `Cannot read the module list of a message at ${position} of ${bytes.length} bytes`,
    );
  }
  const decoder = new Decoder(bytes.subarray(position, end));
  const urls: string[] = [];
  for (let left = decoder.varint(); left > 0; left--) urls.push(decoder.string());
  return urls;
}
