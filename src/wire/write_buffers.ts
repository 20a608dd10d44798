/**
 * Layer 3, wire. Owns how buffers and views are written. May touch the encoding and its writer.
 *
 * A view that is alone with its buffer travels as the bytes under it: a small view of a large
 * buffer is cheap. When the same buffer is met again in the same value, that would show, so the
 * value is written once more with whole buffers (`RESTART`). Only views of a subclass, of which
 * Node's Buffer is the one that matters, are always sent as their own bytes: their buffer is a pool
 * that holds other people's data.
 *
 * On the way to a thread large buffers ride beside the bytes: copied once, or moved.
 *
 * @module
 */

import type { Encoding } from "./encoding.ts";
import { type Refusal, refusal, RESTART } from "./refusal.ts";
import { checkPort } from "./transfer.ts";
import { ATTACHED, BUFFER, BYTES, MAX_RESERVE, REFERENCE, RESIZABLE, VIEW } from "./tags.ts";
import {
  followsEnd,
  isGrowable,
  isResizable,
  isShared,
  type View,
  VIEW_TYPES,
  viewTypeOf,
} from "./views.ts";

/** A buffer of this size goes to a thread as an object: posting one costs some microseconds. */
export const LARGE = 16 * 1024;

/** Writes an ArrayBuffer, which already has its number. */
export function writeBuffer(s: Encoding, buffer: ArrayBuffer): void {
  if (buffer.detached) throw detached("an ArrayBuffer");
  const { to } = s;
  const { byteLength } = buffer;
  if (s.route === "thread" && s.moved?.has(buffer)) {
    writeAttached(s, buffer, true);
  } else if (isResizable(buffer)) {
    s.reserved += buffer.maxByteLength - byteLength;
    if (s.reserved > MAX_RESERVE) {
      throw refusal(
        `a resizable ArrayBuffer that may grow to ${buffer.maxByteLength} bytes`,
        `at most ${MAX_RESERVE} more bytes can be reserved on the other side; lower maxByteLength`,
      );
    }
    to.u8(RESIZABLE);
    to.varint(byteLength);
    to.varint(buffer.maxByteLength);
    to.raw(new Uint8Array(buffer));
  } else if (s.route === "thread" && byteLength >= LARGE && !s.inline) {
    writeAttached(s, buffer.slice(0), true);
  } else {
    to.u8(BUFFER);
    to.varint(byteLength);
    to.raw(new Uint8Array(buffer));
  }
}

/** Writes shared memory or a port, which only another thread can take. */
export function writeThreadOnly(s: Encoding, value: object, what: string, transfer: boolean): void {
  if (s.route === "process") {
    throw refusal(
      what,
      'it only travels to threads: as an argument or a result of the "thread" start method, or ' +
        "through its pipes; otherwise send a copy of what it holds",
    );
  }
  const before = s.attachments.indexOf(value);
  if (before < 0) {
    const refused = transfer ? checkPort(value) : null;
    if (refused !== null) throw refused;
    writeAttached(s, value, transfer);
  } else {
    s.to.u8(ATTACHED);
    s.to.varint(before);
  }
}

/** Writes a typed array or DataView, which already has its number. */
export function writeView(s: Encoding, view: View): void {
  const type = viewTypeOf(view);
  const { Class, size } = VIEW_TYPES[type]!;
  const { buffer } = view;
  if (isShared(buffer)) {
    writeShared(s, view, buffer, type, size);
    return;
  }
  if (buffer.detached) throw detached("a view of an ArrayBuffer");
  if (Object.getPrototypeOf(view) !== Class.prototype && isPooled(view)) {
    writeBytes(s, view, type, null);
    return;
  }
  const known = s.references.find(buffer);
  if (known >= 0) {
    if (s.partial?.has(buffer)) throw RESTART;
    writeHead(s, view, type, size);
    s.to.u8(REFERENCE);
    s.to.varint(known);
    return;
  }
  const full = view.byteLength === buffer.byteLength;
  if (isResizable(buffer) || s.moved?.has(buffer) || !full && s.whole) {
    writeHead(s, view, type, size);
    s.references.add(buffer);
    writeBuffer(s, buffer);
    return;
  }
  if (!full) (s.partial ??= new Set()).add(buffer);
  writeBytes(s, view, type, buffer);
}

function writeShared(
  s: Encoding,
  view: View,
  buffer: SharedArrayBuffer,
  type: number,
  size: number,
): void {
  const what = "a view of a SharedArrayBuffer";
  if (isGrowable(buffer)) {
    // Only the runtime knows whether the view grows with it.
    writeThreadOnly(s, view, what, false);
    return;
  }
  if (s.route === "process") writeThreadOnly(s, buffer, what, false);
  writeHead(s, view, type, size);
  const known = s.references.find(buffer);
  if (known >= 0) {
    s.to.u8(REFERENCE);
    s.to.varint(known);
  } else {
    s.references.add(buffer);
    writeThreadOnly(s, buffer, what, false);
  }
}

/** A view with a buffer of its own; `buffer` is the one that the second number stands for. */
function writeBytes(s: Encoding, view: View, type: number, buffer: ArrayBuffer | null): void {
  const { to } = s;
  const { byteLength } = view;
  s.references.add(buffer);
  const source = new Uint8Array(view.buffer, view.byteOffset, byteLength);
  if (s.route === "thread" && byteLength >= LARGE && !s.inline) {
    to.u8(VIEW);
    to.u8(type);
    to.u8(0);
    to.varint(0);
    to.varint(byteLength / VIEW_TYPES[type]!.size);
    writeAttached(s, source.slice().buffer, true);
  } else {
    to.u8(BYTES);
    to.u8(type);
    to.varint(byteLength);
    to.raw(source);
  }
}

function writeHead(s: Encoding, view: View, type: number, size: number): void {
  const { to } = s;
  const { buffer } = view;
  const follows = !isShared(buffer) && isResizable(buffer) && followsEnd(view, buffer, size);
  to.u8(VIEW);
  to.u8(type);
  to.u8(follows ? 1 : 0);
  to.varint(view.byteOffset);
  to.varint(view.byteLength / size);
}

function writeAttached(s: Encoding, object: object, transfer: boolean): void {
  const number = s.attach(object, transfer);
  s.to.u8(ATTACHED);
  s.to.varint(number);
}

/** Node's Buffer, without naming it: a subclass of Uint8Array in a larger buffer. */
function isPooled(view: View): boolean {
  return view.byteLength < view.buffer.byteLength;
}

function detached(what: string): Refusal {
  return refusal(
    `${what} that was moved away before`,
    "send it before it is transferred, or a copy",
  );
}
