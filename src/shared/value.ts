/**
 * Layer 8, shared. The public classes `RawValue` and `Value`: one number, bigint or boolean that
 * several isolates read and write. May touch the rest of this folder and `park/`.
 *
 * @module
 */

import { showsAs } from "../inspect.ts";
import { makeEnd } from "../park/travel.ts";
import { methodOf } from "../park/start_method.ts";
import type { StartMethod } from "../park/start_method.ts";
import type { RLock } from "../sync/rlock.ts";
import { registerInternal } from "../wire/classes.ts";
import type { ItemOf, ItemType } from "./item_types.ts";
import { chooseLock } from "./lock.ts";
import type { LockLike, LockOptions } from "./lock.ts";
import { lockOf, Parts, readParts, writeParts } from "./parts.ts";
import {
  addItem,
  checkAddend,
  checkExchange,
  checkItem,
  exchangeItem,
  readItem,
  typeNamed,
  writeItem,
} from "./types.ts";
import type { Item, Items } from "./types.ts";
import { add, cellOf, declare, exchange, get, set, VALUE } from "./value_words.ts";

/** What an object is made of, for its codec. */
let partsOf: (value: RawValue<ItemType>) => Parts;

/**
 * One number, bigint or boolean in shared memory, without a lock.
 *
 * - **Types**: a value of the wrong type or out of range is refused; nothing wraps around.
 * - **Whole**: a read finds what some write wrote, never a mixture.
 * - **In one step**: {@link RawValue.add} and {@link RawValue.compareExchange}, also without a lock.
 *
 * It travels in arguments, results and messages; what arrives is the same memory.
 *
 * @example
 * ```ts
 * import { RawValue } from "@manycore/multiprocessing";
 *
 * const hits = new RawValue("int32");
 * hits.add(2);
 * console.log(hits.value); // 2
 * ```
 */
// deno-lint-ignore no-explicit-any -- an annotation without a type takes every type
export class RawValue<T extends ItemType = any> {
  /** The start method of this class; `null` for the default one. Set by contexts. */
  static readonly startMethod: StartMethod | null = null;

  readonly #parts: Parts;
  /** The memory; `null` if this isolate cannot reach it. */
  readonly #cell: Items | null;

  static {
    partsOf = (value) => value.#parts;
  }

  /**
   * Makes a value.
   *
   * @param type Such as `"int32"`, `"float64"`, `"bigint64"`, `"bool"`, or Python's `"i"`, `"d"`.
   * @param initial Default: zero, `false` for `"bool"`.
   * @throws {RangeError} If there is no such type, or `initial` is out of its range.
   * @throws {TypeError} If `initial` is no value of the type.
   */
  constructor(type: T, initial?: ItemOf<T>) {
    const given: unknown = type;
    this.#parts = given instanceof Parts ? given : make(new.target, given, initial, null);
    const { block } = this.#parts.end;
    this.#cell = block === null ? null : cellOf(this.#parts.type, block.words, block.at);
  }

  /** The value. `value.value += 1` is two steps: hold a lock, or use {@link RawValue.add}. */
  get value(): ItemOf<T> {
    const { type, end } = this.#parts;
    const cell = this.#cell;
    return (cell === null ? end.now(get, null) : readItem(type, cell, 0)) as ItemOf<T>;
  }
  set value(value: ItemOf<T>) {
    const { type, end } = this.#parts;
    const item = checkItem(type, value, "set a value");
    const cell = this.#cell;
    if (cell === null) end.now(set, item);
    else writeItem(type, cell, 0, item);
  }

  /**
   * Adds to an integer, in one step.
   *
   * @param addend A whole number, or a bigint for types of 64 bits. May be negative.
   * @returns What the value was before.
   * @throws {RangeError} If the sum is out of range; the value stays as it is.
   * @throws {TypeError} If the type is `"float32"`, `"float64"` or `"bool"`: hold a lock instead.
   */
  add(addend: ItemOf<T>): ItemOf<T> {
    const { type, end } = this.#parts;
    const number = checkAddend(type, addend, "add to a value");
    const cell = this.#cell;
    return (cell === null ? end.now(add, number) : addItem(type, cell, 0, number)) as ItemOf<T>;
  }

