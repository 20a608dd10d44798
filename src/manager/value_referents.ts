/**
 * Layer 12, manager. The typed value and array of a server. What is not of the type is refused.
 *
 * @module
 */

import { checkItem, typeNamed } from "../shared/types.ts";
import type { Item, TypeInfo } from "../shared/types.ts";
import { updated } from "./containers.ts";

type Update = (value: unknown, ...args: unknown[]) => unknown;

/** A value. */
export class ValueReferent {
  readonly #type: TypeInfo;
  #value: Item;

  constructor(type: unknown, value: unknown) {
    this.#type = typeNamed(type, "make a managed value");
    this.#value = value === undefined ? zero(this.#type) : this.#check(value);
  }

  get(): Item {
    return this.#value;
  }

  set(value: unknown): void {
    this.#value = this.#check(value);
  }

  update(fn: Update, ...args: unknown[]): Item {
    return this.#value = this.#check(updated(fn, this.#value, args));
  }

  #check(value: unknown): Item {
    return checkItem(this.#type, value, "set a managed value");
  }
}

/** An array. */
export class ArrayReferent {
  readonly #type: TypeInfo;
  readonly #items: Item[];

  constructor(type: unknown, items: unknown) {
    this.#type = typeNamed(type, "make a managed array");
    if (typeof items === "number") {
      if (!Number.isSafeInteger(items) || items < 0 || items > 0xffff_ffff) {
        throw new RangeError(`Cannot make a managed array of ${items} items: give a whole number`);
      }
      this.#items = new Array(items).fill(zero(this.#type));
    } else {
      this.#items = (items as unknown[]).map((item) => this.#check(item));
    }
  }

  at(index: number): Item | undefined {
    return this.#items.at(index);
  }

  set(index: number, value: unknown): void {
    this.#items[this.#index(index)] = this.#check(value);
  }

  length(): number {
    return this.#items.length;
  }

  toArray(): Item[] {
    return this.#items;
  }

  update(index: number, fn: Update, ...args: unknown[]): Item {
    const at = this.#index(index);
    return this.#items[at] = this.#check(updated(fn, this.#items[at], args));
  }

  #index(index: number): number {
    const { length } = this.#items;
    const at = index < 0 ? length + index : index;
    if (Number.isInteger(at) && at >= 0 && at < length) return at;
    throw new RangeError(
      `Cannot set item ${index} of an array of ${length}: its length is fixed; give an index below it`,
    );
  }

  #check(value: unknown): Item {
    return checkItem(this.#type, value, "set an item of a managed array");
  }
}

function zero(type: TypeInfo): Item {
  return type.kind === "bool" ? false : type.kind === "bigint" ? 0n : 0;
}
