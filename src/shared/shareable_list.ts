/**
 * Layer 8, shared. The public class `ShareableList`: a list of mixed items in shared memory. May
 * touch the rest of this folder; its bytes are `list_layout.ts`'s.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import { methodOf } from "../park/start_method.ts";
import type { StartMethod } from "../park/start_method.ts";
import { show } from "../show.ts";
import { registerInternal } from "../wire/classes.ts";
import { addIndexes, isIndex, outOfRange } from "./indexes.ts";
import { checkItem, countIn, format, plan, readItem, writeItem } from "./list_layout.ts";
import type { ListItem } from "./list_layout.ts";
import { makeMemory, SharedMemory } from "./shared_memory.ts";

/** Attaches to a list: its name is `list.shm.name`. */
export interface ShareableListOptions {
  /** The name of the list's shared memory. */
  readonly name: string;
}

/**
 * A list of fixed length in memory that processes share. An item is a number, a bigint of 64 bits, a
 * boolean, a string, a `Uint8Array` or `null`, and may become one of another type.
 *
 * - **Room**: text (as UTF-8) and bytes fit up to what the item needed when the list was made,
 *   rounded up to 8 bytes. They come back exactly, with zeros at the end and all.
 * - **Together**: a write is not one step for readers. Share a lock where both may happen at once.
 * - **Memory**: {@link ShareableList.shm}. Close and unlink it as any {@link SharedMemory}.
 *
 * It travels by name; what arrives is attached to the same memory.
 *
 * @example
 * ```ts
 * import { ShareableList } from "@manycore/multiprocessing";
 *
 * using list = new ShareableList(["ready", 3, null]);
 * using other = new ShareableList({ name: list.shm.name }); // in any process
 * other[1] = 4;
 * console.log(list.toArray()); // [ "ready", 4, null ]
 * list.shm.unlink();
 * ```
 */
export class ShareableList {
  /** The start method of this class; `null` for the default one. Set by contexts. */
  static readonly startMethod: StartMethod | null = null;

  /** The item at an index. */
  [index: number]: ListItem;

  /** The memory that the list is in. */
  readonly shm: SharedMemory;
  /** How many items there are. */
  readonly length: number;
  readonly #view: DataView;

  /**
   * Makes a list, or attaches to one.
   *
   * @param source The items, or `{ name }`.
   * @throws {TypeError} If an item cannot stand in a list.
   * @throws {RangeError} If a bigint has more than 64 bits, or the name cannot be one.
   * @throws {ProcessError} If there is no list of this name, or this process cannot map shared pages.
   */
  constructor(source: Iterable<ListItem> | ShareableListOptions) {
    const given: unknown = source;
    this.shm = given instanceof SharedMemory ? given : make(given, methodOf(new.target));
    const { buffer, byteOffset, byteLength } = this.shm.buf;
    this.#view = new DataView(buffer, byteOffset, byteLength);
    this.length = countIn(this.#view, this.shm.name);
  }

  /**
   * Reads an item.
   *
   * @throws {RangeError} If the index is out of range.
   * @throws {ProcessError} If the memory is closed.
   */
  get(index: number): ListItem {
    if (!isIndex(index, this.length)) throw outOfRange("read", index, this.length);
    return readItem(this.#open(), index);
  }

  /**
   * Writes an item.
   *
   * @throws {RangeError} If the index is out of range, or text or bytes have no room there.
   * @throws {TypeError} If the value cannot stand in a list.
   * @throws {ProcessError} If the memory is closed.
   */
  set(index: number, value: ListItem): void {
    if (!isIndex(index, this.length)) throw outOfRange("write", index, this.length);
    writeItem(this.#open(), index, checkItem(value, index));
  }

  /** The item at an index, which counts from the end if it is negative; `undefined` if there is none. */
  at(index: number): ListItem | undefined {
    const whole = Math.trunc(index) || 0;
    const from = whole < 0 ? this.length + whole : whole;
    return isIndex(from, this.length) ? this.get(from) : undefined;
  }

  /** How many items are equal to a value; arrays of bytes by what is in them. */
  count(value: ListItem): number {
    return this.toArray().filter((item) => equal(item, value)).length;
  }

  /** The first index of an item that is equal to a value, or -1. */
  indexOf(value: ListItem): number {
    return this.toArray().findIndex((item) => equal(item, value));
  }

  /** Copies all items. */
  toArray(): ListItem[] {
    return [...this];
  }

  /** The items, each as it is when it is asked for. */
  *[Symbol.iterator](): Generator<ListItem, void, undefined> {
    for (let i = 0; i < this.length; i++) yield this.get(i);
  }

  /** Closes {@link ShareableList.shm}. */
  [Symbol.dispose](): void {
    this.shm.close();
  }

  #open(): DataView {
    void this.shm.buf; // throws if it is closed
    return this.#view;
  }
}

function make(source: unknown, method: StartMethod): SharedMemory {
  if (typeof source !== "object" || source === null) {
    throw new TypeError(
      `Cannot make a ShareableList from ${show(source)}: give an array of items, or { name }`,
    );
  }
  if (!(Symbol.iterator in source)) {
    const { name } = source as ShareableListOptions;
    if (name !== undefined) return makeMemory({ name }, method);
    throw new TypeError(
      "Cannot make a ShareableList from an object: give an array of items, or { name }",
    );
  }
  const items = [...source as Iterable<ListItem>];
  const needed = plan(items);
  const memory = makeMemory({ create: true, size: needed.size }, method);
  const { buffer, byteOffset, byteLength } = memory.buf;
  format(new DataView(buffer, byteOffset, byteLength), items, needed);
  return memory;
}

function equal(one: ListItem, other: ListItem): boolean {
  if (!(one instanceof Uint8Array) || !(other instanceof Uint8Array)) {
    return one === other || one !== one && other !== other;
  }
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

addIndexes(ShareableList);
registerInternal(ShareableList, "ShareableList", import.meta.url, {
  encode: (output, list: ShareableList) => {
    output.value(list.shm, "shm");
  },
  decode: (input) => {
    const memory = input.value();
    if (memory instanceof SharedMemory) return new ShareableList(memory as never);
    throw new ProtocolError("A shared list has no memory");
  },
});
showsAs(ShareableList, (list) => ({ items: list.toArray() }));
