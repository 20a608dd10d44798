/**
 * Layer 10, pool. Values in a row. Owns what keeps them apart: a value whose decoding runs code that
 * may throw (a user's `rebuild`, the look-up of a function) is written with its length, so that
 * those behind it stay readable.
 *
 * @module
 */

import { SerializationError } from "../errors.ts";
import type { Decoder } from "../wire/decode.ts";
import type { Encoder } from "../wire/encode.ts";
import type { Encoded } from "./encoded.ts";
import { FAILURE, ITEM, SIZED } from "./messages.ts";

/** What could not be decoded, and why. */
export class Unreadable {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

/**
 * Writes one item.
 *
 * @throws What the encoder throws; the message is then as it was before.
 */
export function writeItem(encoder: Encoder, value: unknown, path: string): void {
  const start = encoder.length;
  try {
    if (value !== null && (typeof value === "object" || typeof value === "function")) {
      encoder.u8(SIZED);
      writeSized(encoder, value, path);
    } else {
      encoder.u8(ITEM);
      encoder.value(value, path);
    }
  } catch (error) {
    encoder.truncate(start);
    throw error;
  }
}

/** Writes one item that another encoder has encoded. */
export function writeEncodedItem(encoder: Encoder, { page, start, end }: Encoded): void {
  encoder.u8(SIZED);
  encoder.u32(end - start);
  encoder.part(page, start, end);
}

/** Writes the error of a task; what cannot travel becomes a `SerializationError` that says so. */
export function writeFailure(encoder: Encoder, error: unknown): void {
  const start = encoder.length;
  encoder.u8(FAILURE);
  try {
    writeSized(encoder, error, "error");
  } catch (refused) {
    encoder.truncate(start + 1);
    writeSized(encoder, unsendable(refused), "error");
  }
}

/** Writes a value behind its length. */
export function writeSized(encoder: Encoder, value: unknown, path: string): void {
  const start = encoder.length;
  encoder.u32(0);
  encoder.value(value, path);
  const end = encoder.length;
  encoder.truncate(start);
  encoder.u32(end - start - 4);
  encoder.truncate(end);
}

/** Reads what {@link writeSized} wrote; if that fails, goes on behind it. */
export function readSized(decoder: Decoder): unknown {
  const size = decoder.u32();
  const behind = decoder.remaining - size;
  try {
    return decoder.value();
  } catch (error) {
    decoder.skip(decoder.remaining - behind);
    return new Unreadable(error);
  }
}

/** Reads the value of an entry; `undefined` for an entry that has none. */
export function readEntry(decoder: Decoder, entry: number): unknown {
  if (entry === ITEM) return decoder.value();
  return entry === SIZED || entry === FAILURE ? readSized(decoder) : undefined;
}

/** Goes past an entry. */
export function skipEntry(decoder: Decoder, entry: number): void {
  if (entry === ITEM) decoder.value(); // no code of the user's runs for a value without a length
  else if (entry === SIZED) decoder.skip(decoder.u32());
}

/** Reads the last value of a message. */
export function readLast(decoder: Decoder): unknown {
  try {
    return decoder.value();
  } catch (error) {
    return new Unreadable(error);
  }
}

/** The error that stands for a thrown value which cannot travel. */
export function unsendable(refused: unknown): SerializationError {
  const error = new SerializationError(
    `A task threw a value that cannot travel: ${(refused as Error).message}`,
    { cause: refused },
  );
  error.path = (refused as SerializationError).path;
  return error;
}
