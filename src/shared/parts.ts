/**
 * Layer 8, shared. What a shared value or array is made of, and how that crosses: type, end, length
 * and lock. May touch `park/`; the classes themselves are in `value.ts` and `array.ts`.
 *
 * Handle: number of the type · length · the end's handle · whether there is a lock · the lock
 *
 * @module
 */

import { ProcessError, ProtocolError } from "../errors.ts";
import type { End } from "../park/end.ts";
import { readEnd, writeEnd } from "../park/travel.ts";
import type { WireInput, WireOutput } from "../wire/classes.ts";
import { isLock } from "./lock.ts";
import type { LockLike } from "./lock.ts";
import { typeNumbered } from "./types.ts";
import type { TypeInfo } from "./types.ts";

/** What a constructor is given in place of a type when an object arrives from another isolate. */
export class Parts {
  readonly type: TypeInfo;
  /** How many items there are; 1 for a value. */
  readonly length: number;
  readonly end: End;
  readonly lock: LockLike | null;

  constructor(type: TypeInfo, length: number, end: End, lock: LockLike | null) {
    this.type = type;
    this.length = length;
    this.end = end;
    this.lock = lock;
  }
}

/** Appends a handle. */
export function writeParts(output: WireOutput, parts: Parts): void {
  const { type, length, end, lock } = parts;
  output.u8(type.number);
  output.varint(length);
  writeEnd(output, end);
  output.u8(lock === null ? 0 : 1);
  if (lock !== null) output.value(lock, "getLock()");
}

/** Reads a handle. */
export function readParts(input: WireInput): Parts {
  const number = input.u8();
  const type = typeNumbered(number);
  if (type === undefined) {
    throw new ProtocolError(`A shared object has items of the unknown type ${number}`);
  }
  const length = input.varint();
  const end = readEnd(input);
  const lock = input.u8() === 1 ? input.value() : null;
  if (lock !== null && !isLock(lock)) throw new ProtocolError("A shared object has no lock");
  return new Parts(type, length, end, lock);
}

/** The lock of an object, or an error that says why there is none. */
export function lockOf(lock: LockLike | null, what: string): LockLike {
  if (lock !== null) return lock;
  throw new ProcessError(
    `Cannot get the lock of this ${what}: it was made with { lock: false }; make it without that ` +
      "option, or use a lock of your own",
  );
}
