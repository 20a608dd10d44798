/**
 * Layer 3, wire. Owns the `Decoder`: values and protocol fields out of one message. May touch the
 * rest of this folder.
 *
 * Whatever the bytes are, the answer is a value or a `ProtocolError`; only what a user's `rebuild`
 * or the look-up of a function throws is passed on as it is. Then the rest of the value is read for
 * nobody: the connections in it are closed.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import { readAny } from "./decode_values.ts";
import { Decoding } from "./decoding.ts";
import { isStackOverflow } from "./refusal.ts";
import { readString } from "./strings.ts";
import { MAX_DEPTH, SMALL_INTEGERS } from "./tags.ts";

/** Reads one message, front to back, in the order in which it was written. */
export class Decoder {
  readonly #decoding: Decoding;
  #inValue = false;

  /**
   * @param bytes The message. It must not change while it is read.
   * @param attachments What came beside it.
   */
  constructor(bytes: Uint8Array, attachments: readonly unknown[] = []) {
    this.#decoding = new Decoding(bytes, attachments, this);
  }

  /** Bytes that are not read yet. */
  get remaining(): number {
    const { from } = this.#decoding;
    return from.end - from.at;
  }

  /** Reads a byte. */
  u8(): number {
    return this.#decoding.from.u8();
  }

  /** Reads four bytes. */
  u32(): number {
    return this.#decoding.from.u32();
  }

  /** Reads an integer from 0 to 2^53-1. */
  varint(): number {
    return this.#decoding.from.varint();
  }

  /** Reads eight bytes. */
  f64(): number {
    return this.#decoding.from.f64();
  }

  /** Reads text. */
  string(): string {
    return readString(this.#decoding.from);
  }

  /**
   * Reads bytes.
   *
   * @returns A window on the message, not a copy.
   */
  bytes(): Uint8Array<ArrayBuffer> {
    const { from } = this.#decoding;
    return from.window(from.varint());
  }

  /** An object that came beside the bytes. */
  attachment(number: number): object {
    return this.#decoding.attachment(number);
  }

  /** How often an object came beside the message: each value that has it counts. */
  timesAttached(object: object): number {
    return this.#decoding.attachments.filter((each) => each === object).length;
  }

  /** Goes past bytes. */
  skip(count: number): void {
    this.#decoding.from.window(count);
  }

  /**
   * Reads one value.
   *
   * @throws {ProtocolError} If the bytes are not one.
   */
  value(): unknown {
    const s = this.#decoding;
    const { from } = s;
    if (from.at < from.end && from.bytes[from.at] < SMALL_INTEGERS) return from.bytes[from.at++];
    const outer = this.#inValue ? s.suspend() : null;
    if (outer === null) s.beginValue();
    this.#inValue = true;
    try {
      const value = readAny(s, 0);
      if (outer === null && s.foreign !== null) throw s.foreign.error;
      return value;
    } catch (error) {
      if (outer !== null) throw explain(s, error);
      s.giveUp();
      throw explain(s, s.foreign === null ? error : s.foreign.error);
    } finally {
      if (outer === null) {
        this.#inValue = false;
        s.endValue();
      } else s.resume(outer);
    }
  }

  /** Reads one value for nobody: nothing of the user's runs, and what it refers to is given up. */
  drop(): void {
    const s = this.#decoding;
    s.beginValue();
    s.dropping = true;
    this.#inValue = true;
    try {
      readAny(s, 0);
    } catch {
      // Behind what cannot be read nothing can be found.
    }
    this.#inValue = false;
    s.giveUp();
    s.endValue();
  }
}

function explain(s: Decoding, error: unknown): unknown {
  if (isStackOverflow(error)) {
    return new ProtocolError(
      `Cannot read a value that is nested too deep for the stack that is left here; at most ${MAX_DEPTH} levels travel`,
      { cause: error },
    );
  }
  if (error instanceof ProtocolError || s.foreign !== null && s.foreign.error === error) {
    return error;
  }
  return new ProtocolError(`Cannot read a value at byte ${s.from.at}: ${String(error)}`, {
    cause: error,
  });
}
