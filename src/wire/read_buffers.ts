/**
 * Layer 3, wire. Owns how buffers and views are read. May touch the decoding and its reader.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import type { Decoding, ReadAny } from "./decoding.ts";
import { MAX_RESERVE } from "./tags.ts";
import { type View, VIEW_TYPES, type ViewType } from "./views.ts";

/** Reads an ArrayBuffer. */
export function readBuffer(s: Decoding): ArrayBuffer {
  const buffer = s.from.copy(s.from.varint());
  s.references.push(buffer);
  return buffer;
}

/** Reads an ArrayBuffer that can grow. */
export function readResizable(s: Decoding): ArrayBuffer {
  const { from } = s;
  const length = from.varint();
  const maxByteLength = from.varint();
  const bytes = from.window(length);
  // The bytes up to the maximum are address space, not memory; but that is finite, too.
  s.reserved += maxByteLength - length;
  if (maxByteLength < length || s.reserved > MAX_RESERVE) {
    throw new ProtocolError(
      `Cannot read a buffer of ${length} bytes that may grow to ${maxByteLength}`,
    );
  }
  let buffer: ArrayBuffer;
  try {
    buffer = new ArrayBuffer(length, { maxByteLength });
  } catch (cause) {
    throw new ProtocolError(`Cannot reserve ${maxByteLength} bytes for a buffer`, { cause });
  }
  new Uint8Array(buffer).set(bytes);
  s.references.push(buffer);
  return buffer;
}

/** Reads a view that has a buffer to itself. */
export function readBytes(s: Decoding): View {
  const { Class, size } = readType(s);
  const length = s.from.varint();
  if (length % size !== 0) {
    throw new ProtocolError(`Cannot view ${length} bytes as numbers of ${size}`);
  }
  const buffer = s.from.copy(length);
  const view = new Class(buffer, 0);
  s.references.push(view, buffer);
  return view;
}

/** Reads a view of a buffer that is a value by itself. */
export function readView(s: Decoding, depth: number, readAny: ReadAny): View {
  const { from } = s;
  const { Class } = readType(s);
  const follows = from.u8() === 1;
  const offset = from.varint();
  const length = from.varint();
  const number = s.reserve();
  const buffer = readAny(s, depth + 1);
  // The constructors take any object for a list of numbers, and its `length` at its word.
  if (!(buffer instanceof ArrayBuffer) && !isSharedHere(buffer)) {
    throw new ProtocolError(`Cannot make a view at byte ${from.at}: what follows is no buffer`);
  }
  try {
    const view = follows ? new Class(buffer, offset) : new Class(buffer, offset, length);
    s.references[number] = view;
    return view;
  } catch (cause) {
    throw new ProtocolError(
      `Cannot make a view of ${length} elements at ${offset} of ${buffer.byteLength} bytes`,
      { cause },
    );
  }
}

function readType(s: Decoding): ViewType {
  const number = s.from.u8();
  const type = VIEW_TYPES[number];
  if (type === undefined) {
    throw new ProtocolError(
      number === 12
        ? "Cannot read a Float16Array: this runtime has none"
        : `Cannot read a view of type ${number}`,
    );
  }
  return type;
}

function isSharedHere(value: unknown): value is SharedArrayBuffer {
  return typeof SharedArrayBuffer === "function" && value instanceof SharedArrayBuffer;
}
