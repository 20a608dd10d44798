/**
 * Layer 8, shared. The memory of a shared value, and its operations: what an isolate does itself
 * where it can reach the memory, and its owner does for it where it cannot.
 *
 * | word | name | values                   | written by             |
 * | ---- | ---- | ------------------------ | ---------------------- |
 * | 0, 1 | ITEM | the item, in its type    | anybody                |
 * | 2    | TYPE | the number of the type   | its maker, at the start |
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import type { Words } from "../memory/atomics.ts";
import type { NowOperation } from "../park/operation.ts";
import { nameOperations } from "../park/operations.ts";
import { addItem, exchangeItem, readItem, typeNumbered, writeItem } from "./types.ts";
import type { Item, Items, TypeInfo } from "./types.ts";

/** The words of a value. An object begins at an even word, so an item of 8 bytes fits. */
export const VALUE = { ITEM: 0, TYPE: 2, LENGTH: 4 } as const;

/** The item's memory, as a typed array of one item. */
export function cellOf(type: TypeInfo, words: Words, at: number): Items {
  return new type.Array(words.buffer, words.byteOffset + 4 * (at + VALUE.ITEM), 1);
}

/** Writes down the type of a new value. */
export const declare = (words: Words, at: number, { number }: TypeInfo): void => {
  words[at + VALUE.TYPE] = number;
};

/** Reads the value. */
export const get: NowOperation<null, Item> = (words, at) => {
  const type = typeIn(words, at);
  return readItem(type, cellOf(type, words, at), 0);
};

/** Writes the value, which was checked. */
export const set: NowOperation<Item, null> = (words, at, _agent, value) => {
  const type = typeIn(words, at);
  writeItem(type, cellOf(type, words, at), 0, value);
  return null;
};

/** Adds in one step; returns what the value was. */
export const add: NowOperation<number | bigint, number | bigint> = (words, at, _agent, addend) => {
  const type = typeIn(words, at);
  return addItem(type, cellOf(type, words, at), 0, addend);
};

/** Replaces the value in one step if it is the first of the two; returns what it was. */
export const exchange: NowOperation<[Item, Item], Item> = (words, at, _agent, [from, to]) => {
  const type = typeIn(words, at);
  return exchangeItem(type, cellOf(type, words, at), 0, from, to);
};

nameOperations("value", { get, set, add, exchange });

function typeIn(words: Words, at: number): TypeInfo {
  const type = typeNumbered(words[at + VALUE.TYPE]);
  if (type === undefined) throw new ProtocolError("A shared value has no type");
  return type;
}
