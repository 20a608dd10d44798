/**
 * Layer 8, shared. The memory of a shared array, and its operations: what an isolate does itself
 * where it can reach the memory, and its owner does for it where it cannot. The items stand in
 * pages of their own, so that the user's typed arrays keep nothing else alive.
 *
 * | word | name   | values                 | written by              |
 * | ---- | ------ | ---------------------- | ----------------------- |
 * | 0    | TYPE   | the number of the type | its maker, at the start |
 * | 1    | LENGTH | how many items, u32    | its maker, at the start |
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import type { Block } from "../memory/arena.ts";
import type { NowOperation } from "../park/operation.ts";
import { nameOperations } from "../park/operations.ts";
import { addItem, exchangeItem, readItem, stored, typeNumbered, writeItem } from "./types.ts";
import type { Item, Items, TypeInfo } from "./types.ts";

/** The words of an array. */
export const ARRAY = { TYPE: 0, LENGTH: 1, WORDS: 2 } as const;
/** The most items that an array can have. */
export const MAX_ITEMS = 2 ** 32 - 1;

/** Writes down the type and the length of a new array. */
export function declare({ words, at }: Block, type: TypeInfo, length: number): void {
  words[at + ARRAY.TYPE] = type.number;
  words[at + ARRAY.LENGTH] = length | 0;
}

/** The items. An array without any has no pages. */
export function itemsOf(type: TypeInfo, length: number, { region }: Block): Items {
  return new type.Array(region?.buffer ?? new ArrayBuffer(0), 0, length);
}

/** Reads an item. */
export const get: NowOperation<number, Item> = (_words, _at, _agent, index, block) => {
  const { type, items } = contents(block);
  return readItem(type, items, index);
};

/** Writes an item, which was checked. */
export const set: NowOperation<[number, Item], null> = (_words, _at, _agent, change, block) => {
  const { type, items } = contents(block);
  writeItem(type, items, change[0], change[1]);
  return null;
};

/** Adds to an item in one step; returns what it was. */
export const add: NowOperation<[number, number | bigint], number | bigint> = (
  _words,
  _at,
  _agent,
  [index, addend],
  block,
) => {
  const { type, items } = contents(block);
  return addItem(type, items, index, addend);
};

/** Replaces an item in one step if it is the first of the two; returns what it was. */
export const exchange: NowOperation<[number, Item, Item], Item> = (
  _words,
  _at,
  _agent,
  [index, from, to],
  block,
) => {
  const { type, items } = contents(block);
  return exchangeItem(type, items, index, from, to);
};

/** Copies items out. */
export const copy: NowOperation<[number, number], Items> = (
  _words,
  _at,
  _agent,
  [start, end],
  block,
) => {
  const { items } = contents(block);
  return new (items.constructor as new (from: Items) => Items)(items.subarray(start, end));
};

/** Copies items in. */
export const paste: NowOperation<[number, Items], null> = (_words, _at, _agent, change, block) => {
  contents(block).items.set(change[1] as never, change[0]);
  return null;
};

/** Writes one item many times. */
export const fill: NowOperation<[Item, number, number], null> = (
  _words,
  _at,
  _agent,
  [value, start, end],
  block,
) => {
  contents(block).items.fill(stored(value) as never, start, end);
  return null;
};

nameOperations("array", { get, set, add, exchange, copy, paste, fill });

function contents(block: Block): { type: TypeInfo; items: Items } {
  const { words, at } = block;
  const type = typeNumbered(words[at + ARRAY.TYPE]);
  if (type === undefined) throw new ProtocolError("A shared array has no type");
  return { type, items: itemsOf(type, words[at + ARRAY.LENGTH] >>> 0, block) };
}
