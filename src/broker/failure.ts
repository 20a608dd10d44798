/**
 * Layer 6, broker. Errors on their way from a broker or a helper thread: bytes of the codec, since
 * ports lose classes and fields.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { Decoder } from "../wire/decode.ts";
import { Encoder } from "../wire/encode.ts";

/** Writes down what was thrown. */
export function failureBytes(thrown: unknown): Uint8Array<ArrayBuffer> {
  const encoder = new Encoder("process");
  try {
    encoder.value(thrown, "error");
  } catch {
    encoder.value(unusable(String(thrown)), "error");
  }
  // An encoder's buffer may be longer than its bytes, and a port would copy all of it.
  return encoder.take().bytes.slice();
}

/** Reads what was thrown. */
export function failureIn(bytes: Uint8Array): Error {
  const thrown = new Decoder(bytes).value();
  return thrown instanceof Error ? thrown : unusable(String(thrown));
}

/** The error of an operation that could not even be tried. */
export function unusable(why: string, cause?: unknown): ProcessError {
  return new ProcessError(
    `Cannot use a shared object: ${why}`,
    cause === undefined ? undefined : { cause },
  );
}
