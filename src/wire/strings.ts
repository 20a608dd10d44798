/**
 * Layer 3, wire. Owns how text is laid out: UTF-8 where it is well-formed, UTF-16 units where a
 * lone surrogate would be lost. May touch the writer and the reader.
 *
 * Short strings are handled by loops, because a call into the runtime's own text coder costs as
 * much as a hundred characters; long ones go there.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import { isJavaScriptCore } from "../runtime/engine.ts";
import type { Reader } from "./reader.ts";
import { SHORT_STRING, SHORT_STRING_MAX, STRING, STRING16 } from "./tags.ts";
import type { Writer } from "./writer.ts";

/** From this many bytes or characters on, the runtime's coder is quicker than a loop. */
const LOOP_WRITE = 48;
const LOOP_READ = isJavaScriptCore ? 11 : 24;
/** Keys up to this length are remembered. */
const REMEMBERED = 24;

const { fromCharCode } = String;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A string as a tagged value. */
export function writeText(to: Writer, text: string): void {
  const { length } = text;
  if (length <= SHORT_STRING_MAX) {
    to.ensure(1 + SHORT_STRING_MAX);
    const { bytes } = to;
    const from = to.at + 1;
    let i = 0;
    for (; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) break;
      bytes[from + i] = unit;
    }
    if (i === length) {
      bytes[from - 1] = SHORT_STRING | length;
      to.at = from + length;
      return;
    }
  }
  // The header depends on the number of bytes, which for most text is that of its characters.
  const start = to.at;
  const guess = length <= SHORT_STRING_MAX ? 1 : 1 + varintSize(length);
  to.ensure(guess);
  to.at += guess;
  const size = writeUtf8(to, text);
  if (size < 0) {
    to.at = start;
    to.u8(STRING16);
    to.varint(length);
    writeUnits(to, text);
    return;
  }
  const header = size <= SHORT_STRING_MAX ? 1 : 1 + varintSize(size);
  if (header !== guess) moveBody(to, start + guess, size, header - guess);
  const end = to.at;
  to.at = start;
  if (header === 1) {
    to.u8(SHORT_STRING | size);
  } else {
    to.u8(STRING);
    to.varint(size);
  }
  to.at = end;
}

/** A string without a tag: twice the number of bytes, plus one if they are UTF-16 units. */
export function writeString(to: Writer, text: string): void {
  const start = to.at;
  const guess = varintSize(text.length * 2);
  to.ensure(guess);
  to.at += guess;
  let size = writeUtf8(to, text);
  let wide = 0;
  if (size < 0) {
    wide = 1;
    size = text.length * 2;
    writeUnits(to, text);
  }
  const header = varintSize(size * 2);
  if (header !== guess) moveBody(to, start + guess, size, header - guess);
  const end = to.at;
  to.at = start;
  to.varint(size * 2 + wide);
  to.at = end;
}

/** The counterpart of `writeString`. */
export function readString(from: Reader): string {
  const head = from.varint();
  const size = Math.floor(head / 2);
  return head % 2 === 0 ? readUtf8(from, size) : readUnits(from, size / 2);
}

/** A tagged value that must be a string. */
export function readText(from: Reader): string {
  const tag = from.u8();
  if (tag >= SHORT_STRING && tag <= SHORT_STRING + SHORT_STRING_MAX) {
    return readUtf8(from, tag - SHORT_STRING);
  }
  if (tag === STRING) return readUtf8(from, from.varint());
  if (tag === STRING16) return readUnits(from, from.varint());
  throw new ProtocolError(`Cannot read text at byte ${from.at - 1}: it has tag ${tag}`);
}

/** Text of `size` bytes of UTF-8. */
export function readUtf8(from: Reader, size: number): string {
  const start = from.skip(size);
  const { bytes } = from;
  const end = start + size;
  if (size <= LOOP_READ) {
    let all = 0;
    for (let i = start; i < end; i++) all |= bytes[i];
    if (all < 0x80) return readAscii(bytes, start, end);
  }
  const text = decoder.decode(bytes.subarray(start, end));
  // A strict decoder is half as quick; what is wrong shows as this character, which may be right.
  if (text.includes("\ufffd")) return readStrictly(bytes.subarray(start, end));
  return text;
}

/** Text of `count` UTF-16 units. */
export function readUnits(from: Reader, count: number): string {
  if (!Number.isInteger(count)) throw new ProtocolError(`Cannot read text of ${count} characters`);
  let at = from.skip(count * 2);
  const { bytes } = from;
  let text = "";
  for (let left = count; left > 0;) {
    const units = new Array<number>(Math.min(left, 4096));
    for (let i = 0; i < units.length; i++, at += 2) units[i] = bytes[at] | bytes[at + 1] << 8;
    text += fromCharCode.apply(null, units);
    left -= units.length;
  }
  return text;
}

