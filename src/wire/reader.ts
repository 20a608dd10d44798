/**
 * Layer 3, wire. Owns bounds-checked reading of bytes: whatever is in them, the answer is a number,
 * a piece of the message or a `ProtocolError`. May touch nothing else.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";

const float = new Float64Array(1);
const bits = new Uint8Array(float.buffer);

/** Reads numbers and bytes from the front of a message to its end. */
export class Reader {
  /** The message. Always a plain Uint8Array on memory that nobody else writes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the next read begins. */
  at = 0;
  /** Length of the message. */
  readonly end: number;

  constructor(source: Uint8Array) {
    // A subclass (Node's Buffer) has other methods; shared memory may change between a check and a
    // read, and TextDecoder refuses it.
    if (!(source.buffer instanceof ArrayBuffer)) this.bytes = new Uint8Array(source);
    else if (source.constructor === Uint8Array) this.bytes = source as Uint8Array<ArrayBuffer>;
    else this.bytes = new Uint8Array(source.buffer, source.byteOffset, source.length);
    this.end = this.bytes.length;
  }

  u8(): number {
    if (this.at >= this.end) throw this.short(1);
    return this.bytes[this.at++];
  }

  u32(): number {
    return this.i32() >>> 0;
  }

  i16(): number {
    const { bytes, at } = this;
    if (at + 2 > this.end) throw this.short(2);
    this.at = at + 2;
    return (bytes[at] | bytes[at + 1] << 8) << 16 >> 16;
  }

  i32(): number {
    const { bytes, at } = this;
    if (at + 4 > this.end) throw this.short(4);
    this.at = at + 4;
    return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;
  }

  f64(): number {
    const { bytes, at } = this;
    if (at + 8 > this.end) throw this.short(8);
    bits[0] = bytes[at];
    bits[1] = bytes[at + 1];
    bits[2] = bytes[at + 2];
    bits[3] = bytes[at + 3];
    bits[4] = bytes[at + 4];
    bits[5] = bytes[at + 5];
    bits[6] = bytes[at + 6];
    bits[7] = bytes[at + 7];
    this.at = at + 8;
    return float[0];
  }

  varint(): number {
    let byte = this.u8();
    if (byte < 0x80) return byte;
    let n = byte & 0x7f;
    for (let factor = 0x80; factor <= 2 ** 49; factor *= 0x80) {
      byte = this.u8();
      n += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (n > Number.MAX_SAFE_INTEGER) break;
        return n;
      }
    }
    throw new ProtocolError(`Cannot read a length at byte ${this.at}: it is not below 2^53`);
  }

  /**
   * A number of things that follow, each of at least `size` bytes. One that does not fit into the
   * rest of the message is refused before anything is allocated for it.
   */
  count(size: number): number {
    const n = this.varint();
    if (n * size > this.end - this.at) throw this.short(n * size);
    return n;
  }

  /** `n` bytes, as a window on the message. */
  window(n: number): Uint8Array<ArrayBuffer> {
    const from = this.skip(n);
    return this.bytes.subarray(from, from + n);
  }

  /** `n` bytes, as a buffer of their own. */
  copy(n: number): ArrayBuffer {
    const from = this.bytes.byteOffset + this.skip(n);
    return this.bytes.buffer.slice(from, from + n);
  }

  /** Step over `n` bytes; answers where they begin. */
  skip(n: number): number {
    const { at } = this;
    if (n > this.end - at) throw this.short(n);
    this.at = at + n;
    return at;
  }

  /** The error for a message that ends too soon. */
  short(wanted: number): ProtocolError {
    return new ProtocolError(
      `Cannot read ${wanted} bytes at byte ${this.at}: the message ends at byte ${this.end}`,
    );
  }
}
