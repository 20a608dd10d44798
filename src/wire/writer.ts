/**
 * Layer 3, wire. Owns a byte buffer that grows, and how numbers are laid out in it. May touch
 * nothing else. A message is refused here that no reader would take, as it is too long.
 *
 * The fields are open to the files of this folder, whose hot loops write into `bytes` themselves
 * after one `ensure`. A store behind the end of a typed array is silently lost, so every write
 * must be covered by an `ensure`.
 *
 * @module
 */

import { SerializationError } from "../errors.ts";
import { MAX_FRAME_BYTES } from "../runtime/frames.ts";
import { FLOAT64, INT16, INT32 } from "./tags.ts";

const FIRST_SIZE = 512;
/** From here on `take` gives the buffer itself away rather than a copy, if it is mostly full. */
const HAND_OVER = 32 * 1024;
/** A larger buffer is not kept for the next message. */
const KEEP = 256 * 1024;

/** What may follow the values of a message. */
const SPARE = 64 * 1024;
/** The most that is written into one message. */
const MAX_BYTES = MAX_FRAME_BYTES - SPARE;

/** Fewer bytes are copied one by one: that is quicker than making a view. */
const SHORT = 32;

/** One number seen as bytes. Writing through it is quicker than a DataView per buffer. */
const float = new Float64Array(1);
const bits = new Uint8Array(float.buffer);

/** A growing buffer of bytes. */
export class Writer {
  /** The storage; what is behind `at` is rubbish. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_SIZE);
  /** How many bytes are written. */
  at = 0;

  /** Make sure that `extra` more bytes fit. */
  ensure(extra: number): void {
    if (this.at + extra > this.bytes.length) this.#grow(this.at + extra);
  }

  u8(n: number): void {
    this.ensure(1);
    this.bytes[this.at++] = n;
  }

  u32(n: number): void {
    this.ensure(4);
    this.put32(n);
  }

  f64(n: number): void {
    this.ensure(8);
    this.put64(n);
  }

  /** 0 to 2^53-1, seven bits to a byte. */
  varint(n: number): void {
    this.ensure(8);
    const { bytes } = this;
    let at = this.at;
    while (n > 0x7fffffff) {
      bytes[at++] = n % 128 | 0x80;
      n = Math.floor(n / 128);
    }
    while (n > 0x7f) {
      bytes[at++] = n & 0x7f | 0x80;
      n >>>= 7;
    }
    bytes[at++] = n;
    this.at = at;
  }

  /** Bytes without a length in front of them. */
  raw(source: Uint8Array): void {
    this.ensure(source.length);
    this.bytes.set(source, this.at);
    this.at += source.length;
  }

  /** A part of a buffer, as it is. */
  part(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.ensure(length);
    const { bytes, at } = this;
    if (length <= SHORT) { for (let i = 0; i < length; i++) bytes[at + i] = source[start + i]; }
    else bytes.set(source.subarray(start, end), at);
    this.at = at + length;
  }

  /** Copies the bytes so far. */
  copyTo(target: Uint8Array, at: number): void {
    const { bytes, at: length } = this;
    if (length <= SHORT) { for (let i = 0; i < length; i++) target[at + i] = bytes[i]; }
    else target.set(bytes.subarray(0, length), at);
  }

  /** Four bytes; the caller has ensured them. */
  put32(n: number): void {
    const { bytes, at } = this;
    bytes[at] = n;
    bytes[at + 1] = n >>> 8;
    bytes[at + 2] = n >>> 16;
    bytes[at + 3] = n >>> 24;
    this.at = at + 4;
  }

  /** Eight bytes; the caller has ensured them. */
  put64(n: number): void {
    const { bytes, at } = this;
    float[0] = n;
    bytes[at] = bits[0];
    bytes[at + 1] = bits[1];
    bytes[at + 2] = bits[2];
    bytes[at + 3] = bits[3];
    bytes[at + 4] = bits[4];
    bytes[at + 5] = bits[5];
    bytes[at + 6] = bits[6];
    bytes[at + 7] = bits[7];
    this.at = at + 8;
  }

  /** A number as a tagged value, in its shortest form. */
  number(n: number): void {
    this.ensure(9);
    const int = n | 0;
    // `-0 | 0` is 0 and equal to -0, hence the division.
    if (int === n && (int !== 0 || 1 / n > 0)) {
      if (int >= 0 && int < 0x80) {
        this.bytes[this.at++] = int;
      } else if (int << 16 >> 16 === int) {
        const { bytes, at } = this;
        bytes[at] = INT16;
        bytes[at + 1] = int;
        bytes[at + 2] = int >>> 8;
        this.at = at + 3;
      } else {
        this.bytes[this.at++] = INT32;
        this.put32(int);
      }
    } else {
      this.bytes[this.at++] = FLOAT64;
      // One NaN for all runtimes: the bits of any other are theirs to choose.
      this.put64(n === n ? n : NaN);
    }
  }

  /** The bytes so far, which now belong to the caller; begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    const { bytes, at } = this;
    const given = at >= HAND_OVER && at * 2 >= bytes.length;
    const taken = given ? bytes.subarray(0, at) : bytes.slice(0, at);
    if (given || bytes.length > KEEP) this.bytes = new Uint8Array(FIRST_SIZE);
    this.at = 0;
    return taken;
  }

  /** Forgets the bytes so far. */
  restart(): void {
    this.at = 0;
    if (this.bytes.length > KEEP) this.bytes = new Uint8Array(FIRST_SIZE);
  }

  #grow(needed: number): void {
    if (needed > MAX_BYTES) {
      throw new SerializationError(
        `Cannot send a message of ${needed} bytes: the limit is ${MAX_BYTES}; send it in parts`,
      );
    }
    const wanted = Math.max(needed + FIRST_SIZE, this.bytes.length * 2);
    let grown: Uint8Array<ArrayBuffer>;
    try {
      grown = new Uint8Array(Math.min(wanted, MAX_BYTES));
    } catch {
      throw new SerializationError(
        `Cannot send a message of more than ${needed} bytes: the runtime has no buffer that large; send it in parts`,
      );
    }
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }
}
