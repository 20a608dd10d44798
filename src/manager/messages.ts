/**
 * Layer 12, manager. What a client and a server of a manager say to each other. Owns the numbers.
 *
 * A message is as many entries as were asked for, or answered, in one turn, then `END`, then the
 * modules of its functions. Values are items of the codec, each readable on its own.
 *
 * ```text
 * CALL      call · object · method · arguments      CANCEL   call
 * MAKE      call · type · arguments                 SHUTDOWN call
 * KEEP      object                one more reference of this client
 * DROP      object                one less
 * POST      object · token · once a reference for a message that is on its way
 * TAKE      object · token        that reference is this client's now
 * LAND      token                 it is nobody's: the message was read, or will never be
 *
 * HELLO     who the server is     FAILED   why there is none
 * RESULT    call · value          FAILURE  call · error
 * OBJECT    call · object · kind  CANCELLED call
 * ```
 *
 * @module
 */

import { SerializationError } from "../errors.ts";
import type { Decoder } from "../wire/decode.ts";
import type { Encoder } from "../wire/encode.ts";
import { readEntry, Unreadable, writeItem } from "../pool/items.ts";

/** The end of the entries. */
export const END = 0;

/** What a client asks. */
export const ASK = {
  CALL: 1,
  MAKE: 2,
  CANCEL: 3,
  DROP: 4,
  KEEP: 5,
  POST: 6,
  TAKE: 7,
  LAND: 8,
  SHUTDOWN: 9,
} as const;

/** What a server says. */
export const SAY = {
  HELLO: 1,
  FAILED: 2,
  RESULT: 3,
  FAILURE: 4,
  OBJECT: 5,
  CANCELLED: 6,
} as const;

/** A client and a server must speak the same one. */
export const MANAGER_VERSION = 1;

/** Writes the arguments of a call. */
export function writeArguments(encoder: Encoder, args: readonly unknown[]): void {
  encoder.varint(args.length);
  for (let i = 0; i < args.length; i++) writeItem(encoder, args[i], `args[${i}]`);
}

/** Reads the arguments of a call; all of them, also if one is {@link Unreadable}. */
export function readArguments(decoder: Decoder): unknown[] | Unreadable {
  const args: unknown[] = [];
  let unreadable: Unreadable | null = null;
  for (let left = decoder.varint(); left > 0; left--) {
    const value = readEntry(decoder, decoder.u8());
    if (value instanceof Unreadable) unreadable ??= value;
    args.push(value);
  }
  return unreadable ?? args;
}

/** The error that stands for a thrown value which cannot travel. */
export function unsendableError(refused: unknown): SerializationError {
  const { message, path } = refused as SerializationError;
  const error = new SerializationError(
    `A method threw a value that cannot travel: ${message}`,
    { cause: refused },
  );
  error.path = path;
  return error;
}
