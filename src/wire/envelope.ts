/**
 * Layer 3, wire. The end of a message: which modules its functions come from. The receiver imports
 * them before it decodes the values, because importing takes time and decoding must not.
 *
 * `… values … | module URLs | u32 position of the list, little-endian`; position 0 is "no list".
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import { Decoder } from "./decode.ts";
import type { Encoder, Message } from "./encode.ts";

const TRAILER_BYTES = 4;

/** Finishes a message and takes it from the encoder. */
export function seal(encoder: Encoder): Message {
  appendModules(encoder);
  return encoder.take();
}

/** Finishes a message: appends the list of modules. */
export function appendModules(encoder: Encoder): void {
  if (encoder.modules.size === 0) {
    encoder.u32(0);
  } else {
    const position = encoder.length;
    encoder.varint(encoder.modules.size);
    for (const url of encoder.modules) encoder.string(url);
    encoder.u32(position);
  }
}

/** The modules that a message mentions; most mention none. */
export function modulesOf(bytes: Uint8Array): string[] {
  const end = bytes.length - TRAILER_BYTES;
  if (end < 0) {
    throw new ProtocolError(`Cannot read a message of ${bytes.length} bytes: it has no trailer`);
  }
  const position = bytes[end] | bytes[end + 1] << 8 | bytes[end + 2] << 16 | bytes[end + 3] << 24;
  if (position === 0) return [];
  if (position < 0 || position >= end) {
    throw new ProtocolError(
      `Cannot read the module list of a message at ${position} of ${bytes.length} bytes`,
    );
  }
  const decoder = new Decoder(bytes.subarray(position, end));
  const urls: string[] = [];
  for (let left = decoder.varint(); left > 0; left--) urls.push(decoder.string());
  return urls;
}
