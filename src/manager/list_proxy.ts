/**
 * Layer 12, manager. The public ListProxy.
 *
 * @module
 */

import { invoke, registerProxy, RemoteProxy } from "./proxy.ts";

/** So many items of a list are fetched at a time by a loop over it. */
const PIECE = 1000;

/** Makes the new value of the old one, in the server. */
// deno-lint-ignore no-explicit-any -- whatever else it was given
export type Update<T, A extends any[] = any[]> = (value: T, ...args: A) => T;

/**
 * A list in the server of a manager, with the methods of an array. What is in it is a copy of what was
 * put in, and what comes out is another one: to change an item, set it, or use
 * {@link ListProxy.update}. A proxy in a list stays a proxy.
 *
 * @example
 * ```ts
 * import { Manager } from "@manycore/multiprocessing";
 *
 * if (import.meta.main) {
 *   await using manager = new Manager();
 *   const list = await manager.list([3, 1]);
 *   await list.push(2);
 *   await list.sort();
 *   console.log(await list.toArray()); // [ 1, 2, 3 ]
 * }
 * ```
 */
export class ListProxy<T = unknown> extends RemoteProxy {
  /** Adds items at the end; resolves to the new length. */
  push(...items: T[]): Promise<number> {
    return invoke(this, "push", items);
  }

  /** Takes the last item. */
  pop(): Promise<T | undefined> {
    return invoke(this, "pop", []);
  }

  /** Takes the first item. */
  shift(): Promise<T | undefined> {
    return invoke(this, "shift", []);
  }

  /** Adds items in front; resolves to the new length. */
  unshift(...items: T[]): Promise<number> {
    return invoke(this, "unshift", items);
  }

  /** The item at an index, which counts from the end if it is negative. */
  at(index: number): Promise<T | undefined> {
    return invoke(this, "at", [index]);
  }

  /**
   * Replaces the item at an index, which counts from the end if it is negative.
   *
   * @throws {RangeError} If there is none.
   */
  set(index: number, value: T): Promise<void> {
    return invoke(this, "set", [index, value]);
  }

  /** Puts items in front of the one at an index. */
  insert(index: number, ...items: T[]): Promise<void> {
    return invoke(this, "insert", [index, ...items]);
  }

  /** Removes items and puts others in their place; resolves to those that were removed. */
  splice(start: number, deleteCount?: number, ...items: T[]): Promise<T[]> {
    const args = deleteCount === undefined ? [start] : [start, deleteCount, ...items];
    return invoke(this, "splice", args);
  }

  /** Copies a part of the list. */
  slice(start?: number, end?: number): Promise<T[]> {
    return invoke(this, "slice", [start, end]);
  }

  /** The first index of a value, compared with `===`, or -1. */
  indexOf(value: T, from?: number): Promise<number> {
    return invoke(this, "indexOf", [value, from]);
  }

  /** Whether a value is in the list. */
  includes(value: T): Promise<boolean> {
    return invoke(this, "includes", [value]);
  }

  /** Turns the list round. */
  reverse(): Promise<void> {
    return invoke(this, "reverse", []);
  }

  /** Sorts the list as an array sorts; a function to compare with runs in the server. */
  sort(compare?: (a: T, b: T) => number): Promise<void> {
    return invoke(this, "sort", [compare]);
  }

  /** How many items there are. */
  get length(): Promise<number> {
    return invoke(this, "length", []);
  }

  /** Copies all items. */
  toArray(): Promise<T[]> {
    return invoke(this, "toArray", []);
  }

  /** Removes all items. */
  clear(): Promise<void> {
    return invoke(this, "clear", []);
  }

  /**
   * Replaces an item by what a function makes of it, in one step: no other call comes between. The
   * function travels to the server, and must return at once.
   *
   * @returns The new item.
   */
  // deno-lint-ignore no-explicit-any -- whatever the function takes
  update<A extends any[]>(index: number, fn: Update<T, A>, ...args: A): Promise<T> {
    return invoke(this, "update", [index, fn, ...args]);
  }

  /** The items, a thousand at a time; what others change meanwhile may be seen or not. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (let at = 0;;) {
      const items = await this.slice(at, at + PIECE);
      yield* items;
      if (items.length < PIECE) return;
      at += items.length;
    }
  }
}

registerProxy("list", ListProxy);
