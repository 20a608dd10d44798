/**
 * Layer 8, shared. The public class `RawArray`: items of one type that several isolates read and
 * write in place. May touch the rest of this folder and `park/`.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import type { StartMethod } from "../park/start_method.ts";
import { whyNoPages } from "../runtime/pages.ts";
import { registerInternal } from "../wire/classes.ts";
import { makeArray } from "./array_parts.ts";
import { add, copy, exchange, fill, get, itemsOf, paste, set } from "./array_words.ts";
import { addIndexes, isIndex, outOfRange, range } from "./indexes.ts";
import type { ItemOf, ItemType, TypedOf } from "./item_types.ts";
import { Parts, readParts, writeParts } from "./parts.ts";
import { addItem, checkAddend, checkExchange, checkItem, exchangeItem } from "./types.ts";
import { readItem, stored, writeItem } from "./types.ts";
import type { Items } from "./types.ts";

/** Items that are copied at a time where the memory is out of reach. */
const BATCH = 4096;
/** Items that `console.log` shows, as of other arrays. */
const MAX_SHOWN = 100;

/** What an array is made of, for its codec and for `SharedArray`. */
export let partsOf: (array: RawArray<ItemType>) => Parts;

/**
 * Numbers, bigints or booleans of one type in shared memory, without a lock.
 *
 * - **Length**: fixed. An index that is out of range is refused, with a `RangeError`.
 * - **Types**: an item of the wrong type or out of range is refused; nothing wraps around.
 * - **Speed**: `array[i]` and {@link RawArray.get} check what they are given, and `array[i]` takes
 *   some 100 ns. Use {@link RawArray.typed} in inner loops.
 *
 * It travels in arguments, results and messages; what arrives is the same memory.
 *
 * @example
 * ```ts
 * import { RawArray } from "@manycore/multiprocessing";
 *
 * const squares = new RawArray("int32", 4);
 * for (let i = 0; i < squares.length; i++) squares[i] = i * i;
 * console.log(squares.toArray()); // [ 0, 1, 4, 9 ]
 * ```
 */
// deno-lint-ignore no-explicit-any -- an annotation without a type takes every type
export class RawArray<T extends ItemType = any> {
  /** The start method of this class; `null` for the default one. Set by contexts. */
  static readonly startMethod: StartMethod | null = null;

  /** The item at an index. Takes some 100 ns: use {@link RawArray.typed} in inner loops. */
  [index: number]: ItemOf<T>;

  readonly #parts: Parts;
  /** The memory; `null` if this isolate cannot reach it. */
  readonly #items: Items | null;

  static {
    partsOf = (array) => array.#parts;
  }

  /**
   * Makes an array.
   *
   * @param type Such as `"int32"`, `"float64"`, `"bigint64"`, `"bool"`, or Python's `"i"`, `"d"`.
   * @param lengthOrItems The number of items, which are zero, or the items.
   * @throws {RangeError} If there is no such type, or the length or an item is out of range.
   * @throws {TypeError} If an item is no value of the type.
   */
  constructor(type: T, lengthOrItems: number | Iterable<ItemOf<T>>) {
    const given: unknown = type;
    this.#parts = given instanceof Parts
      ? given
      : makeArray(new.target, given, lengthOrItems, null);
    const { end, length } = this.#parts;
    this.#items = end.block === null ? null : itemsOf(this.#parts.type, length, end.block);
  }

  /** How many items there are. */
  get length(): number {
    return this.#parts.length;
  }

