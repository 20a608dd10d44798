/**
 * Layer 12, manager. The public ValueProxy and ArrayProxy.
 *
 * @module
 */

import type { ItemOf, ItemType } from "../shared/item_types.ts";
import type { Update } from "./list_proxy.ts";
import { invoke, registerProxy, RemoteProxy } from "./proxy.ts";

/**
 * One number, bigint or boolean in the server of a manager. A `Value` in shared memory is quicker;
 * this one is also for processes that share none.
 *
 * @example
 * ```ts
 * import { Manager } from "@manycore/multiprocessing";
 *
 * export const add = (value: number, n: number) => value + n;
 *
 * if (import.meta.main) {
 *   await using manager = new Manager();
 *   const total = await manager.Value("int32", 1);
 *   await total.update(add, 5);
 *   console.log(await total.get()); // 6
 * }
 * ```
 */
export class ValueProxy<T extends ItemType = ItemType> extends RemoteProxy {
  /** The value. */
  get(): Promise<ItemOf<T>> {
    return invoke(this, "get", []);
  }

  /**
   * Sets the value.
   *
   * @throws {TypeError | RangeError} If it is not of the type.
   */
  set(value: ItemOf<T>): Promise<void> {
    return invoke(this, "set", [value]);
  }

  /**
   * Sets the value to what a function makes of it, in one step. The function travels to the server,
   * and must return at once.
   *
   * @returns The new value.
   */
  // deno-lint-ignore no-explicit-any -- whatever the function takes
  update<A extends any[]>(fn: Update<ItemOf<T>, A>, ...args: A): Promise<ItemOf<T>> {
    return invoke(this, "update", [fn, ...args]);
  }
}

/**
 * Numbers, bigints or booleans of a fixed count in the server of a manager.
 *
 * @example
 * ```ts
 * import { Manager } from "@manycore/multiprocessing";
 *
 * if (import.meta.main) {
 *   await using manager = new Manager();
 *   const array = await manager.Array("float64", [0.5, 1.5]);
 *   await array.set(0, 2.5);
 *   console.log(await array.toArray()); // [ 2.5, 1.5 ]
 * }
 * ```
 */
export class ArrayProxy<T extends ItemType = ItemType> extends RemoteProxy {
  /** The item at an index, which counts from the end if it is negative. */
  at(index: number): Promise<ItemOf<T> | undefined> {
    return invoke(this, "at", [index]);
  }

  /**
   * Sets the item at an index, which counts from the end if it is negative.
   *
   * @throws {RangeError} If there is none, or the value is out of range.
   * @throws {TypeError} If the value is not of the type.
   */
  set(index: number, value: ItemOf<T>): Promise<void> {
    return invoke(this, "set", [index, value]);
  }

  /** How many items there are. */
  get length(): Promise<number> {
    return invoke(this, "length", []);
  }

  /** Copies all items. */
  toArray(): Promise<ItemOf<T>[]> {
    return invoke(this, "toArray", []);
  }

  /** Sets an item to what a function makes of it, in one step: see {@link ValueProxy.update}. */
  // deno-lint-ignore no-explicit-any -- whatever the function takes
  update<A extends any[]>(
    index: number,
    fn: Update<ItemOf<T>, A>,
    ...args: A
  ): Promise<ItemOf<T>> {
    return invoke(this, "update", [index, fn, ...args]);
  }

  /** The items, as they are when the loop begins. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ItemOf<T>, void, undefined> {
    yield* await this.toArray();
  }
}

registerProxy("Value", ValueProxy);
registerProxy("Array", ArrayProxy);
