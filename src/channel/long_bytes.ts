/**
 * Layer 5, channel. Values that are one long buffer or view: their bytes are copied once only, from
 * where they are into the ring. The format is the codec's.
 *
 * @module
 */

import type { Encoder } from "../wire/encode.ts";
import { appendModules } from "../wire/envelope.ts";
import { BUFFER, BYTES } from "../wire/tags.ts";
import { VIEW_TYPES, viewTypeOf } from "../wire/views.ts";
import { borrowEncoder } from "./items.ts";
import type { Item } from "./rings.ts";

/** From here on it is worth it. */
const LONG = 64 * 1024;
/** A larger copy is not kept for the next item that has to wait. */
const KEEP = 16 * 1024 * 1024;

/** An item whose bytes are still the user's. */
export interface ItemInPlace extends Item {
  readonly payload: Uint8Array;
  readonly encoder: Encoder;
}

let spareCopy: Uint8Array<ArrayBuffer> | null = null;

/** Writes a value down, without its bytes; `null` if it is anything else. */
export function writeInPlace(value: unknown): ItemInPlace | null {
  const payload = longBytes(value);
  const encoder = payload && borrowEncoder();
  if (payload === null || encoder === null) return null;
  if (ArrayBuffer.isView(value)) {
    encoder.u8(BYTES);
    encoder.u8(viewTypeOf(value));
  } else {
    encoder.u8(BUFFER);
  }
  encoder.varint(payload.length);
  appendModules(encoder);
  return { buffer: encoder.buffer, length: encoder.length, payload, encoder };
}

/** The same item with bytes of its own, which nobody changes while it waits. */
export function snapshotOf({ buffer, length, payload }: ItemInPlace): Item {
  let copy = spareCopy;
  spareCopy = null;
  if (copy === null || copy.length < payload.length) copy = new Uint8Array(payload.length);
  copy.set(payload);
  return { buffer: buffer.slice(0, length), length, payload: copy.subarray(0, payload.length) };
}

/** The copy may be used again. */
export function doneWith({ payload }: Item): void {
  const { buffer } = payload!;
  if (buffer.byteLength <= KEEP) spareCopy = new Uint8Array(buffer as ArrayBuffer);
}

/** The bytes of a long buffer or view of the language's own classes; `null` for anything else. */
function longBytes(value: unknown): Uint8Array | null {
  if (typeof value !== "object" || value === null) return null;
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteLength, byteOffset } = value;
    if (byteLength < LONG || !(buffer instanceof ArrayBuffer) || buffer.resizable) return null;
    const Class = VIEW_TYPES[viewTypeOf(value)]?.Class;
    const own = Class !== undefined && Object.getPrototypeOf(value) === Class.prototype;
    return own ? new Uint8Array(buffer, byteOffset, byteLength) : null;
  }
  if (!(value instanceof ArrayBuffer) || value.byteLength < LONG || value.resizable) return null;
  return Object.getPrototypeOf(value) === ArrayBuffer.prototype ? new Uint8Array(value) : null;
}