/**
 * Keys come again and again, and as property names they must be the engine's one copy of their
 * text, which costs a look-up. So the last few hundred are kept, found by a cheap hash of a few
 * of their bytes and compared in full.
 */
const keys: string[] = new Array(256).fill("");

/** A tagged string that will be used as a property name. */
export function readKey(from: Reader): string {
  const { bytes, at } = from;
  const length = bytes[at] - SHORT_STRING;
  if (!(length > 0 && length <= REMEMBERED) || at + length >= from.end) return readText(from);
  const first = at + 1;
  const slot = bytes[first] * 7 + bytes[first + (length >> 1)] * 3 + bytes[at + length] * 5 +
      length & 0xff;
  const known = keys[slot];
  if (known.length === length) {
    let i = 0;
    while (i < length && known.charCodeAt(i) === bytes[first + i]) i++;
    if (i === length) {
      from.at = first + length;
      return known;
    }
  }
  const text = readText(from);
  // Characters are compared with bytes, so only ASCII, which has as many of both.
  if (text.length === length) keys[slot] = text;
  return text;
}

function readAscii(bytes: Uint8Array, start: number, end: number): string {
  let at = start;
  let text = "";
  for (; end - at > 8; at += 8) text += upToEight(bytes, at, 8);
  const last = upToEight(bytes, at, end - at);
  return at === start ? last : text + last;
}

/** One call with many arguments is several times quicker than joining characters. */
function upToEight(b: Uint8Array, i: number, count: number): string {
  switch (count) {
    case 0:
      return "";
    case 1:
      return fromCharCode(b[i]);
    case 2:
      return fromCharCode(b[i], b[i + 1]);
    case 3:
      return fromCharCode(b[i], b[i + 1], b[i + 2]);
    case 4:
      return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3]);
    case 5:
      return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4]);
    case 6:
      return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5]);
    case 7:
      return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6]);
    default:
      return fromCharCode(
        b[i],
        b[i + 1],
        b[i + 2],
        b[i + 3],
        b[i + 4],
        b[i + 5],
        b[i + 6],
        b[i + 7],
      );
  }
}

function readStrictly(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(bytes);
  } catch {
    throw new ProtocolError(`Cannot read ${bytes.length} bytes of text: they are not UTF-8`);
  }
}

/** Appends UTF-8. Answers the number of bytes, or -1 and nothing if the text is not well-formed. */
function writeUtf8(to: Writer, text: string): number {
  const { length } = text;
  const start = to.at;
  if (length < LOOP_WRITE) {
    to.ensure(length * 3);
    return writeUtf8Loop(to, text);
  }
  if (!text.isWellFormed()) return -1;
  let rest = text;
  // First as if it were ASCII, so that a long text does not ask for three times its size.
  to.ensure(length);
  for (;;) {
    const { read, written } = encoder.encodeInto(rest, to.bytes.subarray(to.at));
    to.at += written;
    if (read === rest.length) return to.at - start;
    rest = rest.slice(read);
    to.ensure(rest.length * 3);
  }
}

function writeUtf8Loop(to: Writer, text: string): number {
  const { bytes, at: start } = to;
  const { length } = text;
  let at = start;
  for (let i = 0; i < length; i++) {
    let unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[at++] = unit;
      continue;
    }
    if (unit < 0x800) {
      bytes[at++] = 0xc0 | unit >> 6;
    } else {
      if (unit >= 0xd800 && unit <= 0xdfff) {
        const low = text.charCodeAt(++i);
        if (unit > 0xdbff || !(low >= 0xdc00 && low <= 0xdfff)) return -1;
        unit = 0x10000 + (unit - 0xd800 << 10) + (low - 0xdc00);
        bytes[at++] = 0xf0 | unit >> 18;
        bytes[at++] = 0x80 | unit >> 12 & 0x3f;
      } else {
        bytes[at++] = 0xe0 | unit >> 12;
      }
      bytes[at++] = 0x80 | unit >> 6 & 0x3f;
    }
    bytes[at++] = 0x80 | unit & 0x3f;
  }
  to.at = at;
  return at - start;
}

function writeUnits(to: Writer, text: string): void {
  const { length } = text;
  to.ensure(length * 2);
  const { bytes } = to;
  let { at } = to;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    bytes[at++] = unit;
    bytes[at++] = unit >> 8;
  }
  to.at = at;
}

/** Moves the body of a string whose header turned out longer or shorter than thought. */
function moveBody(to: Writer, from: number, size: number, by: number): void {
  to.ensure(Math.max(by, 0));
  to.bytes.copyWithin(from + by, from, from + size);
  to.at += by;
}

function varintSize(n: number): number {
  let size = 1;
  for (; n > 0x7f; n = Math.floor(n / 128)) size++;
  return size;
}
