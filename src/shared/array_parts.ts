/**
 * Layer 8, shared. Makes the memory of a new shared array. May touch the rest of this folder and
 * `park/`.
 *
 * @module
 */

import { makeEnd } from "../park/travel.ts";
import { methodOf } from "../park/start_method.ts";
import type { StartMethod } from "../park/start_method.ts";
import { show } from "../show.ts";
import { ARRAY, declare, itemsOf, MAX_ITEMS } from "./array_words.ts";
import type { LockLike } from "./lock.ts";
import { Parts } from "./parts.ts";
import { checkItem, stored, typeNamed } from "./types.ts";

/** Makes an array of a number of items, or of given ones. */
export function makeArray(
  Class: { readonly startMethod: StartMethod | null },
  name: unknown,
  lengthOrItems: unknown,
  lock: LockLike | null,
): Parts {
  const type = typeNamed(name, "make a shared array");
  const given = typeof lengthOrItems === "number" ? null : listOf(lengthOrItems);
  const length = given?.length ?? checkLength(lengthOrItems as number);
  given?.forEach((item, i) => checkItem(type, item, `set item ${i}`));
  const end = makeEnd(methodOf(Class), ARRAY.WORDS, { regionBytes: length * type.bytes });
  declare(end.block, type, length);
  if (given !== null) {
    const items = itemsOf(type, length, end.block);
    given.forEach((item, i) => items[i] = stored(item as number));
  }
  return new Parts(type, length, end, lock);
}

function listOf(items: unknown): readonly unknown[] {
  if (Array.isArray(items)) return Array.from(items); // holes are undefined, and refused
  const iterable = typeof items === "object" && items !== null && Symbol.iterator in items;
  if (iterable) return [...items as Iterable<unknown>];
  throw new TypeError(
    `Cannot make a shared array from ${show(items)}: give the number of its items, or the items`,
  );
}

function checkLength(length: number): number {
  if (Number.isInteger(length) && length >= 0 && length <= MAX_ITEMS) return length;
  throw new RangeError(
    `Cannot make a shared array of ${length} items: give a whole number from 0 to ${MAX_ITEMS}`,
  );
}