  /**
   * The memory itself, as a typed array (a `Uint8Array` of 0 and 1 for `"bool"`): as fast as any
   * other, and what does not fit an item wraps around there as always.
   *
   * @throws {ProcessError} If this process cannot map the memory.
   */
  get typed(): TypedOf<T> {
    if (this.#items !== null) return this.#items as TypedOf<T>;
    throw new ProcessError(
      `Cannot use typed of a shared array: this process cannot map its memory, because ` +
        `${whyNoPages()}; use get, set and slice, which ask its owner`,
    );
  }

  /**
   * Reads an item.
   *
   * @throws {RangeError} If the index is out of range.
   */
  get(index: number): ItemOf<T> {
    const { type, end, length } = this.#parts;
    if (!isIndex(index, length)) throw outOfRange("read", index, length);
    const items = this.#items;
    return (items === null ? end.now(get, index) : readItem(type, items, index)) as ItemOf<T>;
  }

  /**
   * Writes an item, or several from an index on.
   *
   * @param index Where the first one goes.
   * @param value The item, or an array of items.
   * @throws {RangeError} If the index or an item is out of range; nothing is written then.
   * @throws {TypeError} If an item is no value of the type.
   */
  set(index: number, value: ItemOf<T> | Iterable<ItemOf<T>>): void {
    const { type, end, length } = this.#parts;
    const items = this.#items;
    if (typeof value === "object" && value !== null) return this.#paste(index, [...value]);
    if (!isIndex(index, length)) throw outOfRange("write", index, length);
    const item = checkItem(type, value, "set an item");
    if (items === null) end.now(set, [index, item]);
    else writeItem(type, items, index, item);
  }

  /** The item at an index, which counts from the end if it is negative; `undefined` if there is none. */
  at(index: number): ItemOf<T> | undefined {
    const whole = Math.trunc(index) || 0;
    const from = whole < 0 ? this.length + whole : whole;
    return isIndex(from, this.length) ? this.get(from) : undefined;
  }

  /**
   * Adds to an item, in one step.
   *
   * @param addend A whole number, or a bigint for types of 64 bits. May be negative.
   * @returns What the item was before.
   * @throws {RangeError} If the index or the sum is out of range; the item stays as it is.
   * @throws {TypeError} If the type is `"float32"`, `"float64"` or `"bool"`: hold a lock instead.
   */
  add(index: number, addend: ItemOf<T>): ItemOf<T> {
    const { type, end, length } = this.#parts;
    const number = checkAddend(type, addend, "add to an item");
    if (!isIndex(index, length)) throw outOfRange("add to", index, length);
    const items = this.#items;
    return (items === null
      ? end.now(add, [index, number])
      : addItem(type, items, index, number)) as ItemOf<T>;
  }

  /**
   * Writes an item if it is the expected one, in one step.
   *
   * @returns What the item was: `expected` says that it was replaced.
   * @throws {RangeError} If the index or an item is out of range.
   * @throws {TypeError} If the type is `"float32"` or `"float64"`: hold a lock instead.
   */
  compareExchange(index: number, expected: ItemOf<T>, replacement: ItemOf<T>): ItemOf<T> {
    const { type, end, length } = this.#parts;
    checkExchange(type, "compareExchange an item");
    const from = checkItem(type, expected, "compareExchange an item");
    const to = checkItem(type, replacement, "compareExchange an item");
    if (!isIndex(index, length)) throw outOfRange("compareExchange", index, length);
    const items = this.#items;
    return (items === null
      ? end.now(exchange, [index, from, to])
      : exchangeItem(type, items, index, from, to)) as ItemOf<T>;
  }

  /** Writes one item from `start` to before `end`, which count from the end if negative. */
  fill(value: ItemOf<T>, start?: number, end?: number): this {
    const { type, length } = this.#parts;
    const item = checkItem(type, value, "fill an array");
    const [from, to] = range(start, end, length);
    if (this.#items === null) this.#parts.end.now(fill, [item, from, to]);
    else this.#items.fill(stored(item) as never, from, to);
    return this;
  }

  /** Copies the items from `start` to before `end`, as `Array.prototype.slice` does. */
  slice(start?: number, end?: number): ItemOf<T>[] {
    const { type, length } = this.#parts;
    const [from, to] = range(start, end, length);
    const items = this.#items;
    const part = items === null ? this.#parts.end.now(copy, [from, to]) : items.subarray(from, to);
    return (type.kind === "bool" ? Array.from(part, Boolean) : [...part]) as ItemOf<T>[];
  }

  /** Copies all items. */
  toArray(): ItemOf<T>[] {
    return this.slice();
  }

  /** The items, each as it is when it is asked for. */
  *[Symbol.iterator](): Generator<ItemOf<T>, void, undefined> {
    const { length } = this;
    if (this.#items !== null) {
      for (let i = 0; i < length; i++) yield this.get(i);
    } else {
      for (let i = 0; i < length; i += BATCH) yield* this.slice(i, i + BATCH);
    }
  }

  #paste(index: number, given: unknown[]): void {
    const { type, end, length } = this.#parts;
    if (index !== length && !isIndex(index, length)) throw outOfRange("write", index, length);
    if (given.length > length - index) {
      throw new RangeError(
        `Cannot write ${given.length} items from index ${index} on: the array has ${length}, and ` +
          "its length is fixed",
      );
    }
    const checked = new type.Array(new ArrayBuffer(type.bytes * given.length), 0, given.length);
    given.forEach((item, i) => {
      checked[i] = stored(checkItem(type, item, `set item ${index + i}`)) as never;
    });
    if (this.#items === null) end.now(paste, [index, checked]);
    else this.#items.set(checked as never, index);
  }
}

addIndexes(RawArray);
registerInternal(RawArray, "RawArray", import.meta.url, {
  encode: (output, array: RawArray) => writeParts(output, partsOf(array)),
  decode: (input) => new RawArray(readParts(input) as never, 0),
});
showsAs(RawArray, (array) => ({
  type: partsOf(array).type.name,
  length: array.length,
  items: array.slice(0, MAX_SHOWN),
}));