  /**
   * Writes the value if it is the expected one, in one step.
   *
   * @param expected What the value has to be.
   * @param replacement What it becomes.
   * @returns What the value was: `expected` says that it was replaced.
   * @throws {RangeError} If an argument is out of range.
   * @throws {TypeError} If the type is `"float32"` or `"float64"`: hold a lock instead.
   */
  compareExchange(expected: ItemOf<T>, replacement: ItemOf<T>): ItemOf<T> {
    const { type, end } = this.#parts;
    checkExchange(type, "compareExchange a value");
    const from = checkItem(type, expected, "compareExchange a value");
    const to = checkItem(type, replacement, "compareExchange a value");
    const cell = this.#cell;
    return (cell === null
      ? end.now(exchange, [from, to])
      : exchangeItem(type, cell, 0, from, to)) as ItemOf<T>;
  }
}

/**
 * One number, bigint or boolean in shared memory, and a lock for it.
 *
 * Reading and writing does not take the lock: take it around what has to happen as a whole. As
 * {@link RawValue} otherwise.
 *
 * @example
 * ```ts
 * import { Process, Value } from "@manycore/multiprocessing";
 *
 * export function spend(balance: Value<"float64">) {
 *   using _held = balance.getLock().holdSync();
 *   balance.value -= 2.5;
 * }
 *
 * if (import.meta.main) {
 *   const balance = new Value("float64", 10);
 *   const children = [1, 2].map(() => new Process({ target: spend, args: [balance] }));
 *   for (const child of children) child.start();
 *   for (const child of children) await child.join();
 *   console.log(balance.value); // 5
 * }
 * ```
 */
// deno-lint-ignore no-explicit-any -- an annotation without a type takes every type
export class Value<T extends ItemType = any, L extends LockLike = RLock> extends RawValue<T> {
  /**
   * Makes a value.
   *
   * @param type Such as `"int32"`, `"float64"`, `"bigint64"`, `"bool"`, or Python's `"i"`, `"d"`.
   * @param initial Default: zero, `false` for `"bool"`.
   * @param options `lock`: a lock to use; `true` (default) makes an `RLock`, `false` none.
   * @throws {RangeError} If there is no such type, or `initial` is out of its range.
   * @throws {TypeError} If `initial` is no value of the type, or `lock` is no lock.
   */
  constructor(type: T, initial?: ItemOf<T>, options?: LockOptions<L>) {
    const given: unknown = type;
    const parts = given instanceof Parts
      ? given
      : make(new.target, given, initial, chooseLock(options, methodOf(new.target), "make a Value"));
    super(parts as never);
  }

  /**
   * Returns the lock of this value, wherever it has arrived the same one.
   *
   * @throws {ProcessError} If the value was made with `lock: false`.
   */
  getLock(): L {
    return lockOf(partsOf(this as never).lock, "Value") as L;
  }
}

function make(
  Class: { readonly startMethod: StartMethod | null },
  name: unknown,
  initial: Item | undefined,
  lock: LockLike | null,
): Parts {
  const type = typeNamed(name, "make a shared value");
  const item = initial === undefined ? null : checkItem(type, initial, "set a value");
  const end = makeEnd(methodOf(Class), VALUE.LENGTH);
  const { words, at } = end.block;
  declare(words, at, type);
  if (item !== null) writeItem(type, cellOf(type, words, at), 0, item);
  return new Parts(type, 1, end, lock);
}

registerInternal(RawValue, "RawValue", import.meta.url, {
  encode: (output, value: RawValue) => writeParts(output, partsOf(value)),
  decode: (input) => new RawValue(readParts(input) as never),
});
registerInternal(Value, "Value", import.meta.url, {
  encode: (output, value: Value) => writeParts(output, partsOf(value)),
  decode: (input) => new Value(readParts(input) as never),
});
showsAs(RawValue, (shared) => ({ type: partsOf(shared).type.name, value: shared.value }));
