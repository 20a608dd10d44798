/**
 * Layer 1, runtime. Cuts a byte stream into messages: a four-byte little-endian length, then the
 * bytes. Owns nothing but the message under way; every message it emits belongs to the receiver.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";

/** Bytes before each message. */
export const HEADER_BYTES = 4;

/** The largest message. */
export const MAX_FRAME_BYTES = 0x7fff_ffff;

/** Returns the header of a message of `length` bytes. */
export function frameHeader(length: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, length, true);
  return header;
}

/** Puts the header in front of small messages, so that one write sends both. */
export function frame(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const owned = bytes as Uint8Array<ArrayBuffer>;
  if (bytes.length > 65536) return [frameHeader(bytes.length), owned];
  const whole = new Uint8Array(HEADER_BYTES + bytes.length);
  whole[0] = bytes.length;
  whole[1] = bytes.length >>> 8;
  whole[2] = bytes.length >>> 16;
  whole.set(bytes, HEADER_BYTES);
  return [whole];
}

/** Collects the pieces that a socket delivers into messages. */
export class FrameReader {
  #emit: (bytes: Uint8Array) => void;
  #header = new Uint8Array(HEADER_BYTES);
  #headerLength = 0;
  #body: Uint8Array | null = null;
  #bodyLength = 0;

  /** Calls `emit` with every complete message, in order. */
  constructor(emit: (bytes: Uint8Array) => void) {
    this.#emit = emit;
  }

  /** Takes in what arrived; `piece` may be reused afterwards. */
  push(piece: Uint8Array): void {
    let at = 0;
    while (at < piece.length) {
      if (this.#body === null) {
        const taken = Math.min(HEADER_BYTES - this.#headerLength, piece.length - at);
        this.#header.set(piece.subarray(at, at + taken), this.#headerLength);
        this.#headerLength += taken;
        at += taken;
        if (this.#headerLength < HEADER_BYTES) return;
        const length = new DataView(this.#header.buffer).getUint32(0, true);
        this.#headerLength = 0;
        if (length > MAX_FRAME_BYTES) {
          throw new ProtocolError(
            `Cannot read a message of ${length} bytes: the limit is ${MAX_FRAME_BYTES}`,
          );
        }
        if (piece.length - at >= length) {
          this.#emit(piece.slice(at, at + length));
          at += length;
          continue;
        }
        this.#body = new Uint8Array(length);
        this.#bodyLength = 0;
      }
      const taken = Math.min(this.#body.length - this.#bodyLength, piece.length - at);
      this.#body.set(piece.subarray(at, at + taken), this.#bodyLength);
      this.#bodyLength += taken;
      at += taken;
      if (this.#bodyLength === this.#body.length) {
        const body = this.#body;
        this.#body = null;
        this.#emit(body);
      }
    }
  }

  /**
   * Where the next bytes of a long message belong, so that a socket can read straight into it;
   * `null` between messages. Follow with {@link FrameReader.filled}.
   */
  target(): Uint8Array | null {
    return this.#body === null ? null : this.#body.subarray(this.#bodyLength);
  }

  /** Says that `length` bytes were read into {@link FrameReader.target}. */
  filled(length: number): void {
    this.#bodyLength += length;
    if (this.#body !== null && this.#bodyLength === this.#body.length) {
      const body = this.#body;
      this.#body = null;
      this.#emit(body);
    }
  }
}

/** All of them, one after the other. */
export function joined(
  pieces: readonly (Uint8Array | readonly number[])[],
): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
