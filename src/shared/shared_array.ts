/**
 * Layer 8, shared. The public class `SharedArray`: a `RawArray` with a lock.
 *
 * @module
 */

import { methodOf } from "../park/start_method.ts";
import type { RLock } from "../sync/rlock.ts";
import { registerInternal } from "../wire/classes.ts";
import { makeArray } from "./array_parts.ts";
import type { ItemOf, ItemType } from "./item_types.ts";
import { chooseLock } from "./lock.ts";
import type { LockLike, LockOptions } from "./lock.ts";
import { lockOf, Parts, readParts, writeParts } from "./parts.ts";
import { partsOf, RawArray } from "./raw_array.ts";

/**
 * Numbers, bigints or booleans of one type in shared memory, and a lock for them.
 *
 * Reading and writing does not take the lock: take it around what has to happen as a whole. As
 * {@link RawArray} otherwise.
 *
 * @example
 * ```ts
 * import { Process, SharedArray } from "@manycore/multiprocessing";
 *
 * export function square(array: SharedArray<"float64">) {
 *   const { typed } = array;
 *   for (let i = 0; i < typed.length; i++) typed[i] **= 2;
 * }
 *
 * if (import.meta.main) {
 *   const array = new SharedArray("float64", [1, 2, 3]);
 *   const child = new Process({ target: square, args: [array] });
 *   child.start();
 *   await child.join();
 *   console.log(array.toArray()); // [ 1, 4, 9 ]
 * }
 * ```
 */
// deno-lint-ignore no-explicit-any -- an annotation without a type takes every type
export class SharedArray<T extends ItemType = any, L extends LockLike = RLock> extends RawArray<T> {
  /**
   * Makes an array.
   *
   * @param type Such as `"int32"`, `"float64"`, `"bigint64"`, `"bool"`, or Python's `"i"`, `"d"`.
   * @param lengthOrItems The number of items, which are zero, or the items.
   * @param options `lock`: a lock to use; `true` (default) makes an `RLock`, `false` none.
   * @throws {RangeError} If there is no such type, or the length or an item is out of range.
   * @throws {TypeError} If an item is no value of the type, or `lock` is no lock.
   */
  constructor(type: T, lengthOrItems: number | Iterable<ItemOf<T>>, options?: LockOptions<L>) {
    const given: unknown = type;
    const parts = given instanceof Parts ? given : makeArray(
      new.target,
      given,
      lengthOrItems,
      chooseLock(options, methodOf(new.target), "make a SharedArray"),
    );
    super(parts as never, lengthOrItems);
  }

  /**
   * Returns the lock of this array, wherever it has arrived the same one.
   *
   * @throws {ProcessError} If the array was made with `lock: false`.
   */
  getLock(): L {
    return lockOf(partsOf(this as never).lock, "SharedArray") as L;
  }
}

registerInternal(SharedArray, "SharedArray", import.meta.url, {
  encode: (output, array: SharedArray) => writeParts(output, partsOf(array as never)),
  decode: (input) => new SharedArray(readParts(input) as never, 0),
});
